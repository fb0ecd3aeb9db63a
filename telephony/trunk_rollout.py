"""Trunks applied at several nodes, one after another: it ends at the first that fails, and says which runs what."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sip_trunk.errors import TrunkError
from sip_trunk.revisions import TrunksBusyError, digest_of
from telephony.asterisk.ami import AmiError
from telephony.trunk_apply import VERIFY_S, Applied, TrunkNode, TryCalls, Wanted, applied

NodeStage = Callable[[str, str], None]  # node and step, told before the step


class Has(StrEnum):
    NEW = "new"
    OLD = "old"
    UNKNOWN = "unknown"  # its folder cannot be asked, or a step there has neither ended nor been reverted


@dataclass(frozen=True, slots=True)
class Standing:
    """What a node has in force, after all. `revision` is empty where there is none, or nobody knows."""

    node: str
    revision: str
    has: Has


async def rolled_out(
    nodes: Sequence[TrunkNode],
    wanted: Wanted,
    actor: str,
    *,
    verify_s: float = VERIFY_S,
    stage: NodeStage = lambda _, __: None,
    calls: TryCalls | None = None,
) -> AsyncIterator[Applied]:
    """What became of each, the first failure last; one that cannot be reached is a failure.

    Errors: TrunksBusyError where somebody else applies at the first.
    """
    for node in nodes:
        try:
            told = functools.partial(stage, node.name)
            (done,) = [
                each async for each in applied([node], wanted, actor, verify_s=verify_s, stage=told, calls=calls)
            ]
        except (AmiError, TrunkError) as error:
            if node is nodes[0] and isinstance(error, TrunksBusyError):
                raise
            done = Applied(node.name, None, failed=(str(error),))
        yield done
        if done.failed:
            return


def standings(nodes: Iterable[TrunkNode], wanted: Wanted) -> tuple[Standing, ...]:
    """Which node has what, read from their folders."""
    digest = digest_of(wanted.texts)
    return tuple(_standing(node, digest) for node in nodes)


def _standing(node: TrunkNode, digest: str) -> Standing:
    try:
        now, unfinished = node.folder.current(), node.folder.unfinished()
    except TrunkError:
        return Standing(node.name, "", Has.UNKNOWN)
    if unfinished:
        return Standing(node.name, str(now or ""), Has.UNKNOWN)
    return Standing(node.name, str(now or ""), Has.NEW if now and now.digest == digest else Has.OLD)


def told(standing: Iterable[Standing]) -> Iterator[str]:
    """After a failure: who runs what, and how to go on."""
    known = list(standing)
    words = {
        Has.NEW: "has the new revision",
        Has.OLD: "has the old revision",
        Has.UNKNOWN: "is not known: what had begun there is reverted by the next command that reaches it",
    }
    for each in known:
        yield f"{each.node} {words[each.has]}{f' ({each.revision})' if each.revision else ''}"
    yield "To go on: mend what failed and apply again; nodes that have the new revision are left alone."
    for each in known:
        if each.has is Has.NEW:
            yield f"Or back at those that have it: hotline trunk rollback --node {each.node}"
