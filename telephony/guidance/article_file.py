"""Articles as their authors write them: Markdown files with a front matter, one folder, every error with its place."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError

from ivr_flows import source
from ivr_flows.errors import FlowError, Place
from telephony.core.article import Article
from telephony.guidance import markdown
from telephony.guidance.strict_file import Strict, fault, paths, printable

FENCE = "---"
MOST = 20_000  # articles

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
Line = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(printable)]
Node = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*\.[a-z][a-z0-9_-]*$", max_length=100)]


class FrontMatter(Strict):
    title: Line
    language: Literal["pl", "en"] = "pl"
    queues: tuple[str, ...] = ()
    nodes: tuple[Node, ...] = ()  # places in flows, such as support.internet
    keywords: tuple[Line, ...] = ()


def load(path: Path) -> Article:
    """One article. Raises FlowError `file:line:column: …` for the first thing that is wrong."""
    return parse(path.name, source.text(path))


def parse(name: str, text: str) -> Article:
    """The same, of a text."""
    article_id = name.removesuffix(".md")
    if not _ID.fullmatch(article_id):
        raise FlowError("a file's name is small letters, digits and hyphens, and .md", Place(name, 1, 1))
    lines = text.splitlines()
    if FENCE not in lines[1:] or lines[0].rstrip() != FENCE:
        raise FlowError(f"an article begins with its front matter between two lines of {FENCE}", Place(name, 1, 1))
    end = lines.index(FENCE, 1)
    front = source.parse(name, "\n".join(["", *lines[1:end]]))
    try:
        known = FrontMatter.model_validate(front.tree)
    except ValidationError as error:
        raise fault(front, error) from None
    body = "\n".join(lines[end + 1 :]).strip()
    if not markdown.plain(body):
        raise FlowError("there is nothing below the front matter", Place(name, end + 1, 1))
    return Article(article_id, known.title, known.language, known.queues, known.nodes, known.keywords, body)


def load_all(folder: Path) -> tuple[Article, ...]:
    """Every article of the folder, by id. Raises FlowError for the first that is wrong."""
    files = paths(folder, "*.md")
    if len(files) > MOST:
        raise FlowError(f"{folder}: more than {MOST} articles")
    return tuple(load(path) for path in files)


def findings(articles: Iterable[Article], queues: Collection[str], nodes: Collection[str]) -> list[str]:
    """What one article alone cannot know: queues, nodes and articles that do not exist."""
    known = {each.id: each for each in articles}
    found = []
    for each in known.values():
        found += [f"{each.id}.md: there is no queue `{queue}`" for queue in each.queues if queue not in queues]
        found += [f"{each.id}.md: there is no node `{node}` in the flows" for node in each.nodes if node not in nodes]
        gone = sorted(markdown.links(each.body) - known.keys())
        found += [f"{each.id}.md: there is no article `{other}`" for other in gone]
    return found
