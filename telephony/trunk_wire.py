"""The shapes in which the console is told of trunks. Times in seconds since the epoch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Self

from pydantic import Field

from sip_trunk.state import TrunkState
from telephony.console.api.endpoint import Wire
from telephony.core.trunk_sound import TrunkSound
from telephony.trunk_desk import NodeBook, NodePlan
from telephony.trunk_job import Job

MOST_CHANGES = 300  # of a node; the others are counted


class HostNow(Wire):
    uri: str
    status: str  # Reachable, Unreachable, NonQualified, Unknown
    round_trip_ms: float | None


class TrunkNow(Wire):
    """`registration` null: we do not register. `seen_at` null: the node has not told yet."""

    node: str
    trunk: str
    carrier: str
    registration: str | None
    hosts: tuple[HostNow, ...]
    calls_in: int
    calls_out: int
    ill: bool
    reason: str  # options, quality; empty where it is well
    since: float
    mos: float | None
    measured: int
    seen_at: float | None


class Done(Wire):
    """`failed`: what did not verify; then the node runs `revision` as before."""

    node: str
    revision: str
    changes: int
    failed: tuple[str, ...]


class Stands(Wire):
    node: str
    revision: str
    has: str  # new, old, unknown


class JobNow(Wire):
    """`standings` after a failure: which node has what."""

    doing: str  # apply, rollback
    by: str
    began_at: float
    ended_at: float | None
    nodes: tuple[str, ...]
    node: str
    stage: str
    done: tuple[Done, ...]
    standings: tuple[Stands, ...]
    trouble: str
    failed: bool


class TrunksNow(Wire):
    """`file` empty: the settings name none to plan. `job`: what is being done, or was last by this server."""

    now: float
    file: str
    trunks: tuple[TrunkNow, ...]
    job: JobNow | None


class Sound(Wire):
    trunk: str
    scale: str | None
    seconds: float
    bad_s: float
    mos_lq: float | None


class SoundNow(Wire):
    sounds: tuple[Sound, ...]

    @classmethod
    def of(cls, found: Iterable[TrunkSound]) -> Self:
        return cls(sounds=tuple(Sound(**asdict(each)) for each in found))


class PastNow(Wire):
    at: float
    actor: str
    old: str
    new: str
    outcome: str  # applied, rolled_back, reverted
    reason: str


class BookNow(Wire):
    """`back`: the revisions one could go back to, the newest first."""

    node: str
    current: str
    back: tuple[str, ...]
    past: tuple[PastNow, ...]
    trouble: str


class TrunkBooks(Wire):
    nodes: tuple[BookNow, ...]


class FileProblem(Wire):
    line: int
    column: int
    message: str


class ChangeNow(Wire):
    kind: str  # endpoint, aor, auth, identify, registration, transport, number, route
    name: str
    act: str  # add, change, remove
    option: str
    running: str
    wanted: str


class AffectedNow(Wire):
    trunk: str
    calls: int


class NodePlanNow(Wire):
    """`changes` are the first 300 of `count`."""

    node: str
    count: int
    changes: tuple[ChangeNow, ...]
    affected: tuple[AffectedNow, ...]
    trouble: str


class TrunkPlan(Wire):
    """`seen` is handed back with apply, so that what was looked at is applied; `wrong`: the file is of no use."""

    seen: str
    wrong: tuple[FileProblem, ...]
    nodes: tuple[NodePlanNow, ...]


class Seen(Wire):
    seen: str = Field(min_length=1, max_length=64)


class Back(Wire):
    node: str = Field(min_length=1, max_length=80)
    revision: str = Field(min_length=1, max_length=40)


def trunk(state: TrunkState) -> TrunkNow:
    return TrunkNow(
        node=state.node, trunk=state.trunk, carrier=state.carrier, registration=state.registration,
        hosts=tuple(HostNow(**asdict(each)) for each in state.hosts), calls_in=state.calls_in,
        calls_out=state.calls_out, ill=state.health.ill, reason=state.health.reason, since=state.health.since,
        mos=state.mos, measured=state.measured, seen_at=state.seen_at,
    )  # fmt: skip


def job(known: Job | None) -> JobNow | None:
    if known is None:
        return None
    return JobNow(
        doing=known.doing, by=known.by, began_at=known.began_at, ended_at=known.ended_at, nodes=known.nodes,
        node=known.node, stage=known.stage, trouble=known.trouble, failed=known.failed,
        done=tuple(
            Done(node=each.node, revision=str(each.revision or ""), changes=len(each.changes), failed=each.failed)
            for each in known.done
        ),
        standings=tuple(Stands(node=each.node, revision=each.revision, has=each.has) for each in known.standings),
    )  # fmt: skip


def book(known: NodeBook) -> BookNow:
    back = tuple(str(each) for each in reversed(known.known) if each != known.current)
    past = tuple(PastNow(**asdict(each)) for each in known.past)
    return BookNow(node=known.node, current=str(known.current or ""), back=back, past=past, trouble=known.trouble)


def plan(known: NodePlan) -> NodePlanNow:
    changes = known.plan.changes if known.plan else ()
    affected = known.plan.affected if known.plan else {}
    return NodePlanNow(
        node=known.node, count=len(changes),
        changes=tuple(ChangeNow(**{**asdict(each), "act": str(each.act)}) for each in changes[:MOST_CHANGES]),
        affected=tuple(AffectedNow(trunk=name, calls=count) for name, count in affected.items()),
        trouble=known.trouble,
    )  # fmt: skip
