"""Articles of the knowledge base as the console shows them: plain text in parts, never markup."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from telephony.core.ids import AgentId, InteractionId


class BlockKind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    BULLET = "bullet"
    STEP = "step"  # of a numbered list


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text; `strong`: it stands out. `article`: the id of another one to which it leads."""

    text: str
    strong: bool = False
    article: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    kind: BlockKind
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """`nodes` are places in flows, `flow.node`; `body` is Markdown as its author wrote it."""

    id: str
    title: str
    language: str
    queues: tuple[str, ...]
    nodes: tuple[str, ...]
    keywords: tuple[str, ...]
    body: str


@dataclass(frozen=True, slots=True)
class Found:
    """An article as a list shows it. In `snippet` what was asked for is strong."""

    id: str
    title: str
    language: str
    snippet: tuple[Part, ...] = ()


class Use(StrEnum):
    """What a consultant did with an article."""

    OPENED = "opened"
    HELPED = "helped"
    DID_NOT_HELP = "did_not_help"


@dataclass(frozen=True, slots=True)
class ArticleUse:
    """`interaction` is empty outside a call."""

    article: str
    agent: AgentId
    interaction: InteractionId
    use: Use
    at: float  # seconds since the epoch
