"""Asterisk on this machine: the host's own where it is 20 or newer, otherwise Debian's package in our data folder.

Debian 12 and 13 ship no Asterisk; its testing suite does, and that build runs anywhere through its own loader.
"""

from __future__ import annotations

import platform
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from telephony.asterisk import debian_tree
from telephony.asterisk.debian_tree import PackagesError, Release, Source

OLDEST = 20
SUITE = "forky"
PACKAGES = ("asterisk", "asterisk-modules", "asterisk-core-sounds-en-wav", "asterisk-moh-opsound-wav")

_VERSION = re.compile(r"Asterisk (\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class AsteriskProgram:
    """An Asterisk that can be started: `argv` before its own options."""

    argv: tuple[str, ...]
    modules: Path
    data: Path
    version: str

    @property
    def music(self) -> Path | None:
        """The folder of music on hold, where the packages brought one."""
        folder = self.data / "moh"
        return folder if folder.is_dir() and any(folder.iterdir()) else None


async def ensure_asterisk(data: Path, progress: Callable[[str], None] = lambda _: None) -> AsteriskProgram:
    """Find Asterisk, or fetch it into `data`. Errors: PackagesError telling what to do."""
    if found := await find_asterisk(data):
        return found
    tree = data / "asterisk-tree"
    try:
        await debian_tree.fetch(tree, await _sources(debian_tree.release()), PACKAGES, progress, finish=_mend_sounds)
    except PackagesError as error:
        raise PackagesError(f"{error}\nAn installed Asterisk {OLDEST} or newer would serve, too.") from None
    if found := await find_asterisk(data):
        return found
    raise PackagesError(f"the Asterisk in {tree} does not start; remove that folder and try again")


async def find_asterisk(data: Path) -> AsteriskProgram | None:
    """The host's Asterisk, or the one fetched before; None where there is none yet."""
    host = shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if host and (program := await _host_program(Path(host))):
        return program
    tree = (data / "asterisk-tree").absolute()
    binary = tree / "usr/sbin/asterisk"
    if not debian_tree.is_whole(tree, PACKAGES):
        return None
    return await _probed(_own_loader(tree, binary), _library(tree) / "asterisk/modules", tree / "usr/share/asterisk")


async def _host_program(binary: Path) -> AsteriskProgram | None:
    modules = next(iter(sorted(Path("/usr/lib").glob("**/asterisk/modules"))), None)
    if modules is None:
        return None
    # Packages keep their data in the first, a build from source in the second.
    shared, own = Path("/usr/share/asterisk"), Path("/var/lib/asterisk")
    program = await _probed((str(binary),), modules, own if not (shared / "documentation").is_dir() else shared)
    return program if program and int(program.version.partition(".")[0]) >= OLDEST else None


async def _probed(argv: tuple[str, ...], modules: Path, data: Path) -> AsteriskProgram | None:
    try:
        found = _VERSION.search(await debian_tree.run(*argv, "-V"))
    except PackagesError:
        return None
    return AsteriskProgram(argv, modules, data, found[0].removeprefix("Asterisk ")) if found else None


def _own_loader(tree: Path, binary: Path) -> tuple[str, ...]:
    """Debian's testing suite has a younger C library than the host: the tree's own loader and libraries serve."""
    loader = next(iter(sorted(_library(tree).glob("ld-linux*.so.*"))), None)
    if loader is None:
        raise PackagesError(f"{tree} has no loader; remove that folder and try again")
    return str(loader), "--library-path", str(_library(tree)), str(binary)


def _library(tree: Path) -> Path:
    return tree / f"usr/lib/{platform.machine()}-linux-gnu"


async def _sources(host: Release) -> list[Source]:
    address = await debian_tree.mirror(host)
    if host.id == "ubuntu":
        return [Source(address, host.codename, "main universe", host.keyring)]
    return [Source(address, SUITE, "main", host.keyring)]


def _mend_sounds(tree: Path) -> None:
    """The sounds are linked through /etc/alternatives, which this tree has not."""
    english = tree / "usr/share/asterisk/sounds/en"
    if english.is_symlink() and not english.exists():
        english.unlink()
    if not english.exists():
        english.symlink_to("en_US_f_Allison")
