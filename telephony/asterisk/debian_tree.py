"""Debian packages in a folder of our own, without root: apt with private state, `dpkg -x`, signatures checked by apt.

The mirror is the one the machine's own apt is set to. A tree is whole or absent: it is unpacked beside its place and
renamed; what was downloaded before an interruption is not downloaded again.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

Progress = Callable[[str], None]

KEYRINGS = {
    "debian": (
        Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
        Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
    ),
    "ubuntu": (Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg"),),
}
STAMP = ".packages"

# Given with -c, so that it comes after the machine's own settings: its proxy stays, its hooks and pins do not.
APT_CONF = """\
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "{folder}/state";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
APT::Install-Recommends "false";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
Acquire::Check-Valid-Until "false";
Acquire::Retries "3";
Debug::NoLocking "true";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
"""

_CODENAME = re.compile(r"[a-z][a-z0-9.-]{0,39}")
_URI = re.compile(r"[a-z+]{2,20}:[!-~]{1,300}")
_TOTAL = re.compile(r"(\d+) newly installed")
_SIZE = re.compile(r"Need to get ([\d.,]+ \S+?)(?:/\S+ \S+)? of archives")


class PackagesError(Exception):
    """The packages could not be had; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Release:
    """What /etc/os-release says: `debian` or `ubuntu`, and the codename (`bookworm`, `noble`)."""

    id: str
    codename: str

    @property
    def keyring(self) -> Path:
        """What signs this distribution's archive. Errors: PackagesError."""
        for path in KEYRINGS[self.id]:
            if path.exists():
                return path
        raise PackagesError(
            f"{KEYRINGS[self.id][0]} is missing, and without it no package can be trusted: "
            f"run `apt-get install {self.id}-{'archive-' if self.id == 'debian' else ''}keyring` as root"
        )


@dataclass(frozen=True, slots=True)
class Source:
    """One line of an apt source: where, which suite, checked by which keyring."""

    uri: str
    suite: str
    components: str
    keyring: Path

    def __str__(self) -> str:
        return f"deb [signed-by={self.keyring}] {self.uri} {self.suite} {self.components}\n"


def release(text: str | None = None) -> Release:
    """The machine's distribution; Ubuntu's derivatives count as Ubuntu. Errors: PackagesError for any other."""
    lines = (text if text is not None else Path("/etc/os-release").read_text("utf-8")).splitlines()
    known = {key: value.strip().strip("\"'") for key, _, value in (line.partition("=") for line in lines)}
    family = {known.get("ID", ""), *known.get("ID_LIKE", "").split()}
    codename = known.get("UBUNTU_CODENAME") or known.get("DEBIAN_CODENAME") or known.get("VERSION_CODENAME", "")
    for name in ("ubuntu", "debian"):
        if name in family and _CODENAME.fullmatch(codename):
            return Release(name, codename)
    raise PackagesError(f"{known.get('PRETTY_NAME', 'this system')} is neither a known Debian nor a known Ubuntu")


async def mirror(host: Release) -> str:
    """The address of the distribution's archive as the machine's own apt has it. Errors: PackagesError."""
    for options in ((), ("--no-release-info",)):  # before the first `apt-get update` apt knows no origins
        output = await run(
            "apt-get", "indextargets", *options, "--format", "$(ORIGIN)|$(RELEASE)|$(REPO_URI)",
            "Identifier: Packages", "Component: main",
        )  # fmt: skip
        if found := mirror_in(output, host):
            return found
    raise PackagesError(
        f"apt on this machine has no source for {host.id} {host.codename} main: "
        "add one to /etc/apt/sources.list and run `apt-get update` as root"
    )


def mirror_in(targets: str, host: Release) -> str | None:
    """The archive among `ORIGIN|RELEASE|REPO_URI` lines: the origin decides where it is known, else the suite."""
    suites = {host.codename, "stable", "oldstable", "testing"}
    for line in targets.splitlines():
        origin, suite, uri = [*line.split("|", 2), "", ""][:3]
        ours = origin.lower() == host.id or (origin == "$(ORIGIN)" and suite in suites)
        if ours and not suite.endswith("-security") and _URI.fullmatch(uri) and not uri.startswith("cdrom:"):
            return uri
    return None


