"""What a real caller hears of what the house knows: customer number, PIN, balance; a complaint with its number."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

from ivr_flows.calendar import local
from quality.softphone_client import PhoneCall
from telephony.asterisk.asking import Asking
from telephony.call_back_desk import CallBackDesk
from telephony.clock import Clock
from telephony.core.customer import CustomerAccount
from telephony.core.ids import InteractionId
from telephony.core.ticket import ticket_sequence
from telephony.core.views import Outcome
from telephony.crm.seed import customers
from telephony.house import House as Answers
from telephony.identity import IdentityCheck, hashed
from telephony.outages import Outages
from telephony.store.memory import Memory
from telephony.store.store import Store
from tests.acceptance.conftest import StartNode
from tests.acceptance.flow_scene import FlowScene, House, flow_scene

CUSTOMER = customers(1)[0]
BALANCE = """\
  who: {type: identify, by: pin, customer_number: "Numer klienta.", pin: "PIN.", next: ask, on_unknown: person}
  ask: {type: lookup, what: balance, into: {amount: owed, due: due}, next: tell}
  tell: {type: hang_up, say: "Do zapłaty {owed} do {due}."}
  person: {type: line, queue: support}
"""
COMPLAINT = """\
  file: {type: complaint, kind: billing, into: ticket, next: tell}
  tell: {type: hang_up, say: "Numer zgłoszenia: {ticket}."}
  person: {type: line, queue: support}
"""


async def answering(folder: Path) -> tuple[Store, House]:
    store, clock = Store(Memory()), Clock()
    await store.customers.add([CUSTOMER])
    await store.customers.add_accounts([CustomerAccount(CUSTOMER.number, 12350, date(2026, 12, 24))])
    await store.customers.set_pin(CUSTOMER.number, hashed("4711"), clock())
    outages = Outages(folder / "none.yaml", folder, store.customers, clock)
    nobody = CallBackDesk(
        store,
        own=(),
        receive_only=frozenset,
        submit=lambda _event: None,
        place=lambda _number: None,
        new_id=lambda: InteractionId("b-1"),
        clock=clock,
    )
    customers = store.customers
    identity = IdentityCheck(customers, clock)
    answers = Answers(store, identity, outages, clock, lambda at: local(at).date(), nobody, customers.customer_account)
    return store, House(asking=Asking(answers.answer))


async def key_in(scene: FlowScene, call: PhoneCall, digits: str, after: str, times: int = 1) -> None:
    """Like a person: not before the first word is heard."""
    await scene.hears(after, times)
    await asyncio.sleep(0.5)
    await call.dtmf(digits)


async def test_a_proven_caller_hears_what_is_owed(asterisk_node: StartNode, tmp_path: Path) -> None:
    _, house = await answering(tmp_path)
    async with flow_scene(asterisk_node, tmp_path, BALANCE, house, owed="amount", due="date") as scene:
        call = await scene.calls()
        await key_in(scene, call, f"{CUSTOMER.number}#", "Numer klienta")
        await key_in(scene, call, "1357#", "PIN")
        await key_in(scene, call, f"{CUSTOMER.number}#", "Numer klienta", 2)  # wrong: both are asked for again
        await key_in(scene, call, "4711#", "PIN", 2)
        await scene.hears("Do zapłaty sto dwadzieścia trzy złote pięćdziesiąt groszy do dwudziestego czwartego grudnia")
        await call.ended()
        assert (await scene.ended()).outcome is Outcome.SELF_SERVED


async def test_a_complaint_has_a_number_before_the_caller_hangs_up(asterisk_node: StartNode, tmp_path: Path) -> None:
    store, house = await answering(tmp_path)
    async with flow_scene(asterisk_node, tmp_path, COMPLAINT, house, ticket="ticket") as scene:
        call = await scene.calls()
        await scene.hears("Numer zgłoszenia")
        await call.ended()
        ended = await scene.ended()
        filed, ticket = await store.complaint_of(ended.interaction), await store.ticket_of(ended.interaction)
        assert filed is not None
        assert ticket is not None
        assert (filed.kind, ticket.subject, ticket_sequence(ticket.number)) == ("billing", "Reklamacja: rozliczenia", 1)
