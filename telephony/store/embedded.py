"""The embedded PostgreSQL: one server run by us below one folder, without root, for one machine.

It listens on loopback only and knows one user with a random password, who is no superuser; nobody else gets in. The
folder is locked while we live, and what a crash left behind is ended first.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
from collections.abc import Sequence
from pathlib import Path

from telephony.child import Child
from telephony.store.cluster import DATABASE, USER, first_lines, major_version, make, password
from telephony.store.errors import StoreError
from telephony.store.leftover import end_leftover
from telephony.store.postgres_program import Runner, check_owner, environment_for, find_binaries, find_runner, give

__all__ = ["EmbeddedPostgres", "find_binaries"]

START_S = 30.0  # a crash's recovery takes longer than a start
STOP_S = 10.0
POLL_S = 0.01
ATTEMPTS = 3
LOG_BYTES = 5_000_000
# What may be gone a moment later: a port somebody else took first, the last processes of a killed server.
PASSING = ("could not bind", "could not create any TCP/IP sockets", "is still in use")


class EmbeddedPostgres:
    def __init__(self, folder: Path, port: int = 0) -> None:
        """`port` 0 takes a free one, and keeps it for later starts of this object."""
        self._folder = folder.absolute()
        self._data = self._folder / "data"
        self._log = self._folder / "postgres.log"
        self._fixed_port = self._port = port
        self._child: Child | None = None
        self._lock: int | None = None
        self._log_start = 0

    @property
    def dsn(self) -> str:
        return f"postgresql://{USER}:{password(self._folder)}@127.0.0.1:{self._port}/{DATABASE}?sslmode=disable"

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.returncode is None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    async def start(self) -> str:
        """Make the database if need be, start, and return its URL. Errors: StoreError with the log's last lines."""
        if self.running:
            return self.dsn
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            check_owner(self._data)
            self._take_lock()
            await end_leftover(self._data)
            await asyncio.wait_for(self._start(), START_S)
        except TimeoutError:
            await self.stop()
            raise StoreError(f"PostgreSQL was not ready after {START_S:.0f} s:\n{self._last_words()}") from None
        except OSError as error:
            await self.stop()
            raise StoreError(f"PostgreSQL cannot be started in {self._folder}: {error}") from error
        except BaseException:
            await self.stop()
            raise
        return self.dsn

    async def stop(self) -> None:
        """A fast stop: open connections are closed, nothing committed is lost."""
        if self._child:
            await self._child.stop(signal.SIGINT, STOP_S)
            self._child = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def wait(self) -> int:
        """Wait for the server's end, asked for or not, and return its exit status."""
        assert self._child, "it was started"
        return await self._child.wait()

    # -- starting -----------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        binaries = find_binaries(major_version(self._data))
        runner = find_runner(binaries, self._folder)
        if not (self._data / "PG_VERSION").exists():
            await make(self._folder, self._data, binaries, runner)
        give(self._data, runner.owner)
        if self._log.exists() and self._log.stat().st_size > LOG_BYTES:
            self._log.replace(self._log.with_suffix(".log.1"))
        for left in reversed(range(ATTEMPTS)):
            try:
                await self._serve(binaries, runner)
            except StoreError as error:
                if not left or not any(words in str(error) for words in PASSING):
                    raise
                self._port = self._fixed_port
                await asyncio.sleep(0.2)
            else:
                return

    async def _serve(self, binaries: Path, runner: Runner) -> None:
        self._port = self._port or _free_port()
        self._log_start = self._log.stat().st_size if self._log.exists() else 0
        self._child = await Child.start(
            "postgres",
            [*runner.prefix, binaries / "postgres", *self._options()],
            log=self._log,
            env=environment_for(binaries),
            death_signal=signal.SIGINT,  # PostgreSQL's word for a fast stop
        )
        while not self._ready():
            if self._child.returncode is not None:
                status = self._child.returncode
                raise StoreError(f"PostgreSQL, on port {self._port}, ended with status {status}:\n{self._last_words()}")
            await asyncio.sleep(POLL_S)

    def _ready(self) -> bool:
        """Whether the server says so: the last line of postmaster.pid, which must be of this very process."""
        assert self._child
        lines = first_lines(self._data / "postmaster.pid")
        return len(lines) > 7 and lines[0] == str(self._child.pid) and lines[7].strip() == "ready"

    def _options(self) -> Sequence[str]:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self._port,
            "unix_socket_directories": "",  # a long folder would not fit into a socket's name
            "shared_buffers": "32MB",
            "max_connections": 60,
            "dynamic_shared_memory_type": "mmap",  # works without /dev/shm
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_error_verbosity": "terse",  # the details of an error quote the data: numbers, names
            "log_min_error_statement": "panic",
        }
        return ["-D", str(self._data), *(word for key, value in options.items() for word in ("-c", f"{key}={value}"))]

    def _take_lock(self) -> None:
        """Errors: StoreError when another process uses the folder."""
        if self._lock is not None:
            return  # it ended by itself and is started again
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 20).decode("ascii", "replace").strip()
            os.close(lock)
            raise StoreError(f"process {holder} uses the database in {self._folder} already: stop it first") from None
        os.truncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        self._lock = lock

    def _last_words(self) -> str:
        try:
            with self._log.open("rb") as log:
                log.seek(self._log_start)
                return "\n".join(log.read().decode("utf-8", "replace").splitlines()[-8:])
        except OSError:
            return "(no log)"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
