"""Record what Asterisk says over AMI while real phones call, hold, transfer and meet: the fixtures of the call model.

`python -m tests.acceptance.record_ami [NAME …]` writes `tests/fixtures/ami/*.ami`, unfiltered but for the developers'
test events and for what names this machine. Numbers and people are made up.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from quality.softphone_client import PhoneCall, PhoneOptions, SoftPhone
from telephony.asterisk.config import AgentPhone, NodeConfig, TrunkPeer
from telephony.asterisk.embedded import EmbeddedAsterisk
from telephony.asterisk.install import ensure_asterisk
from tests.acceptance.ami_tap import TAP_ACCOUNT, AmiTap, tapped
from tests.acceptance.conftest import DATA, GENERAL, TEMPLATES
from tests.ports import free_port, free_rtp_ports, free_udp_port

FIXTURES = Path(__file__).parents[1] / "fixtures" / "ami"
CALLER = "+48500000111"
OUTSIDE = "+48220000900"  # a number that agents may hand a caller over to
STEP_S = 20.0
TALK_S = 0.6  # long enough for every event of a bridge to have come
AGENTS = ("anna", "piotr", "ewa")

# Beside the product's dialplan: what a recording needs and the product has not (yet).
MORE = """
[hotline-agents]
exten => music,1,Answer()
 same => n,MusicOnHold(,2)
exten => meet,1,Answer()
 same => n,ConfBridge(meeting)
