"""What editors of the knowledge base are told each week: why people called, what they wrote, what did not help.

Whether somebody has called again within seven days is known a week later: the articles are those opened in the week
before. Nothing in it says whose call it was; comments are masked (masking.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from telephony.core.masking import masked
from telephony.core.periods import Period, week_of

AGAIN_S = 7 * 86_400.0  # a call from the same number so soon is one about the same
SHOWN = 400  # characters of a comment
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Disposition:
    """What came of talks, as a code of the department's list."""

    queue: str
    code: str
    calls: int


@dataclass(frozen=True, slots=True)
class Place:
    """The last place in the menu, `flow.node`."""

    place: str
    calls: int


@dataclass(frozen=True, slots=True)
class Comment:
    queue: str | None
    comment: str


@dataclass(frozen=True, slots=True)
class ArticleInVain:
    """An article: in how many calls it was opened, and what of them followed. One call may count in several."""

    article: str
    title: str
    opened: int
    called_again: int
    scored_badly: int
    said_so: int


@dataclass(frozen=True, slots=True)
class Digest:
    """Of `week`; the articles of `articles_week`, the one before."""

    week: Period
    dispositions: tuple[Disposition, ...]
    places: tuple[Place, ...]
    comments: tuple[Comment, ...]
    articles: tuple[ArticleInVain, ...]

    @property
    def articles_week(self) -> Period:
        return week_before(self.week)


def week_before(week: Period) -> Period:
    return week_of(week.first - ONE_DAY)


def without_people(comment: Comment) -> Comment:
    """One line, masked, and no longer than is shown."""
    text = masked(" ".join(comment.comment.split()))
    return replace(comment, comment=text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…")


def subject(digest: Digest) -> str:
    return f"Baza wiedzy: tydzień {digest.week.name}"


def text(digest: Digest, titles: Mapping[str, str]) -> str:
    """As plain text; `titles`: department, `department.code` of a disposition and `flow.node` → its title."""

    def named(key: str | None) -> str:
        return titles.get(key or "", key or "bez działu")

    week = digest.week
    parts = {
        "Najczęstsze wyniki rozmów": [
            f"{each.calls:>6}  {named(each.queue)}: {named(f'{each.queue}.{each.code}')}"
            for each in digest.dispositions
        ],
        "Dokąd w menu doszli dzwoniący": [f"{each.calls:>6}  {named(each.place)}" for each in digest.places],
        f"Artykuły, które nie pomogły (otwarte w tygodniu {digest.articles_week.name})": map(_article, digest.articles),
        "Komentarze z ankiet (numery i adresy e-mail usunięto)": [
            f"  {named(each.queue)}: {each.comment}" for each in digest.comments
        ],
    }
    told = [f"Tydzień {week.name}: {week.first.isoformat()} do {(week.after - ONE_DAY).isoformat()}"]
    told += ["\n".join([f"{title}:", *(list(lines) or ["  brak"])]) for title, lines in parts.items()]
    return "\n\n".join(told) + "\n"


def _article(each: ArticleInVain) -> str:
    told = [f"otwarto w rozmowach: {each.opened}"]
    told += [f"ponowny telefon w 7 dni: {each.called_again}"] if each.called_again else []
    told += [f"zła ocena: {each.scored_badly}"] if each.scored_badly else []
    told += [f"konsultant: nie pomógł: {each.said_so}"] if each.said_so else []
    return f"  {each.title} ({each.article}): {', '.join(told)}"
