"""Test tones as WAV files, and how much of a recording is such a tone."""

import array
import math
import statistics
import wave
from collections.abc import Sequence
from pathlib import Path

RATE = 8000
WINDOW_S = 0.05


def tone(path: Path, frequency_hz: float) -> Path:
    samples = array.array("h", (int(9000 * math.sin(2 * math.pi * frequency_hz * n / RATE)) for n in range(RATE)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path


def strength(path: Path, frequency_hz: float) -> float:
    """Share of the recording's power at one frequency: median over windows of 50 ms, in which phase jumps are rare."""
    return statistics.median(_shares(path, frequency_hz))


def part_strength(path: Path, frequency_hz: float, part_s: float = 0.5, *, last_s: float = 1e6) -> float:
    """The same for the part, of the `last_s` before the end, in which it is strongest: whether the tone came at all."""
    shares, windows = _shares(path, frequency_hz)[-round(last_s / WINDOW_S) :], round(part_s / WINDOW_S)
    starts = range(max(1, len(shares) - windows + 1))
    return max(statistics.median(shares[start : start + windows]) for start in starts)


def end_strength(path: Path, frequency_hz: float, end_s: float = 1.0) -> float:
    """The same for the end of the recording."""
    return statistics.median(_shares(path, frequency_hz)[-round(end_s / WINDOW_S) :])


def together(path: Path, one_hz: float, other_hz: float, part_s: float = 0.5) -> float:
    """The weaker one's share of the power, in the part where two tones sound best together."""
    pairs = [min(each) for each in zip(_shares(path, one_hz), _shares(path, other_hz), strict=True)]
    windows = round(part_s / WINDOW_S)
    starts = range(max(1, len(pairs) - windows + 1))
    return max(statistics.median(pairs[start : start + windows]) for start in starts)


def onset_s(path: Path, frequency_hz: float, least: float = 0.5) -> float | None:
    """When the tone begins, to a fifth of a second; None where it never does."""
    rate, samples = samples_of(path)
    window = round(rate * WINDOW_S)
    for start in range(0, len(samples) - window, 4 * window):
        if _share(samples[start : start + window], frequency_hz / rate) > least:
            return start / rate
    return None


def _shares(path: Path, frequency_hz: float) -> list[float]:
    rate, samples = samples_of(path)
    window = round(rate * WINDOW_S)
    windows = (samples[start : start + window] for start in range(0, len(samples) - window, window))
    return [_share(part, frequency_hz / rate) for part in windows]


def _share(samples: Sequence[int], turns_per_sample: float) -> float:
    turn = 2 * math.pi * turns_per_sample
    real = sum(sample * math.cos(turn * n) for n, sample in enumerate(samples))
    imaginary = sum(sample * math.sin(turn * n) for n, sample in enumerate(samples))
    power = sum(sample * sample for sample in samples) * len(samples) / 2
    return (real**2 + imaginary**2) / power if power else 0.0


def samples_of(path: Path) -> tuple[int, Sequence[int]]:
    """Sample rate and samples of a mono WAV file of 16 bits, or of 8 (which are unsigned)."""
    with wave.open(str(path), "rb") as file:
        rate, width, frames = file.getframerate(), file.getsampwidth(), file.readframes(file.getnframes())
    return rate, array.array("h", frames) if width == 2 else [byte - 128 for byte in frames]


def speech_like(path: Path) -> Path:
    """Five seconds of bursts of sound of uneven length and height, as words are."""
    samples = array.array("h")
    for word in range(14):
        voiced = int(RATE * (0.12 + 0.05 * (word * 7 % 5)))
        pitch = 300 + 60 * (word * 5 % 7)
        samples.extend(int(9000 * math.sin(2 * math.pi * pitch * n / RATE)) for n in range(voiced))
        samples.extend([0] * int(RATE * (0.06 + 0.04 * (word * 3 % 4))))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
        file.writeframes(samples.tobytes())
    return path
