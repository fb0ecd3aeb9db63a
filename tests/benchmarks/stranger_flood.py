"""What strangers who flood SIP cost Asterisk, and what a carrier's calls feel of it meanwhile.

`python -m tests.benchmarks.stranger_flood [SECONDS] [PER_SECOND]`: SIPp sends INVITE and REGISTER, so many of each per
second, from an address that nobody knows, to a real Asterisk; a carrier calls an echo every second, before and during.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from telephony.asterisk.install import ensure_asterisk
from tests.acceptance.ami_tap import tapped
from tests.acceptance.conftest import DATA, starting_nodes
from tests.acceptance.sip import Sip, asks_to_register, is_refused, sip_world, talks
from tests.acceptance.test_trunk_apply import apply, node_of, wanted_of
from tests.acceptance.test_trunk_calls import HEAD, NUMBER, STRANGER, TRUNK
from tests.benchmarks._process import cpu_s
from tests.ports import free_udp_port

BEFORE_S = 10


async def main(seconds: int, per_s: int) -> None:
    program = await ensure_asterisk(DATA)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with starting_nodes(program, folder) as start:
            near, port = await start(trunks=[], numbers={}), free_udp_port()
            file = HEAD.format(names=["one"]) + TRUNK.format(name="one", port=port)
            assert (await apply(node_of(near), wanted_of(file))).failed == ()
            pid = int((near.node.folder / "run/hotline-asterisk.pid").read_text())
            async with sip_world(near.node, folder) as sip, tapped(near.node) as tap:
                quiet = await calls(sip, port, pid, BEFORE_S, "without a flood")
                floods = [
                    await sip.run(
                        title, scenario, free_udp_port(), service=NUMBER, calls=per_s * seconds, host=STRANGER,
                        more=("-r", str(per_s)),
                    )
                    for title, scenario in (("invites", is_refused("x", 401)), ("registers", asks_to_register("x")))
                ]  # fmt: skip
                under = await calls(sip, port, pid, seconds, f"{per_s} INVITE and {per_s} REGISTER a second")
                refused = [await each.ok(60) for each in floods]
                channels = len(tap.events("Newchannel"))
            written = (near.node.folder / "log/security.log").stat().st_size / 1e6
    print(f"all refused: {refused}; channels: {channels}, calls of the carrier: {quiet + under}; "
          f"security.log {written:.1f} MB")  # fmt: skip


async def calls(sip: Sip, port: int, pid: int, seconds: int, title: str) -> int:
    """One after the other, a second apart, each of 0.1 s: how many there were."""
    took: list[float] = []
    before, began = cpu_s(pid), time.perf_counter()
    while time.perf_counter() - began < seconds:
        start = time.perf_counter()
        call = await sip.run(f"call-{port}-{len(took)}", talks("+48600100200", 100), port, service=NUMBER)
        assert await call.ok(), call.errors()
        took.append((time.perf_counter() - start) * 1000)
        await asyncio.sleep(max(0, 1 - took[-1] / 1000))
    share = (cpu_s(pid) - before) / (time.perf_counter() - began)
    print(f"{title:40} Asterisk {100 * share:5.1f} % of a core; a whole call of 0.1 s, SIPp's start included: median "
          f"{statistics.median(took):4.0f} ms, most {max(took):4.0f} ms, of {len(took)}")  # fmt: skip
    return len(took)


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    asyncio.run(main(*(given or [60]), *([] if len(given) > 1 else [200])))
