"""The knowledge base in the store: full text search over stems, without any extension of PostgreSQL."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from telephony.core.article import Article, ArticleUse
from telephony.store.connection import Connection, Row

_NAMES = tuple(each.name for each in dataclasses.fields(Article))
_LISTS = frozenset({"queues", "nodes", "keywords"})


@dataclasses.dataclass(frozen=True, slots=True)
class Indexed:
    """An article with its stems. `version` is that of the stemmer: another one makes it anew."""

    article: Article
    title_stems: str
    keyword_stems: str
    body_stems: str
    version: int

    @property
    def revision(self) -> str:
        return hashlib.sha256(repr((self.article, self.version)).encode()).hexdigest()[:16]


class ArticleStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def replace_all(self, articles: Iterable[Indexed]) -> int:
        """These and no others are there afterwards; how many had to be written or removed."""
        new = {each.article.id: each for each in articles}
        async with self._connection.together() as connection:
            rows = await connection.rows("article_revisions")
            known = {str(row["id"]): str(row["revision"]) for row in rows}
            gone = [{"id": each} for each in known.keys() - new.keys()]
            changed = [_values(each) for name, each in new.items() if known.get(name) != each.revision]
            await connection.run_many("remove_article", gone)
            await connection.run_many("keep_article", changed)
        return len(gone) + len(changed)

    async def get(self, article: str) -> Article | None:
        rows = await self._connection.rows("article", id=article)
        return _article(rows[0]) if rows else None

    async def search(self, words: Sequence[Sequence[str]], queue: str, most: int) -> tuple[Article, ...]:
        """By rank: those that have every word; where these are few, those that have some behind them.

        Of each word several forms may be given; a form that ends in `*` is a beginning. All are of a-z and 0-9.
        """
        groups = [f"({' | '.join(form.replace('*', ':*') for form in forms)})" for forms in words if forms]
        if not groups:
            return ()
        found = await self._search(" & ".join(groups), queue, most)
        if len(found) < most and len(groups) > 1:
            more = await self._search(" | ".join(groups), queue, most)
            found += tuple(each for each in more if each not in found)
        return found[:most]

    async def _search(self, wanted: str, queue: str, most: int) -> tuple[Article, ...]:
        rows = await self._connection.rows("search_articles", wanted=wanted, queue=queue, most=most)
        return tuple(map(_article, rows))

    async def suggested(self, path: Sequence[str], queue: str, most: int) -> tuple[Article, ...]:
        """For who has come this way: what belongs to the last place first, then what belongs to the queue."""
        rows = await self._connection.rows("suggested_articles", path=list(path), queue=queue, most=most)
        return tuple(map(_article, rows))

    async def record_use(self, used: ArticleUse) -> None:
        """The last time counts."""
        values = {each.name: getattr(used, each.name) for each in dataclasses.fields(ArticleUse)}
        await self._connection.run("record_article_use", **{**values, "use": str(used.use)})

    async def uses(self, since: float) -> Mapping[tuple[str, str], int]:
        """In how many calls each article had each use."""
        rows = await self._connection.rows("article_uses", since=since)
        return {(str(row["article"]), str(row["use"])): cast(int, row["calls"]) for row in rows}


def _values(indexed: Indexed) -> dict[str, object]:
    own = {name: getattr(indexed.article, name) for name in _NAMES}
    stems = {name: getattr(indexed, name) for name in ("title_stems", "keyword_stems", "body_stems", "revision")}
    return {**own, **{name: list(own[name]) for name in _LISTS}, **stems}


def _article(row: Row) -> Article:
    values = {name: tuple(cast(Sequence[str], row[name])) if name in _LISTS else row[name] for name in _NAMES}
    return Article(**values)  # type: ignore[arg-type]
