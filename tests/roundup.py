"""A real Roundup for the tests: its classic template with SQLite, in an environment of its own.

`python -m tests.roundup` installs it before the tests run. Its package has nothing to do with ours; it is locked.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.locked import environment, install, is_whole
from tests.ports import free_port

LOCK = Path(__file__).with_name("roundup.lock")
USER, PERSON, PASSWORD = "hotline", "anna", "R0undup-of-the-tests"
START_S = 30.0
SETTINGS = {
    "password_pbkdf2_default_rounds = 250000": "password_pbkdf2_default_rounds = 1000",
    "#web = NO DEFAULT": "web = http://127.0.0.1:{port}/tracker/",
    "#domain = NO DEFAULT": "domain = example.com",
    "#host = NO DEFAULT": "host = localhost",
    "\ndebug = \n": "\ndebug = {folder}/mail\n",  # instead of sending it
}


class RoundupMissingError(RuntimeError):
    """Roundup is not here; the message names the command that brings it."""


@asynccontextmanager
async def roundup(folder: Path) -> AsyncIterator[str]:
    """The address of a running tracker with two users. Errors: RoundupMissingError."""
    programs, port, home = environment(LOCK) / "bin", free_port(), folder / "tracker"
    if not is_whole(LOCK):
        raise RoundupMissingError("Roundup is not here yet: run `python -m tests.roundup`")
    admin: list[str | Path] = [programs / "roundup-admin", "-i", home]
    await _run([*admin, "install", "classic", "sqlite"])
    config = (home / "config.ini").read_text("utf-8")
    for old, new in SETTINGS.items():
        config = config.replace(old, new.format(port=port, folder=folder))
    (home / "config.ini").write_text(config, "utf-8")
    await _run([*admin, "initialise", PASSWORD], b"y\n")
    for name in (USER, PERSON):
        person = [f"username={name}", f"password={PASSWORD}", f"address={name}@example.com", "roles=Admin"]
        await _run([*admin, "create", "user", *person])
    server = await asyncio.create_subprocess_exec(
        *_not_as_root(), programs / "roundup-server", "-p", str(port), "-n", "127.0.0.1", f"tracker={home}",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}/tracker"
        async with asyncio.timeout(START_S), aiohttp.ClientSession() as http:
            while not await _answers(http, url):  # noqa: ASYNC110 - a server tells nobody that it is ready
                await asyncio.sleep(0.1)
        yield url
    finally:
        server.kill()
        await server.wait()


def _not_as_root() -> list[str]:
    """Roundup refuses root, who is here nobody in a namespace of its own: the files stay ours."""
    return ["unshare", "--user", "--map-user=65534", "--map-group=65534"] if os.geteuid() == 0 else []


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(f"{url}/rest/") as answer:
            return answer.status < 500
    except aiohttp.ClientError:
        return False


async def _run(command: list[str | Path], typed: bytes = b"") -> None:
    process = await asyncio.create_subprocess_exec(
        *_not_as_root(),
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate(typed)
    if process.returncode:
        raise RuntimeError(said.decode("utf-8", "replace")[-2000:])


if __name__ == "__main__":
    install(LOCK)
    print(f"roundup: {environment(LOCK)}", flush=True)
