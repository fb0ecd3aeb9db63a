"""Who watches the flows sees a real caller move through them, and the same figure in the metrics."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import aiohttp

from telephony.demo.house import GENERAL
from tests.acceptance.conftest import ROOT
from tests.acceptance.world import STEP_S, World, world
from tests.unit.watched_flow import TEXT

CALLER = "+48500000123"


async def figures(town: World, counts: dict[str, int]) -> None:
    """Wait until the page's figures are these."""
    async with asyncio.timeout(STEP_S):
        while True:
            async with town.page._http_session.get("/flows/general/callers.json") as answer:
                found = await answer.json()
            if found["counts"] == counts:
                assert found["total"] == sum(counts.values())
                return
            await asyncio.sleep(0.05)


async def test_a_caller_is_seen_at_each_node_on_the_way(tmp_path: Path) -> None:
    flows, config = tmp_path / "flows", tmp_path / "config"
    flows.mkdir()
    for name in ("general", "accessibility", "sales", "support", "billing"):
        (flows / f"{name}.yaml").write_text(TEXT.replace("flow: general", f"flow: {name}"), "utf-8")
    shutil.copytree(ROOT / "config", config)
    settings = config / "hotline.toml"
    settings.write_text(f'flows = "{flows}"\n{settings.read_text()}')
    async with world(tmp_path / "world", config=config) as town:
        await figures(town, {})
        call = await town.calls(GENERAL, CALLER)
        await figures(town, {"departments": 1})
        await call.dtmf("2")
        await figures(town, {"support": 1})
        async with aiohttp.ClientSession() as http, http.get(town.house.metrics_url) as answer:
            lines = (await answer.text()).splitlines()
        assert 'hotline_flow_callers{flow="general",node="support"} 1.0' in lines
        assert 'hotline_flow_callers{flow="general",node="departments"} 0.0' in lines
        async with town.page._http_session.get("/flows/general") as answer:
            assert '<svg xmlns="http://www.w3.org/2000/svg" class="flow"' in await answer.text()
        await call.hang_up()
        await figures(town, {})
