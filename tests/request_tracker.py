"""A real Request Tracker 5 for the tests: Debian's packages, unpacked without root, with SQLite in a folder of its own.

`python -m tests.request_tracker` gets them before the tests run. RT's paths stand in a module of its own
(RT::Generated) and at the head of its programs: both are written anew for the place where they lie.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from telephony.asterisk import debian_tree
from telephony.asterisk.debian_tree import PackagesError
from telephony.outward.tickets.http import basic
from tests.ports import free_port
from tests.tools import HOST_LIBC, data_folder, debian_sources

PACKAGES = ("request-tracker5", "rt5-db-sqlite", "starlet")
USER, PERSON, PASSWORD = "hotline", "anna", "RT5-of-the-tests"
START_S = 60.0
SHARE, LIBS = "usr/share/request-tracker5", '"/usr/share/request-tracker5/lib", "/usr/local/share/request-tracker5/lib"'
PROGRAMS = {"setup": "usr/sbin/rt-setup-database-5", "serve": f"{SHARE}/libexec/rt-server"}
CONF = """\
Set($rtname, 'marsoft');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{own}/rt.sqlite');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($WebBaseURL, 'http://127.0.0.1:{port}');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'warning');
Set($MailCommand, 'testfile');
Set($BcryptCost, 4);
1;
"""
PEOPLE = """\
@Users = map {{ {{ Name => $_, Password => '{password}', Privileged => 1, EmailAddress => "$_\\@example.com" }} }}
    qw(hotline anna);
@ACL = map {{ {{ UserId => $_, Right => 'SuperUser' }} }} qw(hotline anna);
1;
"""


class RequestTrackerMissingError(RuntimeError):
    """Request Tracker is not here; the message names the command that brings it."""


def tree() -> Path:
    return data_folder() / "tools/request-tracker"


async def install() -> None:
    """Errors: PackagesError."""
    if debian_tree.is_whole(tree(), PACKAGES):
        return
    sources = await debian_sources(debian_tree.release())
    await debian_tree.fetch(
        tree(), sources, PACKAGES, lambda text: print(f"request-tracker: {text}", flush=True), without=HOST_LIBC
    )


@asynccontextmanager
async def request_tracker(own: Path) -> AsyncIterator[str]:
    """The address of a running RT with two privileged users. Errors: RequestTrackerMissingError."""
    if not debian_tree.is_whole(tree(), PACKAGES):
        raise RequestTrackerMissingError("Request Tracker is not here yet: run `python -m tests.request_tracker`")
    port, env = free_port(), _prepared(own)
    (own / "etc/RT_SiteConfig.pm").write_text(CONF.format(own=own, port=port), "utf-8")
    perl = str(tree() / "usr/bin/perl")
    (own / "people").write_text(PEOPLE.format(password=PASSWORD), "utf-8")
    with (own / "rt.log").open("wb") as log:
        for action in (["init", "--skip-create"], ["insert", "--datafile", str(own / "people")]):
            setup = await asyncio.create_subprocess_exec(
                perl, own / "setup", "--dba", "", "--dba-password", "", "--action", *action,
                env=env, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
            if await setup.wait():
                raise RuntimeError((own / "rt.log").read_text("utf-8", "replace")[-2000:])
        server = await asyncio.create_subprocess_exec(
            perl, own / "serve", "--server", "Starlet", "--max-workers=2", "--host", "127.0.0.1", "--port", str(port),
            env=env, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        async with asyncio.timeout(START_S):
            await _ready(url)
        yield url
    finally:
        server.terminate()  # its workers end with it
        await server.wait()


def _prepared(own: Path) -> dict[str, str]:
    """The programs and paths written for where they lie; the environment to start them in."""
    there = tree()
    for folder in ("lib/RT", "etc/RT_SiteConfig.d", "mason_data", "session_data"):
        (own / folder).mkdir(parents=True)
    generated = (there / SHARE / "lib/RT/Generated.pm").read_text("utf-8")
    moved = {
        "'/usr/local/share/request-tracker5": f"'{own}/local",
        "'/usr/": f"'{there}/usr/",
        "'/etc/request-tracker5": f"'{own}/etc",
        "'/var/lib/request-tracker5": f"'{own}",
        "'/var/cache/request-tracker5": f"'{own}",
    }
    for old, new in moved.items():
        generated = generated.replace(old, new)
    (own / "lib/RT/Generated.pm").write_text(generated, "utf-8")
    for name, program in PROGRAMS.items():
        text = (there / program).read_text("utf-8")
        (own / name).write_text(text.replace(LIBS, f'"{there}/{SHARE}/lib", "{own}/lib"'), "utf-8")
    machine = f"{os.uname().machine}-linux-gnu"
    (versioned,) = (there / f"usr/lib/{machine}/perl5").iterdir()
    perl = [f"usr/share/perl/{versioned.name}", f"usr/lib/{machine}/perl/{versioned.name}", "etc/perl"]
    libraries = [SHARE + "/lib", "usr/share/perl5", f"usr/lib/{machine}/perl5/{versioned.name}", *perl]
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(own),
        "TMPDIR": str(own),
        "LC_ALL": "C.UTF-8",
        "PERL5LIB": ":".join([f"{own}/lib", *(f"{there}/{each}" for each in libraries)]),
        "LD_LIBRARY_PATH": f"{there}/usr/lib/{machine}:{there}/lib/{machine}",
    }


async def _ready(url: str) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": basic(USER, PASSWORD)}) as http:
        while not await _answers(http, f"{url}/REST/2.0/rt"):  # noqa: ASYNC110 - a server tells nobody that it is ready
            await asyncio.sleep(0.1)


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


if __name__ == "__main__":
    try:
        asyncio.run(install())
    except PackagesError as error:
        raise SystemExit(f"request-tracker: {error}") from None
    print(f"request-tracker: {tree()}", flush=True)
