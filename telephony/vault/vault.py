"""The vault: a folder of sealed recordings, each with its wrapped key beside it.

In a file come first its facts as JSON, then a WAV file. A rotation of the master key writes the small key files anew
and leaves the sound alone; a file whose key is gone is gone for good.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from telephony.vault.keys import KeyRing, Wrapped
from telephony.vault.sealed import BrokenSealError, Sealed, Sealer

SEALED, KEY, UNFINISHED = ".sealed", ".key", ".new"
LENGTH_BYTES = 4

Spans = tuple[tuple[float, float], ...]  # seconds from the beginning, in order


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What is known of a recording. `begun_at` in seconds since the epoch; levels are dB that were added."""

    begun_at: float
    duration_s: float
    rate_hz: int
    channels: int  # 2: the caller left, the house right
    silences: Spans = ()  # where nobody speaks
    muted: Spans = ()  # what was taken out for certain
    gains_db: tuple[float, ...] = ()  # by channel
    source_bytes: tuple[int, ...] = ()  # of the files it was made of

    @classmethod
    def parse(cls, text: bytes) -> AudioFacts:
        """Errors: BrokenSealError."""
        try:
            known = json.loads(text)
            for name in ("silences", "muted"):
                known[name] = tuple((float(begin), float(end)) for begin, end in known[name])
            known["gains_db"], known["source_bytes"] = tuple(known["gains_db"]), tuple(known["source_bytes"])
            return cls(**known)
        except (ValueError, KeyError, TypeError):
            raise BrokenSealError("its facts cannot be read") from None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A recording that is being made: to be written to `path` with `key`."""

    name: str
    path: Path
    key: bytes
    wrapped: Wrapped


class Opened:
    """A recording that is open: `facts`, and `size` bytes of a WAV file."""

    def __init__(self, sealed: Sealed) -> None:
        """Errors: BrokenSealError; OSError."""
        self._sealed = sealed
        length = int.from_bytes(sealed.read(0, LENGTH_BYTES), "big")
        self._begin = LENGTH_BYTES + length
        if self._begin > sealed.size:
            raise BrokenSealError("its facts cannot be read")
        self.facts = AudioFacts.parse(sealed.read(LENGTH_BYTES, length))
        self.size = sealed.size - self._begin

    def read(self, start: int, length: int) -> bytes:
        return self._sealed.read(self._begin + start, length)

    def check(self) -> None:
        """Read everything. Errors: BrokenSealError; OSError."""
        for _ in self._sealed.parts():
            pass


class Vault:
    """`ring` gives the keys as they are now. Everything here is of the disk: not for an event loop."""

    def __init__(self, folder: Path, ring: Callable[[], KeyRing]) -> None:
        self.folder = folder
        self.ring = ring

    def names(self) -> Iterator[str]:
        """All that is in it, in no order. Errors: OSError."""
        for path in self.folder.glob(f"??/*{SEALED}"):
            yield path.name.removesuffix(SEALED)

    def has(self, name: str) -> bool:
        return self._path(name, SEALED).exists()

    def prepare(self, name: str) -> Unfinished:
        """A place for a new one, which nobody else writes to. Errors: OSError."""
        path = self._path(name, f".{secrets.token_hex(8)}{UNFINISHED}")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Unfinished(name, path, *self.ring().new(name))

    def finish(self, made: Unfinished) -> None:
        """What was written there is in the vault from now on. Errors: OSError; BrokenSealError where it is broken."""
        with made.path.open("rb") as file:
            Opened(Sealed(file, made.key, made.name)).check()
        self._write_key(made.name, made.wrapped)
        path = self._path(made.name, SEALED)
        made.path.replace(path)
        _flush_folder(path.parent)

    def tidy(self, before: float) -> None:
        """Remove what was begun before that time and never finished. Errors: OSError."""
        for path in self.folder.glob(f"??/*{UNFINISHED}"):
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)

    @contextmanager
    def open(self, name: str) -> Iterator[Opened]:
        """Errors: FileNotFoundError, OSError; BrokenSealError."""
        key = self.ring().unwrap(name, self._wrapped(name))
        with self._path(name, SEALED).open("rb") as file:
            yield Opened(Sealed(file, key, name))

    def master_of(self, name: str) -> str:
        """The id of the master key that its own is wrapped in. Errors: OSError; BrokenSealError."""
        return self._wrapped(name).master

    def remove(self, name: str) -> None:
        """Its key first: without it the rest is noise. Errors: OSError."""
        self._path(name, KEY).unlink(missing_ok=True)
        self._path(name, SEALED).unlink(missing_ok=True)

    def wrap_anew(self, name: str) -> bool:
        """Under the current master key; False where it is already. Errors: OSError; BrokenSealError."""
        ring, before = self.ring(), self._wrapped(name)
        if before.master == ring.current:
            return False
        self._write_key(name, ring.wrap(name, ring.unwrap(name, before)))
        return True

    def _wrapped(self, name: str) -> Wrapped:
        return Wrapped.parse(self._path(name, KEY).read_text("ascii", "replace"))

    def _write_key(self, name: str, wrapped: Wrapped) -> None:
        path, new = self._path(name, KEY), self._path(name, f"{KEY}{UNFINISHED}")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(wrapped.as_json())
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        _flush_folder(path.parent)

    def _path(self, name: str, kind: str) -> Path:
        """Spread over 256 folders, so that none is too long."""
        return self.folder / hashlib.sha256(name.encode()).hexdigest()[:2] / f"{name}{kind}"


def write(out: BinaryIO, key: bytes, name: str, facts: AudioFacts, audio: Iterator[bytes]) -> None:
    """What `Opened` reads. Errors: OSError."""
    told = json.dumps(asdict(facts), separators=(",", ":")).encode()
    sealer = Sealer(out, key, name)
    sealer.write(len(told).to_bytes(LENGTH_BYTES, "big") + told)
    for part in audio:
        sealer.write(part)
    sealer.close()


def _flush_folder(folder: Path) -> None:
    """What was renamed is so after a power cut, too [rename(2), fsync(2)]."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
