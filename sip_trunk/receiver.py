"""The far side of a folder of trunks: what a node that shares no folder lets be done there, and nothing else.

One JSON object a line in, one a line out, over whatever carries lines (SSH with a forced command). The folder is said
where this is started, never by who asks; no value becomes part of a path or of a command. The lock is held until
`release`, or until whoever holds it is gone. Asks only for Python's own library.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, fields
from pathlib import Path
from typing import BinaryIO, TypeVar

from sip_trunk.errors import TrunkError
from sip_trunk.revisions import FILES, Past, Revision, Step, TrunkFolder, TrunksBusyError, revision_named

MOST_BYTES = 64 * 1024 * 1024  # of a line: all texts of a revision
MOST_PAST = 200  # lines of the history, the latest

T = TypeVar("T", Step, Past)
Asked = Mapping[str, object]


class Receiver:
    """What is done to one folder for one connection."""

    def __init__(self, root: Path) -> None:
        self._folder = TrunkFolder(root)
        self._held = ExitStack()
        self._holds = False
        self._reads: dict[str, Callable[[Asked], object]] = {
            "hold": self._hold,
            "current": lambda _: _named(self._folder.current()),
            "known": lambda _: [str(each) for each in self._folder.known()],
            "source": lambda asked: self._folder.source(_revision(asked)),
            "unfinished": lambda _: asdict(step) if (step := self._folder.unfinished()) else None,
            "history": lambda _: [asdict(each) for each in self._folder.history()[-MOST_PAST:]],
        }
        self._writes: dict[str, Callable[[Asked], object]] = {
            "release": lambda _: self.close(),
            "keep": lambda asked: str(self._folder.keep(_texts(asked))),
            "begin": lambda asked: self._folder.begin(_record(Step, asked.get("step"))),
            "switch": lambda asked: self._folder.switch(_revision(asked) if asked.get("revision") else None),
            "end": lambda asked: self._folder.end(_record(Past, asked.get("past"))),
        }

    def answer(self, line: bytes) -> Mapping[str, object]:
        """`ok` with what was asked for; else `busy` or `wrong`, with why."""
        try:
            asked = json.loads(line)
            do = self._reads.get(asked["do"]) or self._writes[asked["do"]]
            if asked["do"] in self._writes and not self._holds:
                return {"wrong": "the folder is not held"}
            return {"ok": do(asked)}
        except TrunksBusyError as error:
            return {"busy": str(error)}
        except TrunkError as error:
            return {"wrong": str(error)}
        except OSError as error:
            return {"wrong": f"the folder of trunks: {error.strerror}"}
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return {"wrong": "this is not asked here"}

    def close(self) -> None:
        self._held.close()
        self._holds = False

    def _hold(self, _: Asked) -> None:
        if self._holds:
            raise TrunkError("the folder is held already")
        self._held.enter_context(self._folder.held())
        self._holds = True


def serve(root: Path, asked: BinaryIO, answers: BinaryIO) -> None:
    """Until nobody asks any more, or somebody asks what nobody asks."""
    receiver = Receiver(root)
    try:
        while line := asked.readline(MOST_BYTES + 1):
            if len(line) > MOST_BYTES or not line.endswith(b"\n"):
                return
            answers.write(json.dumps(receiver.answer(line), ensure_ascii=False).encode() + b"\n")
            answers.flush()
    finally:
        receiver.close()


def _named(revision: Revision | None) -> str | None:
    return str(revision) if revision else None


def _revision(asked: Asked) -> Revision:
    """Errors: ValueError."""
    given = asked.get("revision")
    if not isinstance(given, str) or (revision := revision_named(given)) is None:
        raise ValueError("no revision")
    return revision


def _texts(asked: Asked) -> dict[str, str]:
    """Of our files and no other. Errors: ValueError."""
    given = asked.get("texts")
    if not isinstance(given, dict) or given.keys() != set(FILES):
        raise ValueError("other files")
    if not all(isinstance(text, str) for text in given.values()):
        raise ValueError("no texts")
    return dict(given)


def _record(kind: type[T], given: object) -> T:
    """Errors: ValueError."""
    if not isinstance(given, dict):
        raise ValueError("no record")  # noqa: TRY004 - what is not asked here has one error
    for each in fields(kind):
        wanted = (int, float) if each.type == "float" else (str,)
        if each.name in given and not isinstance(given[each.name], wanted):
            raise ValueError("another kind of record")
    return kind(**given)