exten => agi,1,AGI(agi://127.0.0.1:@agi@/other)
exten => *81,1,PickupChan(PJSIP/anna,p)
exten => gap,1,Wait(0.1)
 same => n,Hangup(1)
"""


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
    """Caller and anna go to a meeting where ewa is: three in one bridge."""
    caller, anna = await town.talk()
    ewa = await town.manual["ewa"].call(town.uri("meet"))
    await ewa.answered()
    node = town.asterisk.node.name
    found = await town.tap.until(rb"Event: DialBegin\r\n.*?Channel: (\S+)\r\n.*?DestChannel: (PJSIP/anna\S+)")
    one, two = found[1].decode(), found[2].decode()
    town.tap.send(Action="Redirect", Channel=one, Context="hotline-agents", Exten="meet", Priority="1",
                  ExtraChannel=two, ExtraContext="hotline-agents", ExtraExten="meet", ExtraPriority="1",
                  ActionID=node)  # fmt: skip
    await town.heard(rb"Event: BridgeEnter\r\n[^\n]*?\n.*?BridgeNumChannels: 3")
    await asyncio.sleep(TALK_S)
    for call in (anna, ewa, caller):
        await call.hang_up()
        await call.ended()


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


class Dialler:
    """The smallest AGI server that behaves as ours does once a caller is next: it dials and says goodbye."""

    async def lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        header = b""
        while (line := await reader.readline()).strip():
            header += line
        if b"/other" in header:
            commands = ["ANSWER", "WAIT FOR DIGIT 20000"]
        else:
            commands = [
                "SET VARIABLE __HOTLINE_INTERACTION i-1",
                'EXEC Dial "PJSIP/anna,4,gmU(hotline-answered)"',
                "GET VARIABLE DIALSTATUS",
                "SET VARIABLE HOTLINE_STAGE done",
                "HANGUP",
            ]
        for command in commands:
            writer.write(f"{command}\n".encode())
            if not (reply := await reader.readline()) or reply.startswith(b"HANGUP"):
                break
        writer.close()


@asynccontextmanager
async def town(folder: Path, *, alone: bool) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        server = await asyncio.start_server(Dialler().lead, "127.0.0.1", 0)
        stack.callback(server.close)
        agi = server.sockets[0].getsockname()[1]
        asterisk = await _node(folder, agi, alone=alone)
        stack.push_async_callback(asterisk.stop)
        tap = await stack.enter_async_context(tapped(asterisk.node))
        carrier_port = int(asterisk.node.trunks[0].contact.rpartition(":")[2])
        carrier = await stack.enter_async_context(await SoftPhone.start(PhoneOptions(sip_port=carrier_port)))
        await carrier.register("carrier", uri=f"sip:carrier@127.0.0.1:{carrier_port}")
        phones: dict[str, SoftPhone] = {}
        for agent in asterisk.node.agents:
            phone = phones[agent.endpoint] = await stack.enter_async_context(await SoftPhone.start(PhoneOptions()))
            await phone.register(
                agent.endpoint,
                uri=f"sip:{agent.endpoint}@127.0.0.1:{asterisk.node.sip_port}",
                registrar=f"sip:127.0.0.1:{asterisk.node.sip_port}",
                user=agent.endpoint,
                password=agent.secret,
            )
        yield Town(asterisk, tap, phones["anna"], carrier, phones)


async def _node(folder: Path, agi: int, *, alone: bool) -> EmbeddedAsterisk:
    templates = folder / "templates"
    shutil.copytree(TEMPLATES, templates)
    with (templates / "manager.conf").open("a") as manager:
        manager.write(TAP_ACCOUNT)
    with (templates / "extensions.conf").open("a") as dialplan:
        dialplan.write(MORE.replace("@agi@", str(agi)))
    (templates / "confbridge.conf").write_text("[general]\n")
    carrier = free_udp_port()
    node = NodeConfig(
        name="n1",
        folder=folder / "n1",
        sip_port=free_udp_port(),
        ami_port=free_port(),
        rtp_ports=free_rtp_ports(),
        agi_servers=() if alone else (f"127.0.0.1:{agi}",),
        manager_secret=secrets.token_hex(16),
        provision_secret=secrets.token_hex(16),
        agents=tuple(AgentPhone(agent, secrets.token_hex(16)) for agent in AGENTS),
        numbers={GENERAL: False},
        trunks=(TrunkPeer("carrier", f"127.0.0.1:{carrier}/32", f"sip:127.0.0.1:{carrier}"),),
        transfer_numbers=(OUTSIDE,),
    )
    asterisk = EmbeddedAsterisk(await ensure_asterisk(DATA), node, templates)
    await asterisk.start()
    return asterisk


def clean(stream: bytes, folder: Path) -> bytes:
    """Without the developers' noise, without what is repeated by the thousand, without names of this machine."""
    frames = [frame for frame in stream.split(b"\r\n\r\n") if not frame.startswith((b"Event: TestEvent", b"\r\n"))]
    kept = b"\r\n\r\n".join(frame for frame in frames if not _BORING.match(frame)) + b"\r\n\r\n"
    kept = kept.replace(str(folder).encode(), b"/srv/hotline")
    kept = re.sub(rb"(127\.0\.0\.1:)\d+", rb"\g<1>5060", kept)
    return re.sub(rb"/[^\s,]*/\.hotline/[^\s,]*?/(sounds|moh)", rb"/srv/hotline/\1", kept)


_BORING = re.compile(rb"Event: (RTCP|ContactStatus|PeerStatus|ChallengeSent|SuccessfulAuth|RequestBadFormat|Registry)")


async def record(name: str, target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="hotline-record-") as temporary:
        folder = Path(temporary)
        async with town(folder, alone=name in ALONE) as here:
            start = len(here.tap.received)
            try:
                async with asyncio.timeout(60):
                    await SCENES[name](here)
                    await _all_gone(here.tap, start)
                end = ".ami"
            except BaseException:
                end = ".failed"
                raise
            finally:
                banner = here.tap.received.partition(b"\r\n")[0] + b"\r\n"
                target.joinpath(name + end).write_bytes(banner + clean(here.tap.received[start:], folder))


async def _all_gone(tap: AmiTap, start: int) -> None:
    """Wait until each channel that was made has hung up."""
    for made in re.findall(rb"Event: Newchannel\r\n.*?\r\nUniqueid: (\S+)", tap.received[start:], re.DOTALL):
        await tap.until(rb"Event: Hangup\r\n(?:[^\r]+\r\n)*Uniqueid: " + re.escape(made) + b"\r", after=start)


async def main(names: list[str], target: Path) -> int:
    target.mkdir(parents=True, exist_ok=True)
    failed = 0
    for name in names:
        try:
            await record(name, target)
            print(f"{name}: {target.joinpath(f'{name}.ami').stat().st_size} bytes", flush=True)  # noqa: T201
        except (TimeoutError, Exception) as error:  # noqa: BLE001 - the other scenes can be recorded all the same
            failed += 1
            print(f"{name}: failed, {error!r}", file=sys.stderr, flush=True)  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*SCENES, []], help="scenes; all when none is named")
    parser.add_argument("--into", type=Path, default=FIXTURES)
    arguments = parser.parse_args()
    sys.exit(asyncio.run(main(arguments.names or list(SCENES), arguments.into)))
