"""A real Tryton for the tests: trytond and its parties in an environment of their own, with a database of SQLite.

`python -m tests.tryton` installs it before the tests run. Its packages have nothing to do with ours; each is locked.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.locked import environment, install, is_whole

LOCK = Path(__file__).with_name("tryton.lock")
DATABASE, USER, PASSWORD = "crm", "admin", "Tryt0n-of-the-tests"
START_S = 30.0
CONF = """\
[database]
uri = sqlite://
path = {folder}
[web]
listen = 127.0.0.1:{port}
"""


class TrytonMissingError(RuntimeError):
    """Tryton is not here; the message names the command that brings it."""


@asynccontextmanager
async def tryton(folder: Path, parties: Sequence[dict[str, object]]) -> AsyncIterator[str]:
    """The address of a running Tryton with these parties. Errors: TrytonMissingError."""
    programs = environment(LOCK) / "bin"
    if not is_whole(LOCK):
        raise TrytonMissingError("Tryton is not here yet: run `python -m tests.tryton`")
    port = _free_port()
    conf, passwords = folder / "trytond.conf", folder / "password"
    conf.write_text(CONF.format(folder=folder, port=port), "utf-8")
    passwords.write_text(PASSWORD, "utf-8")
    sqlite3.connect(folder / f"{DATABASE}.sqlite").close()
    admin: list[str | Path] = [programs / "trytond-admin", "-c", conf, "-d", DATABASE]
    own = {**os.environ, "TRYTONPASSFILE": str(passwords)}
    await _run([*admin, "--all", "--email", "admin@example.com"], own)
    await _run([*admin, "-u", "party", "--activate-dependencies"], own)
    with (folder / "trytond.log").open("wb") as log:
        server = await asyncio.create_subprocess_exec(
            programs / "trytond", "-c", conf, "-d", DATABASE, stdout=log, stderr=log
        )
    try:
        url = f"http://127.0.0.1:{port}/{DATABASE}"
        async with asyncio.timeout(START_S):
            await _fill(url, parties)
        yield url
    finally:
        server.kill()
        await server.wait()


async def _run(command: Sequence[str | Path], env: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(said.decode("utf-8", "replace")[-2000:])


async def _fill(url: str, parties: Sequence[dict[str, object]]) -> None:
    body = {"id": 1, "method": "model.party.party.create", "params": [list(parties), {}]}
    proof = b64encode(f"{USER}:{PASSWORD}".encode()).decode("ascii")
    async with aiohttp.ClientSession(headers={"Authorization": f"Basic {proof}"}) as http:
        while True:
            try:
                async with http.post(f"{url}/rpc/", json=body) as answer:
                    told = await answer.json()
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.1)
                continue
            if "result" not in told:
                raise RuntimeError(f"Tryton did not take the parties: {told}")
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    install(LOCK)
    print(f"tryton: {environment(LOCK)}", flush=True)
