"""A flow sends a caller to a number outside: through a real trunk, heard by both, with the outcome whoever hangs up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from quality.softphone_client import PhoneCall, phone_program
from telephony.core import events as core
from telephony.core.events import Event
from telephony.core.views import CallState, Outcome
from tests.acceptance.conftest import StartNode
from tests.acceptance.flow_scene import FlowScene, House, flow_scene
from tests.tones import strength, tone

OUTSIDE, PREMIUM = "+48220000900", "+48701234567"
OUTSIDE_HZ = 1320.0
AUDIBLE = 0.5  # share of the recording's power at the other side's tone
NODES = """\
  sent: {type: transfer, say: "Łączę.", to: partner, on_failure: sorry}
  sorry: {type: say, say: "Nikt nie odbiera.", next: bye}
  bye: {type: hang_up}
  person: {type: line, queue: support}
"""
pytestmark = pytest.mark.skipif(phone_program()[1] != "pjsua2", reason="its stand-in cannot be called by a trunk")


def partner(number: str, *permitted: str) -> House:
    return House(numbers=f'transfers: {{partner: "{number}"}}\n', transfer_numbers=permitted)


async def carrier_answers(scene: FlowScene) -> None:
    await scene.phone.register(
        "carrier",
        uri=f"sip:carrier@127.0.0.1:{scene.phone.sip_port}",
        auto_answer_after_s=0.2,
        play=tone(scene.folder / "outside.wav", OUTSIDE_HZ),
    )


async def talks_outside(scene: FlowScene) -> tuple[PhoneCall, PhoneCall]:
    await carrier_answers(scene)
    caller = await scene.calls()
    async with asyncio.timeout(20):
        outside = await scene.phone.incoming()
        await outside.answered()
    await scene.until(is_sent_out)
    return caller, outside


def is_sent_out(each: object) -> bool:
    return isinstance(each, core.CallServed) and each.outcome is Outcome.TRANSFERRED_OUT


@pytest.mark.parametrize("caller_first", [True, False])
async def test_a_caller_talks_outside(asterisk_node: StartNode, tmp_path: Path, *, caller_first: bool) -> None:
    async with flow_scene(asterisk_node, tmp_path, NODES, partner(OUTSIDE, OUTSIDE)) as scene:
        caller, outside = await talks_outside(scene)
        await asyncio.sleep(3.0)  # the talk; what is heard of it is measured below
        await (caller if caller_first else outside).hang_up()
        call = await scene.ended()
        assert (call.outcome, call.state) == (Outcome.TRANSFERRED_OUT, CallState.ENDED)
        await caller.ended()
        assert "Nikt nie odbiera." not in scene.said
        lost: list[Event] = [each for each in scene.seen if isinstance(each, core.SessionLost)]
        assert lost == []
    assert strength(tmp_path / "heard-by-48500000111.wav", OUTSIDE_HZ) > AUDIBLE


@pytest.mark.parametrize(
    ("number", "permitted"),
    [
        (OUTSIDE, ()),  # the dialplan has it not
        (PREMIUM, (PREMIUM,)),  # whatever the dialplan has
        (OUTSIDE, (OUTSIDE,)),  # permitted, and nobody is there
    ],
)
async def test_who_cannot_be_sent_out_goes_on_in_the_flow(
    asterisk_node: StartNode, tmp_path: Path, number: str, permitted: tuple[str, ...]
) -> None:
    async with flow_scene(asterisk_node, tmp_path, NODES, partner(number, *permitted)) as scene:
        caller = await scene.calls()
        if permitted == (OUTSIDE,):
            async with asyncio.timeout(20):
                outside = await scene.phone.incoming()
            await outside.hang_up(code=486)
        await scene.hears("Nikt nie odbiera.")
        await caller.ended()
        assert (await scene.ended()).outcome is Outcome.SELF_SERVED
