"""Surveys in the console: the NPS of quarters and the weekly digest, for supervisors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TypeVar

from pydantic import Field

from telephony import survey_report
from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.console.floor import SUPERVISORS
from telephony.core.digest import Digest
from telephony.core.periods import Period, before, day_of, quarter, quarter_of, week
from telephony.digest import digest_of, last_week
from telephony.store.errors import StoreError
from telephony.store.store import Store

T = TypeVar("T")
QUARTERS = 4  # in the picture, the one that was asked for last


class QuarterAsked(Wire):
    quarter: str = Field(default="", max_length=6, description="such as 2026Q4; the present one where it is empty")


class WeekAsked(Wire):
    week: str = Field(default="", max_length=8, description="such as 2026-W48; the last whole one where it is empty")


class DepartmentNow(Wire):
    """`department` `*`: all; empty: calls that came to none. `nps_low` and `nps_high`: at 95 %."""

    quarter: str
    department: str
    title: str
    nps: float | None
    nps_low: float | None
    nps_high: float | None
    nps_answers: int
    detractors: int
    passives: int
    promoters: int
    csat_mean: float | None
    csat_answers: int


class ReportNow(Wire):
    """`earlier`: all departments together, in the quarters up to this one."""

    quarter: str
    before: str
    links: int
    answered: int
    departments: tuple[DepartmentNow, ...]
    earlier: tuple[DepartmentNow, ...]


class ReasonNow(Wire):
    title: str
    calls: int


class CommentNow(Wire):
    department: str
    comment: str


class ArticleNow(Wire):
    article: str
    title: str
    opened: int
    called_again: int
    scored_badly: int
    said_so: int


class DigestNow(Wire):
    week: str
    articles_week: str
    dispositions: tuple[ReasonNow, ...]
    places: tuple[ReasonNow, ...]
    comments: tuple[CommentNow, ...]
    articles: tuple[ArticleNow, ...]


class SurveyApi:
    """`titles` are those of departments, dispositions and places in the menu."""

    def __init__(self, store: Store, titles: Callable[[], Mapping[str, str]], clock: Callable[[], float]) -> None:
        self._store = store
        self._titles = titles
        self._clock = clock

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint(
            "GET", "/surveys/report", "the NPS of a quarter, by department", SUPERVISORS, self._report,
            query=QuarterAsked, gives=ReportNow, refuses=(503,),
        )  # fmt: skip
        yield Endpoint(
            "GET", "/surveys/digest", "why people called in a week, and what did not help", SUPERVISORS, self._digest,
            query=WeekAsked, gives=DigestNow, refuses=(503,),
        )  # fmt: skip

    async def _report(self, asked: Asked) -> ReportNow:
        name = asked.query_as(QuarterAsked).quarter
        period = _period(quarter, name) if name else quarter_of(day_of(self._clock()))
        quarters = [period]
        while len(quarters) < QUARTERS:
            quarters.append(before(quarters[-1]))
        reports = [await _stored(survey_report.report(self._store.surveys, each)) for each in reversed(quarters)]
        known = reports[-1]
        return ReportNow(
            quarter=period.name,
            before=before(period).name,
            links=known.links,
            answered=known.answered,
            departments=tuple(map(self._row, survey_report.rows(known))),
            earlier=tuple(self._row(next(survey_report.rows(each))) for each in reports),
        )

    def _row(self, row: Mapping[str, str | float | int | None]) -> DepartmentNow:
        return DepartmentNow.model_validate({**row, "title": self._titles().get(str(row["department"]), "")})

    async def _digest(self, asked: Asked) -> DigestNow:
        name = asked.query_as(WeekAsked).week
        period = _period(week, name) if name else last_week(self._clock())
        return self._told(await _stored(digest_of(self._store, period)))

    def _told(self, known: Digest) -> DigestNow:
        titles = self._titles()

        def named(key: str) -> str:
            return titles.get(key, key)

        return DigestNow(
            week=known.week.name,
            articles_week=known.articles_week.name,
            dispositions=tuple(
                ReasonNow(title=f"{named(each.queue)}: {named(f'{each.queue}.{each.code}')}", calls=each.calls)
                for each in known.dispositions
            ),
            places=tuple(ReasonNow(title=named(each.place), calls=each.calls) for each in known.places),
            comments=tuple(
                CommentNow(department=named(each.queue or ""), comment=each.comment) for each in known.comments
            ),
            articles=tuple(
                ArticleNow(
                    article=each.article, title=each.title, opened=each.opened, called_again=each.called_again,
                    scored_badly=each.scored_badly, said_so=each.said_so,
                )
                for each in known.articles
            ),
        )  # fmt: skip


def _period(read: Callable[[str], Period], name: str) -> Period:
    try:
        return read(name)
    except ValueError as error:
        raise ProblemError(422, detail=str(error)) from None


async def _stored(work: Awaitable[T]) -> T:
    try:
        return await work
    except StoreError:
        raise ProblemError(503, detail="the database is away") from None
