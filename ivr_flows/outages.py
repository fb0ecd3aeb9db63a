"""What is out of order where: announced from a reviewed file and from what is entered in a hurry, by area. Pure.

An area is words of an address: `Warszawa`, `Polna Warszawa`, or the beginning of a postcode, `02-1`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ivr_flows import closures, source
from ivr_flows.errors import FlowError
from ivr_flows.fields import ANYTHING, NAME, Name, Words
from ivr_flows.live_file import LiveFile

FILE = "outages.json"
MAX_AREAS = 50
MAX_OUTAGES = 200
MAX_LETTERS = 200

_POSTCODE = re.compile(r"[0-9]{2}-[0-9]{0,3}", re.ASCII)
_TELLING = re.compile(r"[^\W\d_]{2}|[0-9]{2}-")  # a number of a house alone is anywhere
_WORD = re.compile(r"\w[\w-]*")


@dataclass(frozen=True, slots=True)
class Outage:
    """`areas` empty: everywhere. `until_at` (seconds since the epoch) None: until it is removed."""

    areas: tuple[str, ...]
    texts: Mapping[str, str]  # by language
    until_at: float | None = None

    def concerns(self, address: str | None, now: float) -> bool:
        if self.until_at is not None and now >= self.until_at:
            return False
        return not self.areas or (address is not None and any(_lies_in(address, area) for area in self.areas))


class Entry(BaseModel):
    """An outage as it is written in a file or sent to the API."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    areas: tuple[str, ...] = Field(default=(), max_length=MAX_AREAS)
    until: str | None = Field(default=None, max_length=32)
    text: Words

    def outage(self, now: float) -> Outage:
        """Raises FlowError for an area without a word and for a time that has passed."""
        for area in self.areas:
            if not _TELLING.search(area) or len(area) > MAX_LETTERS or not area.isprintable():
                raise FlowError(f"`{area[:40]}` is no area: write a town, a street and its town, or a postcode")
        until_at = closures.until(self.until, now) if self.until else None
        return Outage(self.areas, dict(self.text.by_language), until_at)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    outages: dict[Name, Entry]


_ENTRIES: TypeAdapter[dict[str, Outage]] = TypeAdapter(dict[str, Outage])


def live(path: Path) -> LiveFile[Outage]:
    """What is entered by command and by API."""
    return LiveFile(path, _ENTRIES)


def entered(text: str | bytes, now: float) -> Outage:
    """An entry as JSON. Raises FlowError in words."""
    try:
        return Entry.model_validate_json(text, context=ANYTHING).outage(now)
    except ValidationError as error:
        told = (f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors())
        raise FlowError("; ".join(told).replace("Value error, ", "")) from None


def enter(file: LiveFile[Outage], name: str, outage: Outage) -> None:
    """Raises FlowError for a name that is none, and for too many."""
    if not re.fullmatch(NAME, name):
        raise FlowError("an outage's name is short and plain, such as polna-1")
    with file.changing() as entries:
        entries[name] = outage
        if len(entries) > MAX_OUTAGES:
            raise FlowError(f"there are {MAX_OUTAGES} outages already; remove what is over")


def remove(file: LiveFile[Outage], name: str) -> bool:
    """Whether it was there."""
    with file.changing() as entries:
        return entries.pop(name, None) is not None


def read_file(path: Path, now: float) -> Mapping[str, Outage]:
    """The reviewed file: `outages: {name: {areas: […], until: …, text: {pl: …}}}`; what is over is left out.

    Raises FlowError with the place of the first mistake.
    """
    file = source.read(path)
    try:
        parsed = _File.model_validate(file.tree, context=ANYTHING)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise FlowError(first["msg"].removeprefix("Value error, "), file.place(first["loc"]), "wrong-value") from None
    return MappingProxyType(dict(_lasting(parsed, file, now)))


def _lasting(parsed: _File, file: source.Source, now: float) -> Iterable[tuple[str, Outage]]:
    for name, entry in parsed.outages.items():
        try:
            if entry.until is None or closures.moment(entry.until, now) > now:
                yield name, entry.outage(now)
        except FlowError as error:
            raise FlowError(error.message, file.place(("outages", name)), "wrong-value") from None


def texts_for(outages: Iterable[Outage], address: str | None, now: float) -> tuple[Mapping[str, str], ...]:
    """What to announce to somebody who lives there, the narrower before what concerns everybody."""
    found = [outage for outage in outages if outage.concerns(address, now)]
    return tuple(outage.texts for outage in sorted(found, key=lambda outage: not outage.areas))


def _lies_in(address: str, area: str) -> bool:
    """Whether every word of the area stands in the address; a postcode may be its beginning only."""
    there = _words(address)
    return all(any(word.startswith(each) for word in there) if _POSTCODE.fullmatch(each) else each in there
               for each in _words(area))  # fmt: skip


def _words(text: str) -> frozenset[str]:
    """In small letters without marks: people write `Lodz`, too."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
    return frozenset(_WORD.findall("".join(each for each in folded if not unicodedata.combining(each))))
