"""The test of a caller's line: what RTCP has told since it began, of one's own talk alone."""

from __future__ import annotations

from dataclasses import replace

import aiohttp
import pytest

from telephony.call_quality import CallQuality
from telephony.console.rules import ConsoleRules
from telephony.core.commands import CallChanged
from telephony.core.rtcp_event import ReportBlock, RtcpDirection, RtcpEvent
from telephony.core.views import CallState
from tests.integration.console_house import OFFER, OFFERED, House
from tests.integration.test_console_api import Page, page_of

TALKING = replace(OFFERED, codec="alaw", state=CallState.TALKING, answered_at=1040.0)
PATH = f"/calls/{TALKING.interaction}/line?since="
NONE: dict[str, object] = {"verdict": "none", "loss_ratio": None, "jitter_ms": None, "mos": None, "verdicts": []}


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules()


@pytest.fixture
async def anna(http: aiohttp.ClientSession, house: House) -> Page:
    asking = await page_of(http, house, "anna")
    house.console.publish(OFFER)
    house.console.publish(CallChanged(TALKING))
    return asking


def reported(quality: CallQuality, at: float, sequence: int, lost: int) -> None:
    """What we tell the caller's side of what we have received."""
    block = ReportBlock(1, 0, lost, sequence, 16, 0, 0.0)
    sides = (TALKING.channel, TALKING.uniqueid, TALKING.linkedid)
    quality.heard(RtcpEvent("n1", *sides, RtcpDirection.SENT, at, 7, None, None, 0.04, (block,)))


async def test_what_was_lost_before_is_left_aside(anna: Page, house: House) -> None:
    for at, sequence, lost in ((1000.0, 250, 200), (1005.0, 500, 200), (1010.0, 750, 205), (1015.0, 1000, 205)):
        reported(house.quality, at, sequence, lost)
    house.now = 1016.0
    status, told = await anna.ask("GET", f"{PATH}1000")
    received = told["received"]
    assert (status, told["measured_s"], told["rtt_ms"]) == (200, 16.0, 40.0)
    assert isinstance(received, dict)
    assert (received["verdict"], received["loss_ratio"]) == ("good", pytest.approx(5 / 750))
    assert received["mos"] == pytest.approx(4.3, abs=0.1)
    assert told["sent"] == NONE


async def test_what_was_wrong_in_the_last_ten_seconds_is_named(anna: Page, house: House) -> None:
    house.quality.changed(TALKING)
    for at, sequence, lost in ((1000.0, 250, 0), (1010.0, 750, 50)):
        reported(house.quality, at, sequence, lost)
    house.quality.intervals(1010.0)
    house.now = 1016.0
    _, told = await anna.ask("GET", f"{PATH}1000")
    assert isinstance(told["received"], dict)
    assert told["received"]["verdicts"] == ["loss_burst"]


async def test_where_nobody_reports_nothing_is_made_up(anna: Page) -> None:
    status, told = await anna.ask("GET", f"{PATH}1000")
    assert (status, told["received"], told["sent"], told["rtt_ms"]) == (200, NONE, NONE, None)


async def test_only_the_line_of_ones_own_caller_is_tested(
    anna: Page, http: aiohttp.ClientSession, house: House
) -> None:
    assert (await anna.ask("GET", f"{PATH}nan"))[0] == 422
    assert (await anna.ask("GET", f"{PATH}-1"))[0] == 422
    assert (await anna.ask("GET", "/calls/another/line?since=1"))[0] == 404
    http.cookie_jar.clear()
    piotr = await page_of(http, house, "piotr")
    assert (await piotr.ask("GET", f"{PATH}1000"))[0] == 404
    house.console.publish(CallChanged(replace(TALKING, state=CallState.AFTER_TALK)))
    http.cookie_jar.clear()
    assert (await (await page_of(http, house, "anna")).ask("GET", f"{PATH}1000"))[0] == 409
