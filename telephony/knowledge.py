"""The knowledge base of a running server: read from its folder when that changes, kept and searched in PostgreSQL.

While the database or the folder is away, what was there before is served; the log says why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog

from ivr_flows.errors import FlowError
from ivr_flows.live_file import Mark, mark
from telephony.console.api.problems import ProblemError
from telephony.core.article import Article, ArticleUse, Block, Found
from telephony.guidance import article_file, markdown
from telephony.guidance.polish import VERSION, stem, stems, words
from telephony.guidance.snippet import Asked, snippet
from telephony.store.articles import ArticleStore, Indexed
from telephony.store.errors import StoreError

log = structlog.get_logger()

LOOK_EVERY_S = 10.0
MOST = 8  # of one answer
MOST_SUGGESTED = 4  # with their titles alone: nobody has asked for them
WORDS = 12  # of a question

Marks = tuple[tuple[str, Mark | None], ...]


class Knowledge:
    def __init__(
        self, folder: Path, store: ArticleStore, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._folder = folder
        self._store = store
        self._pause = pause
        self._seen: Marks | None = None
        self.problem = ""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await self._pause(LOOK_EVERY_S)

    async def look(self) -> None:
        """Take the folder in if it has changed. An article that is wrong keeps all of them as they were."""
        if (now := await asyncio.to_thread(self._marks)) == self._seen:
            return
        try:
            articles = await asyncio.to_thread(article_file.load_all, self._folder)
            indexed = await asyncio.to_thread(lambda: [index(each) for each in articles])
            changed = await self._store.replace_all(indexed)
        except StoreError as error:
            log.warning("articles.store_away", reason=str(error))
            return
        except (FlowError, OSError) as error:
            self.problem = str(error)
            log.error("articles.refused", reason=self.problem)  # noqa: TRY400 - its author needs the place, not a trace
        else:
            self.problem = ""
            log.info("articles.read", articles=len(indexed), changed=changed)
        self._seen = now

    def _marks(self) -> Marks:
        return tuple((path.name, mark(path)) for path in sorted(self._folder.glob("*.md")))

    # -- what pages ask -----------------------------------------------------------------------------------------

    async def search(self, text: str, queue: str) -> tuple[Found, ...]:
        """The best first. Errors: ProblemError(503)."""
        asked = Asked(words(text)[:WORDS])
        with _told():
            found = await self._store.search(forms(asked.words), queue, MOST)
        return tuple(_shown(each, asked) for each in found)

    async def suggested(self, path: Sequence[str], queue: str) -> tuple[Found, ...]:
        """The next best ones for a call that has come this way. Errors: ProblemError(503)."""
        with _told():
            found = await self._store.suggested(path, queue, MOST_SUGGESTED)
        return tuple(Found(each.id, each.title, each.language) for each in found)

    async def read(self, article: str) -> tuple[Article, tuple[Block, ...]] | None:
        """Errors: ProblemError(503)."""
        with _told():
            known = await self._store.get(article)
        return (known, markdown.blocks(known.body)) if known else None

    async def used(self, use: ArticleUse) -> None:
        """Errors: ProblemError(503)."""
        with _told():
            await self._store.record_use(use)


def index(article: Article) -> Indexed:
    """With the stems by which it is found."""
    language = article.language
    return Indexed(
        article,
        " ".join(stems(article.title, language)),
        " ".join(stems(" ".join(article.keywords), language)),
        " ".join(stems(markdown.plain(article.body), language)),
        VERSION,
    )


def forms(said: Sequence[str]) -> list[list[str]]:
    """Of each word its stem and itself (an English article has no stems); of the last one its beginning, too."""
    asked = [sorted({stem(word), word}) for word in said]
    if asked:
        asked[-1].append(f"{said[-1]}*")
    return asked


def _shown(article: Article, asked: Asked) -> Found:
    return Found(article.id, article.title, article.language, snippet(markdown.plain(article.body), asked))


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except StoreError:
        raise ProblemError(503, detail="the database is away") from None
