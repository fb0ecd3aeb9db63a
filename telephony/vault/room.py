"""Room on the disks for recordings: nearly full stops recording, never a call; it goes on by itself.

Between the two limits nothing changes, so that a disk at the edge does not switch with every file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

log = structlog.get_logger()


def free_bytes(folder: Path) -> int:
    """For whoever is not root [statvfs(3), f_bavail]. Errors: OSError."""
    known = os.statvfs(folder)
    return known.f_bavail * known.f_frsize


class Room:
    """`look` asks the disks, which may take its time; `there` is what it has found last."""

    def __init__(
        self,
        folders: Sequence[Path],
        stop_below: int,
        go_on_above: int,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        """Limits in bytes, on the fullest of the disks that the folders are on."""
        self._folders = folders
        self._stop_below = stop_below
        self._go_on_above = go_on_above
        self._free = free
        self.there = True
        self.free = 0

    def look(self) -> bool:
        """Whether there is room, now. A disk that cannot be asked has none."""
        try:
            self.free = min(map(self._free, self._folders))
        except OSError as error:
            log.error("recording.disk_unknown", reason=error.strerror)  # noqa: TRY400 - the disk, not us
            self.free = 0
        wanted = self._stop_below if self.there else self._go_on_above
        room = self.free >= wanted
        if room is not self.there:
            tell = log.warning if room else log.error
            tell("recording.disk_has_room" if room else "recording.disk_full", free_bytes=self.free)
        self.there = room
        return room
