"""A consultant pauses the recording of a real talk: neither voice is in the files meanwhile."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

from telephony.core.recording import PauseReason
from telephony.core.views import CallState
from tests.acceptance.test_flow_taping import as_wav
from tests.acceptance.world import CONSULTANT_HZ, CUSTOMER_HZ, world
from tests.tones import part_strength, samples_of

SALES, CALLER = "+48220000101", "+48500000101"
PAUSE_S = 3.0
QUIET = 30  # of 32,767: nobody's voice


def silences_s(file: Path) -> list[float]:
    """How long each stretch of silence is, between two sounds."""
    rate, samples = samples_of(file)
    loud = [at for at, sample in enumerate(samples) if abs(sample) >= QUIET]
    return [(after - before) / rate for before, after in pairwise(loud) if after - before > rate / 2]


async def test_what_is_said_during_a_pause_is_in_no_file(tmp_path: Path) -> None:
    async with asyncio.timeout(90), world(tmp_path) as town:
        caller = await town.calls(SALES, CALLER)
        folder = town.house.data / "recordings"
        while not any(folder.glob("*-caller.sln16")):  # noqa: ASYNC110 - a folder tells nobody
            await asyncio.sleep(0.1)
        await asyncio.sleep(1)  # nobody presses before the first word is heard
        await caller.dtmf("0")
        await town.until(lambda seen: any(each.state is CallState.LINE for each in seen))
        await town.page.ready()
        await town.answered_by_a_consultant()
        (call,) = await town.until(lambda seen: seen[0].state is CallState.TALKING)
        path = f"/calls/{call.interaction}/recording"
        await asyncio.sleep(2)
        await town.page.ask("PUT", path, {"pause": "card"})
        await asyncio.sleep(PAUSE_S)
        await town.page.ask("PUT", path, {"pause": None})
        await asyncio.sleep(2)
        await caller.hang_up()
        await town.until(lambda seen: all(each.outcome for each in seen))
        (pause,) = await town.store.recordings.pauses(call.interaction)
    assert (pause.agent, pause.reason) == ("anna", PauseReason.CARD)
    assert pause.to_at is not None
    for who, tone_hz in (("caller", CUSTOMER_HZ), ("house", CONSULTANT_HZ)):
        file = as_wav(folder / f"{call.interaction}-{who}.sln16")
        assert part_strength(file, tone_hz) > 0.5
        assert any(PAUSE_S - 0.5 < each < PAUSE_S + 1.5 for each in silences_s(file))
