"""All that is wrong with what helps consultants, each part by itself and then together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from ivr_flows import SHIPPED, source
from ivr_flows.errors import FlowError
from ivr_flows.loading import flow_files
from telephony.core.ids import QueueName
from telephony.guidance import article_file, card_fields_file, dispositions_file, script_file, ticket_rules_file
from telephony.guidance.strict_file import paths

if TYPE_CHECKING:
    from telephony.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")


def check(house: Settings) -> list[str]:
    """One line for each: file, line and column where they are known, and what is wrong."""
    queues, found = house.queues.keys(), list[str]()
    _read(found, card_fields_file.load, house.card_fields)
    lists = _read(found, dispositions_file.load, house.dispositions, queues)
    if _read(found, ticket_rules_file.load, house.ticket_rules, queues) and lists is not None:
        codes = {each.code for choices in lists.values() for each in choices}
        found += ticket_rules_file.findings(house.ticket_rules, codes)
    read = [_read(found, article_file.load, path) for path in _read(found, paths, house.articles, "*.md") or ()]
    articles = [each for each in read if each]
    found += article_file.findings(articles, queues, set(_nodes(house.flows or SHIPPED)))
    known = {each.id for each in articles}
    for path in _read(found, paths, house.scripts, "*.yaml") or ():
        if script := _read(found, script_file.load, path, queues):
            found += script_file.findings({QueueName(path.stem): script}, known)
    return found


def _read(found: list[str], load: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """None where it is wrong, which is then among what was found."""
    try:
        return load(*args, **kwargs)
    except FlowError as error:
        found.append(str(error))
        return None


def _nodes(folder: Path) -> Iterator[str]:
    """Places in the flows, as articles name them; what else is wrong with flows, `hotline flow check` tells."""
    for path in flow_files(folder):
        tree = source.read(path).tree
        nodes = tree.get("nodes")
        yield from (f"{tree.get('flow')}.{node}" for node in (nodes if isinstance(nodes, dict) else ()))
