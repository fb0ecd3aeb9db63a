"""Mono 16-bit sound for the telephone: resampled without aliases, evened in loudness, trimmed, measured.

pydub does the levels and the trimming. Its own resampling interpolates linearly and folds what lies above half the
new rate back into the speech, so a windowed-sinc low-pass comes before it here [Oppenheim & Schafer, §4.6].
"""

from __future__ import annotations

import array
import math
import sys
import warnings
import wave
from dataclasses import dataclass
from functools import cache
from pathlib import Path

with warnings.catch_warnings():
    # Python 3.11 and 3.12 announce that audioop leaves (audioop-lts takes its place), and pydub that it found no
    # ffmpeg (only raw samples pass through it here).
    warnings.simplefilter("ignore")
    import audioop

    from pydub import AudioSegment  # type: ignore[import-untyped]
    from pydub.silence import detect_leading_silence  # type: ignore[import-untyped]

WIDE_HZ, NARROW_HZ = 16_000, 8_000
TARGET_DBFS = -22.0  # RMS of a whole prompt: all of them reach it below the peak, so none is louder than the next
PEAK_DBFS = -2.0  # never above: transcoding and mixing need room
HEAD_MS, TAIL_MS = 20, 160  # what stays before and after the words; the tail separates one prompt from the next
SILENCE_BELOW_DB = 35.0  # under the loudest 10 ms: quieter than the weakest Polish fricative, louder than nothing

_OVERSAMPLING = 4
_HALF_TAPS = 48  # per side and phase: a transition band of about 1 kHz at 22,050 Hz
_PASS_OF_NYQUIST = 0.45  # of the new rate; the rest is the filter's slope


@dataclass(frozen=True, slots=True)
class Sound:
    """Mono signed 16-bit samples in the machine's byte order."""

    pcm: bytes
    rate_hz: int

    @property
    def duration_s(self) -> float:
        return len(self.pcm) / 2 / self.rate_hz

    @property
    def slin(self) -> bytes:
        """The samples as Asterisk's raw `.sln`/`.sln16` files hold them: little-endian, no header."""
        return self.pcm if sys.byteorder == "little" else audioop.byteswap(self.pcm, 2)


@dataclass(frozen=True, slots=True)
class Levels:
    """What can be measured on a prompt; levels in dB relative to full scale, silence within 35 dB of the loudest."""

    duration_s: float
    peak_dbfs: float
    rms_dbfs: float
    head_ms: int
    tail_ms: int


def measure(sound: Sound) -> Levels:
    segment = _segment(sound)
    head_ms, tail_ms = _silence_ms(segment)
    return Levels(sound.duration_s, segment.max_dBFS, segment.dBFS, head_ms, tail_ms)


def peak_dbfs(sound: Sound) -> float:
    """Of the loudest sample, relative to full scale; minus infinity for digital silence."""
    return float(_segment(sound).max_dBFS)


def even(sound: Sound) -> Sound:
    """The sound at TARGET_DBFS or, where its peaks would pass PEAK_DBFS, as near to it as they allow; trimmed."""
    segment = _segment(sound)
    if segment.rms == 0:
        raise ValueError("the sound is silent")
    head_ms, tail_ms = _silence_ms(segment)
    words = segment[head_ms : len(segment) - tail_ms].fade_in(2).fade_out(5)
    levelled = words.apply_gain(min(TARGET_DBFS - words.dBFS, PEAK_DBFS - words.max_dBFS))
    head, tail = (AudioSegment.silent(ms, frame_rate=sound.rate_hz) for ms in (HEAD_MS, TAIL_MS))
    return Sound((head + levelled + tail).raw_data, sound.rate_hz)


def resample(sound: Sound, rate_hz: int) -> Sound:
    """The sound at another rate: exact length (rounded half to even), nothing folded back from above half the rate."""
    if rate_hz == sound.rate_hz:
        return sound
    length = 2 * round(len(sound.pcm) / 2 * rate_hz / sound.rate_hz)
    if sound.rate_hz == 2 * rate_hz:
        return Sound(_fit(_low_passed(sound.pcm, _PASS_OF_NYQUIST / 2)[::2].tobytes(), length), rate_hz)
    fine_hz = sound.rate_hz * _OVERSAMPLING
    cut_off = min(rate_hz, sound.rate_hz) * _PASS_OF_NYQUIST / fine_hz
    fine = _low_passed(sound.pcm, cut_off, _OVERSAMPLING).tobytes()
    coarse, _ = audioop.ratecv(fine, 2, 1, fine_hz, rate_hz, None)
    return Sound(_fit(coarse, length), rate_hz)


