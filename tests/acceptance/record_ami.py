"""Record what Asterisk says over AMI while real phones call, hold, transfer and meet: the fixtures of the call model.

`python -m tests.acceptance.record_ami [NAME …]` writes `tests/fixtures/ami/*.ami`, from an unfiltered account; what is
left out afterwards is named in `_DULL`. Numbers and people are made up.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from quality.softphone_client import PhoneOptions, SoftPhone
from telephony.asterisk.config import AgentPhone, NodeConfig, TrunkPeer
from telephony.asterisk.embedded import EmbeddedAsterisk
from telephony.asterisk.install import ensure_asterisk
from tests.acceptance.ami_scenes import ALONE, OUTSIDE, SCENES, Town
from tests.acceptance.ami_tap import TAP_ACCOUNT, AmiTap, tapped
from tests.acceptance.conftest import DATA, GENERAL, TEMPLATES
from tests.ports import free_port, free_rtp_ports, free_udp_port

FIXTURES = Path(__file__).parents[1] / "fixtures" / "ami"
AGENTS = ("anna", "piotr", "ewa")

# Beside the product's dialplan: what a recording needs and the product has not (yet).
MORE = """
[hotline-agents]
exten => music,1,Answer()
 same => n,MusicOnHold(,2)
exten => meet,1,Answer()
 same => n,BridgeAdd(PJSIP/anna)
exten => agi,1,AGI(agi://127.0.0.1:@agi@/other)
exten => *81,1,PickupChan(PJSIP/anna,p)
exten => gap,1,Wait(0.1)
 same => n,Hangup(1)
"""


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


# The bulk of what Asterisk says, and nothing of it is about who talks with whom.
_DULL = re.compile(
    rb"Event: (TestEvent|RTCP|Contact|PeerStatus|Challenge|SuccessfulAuth|Registry|Newexten|NewC|QueueMember|Extension"
    rb"|AGIExecStart|AGIExecEnd(?!.*EXEC)|VarSet(?!.*Variable: (DIALSTATUS|AGISTATUS|HOTLINE_STAGE)\r))|\r",
    re.DOTALL,
)


def clean(stream: bytes, folder: Path) -> bytes:
    """Without what is dull, and without names of this machine."""
    frames = (frame for frame in stream.split(b"\r\n\r\n") if frame and not _DULL.match(frame))
    kept = b"".join(frame + b"\r\n\r\n" for frame in frames)
    kept = kept.replace(str(folder).encode(), b"/srv/hotline")
    return re.sub(rb"(127\.0\.0\.1:)\d+", rb"\g<1>5060", kept)


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
            print(f"{name}: {target.joinpath(f'{name}.ami').stat().st_size} bytes", flush=True)
        except Exception as error:  # noqa: BLE001 - the other scenes can be recorded all the same
            failed += 1
            print(f"{name}: failed, {error!r}", file=sys.stderr, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*SCENES, []], help="scenes; all when none is named")
    parser.add_argument("--into", type=Path, default=FIXTURES)
    arguments = parser.parse_args()
    sys.exit(asyncio.run(main(arguments.names or list(SCENES), arguments.into)))
