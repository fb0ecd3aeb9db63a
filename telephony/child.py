"""A program of ours running beside us: started, watched, and never left behind.

The kernel ends a child whose parent died (prctl(2), PR_SET_PDEATHSIG), so that not even SIGKILL of the parent leaves
it running; a pid file covers what is left after a crash of the machine's own making.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    """What a child does between fork and exec; the second check covers a parent that died in between."""

    def before_exec() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return before_exec


class Child:
    """One running program in a process group of its own; output goes to its log file."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, pid_file: Path | None) -> None:
        self.name = name
        self._process = process
        self._pid_file = pid_file

    @classmethod
    async def start(
        cls,
        name: str,
        argv: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        pid_file: Path | None = None,
        death_signal: signal.Signals = signal.SIGTERM,
    ) -> Child:
        """Start `argv`; `env` is the whole environment (default: ours). Errors: OSError when it cannot start."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *map(str, argv),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(env) if env is not None else None,
                start_new_session=True,
                preexec_fn=_die_with(os.getpid(), death_signal),
            )
        if pid_file:
            pid_file.write_text(f"{process.pid}\n")
        return cls(name, process, pid_file)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    async def wait(self) -> int:
        return await self._process.wait()

    async def stop(self, stop_signal: signal.Signals = signal.SIGTERM, grace_s: float = 10.0) -> None:
        """Ask the whole group to end, and end it after `grace_s`."""
        self._signal(stop_signal)
        try:
            await asyncio.wait_for(self._process.wait(), grace_s)
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self._process.wait()
        if self._pid_file:
            self._pid_file.unlink(missing_ok=True)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


async def end_leftover(pid_file: Path, program: str) -> bool:
    """End what a crash left behind: the pid in the file, if its command line still names `program`."""
    try:
        pid = int(pid_file.read_text())
        command_line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        pid_file.unlink(missing_ok=True)
        return False
    if program.encode() in command_line:
        await _end(pid)
    pid_file.unlink(missing_ok=True)
    return True


async def _end(pid: int, grace_s: float = 5.0) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        for _ in range(int(grace_s / 0.05)):
            await asyncio.sleep(0.05)
            os.kill(pid, 0)
        os.kill(pid, signal.SIGKILL)