def telephone_pair(sound: Sound) -> tuple[Sound, Sound]:
    """`(16 kHz, 8 kHz)` of the evened sound, the second exactly half as many samples as the first."""
    wide = resample(even(sound), WIDE_HZ)
    wide = Sound(_fit(wide.pcm, len(wide.pcm) // 4 * 4), WIDE_HZ)
    return wide, resample(wide, NARROW_HZ)


def read_wav(path: Path) -> Sound:
    """A recording: RIFF WAVE, 16-bit PCM, mixed down to mono; raises ValueError for any other kind."""
    try:
        with path.open("rb") as source, wave.open(source, "rb") as file:
            if file.getsampwidth() != 2 or file.getnchannels() not in (1, 2):
                raise ValueError(f"{path.name}: not 16-bit mono or stereo; convert it, for instance with `sox -b 16`")
            stereo, rate_hz, pcm = file.getnchannels() == 2, file.getframerate(), file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path.name}: not a PCM WAV file ({error})") from error
    return Sound(audioop.tomono(pcm, 2, 0.5, 0.5) if stereo else pcm, rate_hz)


def write_wav(path: Path, sound: Sound) -> None:
    # Opened here: the wave module's own object raises once more, unseen, when it is given a path it cannot open.
    with path.open("wb") as out, wave.open(out, "wb") as file:
        file.setparams((1, 2, sound.rate_hz, 0, "NONE", "not compressed"))
        file.writeframes(sound.pcm)


def _fit(pcm: bytes, length: int) -> bytes:
    return pcm[:length].ljust(length, b"\0")


def _segment(sound: Sound) -> AudioSegment:
    return AudioSegment(data=sound.pcm, sample_width=2, frame_rate=sound.rate_hz, channels=1)


def _silence_ms(segment: AudioSegment) -> tuple[int, int]:
    """`(head, tail)`: how long the sound stays SILENCE_BELOW_DB under its loudest 10 ms at either end."""
    frames = [segment[start : start + 10].dBFS for start in range(0, len(segment), 10)]
    threshold = max(frames, default=-math.inf) - SILENCE_BELOW_DB
    head = detect_leading_silence(segment, threshold, chunk_size=5)
    tail = detect_leading_silence(segment.reverse(), threshold, chunk_size=5)
    return head, min(tail, len(segment) - head)


def _low_passed(pcm: bytes, cut_off: float, factor: int = 1) -> array.array[int]:
    """`factor` times as many samples through a low-pass at `cut_off` of the new rate: one short filter per phase.

    A filter is a sum of shifted, weighted copies; audioop adds them up in C. 32-bit samples keep the rounding of some
    hundred additions inaudible, and a quarter of the range keeps the sum from saturating.
    """
    data = audioop.mul(audioop.lin2lin(pcm, 2, 4), 4, 0.25)
    padding = bytes(4 * _HALF_TAPS)
    padded, length = padding + data + padding, len(data)
    fine = array.array("i", bytes(factor * length))
    for phase, taps in enumerate(_filters(cut_off, factor)):
        total = bytes(length)
        for index, tap in enumerate(taps):
            start = 4 * (2 * _HALF_TAPS - index)
            total = audioop.add(total, audioop.mul(padded[start : start + length], 4, tap), 4)
        fine[phase::factor] = array.array("i", total)
    return array.array("h", audioop.lin2lin(audioop.mul(fine.tobytes(), 4, 4.0), 4, 2))


@cache
def _filters(cut_off: float, factor: int) -> tuple[tuple[float, ...], ...]:
    """The low-pass (sinc in a Blackman window) split into one row of taps for each phase; each row sums to 1."""
    half = _HALF_TAPS * factor
    taps = [_sinc(2 * cut_off * n) * _blackman(n / half) for n in range(-half, half + factor)]
    rows = [taps[phase::factor] for phase in range(factor)]
    return tuple(tuple(tap / sum(row) for tap in row) for row in rows)


def _sinc(x: float) -> float:
    return math.sin(math.pi * x) / (math.pi * x) if x else 1.0


def _blackman(x: float) -> float:
    """The window from -1 to 1, zero outside."""
    return 0.42 + 0.5 * math.cos(math.pi * x) + 0.08 * math.cos(2 * math.pi * x) if abs(x) < 1 else 0.0
