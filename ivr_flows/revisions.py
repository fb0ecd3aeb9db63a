"""Published sets of flows: each lies in a folder of its own that never changes, and one small file names the current.

Whatever changes is put in place by one rename: who reads sees the set before or the set after, never half of one.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from ivr_flows import source
from ivr_flows.errors import FlowError
from ivr_flows.files import write_atomically
from ivr_flows.loading import MAX_FLOWS, flow_files
from ivr_flows.numbers_file import NUMBERS

T = TypeVar("T")

CURRENT, RECORD, LOCK = "current.json", "revision.json", "lock"
KEPT = 20  # revisions, the current one among them or beside them
MAX_NOTE = 200
LEFT_OVER_S = 86_400.0  # what an interrupted publication left behind is removed after a day

_REVISION = re.compile(r"[0-9a-f]{12}")
_MAX_BYTES = 256 * 1024
_DRAFT, _OLD = ".new-", ".old-"


@dataclass(frozen=True, slots=True)
class Published:
    """What is known of a revision; `at` in seconds since the epoch, `files`: name → SHA-256 of the content."""

    revision: str
    at: float
    by: str
    note: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Current:
    """Which revision is served, and since when by whose word."""

    revision: str
    at: float
    by: str
    rolled_back: bool = False


_PUBLISHED = TypeAdapter(Published)
_CURRENT = TypeAdapter(Current)


@contextmanager
def drafted(flows: Path, revisions: Path) -> Iterator[Path]:
    """A copy of a folder's flows, to be checked and published: what is checked is what is published.

    Raises FlowError for a folder without flows, OSError.
    """
    if not flows.is_dir():
        raise FlowError(f"{flows}: no such folder")
    paths = flow_files(flows)
    if not 0 < len(paths) <= MAX_FLOWS:
        raise FlowError(f"{flows}: 1 to {MAX_FLOWS} flows are expected, there are {len(paths)}")
    if (numbers := flows / NUMBERS).exists():
        paths.append(numbers)
    revisions.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=revisions, prefix=_DRAFT))
    try:
        draft.chmod(0o755)  # the server may run as another user
        for path in paths:
            write_atomically(draft / path.name, _content(path), durable=True)
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


class Revisions:
    """The published revisions below one folder. Every change is made by one process at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    # -- what there is ------------------------------------------------------------------------------------------

    def mark(self) -> tuple[int, int, int] | None:
        """Differs whenever another revision may have become current; one `stat`."""
        try:
            seen = (self.folder / CURRENT).stat()
        except OSError:
            return None
        return seen.st_mtime_ns, seen.st_size, seen.st_ino

    def current(self) -> Current | None:
        """None where nothing has been published. Raises FlowError for a file that is not ours, OSError."""
        path = self.folder / CURRENT
        current = _read(path, _CURRENT) if path.exists() else None
        if current and not _REVISION.fullmatch(current.revision):
            raise FlowError(f"{path}: names no revision; publish again, or roll back to a revision by its name")
        return current

    def all(self) -> tuple[tuple[Published, ...], tuple[FlowError, ...]]:
        """Those that are whole, the latest first, and what is wrong with the others."""
        found, problems = [], []
        for name in sorted(path.name for path in self.folder.glob("*") if _REVISION.fullmatch(path.name)):
            try:
                found.append(self.whole(name))
            except FlowError as error:
                problems.append(error)
        return tuple(sorted(found, key=lambda each: (-each.at, each.revision))), tuple(problems)

    def whole(self, revision: str) -> Published:
        """The revision, exactly as it was published. Raises FlowError for one that is missing or was changed since."""
        folder = self.folder / revision
        if not folder.is_dir():
            raise FlowError(f"there is no revision {revision} in {self.folder}")
        published = _read(folder / RECORD, _PUBLISHED)
        try:
            there = _sums(folder)
        except OSError as error:
            raise FlowError(f"{error.filename}: cannot be read: {error.strerror}") from error
        if wrong := sorted(name for name, _ in there.items() ^ published.files.items()):
            raise FlowError(f"{folder}: not as it was published, see {', '.join(dict.fromkeys(wrong))}")
        return published

    def find(self, name: str) -> Published:
        """The one whose name begins so. Raises FlowError where none or several do, or it is not whole."""
        found = [path.name for path in self.folder.glob("*") if _REVISION.fullmatch(path.name)]
        fitting = sorted(each for each in found if name and each.startswith(name))
        if len(fitting) != 1:
            raise FlowError(f"{'several revisions begin' if fitting else 'no revision begins'} with `{name}`")
        return self.whole(fitting[0])

    def before(self, current: Current) -> Published:
        """The one published before the current one. Raises FlowError where there is none."""
        published, problems = self.all()
        names = [each.revision for each in published]
        if current.revision not in names:
            raise FlowError(f"the current revision {current.revision} is not whole: name the one to go back to")
        older = published[names.index(current.revision) + 1 :]
        if not older:
            told = "".join(f"\n  {problem}" for problem in problems)
            raise FlowError(f"no revision was published before {current.revision}{told}")
        return older[0]

    # -- what changes it ----------------------------------------------------------------------------------------

    def publish(self, draft: Path, revision: str, *, by: str, note: str, at: float) -> Published:
        """Make the drafted flows the current revision. Raises FlowError for a note that is not one line, OSError."""
        check_note(note)
        published = Published(revision, at, by, note, _sums(draft))
        with self._changing():
            write_atomically(draft / RECORD, _PUBLISHED.dump_json(published, indent=2), durable=True)
            self._place(draft, revision)
            self._point(Current(revision, at, by))
            self._prune(at)
        return published

    def roll_back(self, revision: str, *, by: str, at: float) -> None:
        """Make an earlier revision the current one. Raises FlowError where it is not whole."""
        with self._changing():
            self.whole(revision)
            self._point(Current(revision, at, by, rolled_back=True))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _place(self, draft: Path, revision: str) -> None:
        target = self.folder / revision
        if not target.exists():
            draft.rename(target)
            return
        try:
            self.whole(revision)
        except FlowError:  # changed by hand since it was published: put right
            target.rename(Path(tempfile.mkdtemp(dir=self.folder, prefix=_OLD)) / revision)
            draft.rename(target)
        else:
            (draft / RECORD).replace(target / RECORD)

    def _point(self, current: Current) -> None:
        write_atomically(self.folder / CURRENT, _CURRENT.dump_json(current, indent=2), durable=True)

    def _prune(self, now: float) -> None:
        """Calls go on without the files: whoever serves a flow has it in memory."""
        current = self.current()
        published, _ = self.all()
        for each in published[KEPT:]:
            if current is None or each.revision != current.revision:
                gone = self.folder / f"{_OLD}{each.revision}"
                (self.folder / each.revision).rename(gone)  # whole or away, for everybody who looks
                shutil.rmtree(gone, ignore_errors=True)
        for path in (*self.folder.glob(f"{_DRAFT}*"), *self.folder.glob(f"{_OLD}*")):
            with suppress(OSError):
                if path.stat().st_mtime < now - LEFT_OVER_S:
                    shutil.rmtree(path, ignore_errors=True)


