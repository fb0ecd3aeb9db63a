"""The knowledge base beside the call: search, what fits the call in hand, an article, and what it was good for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from pydantic import Field

from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.console.notes import CONSULTANTS
from telephony.core.article import Article, ArticleUse, Block, BlockKind, Found, Part, Use
from telephony.core.ids import AgentId, InteractionId
from telephony.core.views import CallView


class Library(Protocol):
    """Errors: ProblemError(503) while it is away."""

    async def search(self, text: str, queue: str) -> Sequence[Found]: ...

    async def suggested(self, path: Sequence[str], queue: str) -> Sequence[Found]: ...

    async def read(self, article: str) -> tuple[Article, Sequence[Block]] | None: ...

    async def used(self, use: ArticleUse) -> None: ...


class ForWhat(Wire):
    text: str = Field(max_length=200)
    interaction: str = Field(default="", max_length=100)


class PartTold(Wire):
    text: str
    strong: bool
    article: str


class BlockTold(Wire):
    kind: BlockKind
    parts: tuple[PartTold, ...]


class FoundTold(Wire):
    id: str
    title: str
    language: str
    snippet: tuple[PartTold, ...]


class FoundAll(Wire):
    articles: tuple[FoundTold, ...]


class ArticleTold(Wire):
    id: str
    title: str
    language: str
    blocks: tuple[BlockTold, ...]


class Used(Wire):
    use: Use
    interaction: str = Field(default="", max_length=100)


class ArticlesApi:
    """`call_of`: a call of an agent's own desk, or None."""

    def __init__(
        self,
        library: Library,
        call_of: Callable[[AgentId, InteractionId], CallView | None],
        clock: Callable[[], float],
    ) -> None:
        self._library = library
        self._call_of = call_of
        self._clock = clock

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint(
            "GET", "/articles", "search the knowledge base", CONSULTANTS, self._search,
            query=ForWhat, gives=FoundAll, refuses=(503,),
        )  # fmt: skip
        yield Endpoint(
            "GET", "/calls/{interaction}/articles", "articles that fit a call of one's own", CONSULTANTS, self._fit,
            gives=FoundAll, refuses=(404, 503),
        )  # fmt: skip
        yield Endpoint(
            "GET", "/articles/{article}", "an article", CONSULTANTS, self._read, gives=ArticleTold, refuses=(404, 503)
        )
        yield Endpoint(
            "POST", "/articles/{article}/use", "what an article was good for", CONSULTANTS, self._use,
            takes=Used, refuses=(404, 503),
        )  # fmt: skip

    async def _search(self, asked: Asked) -> FoundAll:
        what = asked.query_as(ForWhat)
        call = self._call_of(asked.account.agent, InteractionId(what.interaction))
        return _all(await self._library.search(what.text, (call and call.queue) or ""))

    async def _fit(self, asked: Asked) -> FoundAll:
        call = self._own(asked, asked.path["interaction"])
        return _all(await self._library.suggested(call.path, call.queue or ""))

    async def _read(self, asked: Asked) -> ArticleTold:
        known = await self._library.read(asked.path["article"])
        if known is None:
            raise ProblemError(404, detail="no such article")
        article, blocks = known
        told = tuple(BlockTold(kind=each.kind, parts=_parts(each.parts)) for each in blocks)
        return ArticleTold(id=article.id, title=article.title, language=article.language, blocks=told)

    async def _use(self, asked: Asked) -> None:
        used, article = asked.body_as(Used), asked.path["article"]
        if used.interaction:
            self._own(asked, used.interaction)
        if await self._library.read(article) is None:
            raise ProblemError(404, detail="no such article")
        interaction = InteractionId(used.interaction)
        await self._library.used(ArticleUse(article, asked.account.agent, interaction, used.use, self._clock()))

    def _own(self, asked: Asked, interaction: str) -> CallView:
        call = self._call_of(asked.account.agent, InteractionId(interaction))
        if call is None:
            raise ProblemError(404, detail="not a call of this desk")
        return call


def _all(found: Sequence[Found]) -> FoundAll:
    told = (
        FoundTold(id=each.id, title=each.title, language=each.language, snippet=_parts(each.snippet)) for each in found
    )
    return FoundAll(articles=tuple(told))


def _parts(parts: Sequence[Part]) -> tuple[PartTold, ...]:
    return tuple(PartTold(text=each.text, strong=each.strong, article=each.article) for each in parts)
