"""Debian packages in a folder of our own, without root: apt with private state, dpkg -x, signatures checked by apt.

The mirror is the one the machine's own apt is set to. A tree is whole or absent: it is unpacked beside its place and
renamed.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Progress = Callable[[str], None]

DEBIAN_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
UBUNTU_KEYRING = Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg")

APT_CONF = """\
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State "{folder}/state";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
APT::Install-Recommends "false";
Debug::NoLocking "true";
APT::Sandbox::User "";
Acquire::Check-Valid-Until "false";
"""


class PackagesError(Exception):
    """The packages could not be had; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """One line of an apt source: where, which suite, checked by which keyring."""

    uri: str
    suite: str
    components: str
    keyring: Path

    def __str__(self) -> str:
        return f"deb [signed-by={self.keyring}] {self.uri} {self.suite} {self.components}\n"


@dataclass(frozen=True, slots=True)
class Release:
    """What /etc/os-release says: `debian` or `ubuntu`, and the codename."""

    id: str
    codename: str


def release(text: str | None = None) -> Release:
    """The machine's distribution; Ubuntu's derivatives count as Ubuntu. Errors: PackagesError for any other."""
    lines = (text if text is not None else Path("/etc/os-release").read_text("utf-8")).splitlines()
    known = {key: value.strip().strip('"') for key, _, value in (line.partition("=") for line in lines)}
    family = {known.get("ID", ""), *known.get("ID_LIKE", "").split()}
    for name in ("ubuntu", "debian"):
        if name in family:
            return Release(name, known.get("UBUNTU_CODENAME") or known.get("VERSION_CODENAME", ""))
    raise PackagesError(
        f"{known.get('PRETTY_NAME', 'this system')} is neither Debian nor Ubuntu: install Asterisk 20 or newer by hand"
    )


async def mirror(origin: str) -> str:
    """The base address of the archive `origin` (Debian, Ubuntu) as the machine's own apt knows it."""
    output = await run("apt-get", "indextargets", "--format", "$(ORIGIN)|$(REPO_URI)", "Identifier: Packages")
    for line in output.splitlines():
        name, _, uri = line.partition("|")
        if name == origin and "security" not in uri:
            return uri
    return await _mirror_before_first_update(origin)


async def _mirror_before_first_update(origin: str) -> str:
    """Until the first `apt-get update` apt does not know the origin; then the first non-security source serves."""
    output = await run("apt-get", "indextargets", "--format", "$(SITE)|$(REPO_URI)", "Identifier: Packages")
    uris = [line.partition("|")[2] for line in output.splitlines()]
    for uri in uris:
        if origin.lower() in uri.lower() and "security" not in uri:
            return uri
    raise PackagesError(
        f"apt on this machine knows no {origin} archive: add one to /etc/apt/sources.list.d, or install the packages"
    )


async def run(*argv: str, env: Mapping[str, str] | None = None, line: Progress | None = None) -> str:
    """Run a program to its end and return what it printed. Errors: PackagesError with its last lines."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})},
        )
    except FileNotFoundError:
        raise PackagesError(f"{argv[0]} is not on this machine, and it is needed to fetch packages") from None
    assert process.stdout
    printed: list[str] = []
    async for raw in process.stdout:
        printed.append(raw.decode("utf-8", "replace").rstrip())
        if line:
            line(printed[-1])
    if await process.wait():
        raise PackagesError(f"{' '.join(argv[:3])} failed:\n" + "\n".join(printed[-8:]))
    return "\n".join(printed)


async def fetch(folder: Path, sources: Sequence[Source], packages: Sequence[str], progress: Progress) -> None:
    """Make `folder` hold the unpacked packages with all they depend on. Errors: PackagesError."""
    work = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(work, ignore_errors=True)
    for each in ("state/lists/partial", "cache/archives/partial", "root"):
        (work / each).mkdir(parents=True)
    (work / "status").touch()
    (work / "sources.list").write_text("".join(map(str, sources)), "utf-8")
    (work / "apt.conf").write_text(APT_CONF.format(folder=work.absolute()), "utf-8")
    env = {"APT_CONFIG": str(work.absolute() / "apt.conf")}
    progress("reading the package lists")
    await run("apt-get", "-q", "update", env=env, line=_only("Err:", progress))
    progress("downloading")
    await run(
        "apt-get", "-q", "-y", "install", "--download-only", *packages, env=env, line=_only("Get:", progress)
    )  # fmt: skip
    archives = sorted((work / "cache/archives").glob("*.deb"))
    for done, archive in enumerate(archives, start=1):
        if done % 20 == 0 or done == len(archives):
            progress(f"unpacking {done} of {len(archives)}")
        await run("dpkg", "-x", str(archive), str(work / "root"))
    shutil.rmtree(folder, ignore_errors=True)
    (work / "root").rename(folder)
    shutil.rmtree(work)


def _only(start: str, progress: Progress) -> Progress:
    def line(text: str) -> None:
        if text.startswith(start):
            progress(text)

    return line