async def run(*argv: str, line: Progress | None = None) -> str:
    """Run a program to its end and return what it printed. Errors: PackagesError with its last lines."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
        )
    except FileNotFoundError:
        raise PackagesError(f"{argv[0]} is not on this machine, and it is needed to fetch packages") from None
    try:
        printed = await _read(process, line)
        status = await process.wait()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if status:
        raise PackagesError(f"{' '.join(argv[:2])} failed:\n" + "\n".join(printed[-8:]) + _hint("\n".join(printed)))
    return "\n".join(printed)


async def _read(process: asyncio.subprocess.Process, line: Progress | None) -> list[str]:
    assert process.stdout
    printed: list[str] = []
    async for raw in process.stdout:
        printed.append(raw.decode("utf-8", "replace").rstrip())
        if line:
            line(printed[-1])
    return printed


def _hint(printed: str) -> str:
    """What to do about apt's commonest complaints."""
    if "NO_PUBKEY" in printed or "is not signed" in printed or "Missing key" in printed:
        return "\nThe archive's signature is not known here: update the package debian-archive-keyring as root."
    if re.search(
        r"Could not (resolve|connect)|failure resolving|Unable to connect|Connection (failed|timed out)", printed
    ):
        return "\nThe mirror cannot be reached: check the network and apt's proxy settings (`apt-config dump`)."
    if "No space left" in printed:
        return "\nThe disk is full: 600 MB are needed; HOTLINE_DATA may name a folder elsewhere."
    return ""


def is_whole(folder: Path, packages: Sequence[str]) -> bool:
    """True when `folder` was made by `fetch` of these packages and is complete."""
    try:
        return (folder / STAMP).read_text("utf-8") == _stamp(packages)
    except OSError:
        return False


def _stamp(packages: Sequence[str]) -> str:
    return "".join(f"{name}\n" for name in packages)


async def fetch(
    folder: Path,
    sources: Sequence[Source],
    packages: Sequence[str],
    progress: Progress,
    *,
    without: Sequence[str] = (),
    finish: Callable[[Path], None] = lambda _: None,
) -> None:
    """Make `folder` hold the unpacked packages with all they depend on, but for those named in `without`.

    `finish` mends the tree before it gets its name. Errors: PackagesError. Another process fetching the same folder
    is waited for.
    """
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    async with _one_at_a_time(folder.with_name(f"{folder.name}.lock"), progress):
        if is_whole(folder, packages):
            return
        work = folder.with_name(f"{folder.name}.part")
        try:
            _prepare(work, sources)
            await _download(work, packages, progress)
            await _unpack(work, set(without), progress)
            finish(work / "root")
            (work / "root" / STAMP).write_text(_stamp(packages), "utf-8")
        except OSError as error:
            raise PackagesError(f"{work}: {error.strerror}{_hint(str(error))}") from error
        shutil.rmtree(folder, ignore_errors=True)
        (work / "root").rename(folder)
        shutil.rmtree(work)


@asynccontextmanager
async def _one_at_a_time(lock: Path, progress: Progress) -> AsyncIterator[None]:
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another process that fetches the same")
            await asyncio.to_thread(fcntl.flock, held, fcntl.LOCK_EX)
        yield


def _prepare(work: Path, sources: Sequence[Source]) -> None:
    """Apt's folders; archives of an earlier try stay."""
    shutil.rmtree(work / "root", ignore_errors=True)
    for each in ("state/lists/partial", "cache/archives/partial", "root"):
        (work / each).mkdir(parents=True, exist_ok=True)
    (work / "status").touch()
    (work / "sources.list").write_text("".join(map(str, sources)), "utf-8")
    (work / "apt.conf").write_text(APT_CONF.format(folder=work), "utf-8")


async def _download(work: Path, packages: Sequence[str], progress: Progress) -> None:
    apt = ("apt-get", "-q", "-c", str(work / "apt.conf"))
    progress("reading the package lists")
    await run(*apt, "update")
    await run(*apt, "-y", "install", "--download-only", *packages, line=DownloadProgress(progress))


class DownloadProgress:
    """Apt's output as one line now and then: how many of how many packages."""

    def __init__(self, progress: Progress, every: int = 20) -> None:
        self._progress = progress
        self._every = every
        self._total = "?"
        self._done = 0

    def __call__(self, line: str) -> None:
        if found := _TOTAL.search(line):
            self._total = found[1]
        elif found := _SIZE.search(line):
            self._progress(f"downloading {found[1]} in {self._total} packages")
        elif line.startswith("Get:"):
            self._done += 1
            if self._done % self._every == 0:
                self._progress(f"downloaded {self._done} of {self._total} packages")


async def _unpack(work: Path, without: set[str], progress: Progress) -> None:
    archives = sorted(
        path for path in (work / "cache/archives").glob("*.deb") if path.name.partition("_")[0] not in without
    )
    for done, archive in enumerate(archives, start=1):
        await run("dpkg", "-x", str(archive), str(work / "root"))
        if done % 40 == 0 or done == len(archives):
            progress(f"unpacked {done} of {len(archives)} packages")
