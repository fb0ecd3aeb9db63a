"""All that is wrong with what helps consultants, each part by itself and then together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_flows import SHIPPED, source
from ivr_flows.errors import FlowError
from ivr_flows.loading import flow_files
from telephony.core.article import Article
from telephony.core.ids import QueueName
from telephony.guidance import article_file, dispositions_file, script_file

if TYPE_CHECKING:
    from telephony.settings import Settings


def check(house: Settings) -> list[str]:
    """One line for each: file, line and column where they are known, and what is wrong."""
    return list(_findings(house))


def _findings(house: Settings) -> Iterator[str]:
    queues = house.queues.keys()
    try:
        dispositions_file.load(house.dispositions, queues)
    except FlowError as error:
        yield str(error)
    articles: list[Article] = []
    for path in sorted(house.articles.glob("*.md")):
        try:
            articles.append(article_file.load(path))
        except FlowError as error:
            yield str(error)
    yield from article_file.findings(articles, queues, set(_nodes(house.flows or SHIPPED)))
    for path in sorted(house.scripts.glob("*.yaml")):
        try:
            script = script_file.load(path, queues)
        except FlowError as error:
            yield str(error)
        else:
            yield from script_file.findings({QueueName(path.stem): script}, {each.id for each in articles})


def _nodes(folder: Path) -> Iterator[str]:
    """Places in the flows, as articles name them; what else is wrong with flows, `hotline flow check` tells."""
    for path in flow_files(folder):
        tree = source.read(path).tree
        nodes = tree.get("nodes")
        yield from (f"{tree.get('flow')}.{node}" for node in (nodes if isinstance(nodes, dict) else ()))
