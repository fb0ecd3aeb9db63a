"""Trunks from a file into Asterisk: planned, written, reloaded, verified; otherwise rolled back. Node after node.

Calls under way survive: Asterisk keeps what a call uses until it ends, and only what has changed is read anew.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sip_trunk import dialplan
from sip_trunk.model import TrunkSet
from sip_trunk.plan import Change, Plan, extensions, plan
from sip_trunk.revisions import SOURCE, Folder, Past, Revision, Step, revision_named
from sip_trunk.running import Running
from sip_trunk.sections import Section, sections
from telephony.asterisk.ami import AmiError
from telephony.asterisk.ami_client import AmiSettings
from telephony.asterisk.provision import ProvisionLink, provisioning
from telephony.trunk_tls import certificate_faults

VERIFY_S = 20.0  # how long registrations and the answers to OPTIONS may take
LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a file says, ready for Asterisk. `source` is its text."""

    trunks: TrunkSet
    objects: tuple[Section, ...]
    dialplan: str
    source: str

    @classmethod
    def of(cls, trunks: TrunkSet, source: str, secrets: Mapping[str, str]) -> Wanted:
        """Errors: TrunkError for a secret that is not there."""
        return cls(trunks, tuple(sections(trunks, secrets)), dialplan.text(trunks), source)

    @property
    def texts(self) -> dict[str, str]:
        """File name → text."""
        head = "; Written by hotline trunk apply: change trunks.toml instead.\n"
        objects = "\n".join(each.text() for each in self.objects)
        return {"pjsip.conf": head + objects, "extensions.conf": head + self.dialplan, SOURCE: self.source}

    @property
    def contexts(self) -> frozenset[str]:
        return frozenset(context for context, _ in extensions(self.dialplan))

    def plan(self, running: Running) -> Plan:
        return plan(self.objects, self.dialplan, running)


