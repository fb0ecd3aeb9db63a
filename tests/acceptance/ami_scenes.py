"""What happens in the recordings: phones that call, hold, hand over, meet and give up (tests.acceptance.record_ami)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from quality.softphone_client import PhoneCall, SoftPhone
from telephony.asterisk.embedded import EmbeddedAsterisk
from tests.acceptance.ami_tap import AmiTap
from tests.acceptance.conftest import GENERAL

CALLER = "+48500000111"
OUTSIDE = "+48220000900"  # a number that agents may hand a caller over to
STEP_S = 20.0
TALK_S = 0.6  # long enough for every event of a bridge to have come


@dataclass
class Town:
    """Three agents, a carrier, and an AGI server that dials the first of them for whoever calls."""

    asterisk: EmbeddedAsterisk
    tap: AmiTap
    agents: SoftPhone
    carrier: SoftPhone
    manual: dict[str, SoftPhone]

    def uri(self, number: str) -> str:
        return f"sip:{number}@127.0.0.1:{self.asterisk.node.sip_port}"

    async def calls(self, number: str = GENERAL) -> PhoneCall:
        return await self.carrier.call(self.uri(number), caller=CALLER)

    async def talk(self) -> tuple[PhoneCall, PhoneCall]:
        """The caller and anna talk."""
        caller = await self.calls()
        anna = await self.answers("anna")
        await caller.answered()
        await self.heard(rb"Event: BridgeEnter\r\n.*?BridgeNumChannels: 2")
        await asyncio.sleep(TALK_S)
        return caller, anna

    async def rings(self, agent: str) -> PhoneCall:
        phone = self.carrier if agent == "carrier" else self.manual[agent]
        async with asyncio.timeout(STEP_S):
            return await phone.incoming()

    async def answers(self, agent: str) -> PhoneCall:
        call = await self.rings(agent)
        await call.answer()
        await call.answered()
        return call

    async def heard(self, pattern: bytes) -> None:
        await self.tap.until(pattern, within_s=STEP_S)


Scene = Callable[[Town], Awaitable[None]]


async def plain(town: Town) -> None:
    """Dial, ring, answer, talk; the agent hangs up."""
    caller, anna = await town.talk()
    await anna.hang_up()
    await caller.ended()


async def caller_hangs_up(town: Town) -> None:
    caller, anna = await town.talk()
    await caller.hang_up()
    await anna.ended()


async def no_answer(town: Town) -> None:
    caller = await town.calls()
    await town.rings("anna")
    await caller.ended()


async def busy(town: Town) -> None:
    caller = await town.calls()
    await (await town.rings("anna")).hang_up(code=486)
    await caller.ended()


async def declined(town: Town) -> None:
    caller = await town.calls()
    await (await town.rings("anna")).hang_up(code=603)
    await caller.ended()


async def gives_up_ringing(town: Town) -> None:
    """The caller hangs up while the agent's phone rings."""
    caller = await town.calls()
    anna = await town.rings("anna")
    await caller.hang_up()
    await anna.ended()


async def hold(town: Town) -> None:
    caller, anna = await town.talk()
    await anna.hold()
    await town.heard(rb"Event: Hold\r\n")
    await asyncio.sleep(TALK_S)
    await anna.hold(on=False)
    await town.heard(rb"Event: Unhold\r\n")
    await anna.hang_up()
    await caller.ended()


async def _blind(town: Town, to: str, agent: str) -> tuple[PhoneCall, PhoneCall]:
    caller, anna = await town.talk()
    await anna.transfer(town.uri(to))
    other = await town.answers(agent)
    await anna.ended()
    await asyncio.sleep(TALK_S)
    return caller, other


async def blind_to_phone(town: Town) -> None:
    caller, piotr = await _blind(town, "piotr", "piotr")
    await piotr.hang_up()
    await caller.ended()


async def blind_to_trunk(town: Town) -> None:
    caller, outside = await _blind(town, OUTSIDE, "carrier")
    await outside.hang_up()
    await caller.ended()


async def blind_unanswered(town: Town) -> None:
    """The other phone is busy: the caller comes to Asterisk's own queue, where anna takes the call again."""
    caller, anna = await town.talk()
    await anna.transfer(town.uri("piotr"))
    await (await town.rings("piotr")).hang_up(code=486)
    await anna.ended()
    again = await town.answers("anna")
    await asyncio.sleep(TALK_S)
    await caller.hang_up()
    await again.ended()


async def blind_refused(town: Town) -> None:
    """A number that agents may not call: the talk goes on."""
    caller, anna = await town.talk()
    await anna.transfer(town.uri("+48999999999"))
    await asyncio.sleep(TALK_S)
    await caller.hang_up()
    await anna.ended()


