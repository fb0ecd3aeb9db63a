"""Trunks while the server runs, put together: what is in force is watched, and calls reach its figures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

from quality.probe_result import Outcome, ProbeResult, Way
from quality.rtcp_score import Direction
from sip_trunk.revisions import SOURCE, TrunkFolder
from telephony.asterisk.trunk_news import TrunkNews, What
from telephony.metrics import Metrics
from telephony.settings import AsteriskNode
from telephony.store.memory import Memory
from telephony.store.store import Store
from telephony.trunks_wiring import InForce, Trunks
from tests.unit.test_trunk_calls import ANSWERED
from tests.unit.test_trunk_file import EXAMPLE
from tests.unit.test_trunk_watch import Asterisk, leg


def kept(folder: TrunkFolder, text: str) -> None:
    with folder.held():
        folder.switch(folder.keep({SOURCE: text}))


async def test_the_revision_in_force_is_read_once_and_the_last_good_one_stays(tmp_path: Path) -> None:
    folder, in_force = TrunkFolder(tmp_path), InForce(tmp_path)
    assert await in_force() == {}
    kept(folder, EXAMPLE)
    known = await in_force()
    assert list(known) == ["north-tls", "south"]
    assert await in_force() is known
    kept(folder, "[trunks")
    assert await in_force() is known
    folder.switch(None)
    assert await in_force() == {}


def probe(*mos: float) -> ProbeResult:
    sent, received = (Way(100, 0, 0.0, 1.0, 10.0, 90.0, each, "nb", "good", "rtcp_ami", None) for each in mos)
    return ProbeResult(
        1000.0, "south", "south", "pjsua2", Outcome.ANSWERED, 200, 0.4, 1.3, "alaw", sent, received, 0.98, 140.0,
        digits_right=True, verdict="good", problems=(),
    )  # fmt: skip


@asynccontextmanager
async def running(trunks: Trunks) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each) for each in trunks.works()]
    try:
        async with asyncio.timeout(10):
            while not trunks.states() or trunks.states()[-1].seen_at is None:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_calls_of_a_node_reach_the_figures_of_its_trunks(tmp_path: Path) -> None:
    kept(TrunkFolder(tmp_path / "node-1"), EXAMPLE)
    asterisk, store, now = Asterisk(), Store(Memory()), [1000.0]
    nodes = [
        AsteriskNode(name="node-1", secret=SecretStr("m" * 20), trunk_folder=tmp_path / "node-1"),
        AsteriskNode(name="node-2", secret=SecretStr("m" * 20)),
    ]
    trunks = Trunks(nodes, {"node-1": asterisk}, store, Metrics(()), lambda: now[0])
    async with running(trunks):
        asterisk.south(answers=True)
        for node in ("node-1", "node-2"):
            trunks.heard(node, TrunkNews(What.TRIED, "south", tried=ANSWERED))
            trunks.scored(node, "PJSIP/south-0000001f", [leg(4.0), leg(3.5, Direction.SENT)])
        now[0] += 60
        async with asyncio.timeout(10):
            while not (south := trunks.states()[-1]).lately.calls:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
        trunks.probed("node-1", probe(4.0, 3.0))
        trunks.probed("node-1", replace(probe(1.0, 1.0), trunk=None))
        trunks.probed("node-2", probe(1.0, 1.0))
        now[0] += 60
        async with asyncio.timeout(10):
            while trunks.states()[-1].measured < 2:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
        assert trunks.states()[-1].mos == 3.25
    assert (south.trunk, south.mos, south.measured, south.answers) == ("south", 3.5, 1, True)
    assert (south.lately.calls, south.lately.asr, south.lately.mean_talk_s) == (1, 1.0, 60.0)