@dataclass(frozen=True, slots=True)
class TrunkNode:
    """One Asterisk: its manager with the account for provisioning, and its folder of trunks."""

    name: str
    ami: AmiSettings
    folder: Folder


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one node. `failed`: what did not verify, in words; then it runs `revision` as before."""

    node: str
    revision: Revision | None
    changes: tuple[Change, ...] = ()
    affected: Mapping[str, int] = field(default_factory=dict)
    failed: tuple[str, ...] = ()


Stage = Callable[[str], None]  # told before each step; tests end the process there
TryCalls = Callable[[str, TrunkSet], Awaitable[tuple[str, ...]]]  # test calls at a node: what is wrong with them


async def planned(node: TrunkNode, wanted: Wanted) -> Plan:
    """What applying would change at a node, drift included. Errors: AmiError."""
    async with provisioning(node.ami) as link:
        return wanted.plan(await link.running(wanted.contexts))


async def applied(
    nodes: Sequence[TrunkNode],
    wanted: Wanted,
    actor: str,
    *,
    verify_s: float = VERIFY_S,
    stage: Stage = lambda _: None,
    calls: TryCalls | None = None,
) -> AsyncIterator[Applied]:
    """One node after the other; the first failure is the last node. `calls`: verified with test calls, too.

    Errors: AmiError, TrunkError, TrunksBusyError.
    """
    for node in nodes:
        with node.folder.held():
            await revert_unfinished(node)
            done = await _apply(node, wanted, actor, verify_s, stage, calls)
        yield done
        if done.failed:
            return


async def rolled_back(node: TrunkNode, to: Revision, actor: str, *, stage: Stage = lambda _: None) -> None:
    """Back to an earlier revision, as it was written then. Errors: AmiError, TrunkError, TrunksBusyError."""
    with node.folder.held():
        await revert_unfinished(node)
        old = node.folder.current()
        node.folder.source(to)
        stage("switch")
        node.folder.begin(Step(str(old or ""), str(to), actor, time.time()))
        node.folder.switch(to)
        stage("reload")
        async with provisioning(node.ami) as link:
            await link.reload()
        node.folder.end(Past(time.time(), actor, str(old or ""), str(to), "applied", "rolled back by hand"))


async def revert_unfinished(node: TrunkNode) -> bool:
    """A process that was killed had begun a step: what was in force before is so again. Errors: AmiError."""
    if (step := node.folder.unfinished()) is None:
        return False
    node.folder.switch(revision_named(step.old))
    async with provisioning(node.ami) as link:
        await link.reload()
    node.folder.end(Past(time.time(), step.actor, step.old, step.new, "reverted", "the process had ended in between"))
    return True


async def _apply(
    node: TrunkNode, wanted: Wanted, actor: str, verify_s: float, stage: Stage, calls: TryCalls | None
) -> Applied:
    folder, old = node.folder, node.folder.current()
    async with provisioning(node.ami) as link:
        before = wanted.plan(await link.running(wanted.contexts))
        stage("write")
        new = folder.keep(wanted.texts)
        if not before and new == old:
            return Applied(node.name, new)
        stage("begin")
        folder.begin(Step(str(old or ""), str(new), actor, time.time()))
        stage("switch")
        folder.switch(new)
        stage("reload")
        failed = await _reloaded(link, wanted, verify_s, stage)
        if calls and not failed:
            stage("call")
            failed = await calls(node.name, wanted.trunks)
        if failed:
            stage("revert")
            folder.switch(old)
            await link.reload()
    stage("end")
    outcome = "rolled_back" if failed else "applied"
    folder.end(Past(time.time(), actor, str(old or ""), str(new), outcome, "; ".join(failed)))
    return Applied(node.name, old if failed else new, before.changes, before.affected, failed)


async def _reloaded(link: ProvisionLink, wanted: Wanted, verify_s: float, stage: Stage) -> tuple[str, ...]:
    try:
        await link.reload()
        stage("verify")
        return await verified(link, wanted, verify_s)
    except AmiError as error:
        return (str(error),)


async def verified(link: ProvisionLink, wanted: Wanted, within_s: float) -> tuple[str, ...]:
    """What is not as wanted once it has had its time; nothing where all is well. Errors: AmiError."""
    await link.ask_options(name for name, trunk in wanted.trunks.trunks.items() if trunk.options_s)
    deadline = time.monotonic() + within_s
    while True:
        running = await link.running(wanted.contexts)
        missing = tuple(unreached(wanted.trunks, running))
        differs = tuple(f"Asterisk did not take it: {change}" for change in wanted.plan(running).changes)
        if not (missing or differs):
            return ()
        if time.monotonic() > deadline:
            return (*differs, *missing, *[each async for each in _why(wanted.trunks, running)])
        await asyncio.sleep(LOOK_EVERY_S)


def unreached(trunks: TrunkSet, running: Running) -> Iterable[str]:
    """Carriers with which we are not registered, or of which no host answers OPTIONS."""
    for name, trunk in trunks.trunks.items():
        status = running.registrations.get(name, "")
        if trunk.registration and status != "Registered":
            yield f"{name} is not registered ({status or 'unknown'})"
        if trunk.options_s and (states := _not_reached(name, running)):
            yield f"{name} does not answer OPTIONS ({states})"


def _not_reached(name: str, running: Running) -> str:
    """What Asterisk says of a trunk's hosts where none answers."""
    states = {contact.status for contact in running.contacts if contact.trunk == name}
    return "" if "Reachable" in states else ", ".join(sorted(states)) or "no host"


async def _why(trunks: TrunkSet, running: Running) -> AsyncIterator[str]:
    """What can be seen from here of the carriers over TLS that are not reached."""
    for name, trunk in trunks.trunks.items():
        registered = running.registrations.get(name, "Registered") == "Registered"
        if (trunk.options_s and _not_reached(name, running)) or not registered:
            async for fault in certificate_faults(name, trunk):
                yield fault
