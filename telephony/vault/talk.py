"""What becomes of a recording after the call: two channels, levelled, with a map of its silences.

Works through the files in blocks of 10 s, twice: once to measure, once to make; memory does not grow with the length.
What is marked is zero before anything else is done with it. Files may be cut off anywhere: what is there is used.
"""

from __future__ import annotations

import io
import math
import os
import stat
import struct
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ivr_flows.audio import PEAK_DBFS, TARGET_DBFS
from telephony.vault.vault import AudioFacts, Spans

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydub says that it found no ffmpeg: only raw samples pass through it here
    from pydub import AudioSegment  # type: ignore[import-untyped]

BLOCK_S = 10
FRAME_MS = 100
SPEECH_DBFS = -48.0  # a frame above it has somebody speaking; a line's own noise stays below -55
SILENCE_S = 2.0  # shorter pauses belong to a talk
MOST_GAIN_DB = 24.0  # more would only make noise loud
MOST_SILENCES = 5_000
WAV_HEADER_BYTES = 44
MOST_WAV_BYTES = 0xFFFFFFFF - WAV_HEADER_BYTES


class NothingRecordedError(ValueError):
    """There is not one sample."""


@dataclass(frozen=True, slots=True)
class Source:
    """Mono signed 16-bit little-endian samples in a file, from byte `begin` on."""

    path: Path
    begin: int = 0


@dataclass(slots=True)
class _Level:
    """Of one channel, as it is measured."""

    power: float = 0.0  # of the frames with speech, full scale being 1
    frames: int = 0
    peak_dbfs: float = -math.inf

    @property
    def gain_db(self) -> float:
        """To TARGET_DBFS, or as near to it as its peaks allow; nothing where nobody speaks."""
        if not self.frames:
            return 0.0
        level = 10 * math.log10(self.power / self.frames)
        return round(min(TARGET_DBFS - level, PEAK_DBFS - self.peak_dbfs, MOST_GAIN_DB), 2)


@dataclass(slots=True)
class _Silences:
    """Stretches of frames in which no channel has speech."""

    found: list[tuple[float, float]]
    since_s: float | None = None

    def frame(self, at_s: float, *, speech: bool) -> None:
        if not speech:
            self.since_s = at_s if self.since_s is None else self.since_s
        elif self.since_s is not None:
            self._end(at_s)

    def _end(self, at_s: float) -> None:
        if self.since_s is not None and at_s - self.since_s >= SILENCE_S and len(self.found) < MOST_SILENCES:
            self.found.append((round(self.since_s, 1), round(at_s, 1)))
        self.since_s = None

    def end(self, at_s: float) -> Spans:
        self._end(at_s)
        return tuple(self.found)


class Talk:
    """`sources` are the channels, left to right; `muted` is taken out. Errors of all: OSError; ValueError."""

    def __init__(self, sources: Sequence[Source], rate_hz: int, begun_at: float, muted: Spans = ()) -> None:
        self._rate_hz = rate_hz
        self._sources = sources
        sizes = [_regular_size(source.path) for source in sources]
        samples = max((max(0, size - source.begin) // 2) for size, source in zip(sizes, sources, strict=True))
        self._samples = min(samples, MOST_WAV_BYTES // 2 // len(sources))
        if not self._samples:
            raise NothingRecordedError("there is nothing in it")
        duration_s = self._samples / rate_hz
        self._muted = tuple((max(0.0, a), min(b, duration_s)) for a, b in muted if b > 0 and a < duration_s)
        silences, levels = self._measured()
        self._gains = tuple(level.gain_db for level in levels)
        self.facts = AudioFacts(
            begun_at, round(duration_s, 3), rate_hz, len(sources), silences, self._muted, self._gains, tuple(sizes)
        )

    def wav(self) -> Iterator[bytes]:
        """The whole, block by block [RIFF WAVE, PCM]."""
        channels = len(self._sources)
        size, rate = self._samples * 2 * channels, self._rate_hz
        yield struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            b"RIFF", size + 36, b"WAVE", b"fmt ", 16, 1, channels, rate, rate * 2 * channels, 2 * channels, 16,
            b"data", size,
        )  # fmt: skip
        for segments in self._blocks():
            levelled = [each.apply_gain(gain) for each, gain in zip(segments, self._gains, strict=True)]
            whole = levelled[0] if channels == 1 else AudioSegment.from_mono_audiosegments(*levelled)
            yield whole.raw_data

    def _measured(self) -> tuple[Spans, list[_Level]]:
        levels = [_Level() for _ in self._sources]
        silences, at_s = _Silences([]), 0.0
        for segments in self._blocks():
            for level, segment in zip(levels, segments, strict=True):
                level.peak_dbfs = max(level.peak_dbfs, segment.max_dBFS)
            for start_ms in range(0, len(segments[0]), FRAME_MS):
                frames = [segment[start_ms : start_ms + FRAME_MS] for segment in segments]
                heard = [_heard(level, frame) for level, frame in zip(levels, frames, strict=True)]
                silences.frame(at_s + start_ms / 1000, speech=any(heard))
            at_s += BLOCK_S
        return silences.end(self._samples / self._rate_hz), levels

    def _blocks(self) -> Iterator[list[AudioSegment]]:
        """Of all channels, equally long."""
        block = BLOCK_S * self._rate_hz
        files = [_opened(source.path) for source in self._sources]
        try:
            for start in range(0, self._samples, block):
                length = min(block, self._samples - start)
                yield [
                    self._segment(file, source.begin, start, length)
                    for file, source in zip(files, self._sources, strict=True)
                ]
        finally:
            for file in files:
                file.close()

    def _segment(self, file: BinaryIO, begin: int, start: int, length: int) -> AudioSegment:
        file.seek(begin + 2 * start)
        raw = bytearray(file.read(2 * length).ljust(2 * length, b"\0"))
        for from_s, to_s in self._muted:
            first = min(max(0, math.floor(from_s * self._rate_hz) - start), length)
            last = min(max(0, math.ceil(to_s * self._rate_hz) - start), length)
            raw[2 * first : 2 * last] = bytes(2 * (last - first))
        return AudioSegment(data=bytes(raw), sample_width=2, frame_rate=self._rate_hz, channels=1)


def _heard(level: _Level, frame: AudioSegment) -> bool:
    """Whether there is speech in it; then it counts for the level."""
    if frame.dBFS <= SPEECH_DBFS:
        return False
    level.power += (frame.rms / frame.max_possible_amplitude) ** 2
    level.frames += 1
    return True


def _opened(path: Path) -> BinaryIO:
    """Never through a link: the folder is Asterisk's, too. A channel of which there is no file is silent."""
    if not path.exists():
        return io.BytesIO()
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")


def _regular_size(path: Path) -> int:
    if not path.exists():
        return 0
    with _opened(path) as file:
        known = os.fstat(file.fileno())
    if not stat.S_ISREG(known.st_mode):
        raise ValueError("this is no file")
    return known.st_size