def check_note(note: str) -> None:
    """Raises FlowError for what does not fit in a line of `hotline flow list`."""
    if len(note) > MAX_NOTE or not note.isprintable():
        raise FlowError(f"the note is one line of at most {MAX_NOTE} characters")


def changes(before: Published | None, after: Published) -> str:
    """What a revision changed, in a line: `changed general; new night; gone old`."""
    old, new = before.files if before else {}, after.files
    parts = {
        "changed": [name for name in new if name in old and old[name] != new[name]],
        "new": [name for name in new if name not in old],
        "gone": [name for name in old if name not in new],
    }
    told = [f"{word} {', '.join(_plain(name) for name in sorted(names))}" for word, names in parts.items() if names]
    return "; ".join(told) or "no change"


def _plain(name: str) -> str:
    return name.removesuffix(".yaml")


def _sums(folder: Path) -> dict[str, str]:
    """Name → SHA-256 of everything that belongs to the set."""
    paths = [path for path in folder.iterdir() if path.name != RECORD]
    return {path.name: hashlib.sha256(_content(path)).hexdigest() for path in paths}


def _content(path: Path) -> bytes:
    """Never more than is allowed and one byte, so that a file that is too large is known for one."""
    if not path.is_file():
        raise FlowError(f"{path}: no plain file")
    with path.open("rb") as file:
        return file.read(source.MAX_BYTES + 1)


def _read(path: Path, reader: TypeAdapter[T]) -> T:
    try:
        with path.open("rb") as file:
            return reader.validate_json(file.read(_MAX_BYTES))
    except OSError as error:
        raise FlowError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise FlowError(f"{path}: not as it was written; publish again, or roll back to a revision by name") from error