async def _consult(town: Town, to: str) -> tuple[PhoneCall, PhoneCall, PhoneCall]:
    caller, anna = await town.talk()
    await anna.hold()
    await town.heard(rb"Event: Hold\r\n")
    asking = await town.manual["anna"].call(town.uri(to))
    return caller, anna, asking


async def attended_to_phone(town: Town) -> None:
    caller, anna, asking = await _consult(town, "piotr")
    piotr = await town.answers("piotr")
    await asking.answered()
    await asyncio.sleep(TALK_S)
    await anna.transfer(asking)
    await anna.ended()
    await asyncio.sleep(TALK_S)
    await piotr.hang_up()
    await caller.ended()


async def attended_to_trunk(town: Town) -> None:
    caller, anna, asking = await _consult(town, OUTSIDE)
    outside = await town.answers("carrier")
    await asking.answered()
    await asyncio.sleep(TALK_S)
    await anna.transfer(asking)
    await anna.ended()
    await asyncio.sleep(TALK_S)
    await outside.hang_up()
    await caller.ended()


async def attended_while_ringing(town: Town) -> None:
    caller, anna, asking = await _consult(town, "piotr")
    piotr = await town.rings("piotr")
    await asking.ringing()
    await anna.transfer(asking)
    await anna.ended()
    await piotr.answer()
    await piotr.answered()
    await asyncio.sleep(TALK_S)
    await caller.hang_up()
    await piotr.ended()


async def attended_to_agi(town: Town) -> None:
    caller, anna, asking = await _consult(town, "agi")
    await asking.answered()
    await asyncio.sleep(TALK_S)
    await anna.transfer(asking)
    await anna.ended()
    await asyncio.sleep(TALK_S)
    await caller.hang_up()
    await caller.ended()


async def consultation_given_up(town: Town) -> None:
    """Anna asks piotr, comes back to the caller, and goes on."""
    caller, anna, asking = await _consult(town, "piotr")
    piotr = await town.answers("piotr")
    await asking.answered()
    await asking.hang_up()
    await piotr.ended()
    await anna.hold(on=False)
    await town.heard(rb"Event: Unhold\r\n")
    await anna.hang_up()
    await caller.ended()


async def conference(town: Town) -> None:
    """Ewa joins the talk: three in one bridge; then one after the other leaves."""
    caller, anna = await town.talk()
    ewa = await town.manual["ewa"].call(town.uri("meet"))
    await town.heard(rb"BridgeNumChannels: 3")
    await asyncio.sleep(TALK_S)
    for call in (ewa, anna):
        await call.hang_up()
        await call.ended()
    await caller.ended()


async def music(town: Town) -> None:
    call = await town.manual["ewa"].call(town.uri("music"))
    await call.ended()


async def local_channels(town: Town) -> None:
    """A Local channel between two phones, which Asterisk optimises away."""
    town.tap.send(Action="Originate", Channel="Local/anna@hotline-agents", Context="hotline-agents", Exten="piotr",
                  Priority="1", Async="true")  # fmt: skip
    anna = await town.answers("anna")
    piotr = await town.answers("piotr")
    await asyncio.sleep(2 * TALK_S)
    await anna.hang_up()
    await piotr.ended()


async def pickup(town: Town) -> None:
    """Ewa takes the call that rings at anna's phone: her channel is masqueraded into its place."""
    caller = await town.calls()
    anna = await town.rings("anna")
    ewa = await town.manual["ewa"].call(town.uri("*81"))
    await ewa.answered()
    await anna.ended()
    await asyncio.sleep(TALK_S)
    await caller.hang_up()
    await ewa.ended()


async def hangup_causes(town: Town) -> None:
    """A number that does not exist (404), a cause set by the dialplan (1), a phone that declines (603 → 21)."""
    for number in ("nobody", "gap"):
        await (await town.manual["ewa"].call(town.uri(number))).ended()
    call = await town.manual["ewa"].call(town.uri("piotr"))
    await (await town.rings("piotr")).hang_up(code=603)
    await call.ended()


async def queue(town: Town) -> None:
    """The AGI server lets go of the caller: Asterisk's own queue rings everybody, anna answers."""
    caller = await town.calls(GENERAL)
    anna = await town.answers("anna")
    await town.heard(rb"Event: AgentConnect\r\n")
    await asyncio.sleep(TALK_S)
    await anna.hang_up()
    await caller.ended()


ALONE = frozenset({"queue"})  # scenes in which no server of ours answers
SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for scene in (
        plain, caller_hangs_up, no_answer, busy, declined, gives_up_ringing, hold, blind_to_phone, blind_to_trunk,
        blind_unanswered, blind_refused, attended_to_phone, attended_to_trunk, attended_while_ringing,
        attended_to_agi, consultation_given_up, conference, music, local_channels, pickup, hangup_causes, queue,
    )
}  # fmt: skip
