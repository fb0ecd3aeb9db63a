"""What a crash left behind: a PostgreSQL still running on our folder, or its pid that is somebody else's by now."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from telephony.store.cluster import first_lines

POLL_S = 0.01
# A fast stop, an immediate one, and the end; seconds of patience after each.
SIGNALS = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 3.0))


async def end_leftover(data: Path) -> None:
    """End the server that a crash left running on this folder, and remove a pid that is somebody else's by now."""
    pid_file = data / "postmaster.pid"
    lines = first_lines(pid_file)
    named = int(lines[0]) if lines and lines[0].isdigit() else None
    if named is not None:
        await _end(named, data)
    for pid in list(_serving_without_a_file(data)):
        await _end(pid, data)
    # A zombie, or another program under the same number: PostgreSQL would take it for its own. A server that serves
    # still (it outlived SIGKILL: its disk hangs) keeps its file, and PostgreSQL refuses to start beside it.
    if named is not None and _exists(named) and not _serves(named, data):
        pid_file.unlink(missing_ok=True)


async def _end(pid: int, data: Path) -> None:
    for number, patience_s in SIGNALS:
        if not _serves(pid, data):
            return
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        for _ in range(int(patience_s / POLL_S)):
            if not _serves(pid, data):
                return
            await asyncio.sleep(POLL_S)


def _serving_without_a_file(data: Path) -> Iterator[int]:
    """Servers whose pid file is lost. One of another chroot may name the same path: its working folder tells."""
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        if _serves(pid, data):
            with suppress(OSError):
                if (entry / "cwd").samefile(data):
                    yield pid


def _serves(pid: int, data: Path) -> bool:
    try:
        return os.fsencode(data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def _exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
