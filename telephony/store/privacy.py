"""What persons ask about their data, holds, and erasures."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from telephony.core.personal_data.person import Person
from telephony.core.privacy import Answer, Hold, PersonRequest, RequestKind
from telephony.store.connection import Connection, Row

MOST = 1000


@dataclass(frozen=True, slots=True)
class Erasure:
    """`wanted` is None once it is done: nobody knows any more who it was."""

    id: str
    subjects: tuple[str, ...]
    actor: str
    begun_at: float
    wanted: Person | None
    counts: Mapping[str, int]
    kept_calls: tuple[str, ...]
    done_at: float | None
    receipt: str | None


class PrivacyStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def enter(self, asked: PersonRequest) -> None:
        values = {name: getattr(asked, name) for name in ("id", "subject", "number", "note", "received_on", "due_on")}
        await self._connection.run("enter_person_request", **values, kind=str(asked.kind), entered_by=asked.entered_by)

    async def requests(self, most: int = MOST) -> tuple[PersonRequest, ...]:
        return tuple(map(_request, await self._connection.rows("person_requests", most=most)))

    async def extend(self, id_: str, due_on: date, why: str) -> bool:
        """False where it has an answer, or was extended before."""
        return bool(await self._connection.rows("extend_person_request", id=id_, due_on=due_on, why=why))

    async def answer(self, id_: str, answer: Answer, on: date, by: str) -> bool:
        """False where it has one."""
        values = {"answer": str(answer), "answered_on": on, "answered_by": by}
        return bool(await self._connection.rows("answer_person_request", id=id_, **values))

    async def hold(self, hold: Hold) -> None:
        names = ("id", "subject", "reason", "placed_at", "placed_by", "until")
        values = {name: getattr(hold, name) for name in names}
        await self._connection.run("place_hold", **values, numbers=list(hold.numbers))

    async def holds(self, most: int = MOST) -> tuple[Hold, ...]:
        return tuple(map(_hold, await self._connection.rows("holds", most=most)))

    async def release(self, id_: str, at: float, by: str) -> bool:
        """False where there is no such hold any more."""
        return bool(await self._connection.rows("release_hold", id=id_, at=at, by=by))

    async def begin(self, id_: str, subjects: Sequence[str], actor: str, at: float, wanted: Person) -> None:
        values = {"subjects": list(subjects), "actor": actor, "begun_at": at, "wanted": _told(wanted)}
        await self._connection.run("begin_erasure", id=id_, **values)

    async def open_erasures(self) -> tuple[Erasure, ...]:
        return tuple(map(_erasure, await self._connection.rows("open_erasures")))

    async def erasures(self, most: int = MOST) -> tuple[Erasure, ...]:
        return tuple(map(_erasure, await self._connection.rows("erasures", most=most)))

    async def with_kept_calls(self) -> tuple[Erasure, ...]:
        return tuple(map(_erasure, await self._connection.rows("erasures_with_kept_calls")))

    async def count(self, id_: str, counts: Mapping[str, int]) -> None:
        await self._connection.run("keep_erasure_counts", id=id_, counts=dict(counts))

    async def keep_calls(self, id_: str, calls: Iterable[str]) -> None:
        await self._connection.run("keep_erasure_calls", id=id_, calls=sorted(calls))

    async def end(self, id_: str, at: float, receipt: str, calls: Iterable[str]) -> None:
        await self._connection.run("end_erasure", id=id_, done_at=at, receipt=receipt, calls=sorted(calls))


def _told(person: Person) -> dict[str, list[Any]]:
    names = ("customers", "phones", "calls", "tickets", "names")
    return {name: sorted(getattr(person, name)) for name in names}


def _request(row: Row) -> PersonRequest:
    given = cast(Mapping[str, Any], row)
    answer = Answer(given["answer"]) if given["answer"] else None
    return PersonRequest(**{**given, "kind": RequestKind(given["kind"]), "answer": answer})


def _hold(row: Row) -> Hold:
    given = cast(Mapping[str, Any], row)
    return Hold(**{**given, "numbers": tuple(given["numbers"])})


def _erasure(row: Row) -> Erasure:
    given = {each.name: cast(Any, row[each.name]) for each in dataclasses.fields(Erasure)}
    wanted = given["wanted"]
    sets: dict[str, Any] = {name: frozenset(values) for name, values in (wanted or {}).items()}
    person = Person(**sets) if wanted else None
    lists = {name: tuple(given[name]) for name in ("subjects", "kept_calls")}
    return Erasure(**{**given, **lists, "wanted": person})
