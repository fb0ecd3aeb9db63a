"""What strangers cost the AGI server: its memory, and what a caller notices, under each attack beside quiet times.

`python -m tests.benchmarks.agi [seconds per attack]` runs the server in a process of its own. A caller's delay is the
time from connecting with a whole header to our first command, as Asterisk would see it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import statistics
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from math import inf
from pathlib import Path

from telephony.asterisk.agi import AgiServer, AgiSession, SessionEndedError
from tests.integration.asterisk_double import AgiDouble, header

ATTACK_S = 5.0
BETWEEN_CALLS_S = 0.02
HALF_OPEN = 4_000  # twice the server's limit
REOPEN_S = 1.0
LORISES = 1_000
LARGE_HEADERS = 20
LARGE_BYTES = 10_000_000
GONE = (OSError, asyncio.IncompleteReadError)


async def serve() -> None:
    async def lead(session: AgiSession) -> None:
        with contextlib.suppress(SessionEndedError):
            while True:
                await session.variable("CHANNEL(linkedid)")

    server = AgiServer("127.0.0.1", 0, lead)
    sys.stdout.write(f"{await server.start()}\n")
    sys.stdout.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the log: a full pipe would stop the server
    await asyncio.Event().wait()


async def connect_and_close(port: int) -> None:
    while True:
        with contextlib.suppress(OSError):
            (await AgiDouble.connect(port, b"")).close()


async def half_open(port: int) -> None:
    """Connections without a byte, each opened anew a second after the server has closed it."""

    async def one() -> None:
        while True:
            with contextlib.suppress(OSError):
                call = await AgiDouble.connect(port, b"")
                await call.reader.read()
                call.close()
            await asyncio.sleep(REOPEN_S)

    await asyncio.gather(*(one() for _ in range(HALF_OPEN)))


async def slow_loris(port: int) -> None:
    """A header that comes a byte at a time."""

    async def one() -> None:
        while True:
            with contextlib.suppress(OSError):
                call = await AgiDouble.connect(port, b"agi_network: y")
                while not call.reader.at_eof():
                    call.writer.write(b"e")
                    await call.writer.drain()
                    await asyncio.sleep(0.2)

    await asyncio.gather(*(one() for _ in range(LORISES)))


async def large_headers(port: int) -> None:
    """10 MB in lines of a permitted length, and in one line."""

    async def one(line: bytes) -> None:
        while True:
            with contextlib.suppress(*GONE):
                call = await AgiDouble.connect(port, b"")
                for _ in range(LARGE_BYTES // len(line)):
                    call.writer.write(line)
                    await call.writer.drain()
                call.close()

    lines = (b"agi_x: " + b"y" * 900 + b"\n", b"y" * 65_536)
    await asyncio.gather(*(one(line) for line in lines * (LARGE_HEADERS // 2)))


async def delays(port: int, seconds: float) -> tuple[list[float], int]:
    """Of one caller after the other, in ms; and how many were not served."""
    taken: list[float] = []
    refused, until = 0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        try:
            call = await AgiDouble.connect(port, header())
            served = await call.command()
        except OSError:
            served = ""
        if served:
            taken.append((time.perf_counter() - began) * 1000)
            call.close()
        else:
            refused += 1
        await asyncio.sleep(BETWEEN_CALLS_S)
    return taken, refused


def memory_mb(process: Process) -> float:
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def attack(
    name: str, port: int, server: Process, run: Callable[[int], Awaitable[None]] | None, lasts: float
) -> None:
    strangers = None if run is None else asyncio.ensure_future(run(port))
    await asyncio.sleep(0.5 if run else 0)
    before_s = cpu_s(server)
    taken, refused = await delays(port, lasts)
    busy, peak = (cpu_s(server) - before_s) / lasts, memory_mb(server)
    if strangers is not None:
        strangers.cancel()
        await asyncio.gather(strangers, return_exceptions=True)
        await asyncio.sleep(3)  # the server closes what is left
    p50, p99 = (statistics.quantiles(taken, n=100)[place] for place in (49, 98)) if len(taken) > 1 else (inf, inf)
    sys.stdout.write(
        f"{name:18} callers {len(taken):4} refused {refused:3}  delay p50 {p50:7.2f} ms  p99 {p99:7.2f} ms"
        f"  server {busy:4.0%} CPU, {peak:6.1f} MB, afterwards {memory_mb(server):6.1f} MB\n"
    )


def cpu_s(process: Process) -> float:
    user, system = Path(f"/proc/{process.pid}/stat").read_text().rsplit(") ", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


async def main(lasts: float) -> None:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.agi", "serve", stdout=PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert server.stdout is not None
    port = int(await server.stdout.readline())
    sys.stdout.write("one attacker and one caller on the same cores as the server: the delays contain their turns\n")
    try:
        for name, run in (
            ("quiet", None),
            ("connect and close", connect_and_close),
            ("slow loris", slow_loris),
            ("10 MB headers", large_headers),
            ("half-open", half_open),
            ("quiet again", None),
        ):
            await attack(name, port, server, run, lasts)
    finally:
        server.kill()
        await server.wait()


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if sys.argv[1:] == ["serve"]:
        asyncio.run(serve())
    else:
        asyncio.run(main(float(sys.argv[1]) if sys.argv[1:] else ATTACK_S))
