"""How content customers were in a quarter, by department: the NPS with its interval and the mean of 1 to 5."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from telephony.core.nps import Answers, Nps, nps
from telephony.core.periods import Period
from telephony.store.surveys import Scores, SurveyStore

COLUMNS = (
    "quarter", "department", "nps", "nps_low", "nps_high", "nps_answers", "detractors", "passives", "promoters",
    "csat_mean", "csat_answers",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Department:
    """`queue` None: of calls that came to no department. `csat` is the mean of 1 to 5, None where nobody answered."""

    queue: str | None
    nps: Nps | None
    csat: float | None
    csat_answers: int


@dataclass(frozen=True, slots=True)
class Report:
    """`links` are those sent in the quarter, `answered` how many of them were."""

    quarter: Period
    all: Department
    departments: tuple[Department, ...]
    links: int
    answered: int


async def report(store: SurveyStore, quarter: Period) -> Report:
    """Errors: StoreError."""
    scores = await store.scores(quarter)
    sent, answered = await store.links(quarter)
    queues = sorted({queue for _, queue in scores}, key=lambda queue: (queue is None, queue))
    of_all = {survey: _together(scores, survey) for survey in ("nps", "csat")}
    each = tuple(
        _department(queue, scores.get(("nps", queue), {}), scores.get(("csat", queue), {})) for queue in queues
    )
    return Report(quarter, _department(None, of_all["nps"], of_all["csat"]), each, sent, answered)


def _together(scores: Scores, survey: str) -> Mapping[int, int]:
    given: Counter[int] = Counter()
    for (of, _), values in scores.items():
        if of == survey:
            given.update(values)
    return given


def _department(queue: str | None, by_nps: Mapping[int, int], by_csat: Mapping[int, int]) -> Department:
    answers = sum(by_csat.values())
    mean = sum(value * count for value, count in by_csat.items()) / answers if answers else None
    return Department(queue, nps(Answers.of(by_nps)), mean, answers)


def rows(known: Report) -> Iterator[Mapping[str, str | float | int | None]]:
    """All departments together first, as `*`; without a department: empty."""
    yield _row(known.quarter, "*", known.all)
    for each in known.departments:
        yield _row(known.quarter, each.queue or "", each)


def _row(quarter: Period, name: str, each: Department) -> Mapping[str, str | float | int | None]:
    score = each.nps
    answers = score.answers if score else Answers(0, 0, 0)
    return {
        "quarter": quarter.name,
        "department": name,
        "nps": round(score.score, 1) if score else None,
        "nps_low": round(score.low, 1) if score else None,
        "nps_high": round(score.high, 1) if score else None,
        "nps_answers": answers.count,
        "detractors": answers.detractors,
        "passives": answers.passives,
        "promoters": answers.promoters,
        "csat_mean": None if each.csat is None else round(each.csat, 2),
        "csat_answers": each.csat_answers,
    }


def as_csv(known: Report) -> str:
    """[RFC 4180], with a head."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows(rows(known))
    return out.getvalue()


def as_text(known: Report, titles: Mapping[str, str]) -> str:
    """A table for a terminal; `titles`: department → its title."""
    head = ("", "NPS", "95 %", "answers", "1-5", "answers")
    lines = [head, *(_cells(row, titles) for row in rows(known))]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    table = [_line(line, widths) for line in lines]
    first = f"{known.quarter.name}: links sent {known.links}, answered {known.answered}"
    return "\n".join([first, "", *table])


def _cells(row: Mapping[str, str | float | int | None], titles: Mapping[str, str]) -> tuple[str, ...]:
    name = str(row["department"])
    title = {"*": "all", "": "no department"}.get(name, titles.get(name, name))
    between = "-" if row["nps"] is None else f"{row['nps_low']} to {row['nps_high']}"
    nps, mean = ("-" if row[name] is None else str(row[name]) for name in ("nps", "csat_mean"))
    return title, nps, between, str(row["nps_answers"]), mean, str(row["csat_answers"])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join([first.strip().ljust(widths[0]), *others]).rstrip()
