"""Surveys in the store: who was asked, what was answered, and what editors of the knowledge base are told each week."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import cast

from telephony.core.digest import ArticleInVain, Comment, Disposition, Place
from telephony.core.periods import Period
from telephony.core.survey import ClosedTicket, Invitation, LinkAnswer, Why
from telephony.core.ticket import ticket_number
from telephony.store.connection import Connection, Row

Scores = Mapping[tuple[str, str | None], Mapping[int, int]]  # by survey and department: answer → how often


class SurveyStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- who is asked -------------------------------------------------------------------------------------------

    async def undecided(self, since: float, most: int = 100) -> tuple[ClosedTicket, ...]:
        """Closed tickets that were opened since then, about which nothing is decided."""
        rows = await self._connection.rows("undecided_tickets", since=since, most=most)
        return tuple(map(_closed, rows))

    async def last_asked(self, people: Sequence[str]) -> float | None:
        """When one of these (customer numbers, E.164) was last asked by a link, or has answered on the keypad."""
        (row,) = await self._connection.rows("last_asked", people=list(people))
        return cast(float | None, row["at"])

    async def objected(self, people: Sequence[str]) -> bool:
        """Whether one of these does not want to be asked."""
        return bool(await self._connection.rows("objections", people=list(people)))

    async def object(self, customer: str, phone: str, at: float) -> None:
        """Empty: not known."""
        await self._connection.run("object_to_surveys", customer=customer, phone=phone, at=at)

    async def allow(self, person: str) -> bool:
        """`person`: a customer number or E.164. False where nobody of that name had objected."""
        return bool(await self._connection.rows("allow_surveys", person=person))

    async def decide(self, decided: Invitation) -> bool:
        """False where something had been decided about the ticket before."""
        values = {**{each.name: getattr(decided, each.name) for each in dataclasses.fields(decided)}}
        return bool(await self._connection.rows("decide_survey", **{**values, "why": str(decided.why)}))

    # -- what is answered ---------------------------------------------------------------------------------------

    async def by_key(self, key: str, now: float) -> Invitation | None:
        """The link of this token's hash, while it is good and not used."""
        rows = await self._connection.rows("survey_invitation", key=key, now=now)
        return Invitation(**{**rows[0], "why": Why(str(rows[0]["why"]))}) if rows else None  # type: ignore[arg-type]

    async def answer(self, key: str, answer: LinkAnswer, at: float) -> bool:
        """Once: False where the link is used already, or too old."""
        given = dataclasses.asdict(answer)
        return bool(await self._connection.rows("answer_survey", key=key, at=at, **given))

    async def scores(self, period: Period) -> Scores:
        rows = await self._connection.rows("survey_scores", from_at=period.begins_at, to_at=period.ends_at)
        found: dict[tuple[str, str | None], dict[int, int]] = {}
        for row in rows:
            key = str(row["survey"]), cast(str | None, row["queue"])
            found.setdefault(key, {})[cast(int, row["value"])] = cast(int, row["answers"])
        return found

    async def links(self, period: Period) -> tuple[int, int]:
        """How many links were sent in that time, and how many of them have been answered."""
        (row,) = await self._connection.rows("survey_links", from_at=period.begins_at, to_at=period.ends_at)
        return cast(int, row["sent"]), cast(int, row["answered"])

    # -- the week -----------------------------------------------------------------------------------------------

    async def comments(self, period: Period, most: int) -> tuple[Comment, ...]:
        """As they were written, the latest first."""
        rows = await self._in("survey_comments", period, most)
        return tuple(Comment(cast(str | None, row["queue"]), str(row["comment"])) for row in rows)

    async def dispositions(self, period: Period, most: int) -> tuple[Disposition, ...]:
        rows = await self._in("digest_dispositions", period, most)
        return tuple(Disposition(str(row["queue"]), str(row["code"]), cast(int, row["calls"])) for row in rows)

    async def places(self, period: Period, most: int) -> tuple[Place, ...]:
        rows = await self._in("digest_places", period, most)
        return tuple(Place(str(row["place"]), cast(int, row["calls"])) for row in rows)

    async def articles_in_vain(self, period: Period, again_s: float, most: int) -> tuple[ArticleInVain, ...]:
        """Opened in that time; `again_s` after the call the same number called once more, or it went badly."""
        rows = await self._connection.rows(
            "digest_articles", from_at=period.begins_at, to_at=period.ends_at, again_s=again_s, most=most
        )
        return tuple(ArticleInVain(**row) for row in rows)  # type: ignore[arg-type]

    async def _in(self, query: str, period: Period, most: int) -> Sequence[Row]:
        return await self._connection.rows(query, from_at=period.begins_at, to_at=period.ends_at, most=most)


def _closed(row: Row) -> ClosedTicket:
    caller, known = cast(str | None, row["caller"]), cast(Sequence[str] | None, row["phones"]) or ()
    phones = dict.fromkeys((*([caller] if caller else []), *known))
    sequence = cast(int, row["ticket"])
    customer = cast(str | None, row["customer"])
    return ClosedTicket(sequence, ticket_number(sequence), cast(str | None, row["queue"]), customer, tuple(phones))
