"""What the house answers to flows, over a store in memory: identity, look-ups, outages, call-backs, complaints."""

import asyncio
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from ivr_flows import (
    CheckIdentity,
    FindOutages,
    HearEcho,
    LookUp,
    OpenComplaint,
    Question,
    RequestCallBack,
    Result,
    Status,
    TakeVoicemail,
)
from ivr_flows.calendar import local
from ivr_flows.lookups import CATALOGUE
from ivr_flows.variables import fits
from telephony.asterisk.asking import Asker, Asking
from telephony.call_back_desk import CallBackDesk
from telephony.core.call_backs import CallBackPlace
from telephony.core.customer import CustomerAccount
from telephony.core.ids import InteractionId, QueueName, Uniqueid
from telephony.core.promises import callable_number
from telephony.core.ticket import OpenTicket, ticket_sequence
from telephony.core.views import CallState, CallView, Lane
from telephony.crm.seed import customers
from telephony.house import House
from telephony.identity import IdentityCheck, hashed
from telephony.outages import Outages
from telephony.store.memory import Memory
from telephony.store.store import Store

NOW = 1795424400.0  # 2026-11-23T10:00+01:00
CUSTOMER = customers(1)[0]
CALL = InteractionId("i-1")
ASKER = Asker(CALL, "+48220000100", "+48600100200")
VIEW = CallView(
    CALL, "n1", "PJSIP/x-1", Uniqueid("n1-1.1"), "n1-1.1", ASKER.did, CUSTOMER.phones[0], "alaw",
    CallState.MENU, Lane.STANDARD, None, NOW - 60, None, None, None, None, 0, None,
)  # fmt: skip
ACCOUNT = CustomerAccount(
    CUSTOMER.number,
    12350,
    date(2026, 12, 24),
    "771",
    5000,
    date(2026, 12, 1),
    invoice_paid=True,
    line_state="fault",
    line_since=date(2026, 11, 22),
)


@dataclass
class Scene:
    store: Store
    house: House
    verified: list[tuple[str, str]]
    sounds: dict[str, str]

    async def asks(self, question: Question, asker: Asker = ASKER) -> Result:
        return await self.house.answer(asker, question)


@pytest.fixture
async def scene(tmp_path: Path) -> Scene:
    store = Store(Memory())
    await store.customers.add([CUSTOMER])
    await store.customers.set_pin(CUSTOMER.number, hashed("4711"), NOW)
    await store.record_call(VIEW)
    outages = Outages(tmp_path / "none.yaml", tmp_path, store.customers, lambda: NOW)
    identity = IdentityCheck(store.customers, lambda: NOW)
    desk = CallBackDesk(
        store,
        own={ASKER.did},
        receive_only=frozenset,
        submit=lambda _event: None,
        place=lambda _number: CallBackPlace(3, NOW),
        new_id=iter(map(InteractionId, ("b-1", "b-2", "b-3"))).__next__,
        clock=lambda: NOW,
    )
    verified: list[tuple[str, str]] = []
    sounds: dict[str, str] = {}
    house = House(
        store, identity, outages, lambda: NOW, lambda at: local(at).date(), desk, store.customers.customer_account,
        lambda *proven: verified.append(proven), sounds=sounds.get,
    )  # fmt: skip
    return Scene(store, house, verified, sounds)


async def test_a_pin_is_right_wrong_or_blocked(scene: Scene) -> None:
    right, wrong = CheckIdentity(CUSTOMER.number, SecretStr("4711")), CheckIdentity(CUSTOMER.number, SecretStr("9999"))
    assert await scene.asks(right) == Result(Status.OK)
    for blocked in (False, False, False, True):
        assert await scene.asks(wrong) == Result(Status.REFUSED, {"blocked": blocked})
    assert scene.verified == [(CALL, CUSTOMER.number)]


@pytest.mark.parametrize(
    ("what", "values"),
    [
        ("balance", {"amount": 12350, "due": "2026-12-24"}),
        ("last_invoice", {"number": "771", "amount": 5000, "due": "2026-12-01", "paid": True}),
        ("line_diagnosis", {"state": "fault", "since": "2026-11-22"}),
    ],
)
async def test_an_answer_has_the_fields_of_the_catalogue(scene: Scene, what: str, values: dict[str, object]) -> None:
    assert (await scene.asks(LookUp(what, CUSTOMER.number))).status is Status.REFUSED
    await scene.store.customers.add_accounts([ACCOUNT])
    assert await scene.asks(LookUp(what, CUSTOMER.number)) == Result(Status.OK, values)  # type: ignore[arg-type]
    assert all(fits(CATALOGUE[what].fields[name], value) for name, value in values.items())


