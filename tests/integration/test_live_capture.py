"""Packets on the loopback captured by the program, whose privileges are looked at; and one that may not listen."""

from __future__ import annotations

import asyncio
import ctypes
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from quality.capture_ring import CaptureRefusedError, Ring
from quality.drop_privileges import kept
from quality.live_capture import REFUSED
from quality.live_window import StreamWindow, WindowEnd
from telephony.capture_process import CaptureProcesses
from tests.ring_story import rtp

DROP_BOUNDING = 24
SSRC = 0x51AE0001
Told = tuple[Sequence[StreamWindow], WindowEnd]


def may_listen() -> bool:
    """Whether this machine lets us; where it does not, the tests below hold it to saying so."""
    try:
        Ring("lo", blocks=4).close()
    except CaptureRefusedError:
        return False
    return True


@asynccontextmanager
async def capture(
    told: list[tuple[Sequence[StreamWindow], WindowEnd]], workers: int
) -> AsyncIterator[CaptureProcesses]:
    processes = CaptureProcesses("lo", workers, 4, lambda streams, end: told.append((streams, end)), window_s=1.0)
    running = asyncio.create_task(processes.run())
    try:
        yield processes
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def until(met: Callable[[], object]) -> None:
    deadline = asyncio.get_running_loop().time() + 60.0
    while not met():
        assert asyncio.get_running_loop().time() < deadline, "it did not come within a minute"
        await asyncio.sleep(0.05)


def children() -> list[int]:
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return [int(each) for task in tasks for each in task.read_text("ascii").split()]


def program_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8")
    return ""


async def test_streams_on_the_loopback_are_told_by_a_program_without_any_privilege() -> None:
    told: list[Told] = []
    async with capture(told, workers=2) as processes:
        if not may_listen():
            await until(lambda: processes.figures.refused)
            assert "CAP_NET_RAW" in processes.figures.refused
            return
        await until(lambda: processes.figures.running == 2)
        mine = [pid for pid in children() if "quality.live_capture" in program_of(pid)]
        assert len(mine) == 2
        assert [kept(Path(f"/proc/{pid}/status").read_text("ascii")) for pid in mine] == [[], []]
        sender, receiver = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        receiver.bind(("127.0.0.1", 0))
        for number in range(120):
            if number not in range(50, 60):
                sender.sendto(rtp(8, number, number * 160, SSRC, bytes(160)), receiver.getsockname())
            await asyncio.sleep(0.02)
        ours: list[StreamWindow] = []

        def all_seen() -> bool:
            ours[:] = [each for streams, _ in told for each in streams if each.ssrc == SSRC]
            return sum(each.received for each in ours) >= 108  # a single packet of a window is no stream

        await until(all_seen)
        sender.close()
        receiver.close()
    assert sum(each.lost for each in ours) == 10
    assert {(each.flow.dst, each.codec) for each in ours} == {("127.0.0.1", "pcma")}
    assert sum(end.drops for _, end in told) == 0
    assert not [pid for pid in children() if "quality.live_capture" in program_of(pid)]


def test_without_the_right_the_program_says_so_and_ends() -> None:
    libc = ctypes.CDLL(None)

    def without_capabilities() -> None:
        for capability in range(41):
            libc.prctl(DROP_BOUNDING, capability, 0, 0, 0)

    ended = subprocess.run(
        [sys.executable, "-m", "quality.live_capture", "--interface", "lo"],
        preexec_fn=without_capabilities, capture_output=True, stdin=subprocess.DEVNULL, timeout=120, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (REFUSED, b"")
    assert b"CAP_NET_RAW is missing" in ended.stderr
