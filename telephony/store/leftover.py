"""What a crash left behind: a PostgreSQL still running on our folder, or its pid that is somebody else's by now."""

from __future__ import annotations

import asyncio
import os
import signal
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
    if not lines or not lines[0].isdigit():
        return
    pid = int(lines[0])
    for number, patience_s in SIGNALS:
        if not _serves(pid, data):
            break
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        for _ in range(int(patience_s / POLL_S)):
            if not _serves(pid, data):
                break
            await asyncio.sleep(POLL_S)
    if _exists(pid):  # a zombie, or another program under the same number: PostgreSQL would take it for its own
        pid_file.unlink(missing_ok=True)


def _serves(pid: int, data: Path) -> bool:
    try:
        return os.fsencode(data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def _exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
