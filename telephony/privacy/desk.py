"""What the data-protection officer does, all of it audited: requests and their clocks, holds, exports, erasures."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from ivr_flows.calendar import ZONE, holidays_of, local
from telephony.core.audit import Act, Entry, Line, pseudonym
from telephony.core.personal_data.model import Keep
from telephony.core.personal_data.person import Person, told
from telephony.core.privacy import (
    EXTENDED_MONTHS,
    Answer,
    Hold,
    PersonRequest,
    RequestKind,
    held,
    months_after,
)
from telephony.privacy.erasing import Preview
from telephony.privacy.forgetting import forget
from telephony.privacy.house import House
from telephony.store.privacy import Erasure


class NothingThereError(ValueError):
    """No such request or hold, or it is over."""


class PrivacyDesk:
    """`actor` is a login everywhere. Errors of all methods: StoreError, and ValueErrors that say what is wrong."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._privacy = house.store.privacy

    # -- a person -----------------------------------------------------------------------------------------------

    async def export(self, number: str, actor: str, why: str) -> dict[str, Any]:
        """Errors: OSError, too."""
        person, document = await self._house.exporter.export(told([number]))
        await self._note(Act.EXPORTED, person, actor, why, "everything")
        return document

    async def export_to(self, number: str, actor: str, why: str, folder: Path | None) -> tuple[Path, dict[str, Any]]:
        """Errors: OSError, too."""
        asked = told([number])
        name = f"{pseudonym(number.strip(), self._house.key)}-{local(self._house.clock()):%Y%m%d-%H%M%S}"
        target = folder or self._house.files.export_folder(name)
        person = await self._house.data.find(asked)
        await self._note(Act.EXPORTED, person, actor, why, "everything")
        return target, await self._house.exporter.write(asked, target)

    async def preview(self, number: str) -> Preview:
        return await self._house.eraser.preview(told([number]))

    async def erase(self, number: str, actor: str) -> str:
        """The signed receipt. Errors: HeldError, NotErasedError, OSError, too."""
        return await self._house.eraser.erase(told([number]), actor)

    # -- holds --------------------------------------------------------------------------------------------------

    async def hold(self, number: str, actor: str, reason: str, until: float | None) -> Hold:
        person = await self._house.data.find(told([number]))
        now = self._house.clock()
        placed = Hold(uuid.uuid4().hex[:12], self._subject(number), person.numbers, reason, now, actor, until)
        await self._privacy.hold(placed)
        await self._note(Act.HELD, person, actor, placed.id, "everything")
        return placed

    async def release(self, given: str, actor: str) -> tuple[Hold, ...]:
        """A hold by its id, or all of a person."""
        lasting = held(await self._privacy.holds(), self._house.clock())
        found = tuple(each for each in lasting if given == each.id or given in each.numbers)
        if not found:
            raise NothingThereError("nothing is held by that number or id; see `hotline privacy holds`")
        for each in found:
            await self._privacy.release(each.id, self._house.clock(), actor)
            await self._add(Act.RELEASED, actor, each.subject, each.id, "everything")
        return found

    async def holds(self) -> tuple[Hold, ...]:
        return await self._privacy.holds()

    # -- requests -----------------------------------------------------------------------------------------------

    async def enter(
        self, kind: RequestKind, number: str, note: str, received_on: date | None, actor: str
    ) -> PersonRequest:
        told([number])
        received = received_on or self.today
        asked = PersonRequest(
            uuid.uuid4().hex[:12], kind, self._subject(number), number.strip(), note, received,
            months_after(received, 1, _closed), actor,
        )  # fmt: skip
        await self._privacy.enter(asked)
        return asked

    async def requests(self) -> tuple[PersonRequest, ...]:
        return await self._privacy.requests()

    async def request(self, id_: str, actor: str) -> PersonRequest:
        """With who asks, which stands in the audit. Errors: NothingThereError."""
        known = await self._request(id_)
        await self._add(Act.REQUEST_SHOWN, actor, known.subject, known.id, "request")
        return known

    async def extend(self, id_: str, why: str) -> None:
        due = months_after((await self._request(id_)).received_on, EXTENDED_MONTHS, _closed)
        if not await self._privacy.extend(id_, due, why):
            raise NothingThereError("it has its answer, or was extended before")

    async def answer(self, id_: str, answer: Answer, actor: str) -> None:
        await self._request(id_)
        if not await self._privacy.answer(id_, answer, self.today, actor):
            raise NothingThereError("it has its answer")

    # -- the audit ----------------------------------------------------------------------------------------------

    async def audited(self, customer: str, looked: str, actor: str, most: int = 200) -> tuple[Line, ...]:
        """By a number or a pseudonym, by who has looked, or both; the latest first. It is audited itself."""
        subject = None
        if customer:
            subject = customer if _is_pseudonym(customer) else self._subject(customer)
        found = await self._house.store.audit.of(subject, looked or None, 0.0, most)
        await self._add(Act.AUDIT_SHOWN, actor, subject or "", looked, "audit")
        return found

    # -- what is forgotten --------------------------------------------------------------------------------------

    async def erasures(self) -> tuple[Erasure, ...]:
        return await self._privacy.erasures()

    @property
    def days(self) -> dict[Keep, int]:
        return self._house.days

    async def old(self) -> dict[str, int]:
        """What would be forgotten now, by place. Errors: OSError, too."""
        return await forget(self._house, only_count=True)

    @property
    def now(self) -> float:
        return self._house.clock()

    @property
    def today(self) -> date:
        return local(self.now).date()

    def _subject(self, number: str) -> str:
        return pseudonym(number.strip(), self._house.key)

    async def _request(self, id_: str) -> PersonRequest:
        for each in await self._privacy.requests():
            if each.id == id_:
                return each
        raise NothingThereError("there is no such request")

    async def _note(self, act: Act, person: Person, actor: str, why: str, *fields: str) -> None:
        for subject in self._house.eraser.subjects(person):
            await self._add(act, actor, subject, why, *fields)

    async def _add(self, act: Act, actor: str, subject: str, why: str, *fields: str) -> None:
        entry = Entry(uuid.uuid4().hex, self._house.clock(), actor, str(act), subject, fields, why)
        await self._house.store.audit.add([entry])


def _closed(day: date) -> bool:
    return day in holidays_of(day.year)


def _is_pseudonym(text: str) -> bool:
    return len(text) == 20 and set(text) <= set("0123456789abcdef")


def end_of(day: date) -> float:
    """Polish midnight after it, in seconds since the epoch."""
    return datetime.combine(day + timedelta(days=1), time(), ZONE).timestamp()
