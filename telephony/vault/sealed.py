"""Sealed files: AES-256-GCM in chunks, so that any part is read without the rest and nothing of it is changed unseen.

Each chunk's nonce is its number and whether it is the last: the STREAM construction [Hoang, Reyhanitabar, Rogaway and
Vizár, CRYPTO 2015, §7]. A chunk that was changed, moved, put in, or taken from another file does not open, nor does a
file that was cut off or has another one's name. A key is for one file and never used again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"HLSEAL1\n"
SALT_BYTES = 16
HEADER_BYTES = len(MAGIC) + SALT_BYTES
CHUNK_BYTES = 65_536
TAG_BYTES = 16
KEY_BYTES = 32


class BrokenSealError(ValueError):
    """The file is not as it was sealed; the message says what is wrong, never what is in it."""


class Sealer:
    """Writes one file; `close` makes it whole. Memory: one chunk and what is given at once."""

    def __init__(self, out: BinaryIO, key: bytes, name: str) -> None:
        """`key` is 32 bytes, for this file alone. Errors of all methods: OSError."""
        self._out = out
        self._cipher = AESGCM(key)
        header = MAGIC + secrets.token_bytes(SALT_BYTES)
        self._bound = header + name.encode()
        self._number = 0
        self._rest = bytearray()
        out.write(header)

    def write(self, content: bytes) -> None:
        self._rest += content
        while len(self._rest) > CHUNK_BYTES:  # a full one may still be the last
            self._put(self._rest[:CHUNK_BYTES], last=False)
            del self._rest[:CHUNK_BYTES]

    def close(self) -> None:
        self._put(self._rest, last=True)

    def _put(self, chunk: bytes | bytearray, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._number, last=last), bytes(chunk), self._bound))
        self._number += 1


class Sealed:
    """Reads one file, any part of it. `size` is what is in it, in bytes, and is proven when the file is opened."""

    def __init__(self, file: BinaryIO, key: bytes, name: str) -> None:
        """Errors: BrokenSealError; OSError."""
        self._file = file
        self._cipher = AESGCM(key)
        header = file.read(HEADER_BYTES)
        if len(header) < HEADER_BYTES or not header.startswith(MAGIC):
            raise BrokenSealError("this is no sealed file")
        self._bound = header + name.encode()
        end = file.seek(0, 2) - HEADER_BYTES
        self.chunks = -(-end // (CHUNK_BYTES + TAG_BYTES))
        self.size = end - self.chunks * TAG_BYTES
        if self.chunks == 0 or end - (self.chunks - 1) * (CHUNK_BYTES + TAG_BYTES) < TAG_BYTES:
            raise BrokenSealError("the file is cut off")
        self._chunk(self.chunks - 1)

    def read(self, start: int, length: int) -> bytes:
        """So many bytes from there, fewer at the end. Errors: BrokenSealError; OSError."""
        end = min(start + length, self.size)
        if start >= end:
            return b""
        first, last = start // CHUNK_BYTES, (end - 1) // CHUNK_BYTES
        content = b"".join(map(self._chunk, range(first, last + 1)))
        return content[start - first * CHUNK_BYTES : end - first * CHUNK_BYTES]

    def parts(self) -> Iterator[bytes]:
        """All of it, chunk by chunk. Errors: BrokenSealError; OSError."""
        return map(self._chunk, range(self.chunks))

    def _chunk(self, number: int) -> bytes:
        self._file.seek(HEADER_BYTES + number * (CHUNK_BYTES + TAG_BYTES))
        sealed = self._file.read(CHUNK_BYTES + TAG_BYTES)
        last = number == self.chunks - 1
        try:
            return self._cipher.decrypt(_nonce(number, last=last), sealed, self._bound)
        except (InvalidTag, ValueError):
            raise BrokenSealError(
                f"chunk {number + 1} of {self.chunks} was changed or moved, or is another file's or key's, "
                "or what followed it is gone"
            ) from None


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes((last,))
