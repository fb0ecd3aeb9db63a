"""Calls about visits: who is called when and under which number, what is answered, and what a list has to be like."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from aiohttp.test_utils import TestClient, TestServer

from ivr_flows import SHIPPED, AnswerAppointment, LookUp, Status, load
from telephony import api
from telephony.appointment_api import AppointmentApi
from telephony.appointments import SETTLE_S, AppointmentDesk, CarryOut, ListError, read_list
from telephony.asterisk.ami import AmiError
from telephony.asterisk.ami_actions import Entry, OfTalks, Originate, Outside
from telephony.core.appointments import VisitState
from telephony.core.call import arrived
from telephony.core.commands import CallChanged, CallEnded
from telephony.core.events import CallArrived
from telephony.core.hours import POLAND
from telephony.core.ids import InteractionId, Uniqueid
from telephony.core.views import CallView, Direction
from telephony.store.appointments import AppointmentStore
from telephony.store.memory import Memory
from telephony.store.store import Store
from telephony.survey_settings import Appointments as Settings

OURS, LISTED, PHONE = "+48220000100", "+48220000199", "+48600100200"
HEAD = "reference,number,date,time,place,language\n"
LIST = HEAD + 'Z-1,600 100 200,2026-12-03,10:30,"Polna 5, Radom",en\nZ-2,+48500000161,2026-12-04,08:00,Nowa 1,\n'


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=POLAND).timestamp()


class House:
    """A desk whose calls are written down instead of made."""

    def __init__(self, **settings: object) -> None:
        self.now = at("2026-12-02T09:00")
        self.store = Store(Memory())
        self.calls: list[Originate] = []
        self.wrong: Exception | None = None
        self.nodes = ["n1"]
        self.own = (LISTED, OURS)
        self.number = 0
        self.settings = Settings.model_validate({"at_once": 2, "pause_s": 600, "attempts": 2, **settings})
        self.visits = AppointmentStore(self.store)
        flow = load(SHIPPED / "appointment.yaml")
        self.desk = AppointmentDesk(
            self.settings, self.visits, own=self.own, receive_only=lambda: {LISTED}, ways=self.ways,
            flow=lambda: flow, new_id=self.new_id, clock=lambda: self.now,
        )  # fmt: skip

    def ways(self) -> Iterator[tuple[str, str, CarryOut]]:
        yield from ((each, "carrier", self.carry_out) for each in self.nodes)

    async def carry_out(self, action: OfTalks) -> None:
        if self.wrong:
            raise self.wrong
        assert isinstance(action, Originate)
        self.calls.append(action)

    def new_id(self) -> InteractionId:
        self.number += 1
        return InteractionId(f"00000000-0000-4000-8000-{self.number:012}")

    async def loaded(self, text: str = LIST) -> None:
        await self.desk.load(read_list(text, self.desk.rules, self.now))

    async def state(self, reference: str = "Z-1") -> tuple[VisitState, int]:
        visit = await self.visits.by_reference(reference)
        assert visit
        return visit.state, visit.attempts

    def call(self, place: int = 0) -> InteractionId:
        digits = self.calls[place].channel_id.removeprefix("n1-").partition(".")[0]
        return InteractionId("-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])))

    def view(self, place: int = 0) -> CallView:
        event = CallArrived(
            self.call(place), "n1", "PJSIP/carrier-1", Uniqueid("u"), "l", OURS, PHONE, direction=Direction.VISIT
        )
        return arrived(event, self.now)


async def test_a_list_is_loaded_once_and_its_people_are_called_under_a_number_that_may_be_shown() -> None:
    house = House()
    await house.loaded()
    await house.loaded()
    assert len(await house.desk.all()) == 2
    await house.desk.look()
    await house.desk.look()
    assert [each.target for each in house.calls] == [
        Outside(PHONE, "carrier"), Outside("+48500000161", "carrier"),
    ]  # fmt: skip
    assert {(each.entry, each.shown) for each in house.calls} == {(Entry.VISIT, OURS)}
    visit = house.desk.visit_of(house.call())
    assert visit
    assert (visit.number, visit.shown, visit.language, visit.flow.id) == (PHONE, OURS, "en", "appointment")
    assert house.desk.visit_of(InteractionId("other")) is None


@pytest.mark.parametrize(
    ("moment", "settings"),
    [
        ("2026-12-02T20:00", {}),
        ("2026-11-29T12:00", {"ahead_days": 2}),
        ("2026-12-02T09:00", {"shown": LISTED}),  # on the list of those that only receive
    ],
)
async def test_nobody_is_called_at_night_too_early_or_under_a_number_that_only_receives(
    moment: str, settings: dict[str, object]
) -> None:
    house = House(**settings)
    house.now = at("2026-11-29T12:00")
    await house.loaded()
    house.now = at(moment)
    await house.desk.look()
    assert house.calls == []


async def test_nobody_is_called_without_a_way_out_and_our_own_numbers_never_are() -> None:
    house = House()
    house.nodes = []
    await house.loaded(HEAD + "Z-1,220000100,2026-12-03,10:30,Polna 5,\n")
    await house.desk.look()
    assert await house.state() == (VisitState.OPEN, 0)
    house.nodes = ["n1"]
    await house.desk.look()
    assert (house.calls, await house.state()) == ([], (VisitState.NOT_REACHED, 0))


async def test_who_does_not_answer_is_called_again_and_then_the_ticket_says_so() -> None:
    house = House()
    await house.loaded()
    await house.desk.look()
    house.now += 599
    await house.desk.look()
    assert len(house.calls) == 2, "one try for each"
    house.now += 1
    await house.desk.look()
    assert len(house.calls) == 4
    assert await house.state() == (VisitState.OPEN, 2)
    house.now += 600
    await house.desk.look()
    assert await house.state() == (VisitState.NOT_REACHED, 2)
    (visit, _), _ = await house.desk.all()
    subjects = [each.subject for each in await house.store.ticket_entries(visit.id)]
    assert subjects[-1] == "Nie udało się dodzwonić w sprawie wizyty"


async def test_no_more_than_so_many_ring_at_once() -> None:
    house = House(at_once=1)
    await house.loaded()
    await house.desk.look()
    await house.desk.look()
    assert len(house.calls) == 1
    house.now += house.settings.ring_s + SETTLE_S + 1
    await house.desk.look()
    assert len(house.calls) == 2


async def test_a_node_that_refuses_counts_as_a_try() -> None:
    house = House()
    await house.loaded()
    house.wrong = AmiError("away")
    await house.desk.look()
    assert await house.state() == (VisitState.OPEN, 1)
    assert house.desk.visit_of(InteractionId("00000000-0000-4000-8000-000000000001")) is None


async def test_what_is_pressed_goes_to_the_ticket_once() -> None:
    house = House()
    await house.loaded()
    await house.desk.look()
    told = await house.desk.told(house.call(), LookUp("appointment", ""))
    house.now += 1
    assert told.values == {"date": "2026-12-03", "time": "10:30", "place": "Polna 5, Radom"}
    assert (await house.desk.told(house.call(), AnswerAppointment("confirmed"))).status is Status.OK
    assert (await house.desk.told(house.call(), AnswerAppointment("move"))).status is Status.REFUSED
    assert (await house.desk.told(house.call(), LookUp("appointment", ""))).status is Status.REFUSED
    assert (await house.desk.told(InteractionId("x"), LookUp("appointment", ""))).status is Status.REFUSED
    assert (await house.store.ticket_of(house.call())).status == "closed"  # type: ignore[union-attr]
    assert [each.subject for each in await house.store.ticket_entries(house.call())][-1] == "Wizyta potwierdzona"


async def test_who_talks_is_not_called_meanwhile_and_the_talk_settles_it() -> None:
    house = House()
    await house.loaded()
    await house.desk.look()
    talking = house.view()
    house.desk.publish(CallChanged(talking), house.now)
    house.now += 3600
    await house.desk.look()
    assert [each.target for each in house.calls].count(Outside(PHONE, "carrier")) == 1
    ended = replace(talking, answered_at=house.now, ended_at=house.now)
    house.desk.publish(CallEnded(ended), house.now)
    running = asyncio.create_task(house.desk.run())
    async with asyncio.timeout(5):
        while (await house.state())[0] is not VisitState.TALKED:  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0)
    running.cancel()
    assert [each.target for each in house.calls].count(Outside(PHONE, "carrier")) == 1


async def test_a_visit_is_taken_back() -> None:
    house = House()
    await house.loaded()
    assert await house.desk.withdraw("Z-1")
    assert not await house.desk.withdraw("Z-1")
    assert not await house.desk.withdraw("nobody")
    await house.desk.look()
    assert [each.target for each in house.calls] == [Outside("+48500000161", "carrier")]


def test_a_list_with_a_mistake_is_refused_as_a_whole_with_the_lines() -> None:
    rules, now = Settings().rules, at("2026-12-02T09:00")
    wrong = LIST + "Z-3,112,2026-12-03,10:00,x,\n" + LIST.removeprefix(HEAD)
    with pytest.raises(ListError, match=r"(?s)line 4: number.*more than once: Z-1") as caught:
        read_list(wrong, rules, now)
    assert "112" not in str(caught.value)
    for text, told in (("", "there is no visit"), (HEAD, "there is no visit"), ("a,b\n1,2\n", "reference, number")):
        with pytest.raises(ListError, match=told):
            read_list(text, rules, now)
    assert len(read_list("\ufeff" + LIST, rules, now)) == 2


async def test_other_programs_bring_visits_and_are_told_no_number_and_no_place() -> None:
    house = House()
    served = api.app({"web": "a" * 40}, AppointmentApi(house.desk, lambda: house.now).endpoints())
    visit = {"reference": "Z-1", "number": PHONE, "date": "2026-12-03", "time": "10:30", "place": "Polna 5"}
    async with TestClient(TestServer(served), headers={"Authorization": f"Bearer {'a' * 40}"}) as client:
        async with client.post("/v1/appointments", json={"appointments": [visit]}) as answer:
            assert (answer.status, await answer.json()) == (200, {"loaded": 1})
        async with client.post("/v1/appointments", json={"appointments": [{**visit, "number": "112"}]}) as answer:
            assert answer.status == 422
            assert "line 1: number" in (await answer.json())["detail"]
        async with client.get("/v1/appointments") as answer:
            told = await answer.text()
            assert "Z-1" in told
            assert "600100200" not in told
            assert "Polna" not in told
        for status in (204, 404):
            async with client.delete("/v1/appointments/Z-1") as answer:
                assert answer.status == status
