"""The browser side, built: TypeScript and CSS of `web/`, bundled by esbuild into `web/built/`, named by its sources.

A server serves the folder made of the sources it has, or says that it has to be built. `hotline setup` builds, and so
do the tests (`python -m tests.browser`).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from telephony.console.browser_packages import WEB, BuildError, Progress, ensure, publish, run

SOURCES = ("src", "style", "texts")
BUILT = WEB / "built"
KEPT = 3  # earlier builds: a server that runs may still serve one
PHONE_LIBRARY = "jssip"
SERVED, SIZES = "static", "sizes.json"  # in the folder of a build

ESBUILD = (
    "--bundle", "--minify", "--splitting", "--format=esm", "--target=es2022", "--charset=utf8", "--log-level=warning",
    "--entry-names=[name]", "--chunk-names=[name]-[hash]", "--asset-names=[name]", "--loader:.svg=copy",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes after gzip, as a browser fetches them; `pages`: script, what it shares with others, and style together."""

    files: Mapping[str, int]
    phone_library: frozenset[str]  # files that hold it; only fetched by whoever phones in the browser
    pages: Mapping[str, int]

    @property
    def total(self) -> int:
        """Without the phone library."""
        return sum(size for name, size in self.files.items() if name not in self.phone_library)


def built() -> Path:
    """The folder made of the present sources. Errors: BuildError where there is none."""
    folder = BUILT / _digest() / SERVED
    if not folder.is_dir():
        raise BuildError("the console's pages are not built: run `hotline setup`")
    return folder


def build(tools: Path, progress: Progress = lambda _: None) -> Sizes:
    """Build, if that is not done yet. Errors: BuildError."""
    wanted = BUILT / _digest()
    if wanted.is_dir():
        return _sizes(wanted)
    packages = ensure(tools, progress)
    progress("building the pages")
    BUILT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILT, prefix=".new-") as name:
        made = Path(name) / "pages"
        _bundle(packages, made)
        publish(made, wanted)
    _tidy(wanted)
    return _sizes(wanted)


def _sizes(folder: Path) -> Sizes:
    """As measured when it was built."""
    known = json.loads((folder / SIZES).read_text("utf-8"))
    return Sizes(known["files"], frozenset(known["phone_library"]), known["pages"])


def check_types(tools: Path) -> None:
    """Errors: BuildError with the checker's words."""
    packages = ensure(tools, with_tests=True)
    checker = _program(packages, "@typescript/typescript-*/lib/tsc")
    link = WEB / "node_modules"  # where the checker, and every editor, looks for packages
    if link.is_symlink() or not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(packages.absolute())
    run([str(checker), "--project", str(WEB / "tsconfig.json")], "the TypeScript does not fit")


def _digest() -> str:
    """Of everything a build is made of."""
    found = hashlib.sha256(Path(__file__).read_bytes())
    files = (path for folder in SOURCES for path in (WEB / folder).rglob("*") if path.is_file())
    for path in sorted([*files, WEB / "package-lock.json", WEB / "tsconfig.json"]):
        found.update(f"{path.relative_to(WEB).as_posix()}\0{path.stat().st_size}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


def _bundle(packages: Path, made: Path) -> None:
    """Each page has a `src/page_*.ts` and a style sheet; what scripts share is split off, `part_*.css` are imported."""
    styles = [path for path in sorted((WEB / "style").glob("*.css")) if not path.name.startswith("part_")]
    entries = [*sorted((WEB / "src").glob("page_*.ts")), *styles]
    meta, served = made / SIZES, made / SERVED
    argv = [str(_program(packages, "@esbuild/*/bin/esbuild")), *map(str, entries), *ESBUILD]
    argv += [f"--outdir={served}", f"--metafile={meta}"]
    run(argv, "the pages cannot be built", cwd=WEB, NODE_PATH=str(packages))
    outputs = json.loads(meta.read_text("utf-8"))["outputs"]
    meta.write_text(json.dumps(_measured(served, outputs)), "utf-8")


def _measured(served: Path, outputs: Mapping[str, Any]) -> Mapping[str, object]:
    files = {path.name: len(gzip.compress(path.read_bytes())) for path in sorted(served.iterdir())}
    holds = [Path(name).name for name, each in outputs.items() if f"node_modules/{PHONE_LIBRARY}/" in json.dumps(each)]
    pages = {
        name: sum(files[each] for each in _with_shared(name, outputs))
        + files["style.css"]
        + files.get(f"{name[5:-3]}.css", 0)
        for name in files
        if name.startswith("page_") and name.endswith(".js")
    }
    return {"files": files, "phone_library": sorted(holds), "pages": pages}


def _with_shared(script: str, outputs: Mapping[str, Any]) -> set[str]:
    """It and what it fetches at once, as esbuild's metafile tells."""
    found, waiting = set[str](), [script]
    while waiting:
        name = waiting.pop()
        found.add(name)
        shared = next(each["imports"] for path, each in outputs.items() if Path(path).name == name)
        at_once = (Path(each["path"]).name for each in shared if each["kind"] == "import-statement")
        waiting += [each for each in at_once if each not in found]
    return found


def _program(packages: Path, pattern: str) -> Path:
    found = next(iter(sorted(packages.glob(pattern))), None)
    if found is None:
        raise BuildError(f"npm brought no {pattern} for this kind of machine; remove {packages.parent} and try again")
    return found


def _tidy(newest: Path) -> None:
    others = sorted(
        (path for path in BUILT.iterdir() if path != newest and path.name[0] != "."),
        key=lambda path: -path.stat().st_mtime,
    )
    for path in others[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
