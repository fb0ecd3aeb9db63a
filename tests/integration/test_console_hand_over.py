"""Handing a caller over from the page: who is offered as a destination, what is refused, and what the receiver sees."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import aiohttp
import pytest

from telephony.asterisk.ami import AmiError, AmiLostError
from telephony.console.api.problems import ProblemError
from telephony.console.rules import ConsoleRules
from telephony.core.commands import AgentChanged, CallChanged, ShowPop
from telephony.core.hand_over import HandOver
from telephony.core.ids import AgentId, InteractionId, QueueName
from telephony.core.views import AgentState, CallState, Lane
from telephony.store.errors import StoreError
from telephony.store.memory import Memory
from tests.integration.console_house import OFFER, OFFERED, OUTSIDE, PIOTR, House, page
from tests.integration.test_console_api import Page, page_of
from tests.unit.console_story import ANNA

TALKING = replace(OFFERED, node="n1", state=CallState.TALKING, answered_at=1040.0, path=("general.menu",))
PATH = f"/calls/{TALKING.interaction}/transfer"
SECOND = InteractionId("second")


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules()


@pytest.fixture
async def anna(http: aiohttp.ClientSession, house: House) -> Page:
    """Talks, while Piotr is at work."""
    house.console.publish(AgentChanged(PIOTR, AgentState.WRAP_UP, "", 1000.0, None))
    house.console.publish(AgentChanged(AgentId("ewa"), AgentState.PAUSED, "meal", 1000.0, None))
    asking = await page_of(http, house, "anna")
    house.console.publish(OFFER)
    house.console.publish(CallChanged(TALKING))
    return asking


async def test_those_at_work_queues_and_permitted_numbers_can_be_chosen(anna: Page, house: House) -> None:
    house.console.publish(AgentChanged(ANNA, AgentState.TALKING, "", 1040.0, TALKING.interaction))
    status, told = await anna.ask("GET", "/destinations")
    assert status == 200
    assert told["colleagues"] == [{"login": "piotr", "name": "piotr", "state": "wrap_up", "phone": ""}]
    assert [each["queue"] for each in told["queues"]] == ["sales", "support", "billing"]
    assert told["numbers"] == [{"number": OUTSIDE, "shown": "+48 22 000 09 00"}]


@pytest.mark.parametrize(
    ("kind", "to", "queue", "agent"), [("colleague", "piotr", "support", PIOTR), ("queue", "billing", "billing", None)]
)
async def test_inside_the_house_the_call_that_follows_learns_where_it_belongs(
    anna: Page, house: House, kind: str, to: str, queue: str, agent: AgentId | None
) -> None:
    assert (await anna.ask("POST", PATH, json={"kind": kind, "to": to}))[0] == 204
    assert house.node.moved == [(TALKING.uniqueid, "")]
    told = HandOver(TALKING.interaction, QueueName(queue), Lane.ACCESSIBILITY, ("general.menu",), agent)
    assert house.moves.of(TALKING.interaction) == replace(told, lane=TALKING.lane)
    assert house.moves.of(TALKING.interaction) is None, "told once"


async def test_outside_only_a_permitted_number_is_reached(anna: Page, house: House) -> None:
    assert (await anna.ask("POST", PATH, json={"kind": "number", "to": "+48112"}))[0] == 422
    assert (await anna.ask("POST", PATH, json={"kind": "number", "to": OUTSIDE}))[0] == 204
    assert house.node.moved == [(TALKING.uniqueid, OUTSIDE)]


@pytest.mark.parametrize(
    ("kind", "to", "status", "reason"),
    [
        ("colleague", "ewa", 409, "colleague_away"),
        ("colleague", "anna", 409, "colleague_away"),
        ("queue", "vip", 422, ""),
        ("number", "+48220000901", 422, "not_permitted"),
        ("number", "112", 422, "not_permitted"),
        ("anywhere", "x", 422, ""),
    ],
)
async def test_what_is_no_destination_is_refused_and_the_talk_goes_on(
    anna: Page, house: House, kind: str, to: str, status: int, reason: str
) -> None:
    answered, problem = await anna.ask("POST", PATH, json={"kind": kind, "to": to})
    assert (answered, problem["reason"]) == (status, reason)
    assert house.node.moved == []


@pytest.mark.parametrize(("wrong", "status"), [(AmiError("away"), 503), (LookupError("gone"), 409)])
async def test_a_node_that_cannot_move_the_caller_says_so_and_nothing_is_kept(
    anna: Page, house: House, wrong: Exception, status: int
) -> None:
    house.node.wrong = wrong
    assert (await anna.ask("POST", PATH, json={"kind": "queue", "to": "sales"}))[0] == status
    assert house.moves.of(TALKING.interaction) is None


async def test_a_button_pressed_twice_hands_over_once(anna: Page, house: House) -> None:
    to_sales = {"kind": "queue", "to": "sales"}
    assert (await anna.ask("POST", PATH, json=to_sales))[0] == 204
    house.node.wrong = LookupError("nobody there any more")
    assert (await anna.ask("POST", PATH, json={"kind": "queue", "to": "billing"}))[0] == 409
    known = house.moves.of(TALKING.interaction)
    assert known is not None
    assert known.queue == "sales", "the first time counts"


async def test_two_at_once_are_one(house: House) -> None:
    to_sales = HandOver(TALKING.interaction, QueueName("sales"), Lane.STANDARD, ())
    house.node.slow = asyncio.Event()
    first = asyncio.create_task(house.moves.inside(TALKING, to_sales))
    await asyncio.sleep(0)
    with pytest.raises(ProblemError, match="already"):
        await house.moves.outside(TALKING, OUTSIDE)
    house.node.slow.set()
    await first
    assert house.node.moved == [(TALKING.uniqueid, "")]


async def test_what_may_have_happened_is_not_forgotten(anna: Page, house: House) -> None:
    house.node.wrong = AmiLostError("gone")
    assert (await anna.ask("POST", PATH, json={"kind": "queue", "to": "sales"}))[0] == 503
    assert house.moves.of(TALKING.interaction) is not None


async def test_only_a_talk_of_ones_own_can_be_handed_over(
    anna: Page, http: aiohttp.ClientSession, house: House
) -> None:
    to_sales = {"kind": "queue", "to": "sales"}
    assert (await anna.ask("POST", "/calls/another/transfer", json=to_sales))[0] == 404
    house.console.publish(CallChanged(replace(TALKING, state=CallState.AFTER_TALK)))
    assert (await anna.ask("POST", PATH, json=to_sales))[0] == 409
    http.cookie_jar.clear()
    piotr = await page_of(http, house, "piotr")
    assert (await piotr.ask("POST", PATH, json=to_sales))[0] == 404
    assert house.node.moved == []


async def test_the_note_travels_with_the_caller(anna: Page, http: aiohttp.ClientSession, house: House) -> None:
    await anna.ask("PUT", f"/calls/{TALKING.interaction}/note", json={"text": "<b>dioda</b>", "revision": 1})
    http.cookie_jar.clear()
    wire, _ = await page(http, house, "piotr")
    follows = replace(OFFERED, interaction=SECOND, agent=PIOTR, follows=TALKING.interaction)
    house.console.publish(ShowPop(follows, PIOTR, 1, 1050.0))
    assert (await wire.next("pop"))["handed"] == {"by": "anna", "note": ""}
    told = await wire.next("handed")
    assert (told["interaction"], told["handed"]) == (SECOND, {"by": "anna", "note": "<b>dioda</b>"})


async def test_without_the_notes_the_caller_comes_all_the_same(
    anna: Page, http: aiohttp.ClientSession, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StoreError("away")

    http.cookie_jar.clear()
    wire, _ = await page(http, house, "piotr")
    monkeypatch.setattr(Memory, "rows", away)
    follows = replace(OFFERED, interaction=SECOND, agent=PIOTR, follows=TALKING.interaction)
    house.console.publish(ShowPop(follows, PIOTR, 1, 1050.0))
    assert (await wire.next("pop"))["handed"] == {"by": "anna", "note": ""}
    house.console.publish(CallChanged(follows))
    assert (await wire.next("call"))["interaction"] == SECOND


async def test_who_is_asked_first_sees_the_talk_and_its_end(
    anna: Page, http: aiohttp.ClientSession, house: House
) -> None:
    await anna.ask("PUT", f"/calls/{TALKING.interaction}/note", json={"text": "dioda", "revision": 1})
    path = f"/calls/{TALKING.interaction}/consultation"
    assert (await anna.ask("POST", path, json={"colleague": "ewa"}))[1]["reason"] == "colleague_away"
    house.console.publish(AgentChanged(PIOTR, AgentState.TALKING, "", 1000.0, InteractionId("his")))
    assert (await anna.ask("POST", path, json={"colleague": "piotr"}))[1]["reason"] == "colleague_busy"
    assert (await anna.ask("GET", "/destinations"))[1]["colleagues"][0]["phone"] == ""
    house.console.publish(AgentChanged(PIOTR, AgentState.WRAP_UP, "", 1000.0, None))
    assert (await anna.ask("POST", path, json={"colleague": "piotr"}))[0] == 204
    http.cookie_jar.clear()
    wire, state = await page(http, house, "piotr")
    assert state["pop"]["shared"] is True
    assert (state["pop"]["interaction"], state["pop"]["handed"]["by"]) == (TALKING.interaction, "anna")
    if not state["pop"]["handed"]["note"]:
        assert (await wire.next("handed"))["handed"]["note"] == "dioda"
    over = replace(TALKING, state=CallState.ENDED, ended_at=1060.0)
    house.console.publish(CallChanged(over))
    assert (await wire.next("call"))["state"] == "ended"
    http.cookie_jar.clear()
    piotr = await page_of(http, house, "piotr")
    assert (await piotr.ask("POST", PATH, json={"kind": "queue", "to": "sales"}))[0] == 409, "a colleague's talk"
    note = await piotr.ask("PUT", f"/calls/{TALKING.interaction}/note", json={"text": "wymieniony", "revision": 1})
    assert note[0] == 200
    assert house.memory.notes[TALKING.interaction, "anna"]["text"] == "dioda", "each has a note of one's own"
