"""What a process has cost so far, from /proc [proc(5)]."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Seconds on a core, its own and the kernel's for it, all threads."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[11:13]
    return (int(user) + int(system)) / _TICKS_PER_S


def idle_s() -> float:
    """Seconds in which cores of this machine had nothing to do, all of them added up."""
    return int(Path("/proc/stat").read_text().split(maxsplit=5)[4]) / _TICKS_PER_S


def memory_mb(pid: int) -> float:
    """Resident."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
