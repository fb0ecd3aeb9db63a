"""Persons in files: recordings, spools, exports, Asterisk's logs, and the list of who was erased.

A log of Asterisk's is masked in place, byte for byte, so that whoever reads or writes it at the same time finds all
lines where they were.
"""

from __future__ import annotations

import email
import email.policy
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from telephony.core.personal_data.person import Person, mentions, numbers_in_logs
from telephony.store.spool import Spool
from telephony.vault.vault import KEY

ERASED_FILE = "erased.jsonl"
EXPORTS = "exports"
SPOOLS = ("facts.spool",)
LOGS = ("cel-custom/hotline.csv", "queue_log", "messages.log", "messages", "full", "full.log")
ID_LENGTH = 36  # of an interaction, with which each recording's name begins
_MESSAGE = re.compile(r"\.(eml|sms)(\.[0-9]+)?$")  # one with a process's number was cut off while it was written


@dataclass(frozen=True, slots=True)
class Folders:
    data: Path
    recordings: Path
    vault: Path | None = None  # sealed recordings, each with its key beside it
    logs: tuple[Path, ...] = ()  # of Asterisk's, where we can read them
    messages: Path | None = None  # to customers, where they go into a folder


class PersonFiles:
    """Errors of all methods: OSError."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._erased = Spool(folders.data / ERASED_FILE)

    # -- recordings ---------------------------------------------------------------------------------------------

    def recordings(self, calls: Iterable[str]) -> list[Path]:
        """Of these calls, in order; a sealed one without its key's file."""
        wanted = frozenset(calls)
        found = (*_files(self._folders.recordings), *_files(self._folders.vault))
        return sorted(file for file in found if file.name[:ID_LENGTH] in wanted and file.suffix != KEY)

    def remove_recordings(self, calls: Iterable[str]) -> int:
        """Of a sealed one its key first: without it the rest is noise."""
        files = self.recordings(calls)
        for file in files:
            file.with_suffix(KEY).unlink(missing_ok=True)
        return _removed(files)

    def old_recordings(self, before: float, kept: frozenset[str]) -> list[Path]:
        """Not sealed yet, last written before then, and not of calls that are kept."""
        found = (file for file in _files(self._folders.recordings) if file.name[:ID_LENGTH] not in kept)
        return sorted(file for file in found if file.stat().st_mtime < before)

    # -- spools and exports -------------------------------------------------------------------------------------

    def spooled(self, person: Person) -> list[str]:
        """Names of spools that still have to be taken in and mention the person or one of the calls."""
        pattern = re.compile("|".join([mentions(person), *map(re.escape, sorted(person.calls))]), re.IGNORECASE)
        there = [name for name in SPOOLS if (self._folders.data / name).exists()]
        return [name for name in there if pattern.search((self._folders.data / name).read_text("utf-8", "replace"))]

    def export_folder(self, name: str) -> Path:
        return self._folders.data / EXPORTS / name

    def remove_exports(self, subjects: Iterable[str]) -> int:
        found = [each for subject in subjects for each in (self._folders.data / EXPORTS).glob(f"{subject}*")]
        for each in found:
            shutil.rmtree(each)
        return len(found)

    # -- messages to customers ----------------------------------------------------------------------------------

    def remove_messages(self, person: Person) -> int:
        """Those that mention the person."""
        pattern = re.compile(mentions(person), re.IGNORECASE)
        return _removed([each for each in self._messages() if pattern.search(_said(each))])

    def old_messages(self, before: float) -> list[Path]:
        return [each for each in self._messages() if each.stat().st_mtime < before]

    def _messages(self) -> list[Path]:
        folder = self._folders.messages
        found = folder.iterdir() if folder and folder.is_dir() else ()
        return sorted(each for each in found if _MESSAGE.search(each.name))

    # -- Asterisk's logs ----------------------------------------------------------------------------------------

    def mentioned_in_logs(self, person: Person) -> dict[str, int]:
        """In how many lines of which log the person's numbers stand."""
        pattern = re.compile(numbers_in_logs(person).encode())
        found: dict[str, int] = {}
        for file in self._logs():
            with file.open("rb") as lines:
                if count := sum(1 for line in lines if pattern.search(line)):
                    found[file.name] = found.get(file.name, 0) + count
        return found

    def mask_logs(self, person: Person, before: float) -> int:
        """An `x` for each digit of the person's numbers, in files last written before then; how many lines."""
        pattern = re.compile(numbers_in_logs(person).encode())
        return sum(_masked(file, pattern) for file in self._logs() if file.stat().st_mtime < before)

    def old_logs(self, before: float) -> list[Path]:
        """Files that were rotated and last written before then."""
        return [each for each in self._logs() if not _live(each) and each.stat().st_mtime < before]

    def _logs(self) -> Iterator[Path]:
        for folder in self._folders.logs:
            for name in LOGS:
                path = folder / name
                if path.parent.is_dir():
                    yield from (each for each in sorted(path.parent.glob(f"{path.name}*")) if _is_of(each, path))

    # -- who was erased -----------------------------------------------------------------------------------------

    def note_erased(self, id_: str, subjects: Iterable[str]) -> None:
        """On the disk when this returns: a back-up that is restored does not know of it."""
        if all(each["id"] != id_ for each in self._erased.records()):
            self._erased.add([{"id": id_, "subjects": list(subjects)}])

    def erased(self) -> dict[str, frozenset[str]]:
        """Pseudonyms of who was erased, by the erasure's id."""
        return {str(each["id"]): frozenset(each["subjects"]) for each in self._erased.records()}


def _files(folder: Path | None) -> Iterator[Path]:
    if folder and folder.is_dir():
        yield from (each for each in folder.rglob("*") if each.is_file())


def remove(files: Iterable[Path]) -> int:
    return _removed(files)


def _removed(files: Iterable[Path]) -> int:
    gone = 0
    for file in files:
        file.unlink(missing_ok=True)
        gone += 1
    return gone


def _said(file: Path) -> str:
    """Addresses and words of a message: in a mail they may be encoded [RFC 2045 §6]."""
    if ".eml" not in file.suffixes:
        return file.read_text("utf-8", "replace")
    mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    try:
        texts = [str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text"]
    except LookupError:  # cut off in the name of its encoding: there is no text yet
        texts = []
    return "\n".join([*map(str, mail.values()), *texts])


def _live(file: Path) -> bool:
    return any(file.name == Path(name).name for name in LOGS)


def _is_of(file: Path, log: Path) -> bool:
    """The log itself, or one of it that was rotated: `queue_log.1`, `queue_log-20261130`."""
    return file.is_file() and re.fullmatch(r"([.-][0-9]{1,14})?", file.name.removeprefix(log.name)) is not None


def _masked(path: Path, pattern: re.Pattern[bytes]) -> int:
    masked = 0
    with path.open("r+b") as file:
        while True:
            begin = file.tell()
            if not (line := file.readline()):
                return masked
            hidden = pattern.sub(lambda found: re.sub(rb"[0-9]", b"x", found[0]), line)
            if hidden != line:
                file.seek(begin)
                file.write(hidden)
                masked += 1
