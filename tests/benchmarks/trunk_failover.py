"""What a caller waits in silence until the second carrier rings, and that calls survive a change of the plan.

`python -m tests.benchmarks.trunk_failover [CALLS]`: a real Asterisk, two carriers of which the first answers, refuses
with 503, says nothing at all, or does not answer OPTIONS either. Post-dial delay is that of Asterisk's own clock, from
the first INVITE to the ringing of whichever carrier rang; time at the first one counts [RFC 6076 §4.3.1].
"""

from __future__ import annotations

import asyncio
import functools
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from sip_trunk import trunk_file
from sip_trunk.calls import Tried
from sip_trunk.revisions import TrunkFolder
from telephony.asterisk.ami_client import AmiSettings
from telephony.asterisk.config import NodeConfig
from telephony.asterisk.embedded import EmbeddedAsterisk
from telephony.asterisk.install import ensure_asterisk
from telephony.trunk_apply import TrunkNode, Wanted, applied
from tests.acceptance.ami_tap import AmiTap, tapped
from tests.acceptance.answering_carrier import ANSWERS, HANGS_UP, SILENT, AnsweringCarrier, Invited, Step, answering
from tests.acceptance.conftest import DATA, templates_with_tap
from tests.acceptance.trunk_calls import TRY_OUT, call_out, tried
from tests.ports import free_port, free_rtp_ports, free_udp_port

ANSWER_TIMEOUT_S = 2
UNDER_WAY = 20

FILE = """
own = [["+48221234500", "+48221234599"]]
default_caller_id = "+48221234500"
guards = {{ calls_per_minute = 10000 }}
[carriers.c]
title = "C"
[trunks.one]
carrier = "c"
hosts = [{{ host = "127.0.0.1", port = {one} }}]
options_s = {options_s}
options_timeout_s = 0.5
answer_timeout_s = {answer_timeout_s}
limits = {{ calls = 1000, calls_per_s = 1000 }}
codecs = [{codecs}]
[trunks.two]
carrier = "c"
hosts = [{{ host = "127.0.0.1", port = {two} }}]
options_s = 0
limits = {{ calls = 1000, calls_per_s = 1000 }}
[[outbound]]
prefix = "+48"
trunks = ["one", "two"]
"""

SHORT: tuple[Step, ...] = (*ANSWERS, (0.2, HANGS_UP))
CASES: tuple[tuple[str, tuple[Step, ...], bool], ...] = (
    ("the first one rings", SHORT, True),
    ("the first one says 503", ((0, 100), (0, 503)), True),
    (f"the first one is silent ({ANSWER_TIMEOUT_S} s to answer)", SILENT, True),
    ("the first one is silent, to OPTIONS too", SILENT, False),
)


async def main(calls: int) -> None:
    program = await ensure_asterisk(DATA)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = NodeConfig(
            name="node-1", folder=folder / "node", sip_port=free_udp_port(), ami_port=free_port(),
            rtp_ports=free_rtp_ports(), agi_servers=(), manager_secret=secrets.token_hex(16),
            provision_secret=secrets.token_hex(16),
        )  # fmt: skip
        asterisk = EmbeddedAsterisk(program, config, templates_with_tap(folder / "templates"))
        await asterisk.start()
        try:
            with (config.folder / "etc/extensions.conf").open("a") as file:
                file.write(TRY_OUT)
            one, two = AnsweringCarrier(free_udp_port()), AnsweringCarrier(free_udp_port(), SHORT)
            async with answering(one, two), tapped(config) as tap:
                ami = AmiSettings("127.0.0.1", config.ami_port, "hotline-provision", config.provision_secret)
                node = TrunkNode("node-1", ami, TrunkFolder(config.folder / "etc/trunks"))
                await apply(node, one, two)
                for title, does, options in CASES:
                    await delays(title, does, calls, Scene(asterisk, tap, one), options=options)
                await survive(Scene(asterisk, tap, one), node, two)
        finally:
            await asterisk.stop()


class Scene:
    def __init__(self, asterisk: EmbeddedAsterisk, tap: AmiTap, one: AnsweringCarrier) -> None:
        self.asterisk, self.tap, self.one = asterisk, tap, one

    async def first_one(self, *, options: bool) -> None:
        """Until Asterisk has seen that it answers OPTIONS, or does not."""
        status = "Avail" if options else "Unavail"
        while status not in await self.asterisk.command("pjsip show contacts"):  # noqa: ASYNC110
            await asyncio.sleep(0.2)

    def calls_of(self, numbers: frozenset[str]) -> list[Invited]:
        return [each for each in self.one.calls.values() if each.number in numbers]


async def apply(
    node: TrunkNode, one: AnsweringCarrier, two: AnsweringCarrier, codecs: Sequence[str] = ("alaw",)
) -> float:
    """How long it took, in seconds."""
    names = ", ".join(f'"{each}"' for each in codecs)
    text = FILE.format(one=one.port, two=two.port, options_s=1, answer_timeout_s=ANSWER_TIMEOUT_S, codecs=names)
    began = time.perf_counter()
    async for done in applied([node], Wanted.of(trunk_file.parse(text, "trunks.toml"), text, {}), "benchmark"):
        assert not done.failed, done.failed
    return time.perf_counter() - began


async def delays(title: str, does: tuple[Step, ...], calls: int, scene: Scene, *, options: bool) -> None:
    scene.one.does, scene.one.options = does, options
    await scene.first_one(options=options)
    before = len(tried(scene.tap))
    for at in range(calls):
        call_out(scene.tap, f"+4850000{at:04}")
        await asyncio.sleep(0.05)
    known: list[Tried] = []
    while len(known) < calls:
        await asyncio.sleep(0.1)
        known = [each for _, each in tried(scene.tap)[before:] if each.post_dial_delay_ms is not None]
    waited = sorted(each.post_dial_delay_ms or 0 for each in known)
    print(f"{title:46} median {statistics.median(waited):7.0f} ms   95 % {waited[int(len(waited) * 0.95)]:6} ms   "
          f"most {waited[-1]:6} ms   of {calls}")  # fmt: skip


async def survive(scene: Scene, node: TrunkNode, two: AnsweringCarrier) -> None:
    """The plan changes under calls that go on as they are, and end where they should."""
    scene.one.does, scene.one.options = ANSWERS, True
    await scene.first_one(options=True)
    numbers = [f"+4860000{at:04}" for at in range(UNDER_WAY)]
    for number in numbers:
        call_out(scene.tap, number)
    mine = functools.partial(scene.calls_of, frozenset(numbers))
    while sum(each.answered for each in mine()) < UNDER_WAY:  # noqa: ASYNC110 - carriers tell nobody
        await asyncio.sleep(0.1)
    took_s = await apply(node, scene.one, two, ("ulaw", "alaw"))
    lived = sum(not each.ended for each in mine())
    await scene.asterisk.command("channel request hangup all")
    await asyncio.sleep(1)
    ended = sum(each.ended for each in mine())
    print(f"another plan under {UNDER_WAY} calls: applied and verified in {took_s:.2f} s, {lived} went on, "
          f"{ended} were ended at the carrier when we hung up")  # fmt: skip


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
