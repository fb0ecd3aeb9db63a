"""Whether a trunk really works: it is there, registered, its carrier answers OPTIONS, and a call by it sounds right.

The call goes to the carrier's `test_number`, an echo, by `telephony.probing`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from sip_trunk import trunk_file
from sip_trunk.errors import TrunkError
from sip_trunk.model import Trunk, TrunkSet
from sip_trunk.revisions import SOURCE
from sip_trunk.running import Running
from telephony.asterisk.provision import provisioning
from telephony.probing import ProbeError, Prober, Target
from telephony.trunk_apply import LOOK_EVERY_S, VERIFY_S, TrunkNode

NOT_GOOD = {"bad", "failed"}  # of a test call; degraded is said and passes


@dataclass(frozen=True, slots=True)
class Call:
    """How a test call was: `said` in words."""

    good: bool
    said: str


TestCall = Callable[[str, str, str], Awaitable[Call]]  # node, trunk, number


@dataclass(frozen=True, slots=True)
class Check:
    """`good` None: there was nothing to check."""

    what: str  # endpoint, registration, options, call
    good: bool | None
    said: str


def calls_of(prober: Prober) -> TestCall:
    """Test calls by a real phone; what cannot be called as it is set is not good, and says what to do."""

    async def call(node: str, trunk: str, number: str) -> Call:
        try:
            result = await prober.probe(Target(number, trunk, node))
        except ProbeError as error:
            return Call(good=False, said=str(error))
        said = "; ".join((f"{result.verdict} ({result.outcome})", *result.problems))
        return Call(result.verdict not in NOT_GOOD, said)

    return call


def in_force(node: TrunkNode) -> TrunkSet:
    """What was applied there last. Errors: TrunkError, TrunkFileError."""
    revision = node.folder.current()
    if revision is None:
        raise TrunkError(f"{node.name}: no trunks are applied there")
    return trunk_file.parse(node.folder.source(revision), SOURCE)


async def tried(
    node: TrunkNode, trunks: TrunkSet, name: str, call: TestCall, within_s: float = VERIFY_S
) -> tuple[Check, ...]:
    """All that can be checked of a trunk at a node; OPTIONS are sent now. Errors: AmiError, TrunkError."""
    if (trunk := trunks.trunks.get(name)) is None:
        raise TrunkError(f"there is no trunk {name}: {', '.join(trunks.trunks)}")
    async with provisioning(node.ami) as link:
        await link.ask_options([name] if trunk.options_s else [])
        deadline = time.monotonic() + within_s
        while True:
            found = tuple(seen(name, trunk, await link.running()))
            if all(each.good is not False for each in found) or time.monotonic() > deadline:
                break
            await asyncio.sleep(LOOK_EVERY_S)
    number = trunks.carriers[trunk.carrier].test_number
    if number is None or not trunk.outbound:
        return (*found, Check("call", None, "no call: it takes `outbound`, and `test_number` of its carrier"))
    if not found[0].good:
        return (*found, Check("call", None, "no call: the trunk is not there"))
    heard = await call(node.name, name, number)
    return (*found, Check("call", heard.good, heard.said))


def seen(name: str, trunk: Trunk, running: Running) -> Iterator[Check]:
    """What Asterisk says of it."""
    there = ("endpoint", name) in running.objects
    yield Check("endpoint", there, "known to Asterisk" if there else "not known to Asterisk")
    if trunk.registration:
        status = running.registrations.get(name, "") or "unknown"
        yield Check("registration", status == "Registered", status)
    else:
        yield Check("registration", None, "none is asked for")
    hosts = [each for each in running.contacts if each.trunk == name]
    said = ", ".join(f"{each.uri} {each.status}{_late(each.round_trip_ms)}" for each in hosts) or "no host"
    answered = any(each.status == "Reachable" for each in hosts)
    yield Check("options", answered if trunk.options_s else None, said)


def _late(round_trip_ms: float | None) -> str:
    return f" {round_trip_ms:.0f} ms" if round_trip_ms is not None else ""


async def failed_calls(node: str, trunks: TrunkSet, call: TestCall) -> tuple[str, ...]:
    """A test call by each trunk that has a number for it: which are not good, and why."""
    failed = []
    for name, trunk in trunks.trunks.items():
        number = trunks.carriers[trunk.carrier].test_number
        if number is None or not trunk.outbound:
            continue
        heard = await call(node, name, number)
        if not heard.good:
            failed.append(f"{name}: the test call was {heard.said}")
    return tuple(failed)
