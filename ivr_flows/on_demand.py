"""Sounds made during the call, and kept for a while: words known only then (a balance), several prompts as one sound.

The folder is bounded by count, bytes and age; what was used longest ago goes first, by the files' own times. Words
said to one caller (a number, a balance) do not stay for good.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ivr_flows.files import write_atomically
from ivr_flows.prompts import SUFFIXES, PromptStore
from ivr_flows.session import Prompt
from ivr_flows.speech import SpeechError


@dataclass(frozen=True, slots=True)
class Bounds:
    prompts: int = 2000
    total_bytes: int = 256 * 1024 * 1024
    keep_s: float = 86_400.0  # since it was last used
    limit_s: float = 3.0  # a caller waits in silence meanwhile


class OnDemand:
    """`built` is looked into first; `kept` is a store in a folder of its own, which nobody else writes to."""

    def __init__(self, built: PromptStore, kept: PromptStore, bounds: Bounds = Bounds()) -> None:
        self._built = built
        self._kept = kept
        self._bounds = bounds
        self._trimming = threading.Lock()
        # Threads of its own: a speech command that hangs shall not hold up the rest of the server.
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="speech")
        self._making: dict[Path, asyncio.Future[None]] = {}

    async def speak(self, prompt: Prompt) -> Path:
        """The path to play, without the suffix. Raises SpeechError, also when it takes too long; FlowError, OSError."""
        if self._built.ready(prompt):
            return self._built.path(prompt)
        path = self._kept.path(prompt)
        await self._made(path, functools.partial(self._make, prompt))
        return path

    async def together(self, paths: Sequence[Path]) -> Path:
        """One sound of several that came from `speak`, likewise without the suffix. Raises SpeechError, OSError."""
        names = "\n".join(map(str, paths))  # each tells its content
        path = self._kept.folder / f"together-{hashlib.sha256(names.encode()).hexdigest()[:24]}"
        if not _touch(path):
            await self._made(path, functools.partial(self._join, path, paths))
        return path

    def close(self) -> None:
        """Does not wait for a speech command that hangs; that has a time limit of its own."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _made(self, path: Path, make: Callable[[], None]) -> None:
        """One making for all who ask for the same at the same time."""
        if path not in self._making:
            future = asyncio.get_running_loop().run_in_executor(self._threads, make)
            future.add_done_callback(lambda done: self._forget(path, done))
            self._making[path] = future
        try:
            async with asyncio.timeout(self._bounds.limit_s):
                # Shielded: another caller may wait for the same words, and a thread cannot be stopped anyway.
                await asyncio.shield(self._making[path])
        except TimeoutError:
            raise SpeechError(f"a prompt was not ready within {self._bounds.limit_s:g} s") from None

    def _forget(self, path: Path, done: asyncio.Future[None]) -> None:
        del self._making[path]
        if not done.cancelled():
            done.exception()  # whoever asked may have given up: then nobody else looks at it

    def _make(self, prompt: Prompt) -> None:
        _touch(self._kept.path(prompt))
        if self._kept.build([prompt]):
            with self._trimming:
                self._trim(self._kept.path(prompt).name)

    def _join(self, path: Path, paths: Sequence[Path]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        for suffix in SUFFIXES:  # raw samples [ivr_flows.prompts]: one after the other is all there is to it
            write_atomically(_with(path, suffix), b"".join(_with(each, suffix).read_bytes() for each in paths))
        with self._trimming:
            self._trim(path.name)

    def _trim(self, newest: str) -> None:
        """Remove what is over the bounds, the longest unused first, and never the prompt just made."""
        oldest_ns = time.time_ns() - int(self._bounds.keep_s * 1e9)
        sizes: dict[str, int] = {}
        used: dict[str, int] = {}
        for entry in os.scandir(self._kept.folder):
            if Path(entry.name).suffix not in SUFFIXES:
                continue
            name, seen = Path(entry.name).stem, entry.stat()
            sizes[name] = sizes.get(name, 0) + seen.st_size
            used[name] = max(used.get(name, 0), seen.st_mtime_ns)
        total = sum(sizes.values())
        for name in sorted(sizes, key=lambda each: used[each]):
            fits = len(sizes) <= self._bounds.prompts and total <= self._bounds.total_bytes
            if fits and used[name] >= oldest_ns:
                return
            if name != newest:
                total -= sizes.pop(name)
                for suffix in SUFFIXES:
                    _with(self._kept.folder / name, suffix).unlink(missing_ok=True)


def _touch(path: Path) -> bool:
    """Note that it is used; False where it is not whole."""
    try:
        for suffix in SUFFIXES:
            os.utime(_with(path, suffix))
    except FileNotFoundError:  # perhaps trimmed at this very moment
        return False
    return True


def _with(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
