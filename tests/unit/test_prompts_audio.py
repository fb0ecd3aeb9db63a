"""Telephone sound: resampling against pure tones, levels, trimming, WAV files."""

import array
import math
import wave
from pathlib import Path

import pytest

from ivr_flows.audio import (
    HEAD_MS,
    NARROW_HZ,
    PEAK_DBFS,
    TAIL_MS,
    TARGET_DBFS,
    WIDE_HZ,
    Sound,
    even,
    measure,
    read_wav,
    resample,
    telephone_pair,
    write_wav,
)

ESPEAK_HZ = 22_050


def tone(frequency_hz: float, rate_hz: int = ESPEAK_HZ, amplitude: float = 8000, duration_s: float = 0.25) -> Sound:
    samples = (math.sin(2 * math.pi * frequency_hz * n / rate_hz) for n in range(round(rate_hz * duration_s)))
    return Sound(array.array("h", [round(amplitude * sample) for sample in samples]).tobytes(), rate_hz)


def silence(duration_s: float) -> Sound:
    return Sound(bytes(2 * round(ESPEAK_HZ * duration_s)), ESPEAK_HZ)


def gain_db(sound: Sound, amplitude: float = 8000) -> float:
    """Against a tone of that amplitude, without the ends where the filter fades in and out."""
    samples = array.array("h", sound.pcm)[400:-400]
    rms = math.sqrt(sum(sample * sample for sample in samples) / len(samples))
    return 20 * math.log10(max(rms, 1e-3) / (amplitude / math.sqrt(2)))


@pytest.mark.parametrize("rate_hz", [WIDE_HZ, NARROW_HZ])
@pytest.mark.parametrize("frequency_hz", [300, 1000, 2500, 3200])
def test_the_telephone_band_passes_unchanged(rate_hz: int, frequency_hz: float) -> None:
    assert gain_db(resample(tone(frequency_hz), rate_hz)) == pytest.approx(0.0, abs=0.5)


@pytest.mark.parametrize(
    ("rate_hz", "frequency_hz"),
    [(NARROW_HZ, 4500), (NARROW_HZ, 6000), (NARROW_HZ, 9500), (WIDE_HZ, 8500), (WIDE_HZ, 10_000)],
)
def test_what_the_new_rate_cannot_hold_does_not_fold_back(rate_hz: int, frequency_hz: float) -> None:
    assert gain_db(resample(tone(frequency_hz), rate_hz)) < -60.0


def test_halving_the_rate_takes_the_exact_half_without_aliases() -> None:
    halved = resample(tone(6000, WIDE_HZ), NARROW_HZ)
    assert (len(halved.pcm) // 2, halved.rate_hz) == (2000, NARROW_HZ)
    assert gain_db(halved) < -60.0
    assert gain_db(resample(tone(1000, WIDE_HZ), NARROW_HZ)) == pytest.approx(0.0, abs=0.1)


def test_the_same_rate_is_left_alone() -> None:
    sound = tone(1000, NARROW_HZ)
    assert resample(sound, NARROW_HZ) is sound


@pytest.mark.parametrize("amplitude", [300, 8000, 32_000])
def test_quiet_and_loud_sounds_come_out_equal(amplitude: float) -> None:
    levels = measure(even(tone(500, amplitude=amplitude, duration_s=2.0)))
    assert levels.rms_dbfs == pytest.approx(TARGET_DBFS, abs=0.6)  # the added silence lowers the mean


def test_peaks_stay_below_the_ceiling_even_where_the_mean_is_low() -> None:
    clicks = array.array("h", bytes(2 * ESPEAK_HZ))
    clicks[::1100] = array.array("h", [12_000] * len(clicks[::1100]))
    levels = measure(even(Sound(clicks.tobytes(), ESPEAK_HZ)))
    assert levels.peak_dbfs == pytest.approx(PEAK_DBFS, abs=0.2)
    assert levels.rms_dbfs < TARGET_DBFS


def test_silence_at_the_ends_is_trimmed_to_what_separates_prompts() -> None:
    speech = Sound(silence(0.7).pcm + tone(500, duration_s=1.0).pcm + silence(0.9).pcm, ESPEAK_HZ)
    levels = measure(even(speech))
    assert levels.duration_s == pytest.approx(1.0 + (HEAD_MS + TAIL_MS) / 1000, abs=0.02)
    assert levels.head_ms == pytest.approx(HEAD_MS, abs=10)
    assert levels.tail_ms == pytest.approx(TAIL_MS, abs=10)


def test_silence_is_no_prompt() -> None:
    with pytest.raises(ValueError, match="silent"):
        even(silence(0.5))


def test_the_pair_has_the_same_length_at_both_rates() -> None:
    wide, narrow = telephone_pair(tone(800, duration_s=0.4321))
    assert (wide.rate_hz, narrow.rate_hz) == (WIDE_HZ, NARROW_HZ)
    assert len(wide.pcm) == 2 * len(narrow.pcm)


def test_a_wav_file_is_read_back_as_written(tmp_path: Path) -> None:
    sound = tone(440, NARROW_HZ)
    write_wav(tmp_path / "tone.wav", sound)
    assert read_wav(tmp_path / "tone.wav") == sound


def test_a_stereo_recording_is_mixed_down(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "stereo.wav"), "wb") as file:
        file.setparams((2, 2, WIDE_HZ, 0, "NONE", "not compressed"))
        file.writeframes(array.array("h", [1000, 3000] * 100).tobytes())
    assert read_wav(tmp_path / "stereo.wav") == Sound(array.array("h", [2000] * 100).tobytes(), WIDE_HZ)


@pytest.mark.parametrize(("content", "message"), [(b"", "not a PCM WAV"), (b"RIFF\0\0\0\0MP3 ", "not a PCM WAV")])
def test_another_kind_of_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "odd.wav").write_bytes(content)
    with pytest.raises(ValueError, match=f"odd.wav: {message}"):
        read_wav(tmp_path / "odd.wav")


def test_an_8_bit_recording_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "odd.wav"), "wb") as file:
        file.setparams((1, 1, NARROW_HZ, 0, "NONE", "not compressed"))
        file.writeframes(bytes(100))
    with pytest.raises(ValueError, match="convert it, for instance with `sox -b 16`"):
        read_wav(tmp_path / "odd.wav")
