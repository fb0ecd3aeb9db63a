"""What is said of a trunk that is tried: what Asterisk knows of it, and how the test call was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from quality.probe_result import ProbeResult, not_placed
from sip_trunk.running import Running, running_of
from telephony.probing import ProbeError, Prober, Target
from telephony.trunk_trial import Call, calls_of, failed_calls, seen
from tests.unit.test_trunk_file import example
from tests.unit.test_trunk_plan import SOUTH

OURS = "+48221234500"


def said(name: str, running: Running) -> Mapping[str, tuple[bool | None, str]]:
    return {each.what: (each.good, each.said) for each in seen(name, example().trunks[name], running)}


def test_what_asterisk_says_of_a_trunk() -> None:
    assert said("south", running_of(SOUTH)) == {
        "endpoint": (True, "known to Asterisk"),
        "registration": (True, "Registered"),
        "options": (True, "sip:198.51.100.20:5060 Reachable 12 ms"),
    }
    assert said("south", Running()) == {
        "endpoint": (False, "not known to Asterisk"), "registration": (False, "unknown"), "options": (False, "no host"),
    }  # fmt: skip
    assert said("north-tls", Running())["registration"] == (None, "none is asked for")


async def test_each_trunk_out_with_a_number_is_called_and_what_fails_is_named() -> None:
    called: list[tuple[str, str, str]] = []

    async def call(node: str, trunk: str, number: str) -> Call:
        called.append((node, trunk, number))
        return Call(trunk != "south", "failed (refused); refused: 503")

    trunks = example()
    carriers = {name: replace(each, test_number=OURS) for name, each in trunks.carriers.items()}
    every = replace(trunks, carriers=carriers)
    failed = await failed_calls("node-1", every, call)
    assert failed == ("south: the test call was failed (refused); refused: 503",)
    assert called == [("node-1", name, OURS) for name in trunks.trunks]
    in_only = {name: replace(each, outbound=False) for name, each in trunks.trunks.items()}
    assert await failed_calls("node-1", replace(every, trunks=in_only), call) == ()
    without = {name: replace(each, test_number=None) for name, each in trunks.carriers.items()}
    assert await failed_calls("node-1", replace(trunks, carriers=without), call) == ()


@pytest.mark.parametrize(("verdict", "good"), [("good", True), ("degraded", True), ("bad", False), ("failed", False)])
async def test_a_degraded_call_passes_and_a_bad_one_does_not(verdict: str, good: bool) -> None:  # noqa: FBT001
    class Phone(Prober):
        async def probe(self, target: Target) -> ProbeResult:
            if target.node == "node-2":
                raise ProbeError("[[asterisk]] node-2 needs probe_sip and probe_secret (docs/probes.md)")
            return replace(not_placed(target.name, "none", "3% loss", 1.0), verdict=verdict)

    call = calls_of(Phone([], lambda: pytest.fail("no sound is needed"), lambda: 1.0))
    assert await call("node-1", "south", OURS) == Call(good, f"{verdict} (not_placed); 3% loss")
    assert not (await call("node-2", "south", OURS)).good
