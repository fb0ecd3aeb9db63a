"""Records in a file while the database is away: on the disk at once, and read again by whoever comes next."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

Record = Mapping[str, Any]


class Spool:
    """One JSON object a line. Nothing is kept in memory; the file is there only while it holds something."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, records: Iterable[Record]) -> None:
        """When this returns, they are on the disk. Errors: OSError."""
        text = "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in records)
        if not text:
            return
        new = not self._path.exists()
        with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "ab+") as file:
            if _torn(file.fileno()):
                file.write(b"\n")
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        if new:
            _flush(self._path.parent)

    def records(self) -> list[Record]:
        """In order, but for what a crash has cut: it was never said to be on the disk. Errors: OSError."""
        return list(self._whole())

    def clear(self) -> None:
        """Errors: OSError."""
        self._path.unlink(missing_ok=True)

    def _whole(self) -> Iterator[Record]:
        try:
            lines = self._path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        for line in lines:
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                yield record


def _torn(descriptor: int) -> bool:
    """Whether the file ends in the middle of a line."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def _flush(folder: Path) -> None:
    """A file's name is on the disk when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
