"""The recording of one's own talk: paused with a reason, resumed, in sight after a restart, and nobody else's."""

from __future__ import annotations

from dataclasses import replace

import aiohttp
import pytest

from telephony.asterisk.ami import AmiLostError, AmiRefusedError
from telephony.console.rules import ConsoleRules
from telephony.core.commands import CallChanged
from telephony.core.ids import InteractionId
from telephony.core.recording import PauseReason
from telephony.core.views import CallState
from telephony.recording_pauses import RecordingPauses
from telephony.store.errors import StoreError
from telephony.store.memory import Memory
from tests.integration.console_house import OFFER, OFFERED, PIOTR, House
from tests.integration.test_console_api import Page, page_of

TALKING = replace(OFFERED, node="n1", channel="PJSIP/t-1", state=CallState.TALKING, answered_at=1040.0)
PATH = f"/calls/{TALKING.interaction}/recording"
ON = {"recorded": True, "paused": None, "since": None}


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules()


@pytest.fixture
async def anna(http: aiohttp.ClientSession, house: House) -> Page:
    asking = await page_of(http, house, "anna")
    house.console.publish(OFFER)
    house.console.publish(CallChanged(TALKING))
    return asking


def muted(house: House) -> list[bool]:
    assert {each.channel for each in house.node.muted} <= {TALKING.channel}
    return [each.muted for each in house.node.muted]


async def test_a_recording_is_paused_with_a_reason_and_resumed(anna: Page, house: House) -> None:
    assert await anna.ask("GET", PATH) == (200, ON)
    paused = {"recorded": True, "paused": "card", "since": house.now}
    assert await anna.ask("PUT", PATH, json={"pause": "card"}) == (200, paused)
    assert await anna.ask("PUT", PATH, json={"pause": "wish"}) == (200, paused), "it is paused already"
    assert await anna.ask("GET", PATH) == (200, paused)
    assert muted(house) == [False, True, True]
    house.now += 20
    assert await anna.ask("PUT", PATH, json={"pause": None}) == (200, ON)
    (pause,) = await house.store.recordings.pauses(TALKING.interaction)
    assert (pause.reason, pause.to_at) == (PauseReason.CARD, house.now)


async def test_a_server_that_has_started_anew_does_not_resume_by_looking(anna: Page, house: House) -> None:
    await anna.ask("PUT", PATH, json={"pause": "secret"})
    anew = RecordingPauses({"n1": house.node}, house.store.recordings, lambda: house.now)
    recorded, pause = await anew.state(TALKING)
    assert recorded
    assert pause is not None
    assert muted(house) == [True]


async def test_a_pause_goes_with_a_caller_who_is_handed_over(anna: Page, house: House) -> None:
    await anna.ask("PUT", PATH, json={"pause": "wish"})
    second = replace(TALKING, interaction=InteractionId("second"), agent=PIOTR, follows=TALKING.interaction)
    third = replace(second, interaction=InteractionId("third"), follows=second.interaction)
    anew = RecordingPauses({"n1": house.node}, house.store.recordings, lambda: house.now)
    for call in (second, third):
        recorded, pause = await anew.state(call)
        assert recorded
        assert pause is not None
        assert pause.reason is PauseReason.WISH
    assert muted(house) == [True], "nobody has resumed it by looking"
    assert await anew.resume(third)
    assert (await anew.state(third))[1] is None


async def test_what_is_not_recorded_says_so(anna: Page, house: House) -> None:
    house.node.wrong = AmiRefusedError("no MixMonitor")
    assert (await anna.ask("GET", PATH))[1] == {**ON, "recorded": False}
    assert (await anna.ask("PUT", PATH, json={"pause": "card"}))[1]["reason"] == "not_recorded"
    assert await house.store.recordings.pauses(TALKING.interaction) == ()


async def test_a_node_that_does_not_answer_is_told_at_once(anna: Page, house: House) -> None:
    house.node.wrong = AmiLostError("gone")
    status, problem = await anna.ask("PUT", PATH, json={"pause": "card"})
    assert (status, problem["reason"]) == (503, "not_muted")


async def test_without_the_database_it_stays_paused(anna: Page, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StoreError("away")

    with monkeypatch.context() as patched:
        patched.setattr(Memory, "run", away)
        assert (await anna.ask("PUT", PATH, json={"pause": "card"}))[0] == 503
        assert (await anna.ask("GET", PATH))[1]["paused"] == "card"
        assert (await anna.ask("PUT", PATH, json={"pause": None}))[0] == 503
    assert muted(house) == [True]
    assert await anna.ask("PUT", PATH, json={"pause": None}) == (200, ON)


async def test_only_the_recording_of_ones_own_talk_is_paused(
    anna: Page, http: aiohttp.ClientSession, house: House
) -> None:
    assert (await anna.ask("PUT", PATH, json={"pause": "because"}))[0] == 422
    assert (await anna.ask("PUT", "/calls/another/recording", json={"pause": "card"}))[0] == 404
    house.console.publish(CallChanged(replace(TALKING, state=CallState.AFTER_TALK)))
    assert (await anna.ask("PUT", PATH, json={"pause": "card"}))[0] == 409
    http.cookie_jar.clear()
    piotr = await page_of(http, house, "piotr")
    assert (await piotr.ask("PUT", PATH, json={"pause": "card"}))[0] == 404
    assert not [each for each in house.node.muted if each.muted]
