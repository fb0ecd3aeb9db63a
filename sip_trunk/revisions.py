"""Revisions of trunks on a disk, side by side, and one link to the one that is in force.

`revisions/7-1f3a…/` holds what Asterisk reads and the file it was made from; `current` leads to it and is replaced in
one step [rename(2)]. A journal says what is being done: a process that was killed in the middle leaves the old or the
new revision, and whoever comes next finishes or reverts (`unfinished`). One process at a time works here (`held`).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from sip_trunk.errors import TrunkError

SOURCE = "trunks.toml"
FILES = ("pjsip.conf", "extensions.conf", SOURCE)  # of a revision
KEPT = 20  # older ones are removed
_NAME = re.compile(r"(?P<number>[1-9][0-9]{0,8})-(?P<digest>[0-9a-f]{12})")


class TrunksBusyError(TrunkError):
    """Another process applies trunks here."""


@dataclass(frozen=True, slots=True, order=True)
class Revision:
    """`digest`: of all its texts."""

    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number}-{self.digest}"


@dataclass(frozen=True, slots=True)
class Step:
    """What the journal says: from `old` to `new`, begun by `actor` at `began`, in seconds since the epoch."""

    old: str
    new: str
    actor: str
    began: float


@dataclass(frozen=True, slots=True)
class Past:
    """A line of the history. `outcome`: applied, rolled_back, reverted."""

    at: float
    actor: str
    old: str
    new: str
    outcome: str
    reason: str = ""


class Folder(Protocol):
    """A folder of trunks, wherever it lies. All may raise TrunkError."""

    def held(self) -> AbstractContextManager[None]:
        """For one process at a time; nothing is written without it. Errors: TrunksBusyError."""
        ...

    def current(self) -> Revision | None: ...

    def known(self) -> tuple[Revision, ...]: ...

    def source(self, revision: Revision) -> str: ...

    def keep(self, texts: Mapping[str, str]) -> Revision: ...

    def begin(self, step: Step) -> None: ...

    def unfinished(self) -> Step | None: ...

    def switch(self, revision: Revision | None) -> None: ...

    def end(self, past: Past) -> None: ...

    def history(self) -> tuple[Past, ...]: ...


class TrunkFolder:
    """Below Asterisk's configuration folder: `trunks/`, whose `current/` it includes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._revisions = root / "revisions"
        self._current = root / "current"
        self._journal = root / "journal.json"
        self._history = root / "history.jsonl"

    @contextmanager
    def held(self) -> Iterator[None]:
        """For one process at a time. Errors: TrunksBusyError."""
        self._revisions.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.root / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise TrunksBusyError(f"another process applies trunks in {self.root}: wait until it is done") from None
            yield

    def current(self) -> Revision | None:
        """The one in force."""
        try:
            return revision_named(self._current.readlink().name)
        except OSError:
            return None

    def known(self) -> tuple[Revision, ...]:
        """All that are there, the newest last."""
        try:
            names = [each.name for each in self._revisions.iterdir()]
        except OSError:
            return ()
        return tuple(sorted(each for name in names if (each := revision_named(name))))

    def source(self, revision: Revision) -> str:
        """The file it was made from. Errors: TrunkError where it is gone."""
        try:
            return (self._revisions / str(revision) / SOURCE).read_text("utf-8")
        except OSError as error:
            raise TrunkError(f"revision {revision} cannot be read: {error.strerror}") from None

    def keep(self, texts: Mapping[str, str]) -> Revision:
        """Written whole and flushed, or not there. The same texts as those in force are the same revision."""
        digest, known = digest_of(texts), self.known()
        if (now := self.current()) and now.digest == digest and now in known:
            return now
        revision = Revision(known[-1].number + 1 if known else 1, digest)
        new = self._revisions / f".new-{revision}"
        shutil.rmtree(new, ignore_errors=True)  # of a process that was killed
        new.mkdir(mode=0o700)
        for name, text in texts.items():
            _write(new / name, text)
        _flush_folder(new)
        new.rename(self._revisions / str(revision))
        _flush_folder(self._revisions)
        return revision

    def begin(self, step: Step) -> None:
        """Before anything is switched."""
        _replace(self._journal, json.dumps(asdict(step)))

    def unfinished(self) -> Step | None:
        """What a process that is gone had begun."""
        try:
            return Step(**json.loads(self._journal.read_text("utf-8")))
        except OSError:
            return None
        except (ValueError, TypeError):
            raise TrunkError(f"{self._journal} is not what we write: look at it, then remove it") from None

    def switch(self, revision: Revision | None) -> None:
        """In force from the next reload on; None: no trunks."""
        if revision is None:
            self._current.unlink(missing_ok=True)
        else:
            link = self.root / ".current.new"
            link.unlink(missing_ok=True)
            link.symlink_to(Path("revisions") / str(revision))
            link.replace(self._current)
        _flush_folder(self.root)

    def end(self, past: Past) -> None:
        """The step is over, whichever way; what is no longer needed is removed."""
        with self._history.open("a", encoding="utf-8") as history:
            history.write(json.dumps(asdict(past), ensure_ascii=False) + "\n")
            history.flush()
            os.fsync(history.fileno())
        self._journal.unlink(missing_ok=True)
        _flush_folder(self.root)
        now = self.current()
        for each in self.known()[:-KEPT]:
            if each != now:
                shutil.rmtree(self._revisions / str(each), ignore_errors=True)

    def history(self) -> tuple[Past, ...]:
        """All that has been done here, the latest last; a line that was cut off by a crash is left out."""
        try:
            lines = self._history.read_text("utf-8").splitlines()
        except OSError:
            return ()
        return tuple(past for line in lines if (past := _past(line)))


def digest_of(texts: Mapping[str, str]) -> str:
    """The same for the same texts, at whichever node."""
    return hashlib.sha256(json.dumps(sorted(texts.items())).encode()).hexdigest()[:12]


def revision_named(name: str) -> Revision | None:
    """`7-1f3a…`, as `str` of a revision."""
    found = _NAME.fullmatch(name)
    return Revision(int(found["number"]), found["digest"]) if found else None


def _past(line: str) -> Past | None:
    try:
        return Past(**json.loads(line))
    except (ValueError, TypeError):
        return None


def _replace(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    _write(new, text)
    new.replace(path)
    _flush_folder(path.parent)


def _write(path: Path, text: str) -> None:
    """For us and Asterisk, which runs as we do or reads by its group."""
    path.touch(mode=0o640)
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
