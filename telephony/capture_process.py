"""The processes that listen to media beside the server: started, read, and started again when one ends.

They are `quality.live_capture`, one for each share of the interface. A window counts once all of them have told
theirs: either direction of a call may pass through another one.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from quality.live_capture import READY, REFUSED, WINDOW_S
from quality.live_window import LONGEST_LINE, StreamWindow, WindowEnd, parse

log = structlog.get_logger()

Told = Callable[[Sequence[StreamWindow], WindowEnd], None]
RETRY_S = 5.0
REFUSED_RETRY_S = 300.0
MOST_STREAMS = 100_000  # of one window
YIELD_EVERY = 200  # lines between two looks at everything else the server does


@dataclass(slots=True)
class CaptureFigures:
    """Since the start, but for `running` and `streams`, which are as of now."""

    running: int = 0
    streams: int = 0
    packets: int = 0
    drops: int = 0
    windows: int = 0
    restarts: int = 0
    refused: str = ""  # why the kernel does not let us listen


@dataclass(slots=True)
class _Window:
    streams: list[StreamWindow] = field(default_factory=list)
    ends: dict[int, WindowEnd] = field(default_factory=dict)  # by worker


class Together:
    """The windows of several workers to one; pure. A worker that is silent is waited for until the next one ends."""

    def __init__(self, told: Told, window_s: float = WINDOW_S) -> None:
        self._told, self._window_s = told, window_s
        self._open: dict[int, _Window] = {}
        self.workers: set[int] = set()  # that are running

    def take(self, worker: int, streams: Sequence[StreamWindow], end: WindowEnd) -> None:
        number = round((end.start + end.seconds) / self._window_s)
        window = self._open.setdefault(number, _Window())
        window.streams += streams
        window.ends[worker] = end
        for each in sorted(self._open):
            if each < number or self.workers <= self._open[each].ends.keys():
                self._close(self._open.pop(each))

    def _close(self, window: _Window) -> None:
        ends = window.ends.values()
        start = min(each.start for each in ends)
        seconds = max(each.start + each.seconds for each in ends) - start
        whole = WindowEnd(
            start, seconds, len(window.streams), sum(each.packets for each in ends), sum(each.drops for each in ends)
        )
        self._told(window.streams, whole)


class CaptureProcesses:
    """`told` hears each window. A program that may not listen is tried again now and then, in case it may later."""

    def __init__(self, interface: str, workers: int, ring_mb: int, told: Told, *, window_s: float = WINDOW_S) -> None:
        self.figures = CaptureFigures()
        self._interface, self._workers = interface, workers
        self._options = ("--interface", interface, "--ring-mb", str(ring_mb), "--window-s", str(window_s))
        self._together = Together(self._count, window_s)
        self._hand_on = told

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for worker in range(self._workers):
                tasks.create_task(self._keep_running(worker))

    async def _keep_running(self, worker: int) -> None:
        while True:
            status = await self._once(worker)
            if status == REFUSED:
                log.warning("capture.refused", interface=self._interface, reason=self.figures.refused)
                await asyncio.sleep(REFUSED_RETRY_S)
            else:
                self.figures.restarts += 1
                log.error("capture.ended", interface=self._interface, status=status)
                await asyncio.sleep(RETRY_S)

    async def _once(self, worker: int) -> int:
        share = ["--fanout", str(os.getpid() & 0xFFFF)] if self._workers > 1 else []
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "quality.live_capture", *self._options, *share,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=2 * LONGEST_LINE, start_new_session=True,
        )  # fmt: skip
        assert process.stdout
        assert process.stderr
        complaint = asyncio.create_task(process.stderr.read())
        try:
            await self._read(worker, process.stdout)
            said = (await complaint).decode(errors="replace").strip()
            status = await process.wait()
            self.figures.refused = said[:200] if status == REFUSED else ""
            if status and status != REFUSED:
                log.error("capture.failed", said=said[-500:])
            return status
        finally:
            self._together.workers.discard(worker)
            self.figures.running = len(self._together.workers)
            complaint.cancel()
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _read(self, worker: int, lines: asyncio.StreamReader) -> None:
        """Until the program ends, or tells what it should not."""
        if await lines.readline() != READY:
            return
        self._together.workers.add(worker)
        self.figures.running, self.figures.refused = len(self._together.workers), ""
        log.info("capture.listens", interface=self._interface, worker=worker)
        streams: list[StreamWindow] = []
        number = 0
        while line := await lines.readline():
            try:
                told = parse(line)
            except ValueError:
                log.exception("capture.not_understood")
                return
            if isinstance(told, WindowEnd):
                self._together.take(worker, streams, told)
                streams = []
            elif len(streams) < MOST_STREAMS:
                streams.append(told)
            if (number := number + 1) % YIELD_EVERY == 0:
                await asyncio.sleep(0)

    def _count(self, streams: Sequence[StreamWindow], end: WindowEnd) -> None:
        figures = self.figures
        figures.windows += 1
        figures.streams = end.streams
        figures.packets += end.packets
        figures.drops += end.drops
        if end.drops:
            log.warning("capture.dropped", packets=end.drops, of=end.packets)
        self._hand_on(streams, end)