async def test_an_open_ticket_is_told_with_its_number(scene: Scene) -> None:
    assert (await scene.asks(LookUp("open_ticket", CUSTOMER.number))).status is Status.REFUSED
    number = await scene.store.open_ticket(OpenTicket(CALL, None, "Brak internetu", ""), NOW)
    told = await scene.asks(LookUp("open_ticket", CUSTOMER.number))
    assert told.values == {"number": number, "kind": "Brak internetu", "opened": "2026-11-23"}


async def test_there_may_be_nothing_out_of_order(scene: Scene) -> None:
    assert await scene.asks(FindOutages(CUSTOMER.number)) == Result(Status.OK)


async def test_a_call_back_keeps_the_first_arrival_and_opens_a_ticket(scene: Scene) -> None:
    assert (await scene.asks(RequestCallBack("sales", True, None, None))).status is Status.OK  # noqa: FBT003
    kept = await scene.store.callback_of("+48600100200")
    assert kept is not None
    assert (kept.first_arrival, kept.lane, kept.queue, kept.shown) == (
        NOW - 60,
        Lane.ACCESSIBILITY,
        QueueName("sales"),
        ASKER.did,
    )
    ticket = await scene.store.ticket_of(CALL)
    assert ticket is not None
    assert ticket.subject == "Prośba o oddzwonienie"


async def test_who_asks_again_keeps_the_first_place_and_is_told_it(scene: Scene) -> None:
    first = await scene.asks(RequestCallBack("sales", True, None, None))  # noqa: FBT003
    again = await scene.asks(RequestCallBack("sales", False, None, None))  # noqa: FBT003
    assert (first.texts, again.status) == ((), Status.OK)
    (told,) = again.texts
    assert told["pl"] == "Pamiętamy o prośbie o rozmowę. Przed państwem w kolejce: trzy osoby."
    assert told["en"] == "We have your request to be called. Ahead of you in the line: three people."


@pytest.mark.parametrize("number", ["", "112", "700100200", "801100200", "48600100200", "60010020x", "220000100"])
async def test_some_numbers_are_never_called(scene: Scene, number: str) -> None:
    assert (await scene.asks(RequestCallBack("sales", False, number, None))).status is Status.REFUSED  # noqa: FBT003
    assert await scene.store.ticket_of(CALL) is None


async def test_a_withheld_number_cannot_be_called(scene: Scene) -> None:
    nobody = Asker(CALL, ASKER.did, None)
    assert (await scene.asks(RequestCallBack("sales", False, None, None), nobody)).status is Status.REFUSED  # noqa: FBT003


def test_a_number_is_called_in_poland_only() -> None:
    assert callable_number("600100200") == callable_number("+48600100200") == "+48600100200"
    assert callable_number("+49301234567") is None
    assert callable_number(CUSTOMER.phones[0]) == CUSTOMER.phones[0]


async def test_a_complaint_is_filed_and_its_number_told(scene: Scene) -> None:
    asked = OpenComplaint("billing", CUSTOMER.number, {"grounds": "r-1", "since": "2026-11-01"})
    told = await scene.asks(asked)
    assert ticket_sequence(str(told.values["number"])) == 1
    assert told == await scene.asks(asked), "asked twice, filed once"
    filed = await scene.store.complaint_of(CALL)
    assert filed is not None
    assert (filed.kind, filed.customer, filed.elements, filed.filed_at) == (
        "billing",
        CUSTOMER.number,
        {"grounds": "r-1", "since": "2026-11-01"},
        NOW,
    )


async def test_the_callers_own_channel_is_not_the_houses_business(scene: Scene) -> None:
    assert (await scene.asks(TakeVoicemail("message", None, 60))).status is Status.UNAVAILABLE


async def test_whatever_goes_wrong_behind_is_no_answer() -> None:
    async def broken(_asker: Asker, _question: Question) -> Result:
        raise RuntimeError("4711")

    asking = Asking(broken)
    assert (await asking.result(ASKER, FindOutages(None), 1.0)).status is Status.UNAVAILABLE


async def test_who_takes_too_long_is_no_answer() -> None:
    gone = asyncio.Event()

    async def slow(_asker: Asker, _question: Question) -> Result:
        try:
            await asyncio.Event().wait()
        finally:
            gone.set()
        raise AssertionError

    assert (await Asking(slow).result(ASKER, FindOutages(None), 0.0)).status is Status.UNAVAILABLE
    await gone.wait()


async def test_an_echo_is_told_how_the_call_has_sounded(scene: Scene) -> None:
    assert (await scene.asks(HearEcho(15))).status is Status.UNAVAILABLE, "nobody has reported"
    scene.sounds[CALL] = "fair"
    assert await scene.asks(HearEcho(15)) == Result(Status.OK, {"verdict": "fair"})
