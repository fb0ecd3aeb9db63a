"""The bytes of a capture in blocks of one size, whatever it comes from: a file, a pipe, packed with gzip or not."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 20  # of bytes; small enough to stay in a core's cache between reading and looking at it
_GZIP = b"\x1f\x8b"


class _Head(io.RawIOBase):
    """A stream whose first bytes have been read already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        got = self._head[: len(buffer)] or self._rest.read(len(buffer)) or b""
        self._head = self._head[len(got) :]
        buffer[: len(got)] = got
        return len(got)


class CaptureSource:
    """`block` holds `size` bytes that are still to be looked at, from its beginning; `take` says how many were, and
    reads on.

    `read_bytes` counts what came from the file, packed. `fault` tells why the bytes end early, if they do. A source
    given as a stream is not closed.
    """

    def __init__(self, source: Path | BinaryIO) -> None:
        self._own = source.open("rb", buffering=0) if isinstance(source, Path) else None
        raw = self._own or source
        assert not isinstance(raw, Path)
        self._raw = raw
        head = raw.read(2) or b""
        self._counted = _Counted(_Head(head, raw))
        self._file: io.RawIOBase | gzip.GzipFile = self._counted
        if head == _GZIP:
            self._file = gzip.GzipFile(fileobj=io.BufferedReader(self._counted, 1 << 16), mode="rb")
        elif self._own:
            self._own.seek(0)
            self._file = self._counted = _Counted(self._own)
        self.block: NDArray[np.uint8] = np.zeros(BLOCK, np.uint8)
        self._view = memoryview(self.block)  # type: ignore[arg-type]
        self.size = 0
        self.ended = False
        self.fault: str | None = None
        self._skip = 0
        self._fill()

    @property
    def read_bytes(self) -> int:
        return self._counted.count

    def close(self) -> None:
        if self._own:
            self._own.close()

    def take(self, used: int) -> None:
        """So many bytes are done with (they may reach over the block's end); read on."""
        if used >= self.size:
            self._skip, self.size = used - self.size, 0
        else:
            left = self.size - used
            self._view[:left] = self._view[used : self.size]
            self.size = left
        self._fill()

    def _fill(self) -> None:
        while self.size < BLOCK and not self.ended:
            got = self._read(self._view[self.size :])
            if not got:
                self.ended = True
            elif self._skip:
                over = min(got, self._skip)
                self._skip -= over
                self._view[: got - over] = bytes(self._view[over:got])
                self.size = got - over
            else:
                self.size += got

    def _read(self, into: memoryview) -> int:
        try:
            return self._file.readinto(into) or 0
        except EOFError:
            self.fault = "the gzip file is cut off"
        except (gzip.BadGzipFile, zlib.error) as error:
            self.fault = f"the gzip file is damaged ({error})"
        return 0


class _Counted(io.RawIOBase):
    """Counts what is read."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        got = self._raw.readinto(buffer) or 0
        self.count += got
        return got
