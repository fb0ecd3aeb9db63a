"""Flows are published and rolled back while callers are in the menu; everything is real, the command line too.

Each text is a recorded tone, so that what a caller heard at the end tells which revision it was.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from ivr_flows import Prompt
from ivr_flows.prompts import prompt_key
from telephony.core.views import CallState, Outcome
from telephony.demo.house import GENERAL
from telephony.flow_news import News, heard
from tests.acceptance.conftest import ROOT
from tests.acceptance.world import World, world
from tests.tones import part_strength, tone

FIRST, SECOND, THIRD = "+48500000301", "+48500000302", "+48500000303"
TONES_HZ = {"Pierwsza wersja.": 600.0, "Druga wersja.": 1000.0}
FLOW = """\
flow: {name}
start: menu
person: line
menu_words: {{closing: "Zero.", wrong_key: "Nie ma."}}
nodes:
  menu:
    type: menu
    choices: {{1: {{say: "Koniec: jeden.", next: bye}}}}
    timeout_s: 30
    attempts: 1
  bye: {{type: hang_up, say: "{say}"}}
  line: {{type: line, queue: {queue}}}
"""


@dataclass
class Town:
    """The world, and the operator at the command line."""

    world: World
    folder: Path

    def write(self, say: str, queue: str = "support") -> Path:
        flows = self.folder / "flows"
        flows.mkdir(exist_ok=True)
        for name in ("general", "accessibility", "sales", "support", "billing"):
            (flows / f"{name}.yaml").write_text(FLOW.format(name=name, say=say, queue=queue))
        return flows

    async def hotline(self, *arguments: str | Path, status: int = 0) -> str:
        """What `hotline flow …` writes, with the settings of the server that runs."""
        settings = [self.folder / "config" / "hotline.toml", self.world.house.data / "server.toml"]
        command = [*arguments, *(word for file in settings for word in ("--config", file))]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HOTLINE_")}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "telephony", "flow", *command, env=environment, cwd=ROOT,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        written = (await process.communicate())[0].decode()
        assert process.returncode == status, written
        return written

    async def until_measured(self, line: str) -> str:
        """The metrics, once this is among them."""
        async with asyncio.timeout(20), aiohttp.ClientSession() as http:
            while True:
                async with http.get(self.world.house.metrics_url) as answer:
                    if line in (text := await answer.text()):
                        return text
                await asyncio.sleep(0.02)

    async def until_served(self, revision: str) -> None:
        """Its time is printed: what is promised is 2 s."""
        began = time.monotonic()
        await self.until_measured(f'hotline_flow_revision_info{{revision="{revision}"}} 1.0')
        sys.stdout.write(f"served {time.monotonic() - began:.2f} s after the command had ended\n")

    async def until_loaded_again(self, since: int) -> News:
        """What the server says once it has loaded more than so many times."""
        async with asyncio.timeout(20):
            while True:
                if (news := heard(self.world.house.data / "flows")) and news.loads > since:
                    return news
                await asyncio.sleep(0.02)

    async def in_the_menu(self, caller: str) -> None:
        await self.world.until(lambda seen: any(c.caller == caller and c.state is CallState.MENU for c in seen))

    def tones_heard(self, caller: str) -> dict[str, bool]:
        """Which of the tones the caller has heard."""
        recording = self.world.folder / f"heard-by-{caller[1:]}.wav"
        return {say: part_strength(recording, hz) > 0.5 for say, hz in TONES_HZ.items()}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A house whose settings name recordings, with the first version published."""
    recorded, config = tmp_path / "recorded", tmp_path / "config"
    recorded.mkdir()
    for say, hz in TONES_HZ.items():
        for slow in (False, True):
            tone(recorded / f"{prompt_key(Prompt(say, 'pl', slow=slow))}.wav", hz)
    shutil.copytree(ROOT / "config", config)
    settings = config / "hotline.toml"
    settings.write_text(f'recorded = "{recorded}"\n{settings.read_text()}')
    async with (
        asyncio.timeout(120),
        world(tmp_path / "world", config=config, prompts=tmp_path / "prompts") as everything,
    ):
        yield Town(everything, tmp_path)


def revision(told: str) -> str:
    return told.partition("revision ")[2][:12]


async def test_a_call_ends_as_it_began_and_the_next_hears_what_was_published(town: Town) -> None:
    assert "nothing is published" in await town.hotline("list")
    told = await town.hotline("publish", town.write("Pierwsza wersja."), "--note", "pierwsza")
    assert "the server serves it" in told
    old = revision(told)
    await town.until_served(old)

    first = await town.world.calls(GENERAL, FIRST)
    await town.in_the_menu(FIRST)
    new = revision(await town.hotline("publish", town.write("Druga wersja.")))
    await town.until_served(new)
    second = await town.world.calls(GENERAL, SECOND)
    await town.in_the_menu(SECOND)
    for call in (first, second):
        await call.dtmf("1")
        await call.ended()
    assert town.tones_heard(FIRST) == {"Pierwsza wersja.": True, "Druga wersja.": False}
    assert town.tones_heard(SECOND) == {"Pierwsza wersja.": False, "Druga wersja.": True}

    told = await town.hotline("publish", town.write("Trzecia wersja.", queue="suport"), status=1)
    assert "error unknown-name" in told
    assert "nothing is published" in told
    damaged = town.world.house.data / "flows" / "current.json"
    kept = damaged.read_bytes()
    damaged.write_text("{")  # and by a hand that passes the command by
    assert f'revision="{new}"' in await town.until_measured("hotline_flow_reload_failures_total 1.0")
    damaged.write_bytes(kept)
    mended = await town.until_loaded_again(4)
    assert mended == News(new, 5)
    await town.world.house.signal_server(signal.SIGHUP)
    assert await town.until_loaded_again(mended.loads) == News(new, 6)

    assert "„pierwsza”" in await town.hotline("rollback")
    await town.until_served(old)
    third = await town.world.calls(GENERAL, THIRD)
    await town.in_the_menu(THIRD)
    await third.dtmf("1")
    await third.ended()
    assert town.tones_heard(THIRD) == {"Pierwsza wersja.": True, "Druga wersja.": False}
    seen = await town.world.until(lambda seen: len(seen) == 3 and all(call.outcome for call in seen))
    assert {call.outcome for call in seen} == {Outcome.SELF_SERVED}
    assert f"* {old}" in await town.hotline("list")
