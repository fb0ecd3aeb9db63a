"""What came back of speech that was sent to an echo: how much of it, and how late.

Loudness over time is compared, not the samples: coders change these, and an echo's level is nobody's promise.
"""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FRAME_S = 0.02
LONGEST_DELAY_S = 2.0
ACTIVE_BELOW_DB = 25.0  # under the loudest frame: speech, not the pauses between its words
FLOOR_DB = 20.0  # of 16-bit samples: an idle line of G.711 is quieter
LIKE = 0.4  # correlation of the loudness, from which on it is the same speech; of other speech it is about 0.1

Levels = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Echoed:
    """`heard_ratio`: the share of what was said that came back; `delay_ms` None where nothing like it did."""

    heard_ratio: float
    delay_ms: float | None


def levels(path: Path) -> Levels:
    """Loudness of each 20 ms in dB, of a mono WAV file of 16 bits, or of 8 (which are unsigned)."""
    with wave.open(str(path), "rb") as file:
        rate, width, octets = file.getframerate(), file.getsampwidth(), file.readframes(file.getnframes())
    samples = np.frombuffer(octets, "<i2").astype(float) if width == 2 else _of_bytes(octets)
    frame = round(rate * FRAME_S)
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    loudness: Levels = 10 * np.log10(np.mean(frames**2, axis=1) + 1)
    return loudness


def _of_bytes(octets: bytes) -> NDArray[np.float64]:
    return (np.frombuffer(octets, np.uint8).astype(float) - 128) * 256


def compared(said: Levels, heard: Levels, *, first_s: float) -> Echoed:
    """`said` was played again and again from the moment at which `heard` begins; only the `first_s` are looked at."""
    heard = heard[: round(first_s / FRAME_S)]
    if not len(said) or not len(heard) or heard.max() < FLOOR_DB:
        return Echoed(0.0, None)
    said = np.resize(said, len(heard))
    active = said > said.max() - ACTIVE_BELOW_DB
    lags = range(min(round(LONGEST_DELAY_S / FRAME_S), len(heard) // 2))
    likeness = [_alike(said[: len(said) - lag], heard[lag:]) for lag in lags]
    lag = int(np.argmax(likeness))
    if likeness[lag] < LIKE:
        return Echoed(0.0, None)
    spoken, came = active[: len(active) - lag], heard[lag:]
    loud = max(FLOOR_DB, float(came.max()) - ACTIVE_BELOW_DB - 6)
    return Echoed(float(np.mean(came[spoken] > loud)), lag * FRAME_S * 1000)


def _alike(one: Levels, other: Levels) -> float:
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
