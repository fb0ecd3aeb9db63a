"""The data-protection officer's page: requests with their clocks, holds, erasures with receipts, retention, the audit.

Lists name nobody: who asks is told where one request is opened, and that stands in the audit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.core.account import Role
from telephony.core.personal_data.model import Keep
from telephony.core.personal_data.person import UnknownPersonError
from telephony.core.privacy import Answer, Hold, Kept, PersonRequest, RequestKind
from telephony.privacy.desk import NothingThereError, PrivacyDesk, end_of
from telephony.privacy.erasing import HeldError, NotErasedError
from telephony.store.errors import StoreError

OFFICERS = frozenset({Role.DPO})


def _storable(text: str) -> str:
    """PostgreSQL keeps any text but U+0000, which nobody types."""
    return text.replace("\x00", "")


Text = Annotated[str, Field(max_length=2000), AfterValidator(_storable)]
Reason = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_storable)]
Number = Annotated[str, Field(min_length=1, max_length=40)]


class RequestNow(Wire):
    """`left`: days to the last one; negative: late."""

    id: str
    kind: RequestKind
    subject: str
    received_on: date
    due_on: date
    left: int
    extended: bool
    answer: Answer | None
    answered_on: date | None


class WholeRequest(RequestNow):
    number: str  # empty once the person is erased
    note: str
    entered_by: str
    extended_why: str
    answered_by: str


class HoldNow(Wire):
    id: str
    subject: str
    reason: str
    placed_at: float
    placed_by: str
    until: float | None
    lasts: bool


class ErasureNow(Wire):
    """`done_at` None: it is carried on within the hour."""

    id: str
    subjects: tuple[str, ...]
    actor: str
    begun_at: float
    done_at: float | None


class PrivacyNow(Wire):
    today: date
    requests: tuple[RequestNow, ...]
    holds: tuple[HoldNow, ...]
    erasures: tuple[ErasureNow, ...]


class NewRequest(Wire):
    kind: RequestKind
    number: Number
    note: Text = ""
    received_on: date | None = None


class Extension(Wire):
    why: Reason


class NewAnswer(Wire):
    answer: Answer


class OfPerson(Wire):
    number: Number


class NewHold(OfPerson):
    reason: Reason
    until: date | None = None  # the last day


class KeptNow(Wire):
    place: str
    count: int
    why: str


class PreviewNow(Wire):
    erased: Mapping[str, int]
    kept: tuple[KeptNow, ...]
    holds: tuple[HoldNow, ...]


class ReceiptText(Wire):
    receipt: str  # signed; empty while the erasure goes on


class Exported(Wire):
    document: Mapping[str, Any]


class RetentionNow(Wire):
    """What would be forgotten now, and the rules in days."""

    days: Mapping[Keep, int]
    old: Mapping[str, int]


class AuditAsked(Wire):
    customer: str = Field(default="", max_length=40)  # a number, or a pseudonym
    actor: str = Field(default="", max_length=64)


class AuditLine(Wire):
    line: int
    at: float
    actor: str
    act: str
    subject: str
    fields: tuple[str, ...]
    why: str


class AuditFound(Wire):
    lines: tuple[AuditLine, ...]


class PrivacyApi:
    def __init__(self, desk: PrivacyDesk) -> None:
        self._desk = desk

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint(
            "GET", "/privacy", "requests, holds and erasures, naming nobody", OFFICERS, self._now, gives=PrivacyNow,
            refuses=(503,),
        )  # fmt: skip
        yield from self._of_requests()
        yield from self._of_persons()
        hold = "/privacy/holds/{hold}"
        yield Endpoint("DELETE", hold, "a hold ends", OFFICERS, self._release, gives=PrivacyNow, refuses=(404, 503))
        yield Endpoint(
            "GET", "/privacy/retention", "what is old enough to be forgotten", OFFICERS, self._retention,
            gives=RetentionNow, refuses=(503,),
        )  # fmt: skip
        yield Endpoint(
            "POST", "/privacy/audit", "who has seen what of a customer", OFFICERS, self._audit, takes=AuditAsked,
            gives=AuditFound, refuses=(503,),
        )  # fmt: skip

    def _of_requests(self) -> Iterator[Endpoint]:
        all_of, one = "/privacy/requests", "/privacy/requests/{request}"
        yield Endpoint(
            "POST", all_of, "enter what a person asks for", OFFICERS, self._enter, takes=NewRequest, gives=PrivacyNow,
            refuses=(422, 503),
        )  # fmt: skip
        yield Endpoint("GET", one, "who asks", OFFICERS, self._one, gives=WholeRequest, refuses=(404, 503))
        yield Endpoint(
            "POST", f"{one}/extension", "the person was told why it takes longer", OFFICERS, self._extend,
            takes=Extension, gives=WholeRequest, refuses=(404, 503),
        )  # fmt: skip
        yield Endpoint(
            "POST", f"{one}/answer", "the person has the answer", OFFICERS, self._answer, takes=NewAnswer,
            gives=WholeRequest, refuses=(404, 503),
        )  # fmt: skip

    def _of_persons(self) -> Iterator[Endpoint]:
        yield Endpoint(
            "POST", "/privacy/export", "everything that is kept of a person", OFFICERS, self._export, takes=OfPerson,
            gives=Exported, step_up=True, refuses=(422, 503),
        )  # fmt: skip
        yield Endpoint(
            "POST", "/privacy/preview", "what erasing would do", OFFICERS, self._preview, takes=OfPerson,
            gives=PreviewNow, refuses=(422, 503),
        )  # fmt: skip
        yield Endpoint(
            "POST", "/privacy/erasures", "erase a person", OFFICERS, self._erase, takes=OfPerson, gives=ReceiptText,
            step_up=True, refuses=(409, 422, 503),
        )  # fmt: skip
        yield Endpoint(
            "GET", "/privacy/erasures/{erasure}", "the receipt of an erasure", OFFICERS, self._receipt,
            gives=ReceiptText, refuses=(404, 503),
        )  # fmt: skip
        yield Endpoint(
            "POST", "/privacy/holds", "nothing of a person is erased or forgotten", OFFICERS, self._hold,
            takes=NewHold, gives=PrivacyNow, refuses=(422, 503),
        )  # fmt: skip

    async def _now(self, _: Asked) -> PrivacyNow:
        async with _told():
            return await self._all()

    async def _all(self) -> PrivacyNow:
        desk, today = self._desk, self._desk.today
        return PrivacyNow(
            today=today,
            requests=tuple(RequestNow(**_request(each, today)) for each in await desk.requests()),
            holds=tuple(_hold(each, desk.now) for each in await desk.holds()),
            erasures=tuple(
                ErasureNow(
                    id=each.id, subjects=each.subjects, actor=each.actor, begun_at=each.begun_at, done_at=each.done_at
                )
                for each in await desk.erasures()
            ),
        )

    async def _enter(self, asked: Asked) -> PrivacyNow:
        new = asked.body_as(NewRequest)
        async with _told():
            await self._desk.enter(new.kind, new.number, new.note, new.received_on, asked.by)
            return await self._all()

    async def _one(self, asked: Asked) -> WholeRequest:
        async with _told():
            return await self._whole(asked)

    async def _whole(self, asked: Asked) -> WholeRequest:
        known = await self._desk.request(asked.path["request"], asked.by)
        return WholeRequest(
            **_request(known, self._desk.today), number=known.number, note=known.note, entered_by=known.entered_by,
            extended_why=known.extended_why, answered_by=known.answered_by,
        )  # fmt: skip

    async def _extend(self, asked: Asked) -> WholeRequest:
        async with _told():
            await self._desk.extend(asked.path["request"], asked.body_as(Extension).why)
            return await self._whole(asked)

    async def _answer(self, asked: Asked) -> WholeRequest:
        async with _told():
            await self._desk.answer(asked.path["request"], asked.body_as(NewAnswer).answer, asked.by)
            return await self._whole(asked)

    async def _export(self, asked: Asked) -> Exported:
        async with _told():
            return Exported(document=await self._desk.export(asked.body_as(OfPerson).number, asked.by, "console"))

    async def _preview(self, asked: Asked) -> PreviewNow:
        async with _told():
            found = await self._desk.preview(asked.body_as(OfPerson).number)
        holds = tuple(_hold(each, self._desk.now) for each in found.holds)
        return PreviewNow(erased=found.erased, kept=tuple(map(_kept, found.kept)), holds=holds)

    async def _erase(self, asked: Asked) -> ReceiptText:
        async with _told():
            return ReceiptText(receipt=await self._desk.erase(asked.body_as(OfPerson).number, asked.by))

    async def _receipt(self, asked: Asked) -> ReceiptText:
        async with _told():
            found = [each for each in await self._desk.erasures() if each.id == asked.path["erasure"]]
        if not found:
            raise ProblemError(404, detail="there is no such erasure")
        return ReceiptText(receipt=found[0].receipt or "")

    async def _hold(self, asked: Asked) -> PrivacyNow:
        new = asked.body_as(NewHold)
        async with _told():
            await self._desk.hold(new.number, asked.by, new.reason, end_of(new.until) if new.until else None)
            return await self._all()

    async def _release(self, asked: Asked) -> PrivacyNow:
        async with _told():
            await self._desk.release(asked.path["hold"], asked.by)
            return await self._all()

    async def _retention(self, _: Asked) -> RetentionNow:
        async with _told():
            return RetentionNow(days=self._desk.days, old=await self._desk.old())

    async def _audit(self, asked: Asked) -> AuditFound:
        wanted = asked.body_as(AuditAsked)
        async with _told():
            found = await self._desk.audited(wanted.customer.strip(), wanted.actor.strip(), asked.by)
        return AuditFound(
            lines=tuple(
                AuditLine(
                    line=each.sequence, at=each.entry.at, actor=each.entry.actor, act=each.entry.act,
                    subject=each.entry.subject, fields=each.entry.fields, why=each.entry.why,
                )
                for each in found
            )
        )  # fmt: skip


def _request(known: PersonRequest, today: date) -> dict[str, Any]:
    return {
        "id": known.id,
        "kind": known.kind,
        "subject": known.subject,
        "received_on": known.received_on,
        "due_on": known.due_on,
        "left": (known.due_on - (known.answered_on or today)).days,
        "extended": bool(known.extended_why),
        "answer": known.answer,
        "answered_on": known.answered_on,
    }


def _hold(known: Hold, now: float) -> HoldNow:
    return HoldNow(
        id=known.id, subject=known.subject, reason=known.reason, placed_at=known.placed_at,
        placed_by=known.placed_by, until=known.until, lasts=known.lasts(now),
    )  # fmt: skip


def _kept(each: Kept) -> KeptNow:
    return KeptNow(place=each.place, count=each.count, why=each.why)


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    """Errors: ProblemError in place of those of the desk and the store."""
    try:
        yield
    except NothingThereError as error:
        raise ProblemError(404, detail=str(error)) from None
    except UnknownPersonError as error:
        raise ProblemError(422, "privacy_person", detail=str(error)) from None
    except HeldError as error:
        raise ProblemError(409, "privacy_held", detail=str(error)) from None
    except NotErasedError as error:
        raise ProblemError(409, "privacy_not_erased", detail=str(error)) from None
    except StoreError:
        raise ProblemError(503, detail="the database is away") from None
    except OSError as error:
        raise ProblemError(503, detail=f"a file cannot be read or written: {error.strerror}") from None
