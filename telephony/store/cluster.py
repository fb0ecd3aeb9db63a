"""The files of the embedded PostgreSQL: a new cluster whose one user has a random password and is no superuser."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from telephony.store.errors import StoreError
from telephony.store.postgres_program import Runner, environment_for

USER, DATABASE = "hotline", "hotline"
HBA = f"# Written by the hotline: nobody else, not even on this machine.\nhost all {USER} 127.0.0.1/32 scram-sha-256\n"

SINGLE = ("-c", "dynamic_shared_memory_type=mmap", "-c", "log_min_error_statement=panic")


async def make(folder: Path, data: Path, binaries: Path, runner: Runner) -> None:
    """Make the cluster `data` below `folder`: beside its place, and put there whole. Errors: StoreError, OSError."""
    part = folder / "data.part"
    for half_made in (part, data):
        if half_made.exists():
            shutil.rmtree(half_made)
    _write_password(folder)
    initdb: list[str | Path] = [*runner.prefix, binaries / "initdb", "-D", part, "-U", "postgres", "-A", "reject"]
    environment = environment_for(binaries)
    await _run([*initdb, "-E", "UTF8", "--locale", "C", "--no-instructions"], environment)
    (part / "pg_hba.conf").write_text(HBA, "utf-8")
    single: list[str | Path] = [*runner.prefix, binaries / "postgres", "--single", "-D", part, *SINGLE, "postgres"]
    await _run(single, environment, _script(folder))
    part.rename(data)


def _script(folder: Path) -> str:
    """For single-user mode: one statement a line."""
    role = f"CREATE ROLE {USER} LOGIN CREATEDB PASSWORD '{password(folder)}'"
    return f"{role}\nCREATE DATABASE {DATABASE} OWNER {USER}\n"


def _write_password(folder: Path) -> None:
    path = folder / "password"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(24) + "\n")


def password(folder: Path) -> str:
    """Errors: StoreError when it is gone."""
    try:
        return (folder / "password").read_text("utf-8").strip()
    except OSError as error:
        raise StoreError(
            f"the database's password cannot be read ({error.strerror}): move {folder} away to begin anew"
        ) from error


def major_version(data: Path) -> int | None:
    """The major version of PostgreSQL that made the cluster; None: there is none yet."""
    lines = first_lines(data / "PG_VERSION")
    return int(lines[0]) if lines and lines[0].isdigit() else None


def first_lines(path: Path) -> list[str]:
    """A small file's lines; none when it cannot be read."""
    try:
        return path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []


async def _run(argv: Sequence[str | Path], environment: Mapping[str, str], text: str = "") -> None:
    process = await asyncio.create_subprocess_exec(
        *map(str, argv),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
    )
    try:
        output, _ = await process.communicate(text.encode())
    except BaseException:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    said = output.decode("utf-8", "replace")
    if process.returncode or "ERROR:" in said:  # `postgres --single` ends with 0 whatever happened
        raise StoreError(f"the database could not be made:\n{said[-800:]}")
