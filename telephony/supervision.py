"""What may be changed for the next caller: departments closed in an emergency, outages announced by area.

By supervisors in the console and by other programs (docs/api.md); written into the same two files as by command. Every
change is logged with who made it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog
from pydantic import Field

from ivr_flows import FlowError, closures, outages
from ivr_flows.calendar import Calendar, Closed, Closure, status
from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.console.floor import SUPERVISORS

log = structlog.get_logger()

WORDS = 500  # characters of an announcement; half a minute of speech


class DepartmentNow(Wire):
    name: str
    open: bool
    emergency: bool
    words: str  # why it is closed, where somebody has said so
    changes_at: float | None  # closes, or opens again; seconds since the epoch


class Texts(Wire):
    """By language; callers of a language without a text hear nothing of it."""

    pl: str
    en: str = ""
    uk: str = ""


class NewTexts(Texts):
    pl: str = Field(min_length=1, max_length=WORDS)
    en: str = Field(default="", max_length=WORDS)
    uk: str = Field(default="", max_length=WORDS)


class OutageNow(Wire):
    name: str
    areas: tuple[str, ...]  # empty: everywhere
    text: Texts
    until_at: float | None


class Opening(Wire):
    now: float
    departments: tuple[DepartmentNow, ...]
    outages: tuple[OutageNow, ...]


class Closing(Wire):
    """`until` is 18:00 or 2026-12-24T18:00, Polish time; None: until somebody opens again."""

    reason: str = Field(min_length=1, max_length=200)
    until: str | None = Field(default=None, max_length=32)


class Announcement(Wire):
    """`areas` empty: everywhere."""

    areas: tuple[str, ...] = Field(default=(), max_length=outages.MAX_AREAS)
    text: NewTexts
    until: str | None = Field(default=None, max_length=32)


class SupervisionApi:
    """`calendar` as it is now; closures and outages lie in `data`."""

    def __init__(self, calendar: Callable[[], Calendar], data: Path, clock: Callable[[], float]) -> None:
        self._calendar = calendar
        self._closures = data / closures.FILE
        self._outages = outages.live(data / outages.FILE)
        self._clock = clock

    def endpoints(self) -> Iterator[Endpoint]:
        closure, outage = "/departments/{name}/closure", "/outages/{name}"
        yield Endpoint("GET", "/opening", "hours, closings, outages", SUPERVISORS, self._now, gives=Opening)
        yield Endpoint(
            "PUT", closure, "close in an emergency", SUPERVISORS, self._close, takes=Closing, gives=Opening,
            step_up=True, refuses=(404,),
        )  # fmt: skip
        yield Endpoint("DELETE", closure, "open again", SUPERVISORS, self._open, gives=Opening, refuses=(404,))
        yield Endpoint(
            "POST", "/outages", "announce an outage", SUPERVISORS, self._announce, takes=Announcement, gives=Opening
        )
        yield Endpoint(
            "PUT", outage, "announce an outage under this name, instead of what it said before", SUPERVISORS,
            self._announce_named, takes=Announcement, gives=Opening,
        )  # fmt: skip
        yield Endpoint("DELETE", outage, "end an announcement", SUPERVISORS, self._end, gives=Opening, refuses=(404,))

    async def _now(self, _: Asked) -> Opening:
        now = self._clock()
        return Opening(now=now, departments=tuple(self._departments(now)), outages=tuple(self._announced(now)))

    async def _close(self, asked: Asked) -> Opening:
        name, closing = self._department(asked), asked.body_as(Closing)
        until_at = self._until(closing.until)
        try:
            closures.close(self._closures, name, Closure(closing.reason, until_at))
        except FlowError as error:
            raise ProblemError(422, "closing", error.message) from None
        log.warning("department.closed", department=name, by=asked.by, until_at=until_at)
        return await self._now(asked)

    async def _open(self, asked: Asked) -> Opening:
        name = self._department(asked)
        if not closures.reopen(self._closures, name):
            raise ProblemError(404, detail=f"{name} was not closed in an emergency")
        log.warning("department.opened", department=name, by=asked.by)
        return await self._now(asked)

    async def _announce(self, asked: Asked) -> Opening:
        return await self._enter(asked, f"konsola-{secrets.token_hex(4)}")

    async def _announce_named(self, asked: Asked) -> Opening:
        return await self._enter(asked, asked.path["name"])

    async def _enter(self, asked: Asked, name: str) -> Opening:
        given = asked.body_as(Announcement)
        texts = {language: words for language, words in given.text.model_dump().items() if words}
        self._until(given.until)
        entry = {"areas": given.areas, "until": given.until, "text": texts}
        try:
            outages.enter(self._outages, name, outages.entered(json.dumps(entry), self._clock()))
        except FlowError as error:
            raise ProblemError(422, "announcement", error.message) from None
        log.warning("outage.entered", outage=name, by=asked.by)
        return await self._now(asked)

    async def _end(self, asked: Asked) -> Opening:
        name = asked.path["name"]
        if not outages.remove(self._outages, name):
            raise ProblemError(404, detail="no such outage was entered")
        log.warning("outage.removed", outage=name, by=asked.by)
        return await self._now(asked)

    def _until(self, text: str | None) -> float | None:
        try:
            return closures.until(text, self._clock()) if text else None
        except FlowError as error:
            raise ProblemError(422, "time", error.message) from None

    def _department(self, asked: Asked) -> str:
        name = asked.path["name"]
        if name not in self._calendar().departments:
            raise ProblemError(404, detail="no such department")
        return name

    def _departments(self, now: float) -> Iterator[DepartmentNow]:
        calendar = self._calendar()
        for name in calendar.departments:
            found = status(calendar, name, now)
            closure = calendar.closures.get(name)
            closed = found if isinstance(found, Closed) else None
            yield DepartmentNow(
                name=name,
                open=closed is None,
                emergency=closure is not None and closure.holds(now),
                words=closed.words if closed else "",
                changes_at=closed.opens_at if closed else getattr(found, "closes_at", None),
            )

    def _announced(self, now: float) -> Iterator[OutageNow]:
        """Those entered in a hurry; what stands in the reviewed file is changed there."""
        for name, outage in sorted(self._outages.read().items()):
            if outage.until_at is None or now < outage.until_at:
                pl, en, uk = (outage.texts.get(language, "") for language in ("pl", "en", "uk"))
                texts = Texts(pl=pl, en=en, uk=uk)
                yield OutageNow(name=name, areas=outage.areas, text=texts, until_at=outage.until_at)
