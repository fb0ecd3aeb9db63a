"""Complaints at work: over the real store and its twin, over months of pretended time, and over the console's HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import cast

import aiohttp
import pytest
import pytest_asyncio

from ivr_flows.calendar import ZONE
from telephony.call_back_desk import CallBackDesk
from telephony.complaint_api import ComplaintApi
from telephony.complaints import Complaints, UnknownComplaintError, UnknownCustomerError
from telephony.console.api.endpoint import Endpoint
from telephony.console.caller_message import CallerMessage
from telephony.console.rules import ConsoleRules
from telephony.core.account import Role
from telephony.core.complaints import USUAL, Act, NotPossibleError, State
from telephony.core.ids import InteractionId, QueueName
from telephony.crm.seed import customers
from telephony.store.memory import Memory
from telephony.store.store import Store
from telephony.web_messages import WebMessages
from tests.integration.console_house import ACCOUNTS, House
from tests.integration.test_console_api import Page, page_of
from tests.letters import messages, post

CUSTOMER = customers(1)[0]
CALL = InteractionId("c-1")
NOBODY_CALLS = cast(CallBackDesk, None)  # no message here wishes to be called
ELEMENTS = {"name": "Jan Żak", "address": "ul. Cicha 5", "since": "2026-03-01", "grounds": "…", "answer_by": "letter"}
DAY_S = 86_400.0


def noon(day: str) -> float:
    return datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZONE).timestamp()


class Office:
    def __init__(self, store: Store) -> None:
        self.now = noon("2026-03-20")
        self.store = store
        self.complaints = Complaints(USUAL, store, lambda: self.now, post())

    def on(self, day: str) -> None:
        self.now = noon(day)

    async def file(self, kind: str = "service_quality", elements: Mapping[str, str] = ELEMENTS) -> str:
        return await self.complaints.file(CALL, kind, CUSTOMER.number, elements)

    async def take(self, act: Act, actor: str = "anna", role: Role = Role.SUPERVISOR, **facts: str) -> None:
        await self.complaints.take(CALL, act, actor, role, facts)

    async def state(self) -> State:
        return (await self.complaints.one(CALL))[1].state

    async def open(self) -> list[str]:
        return [known.complaint.interaction for known, _ in await self.complaints.all()]


@pytest_asyncio.fixture(params=["postgres", "memory"])
async def office(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Office]:
    store = await Store.open(database_url) if request.param == "postgres" else Store(Memory())
    await store.customers.add([CUSTOMER])
    yield Office(store)
    await store.close()


async def test_from_filing_to_answer_with_a_ticket_that_closes(office: Office) -> None:
    number = await office.file()
    assert await office.file() == number, "the same sending again is the same complaint"
    known, now = await office.complaints.one(CALL)
    assert (known.ticket, known.filed, now.answer.due) == (number, date(2026, 3, 20), date(2026, 4, 3))
    await office.take(Act.CONFIRM, way="letter")
    await office.take(Act.PROPOSE, decision="accepted", compensation="30 zł", paid_by="2026-04-15")
    with pytest.raises(NotPossibleError, match="own"):
        await office.take(Act.APPROVE)
    await office.take(Act.APPROVE, "piotr")
    office.on("2026-04-03")
    await office.take(Act.ANSWER, way="letter")
    known, now = await office.complaints.one(CALL)
    assert (now.state, now.decision["compensation"]) == (State.ANSWERED, "30 zł")
    assert [step.act for step in known.steps] == [Act.CONFIRM, Act.PROPOSE, Act.APPROVE, Act.ANSWER]
    assert [step.at for step in known.steps] == [noon("2026-03-20")] * 3 + [noon("2026-04-03")]
    assert await office.open() == []
    assert [each[0].complaint.interaction for each in await office.complaints.all(open_only=False)] == [CALL]
    ticket = await office.store.ticket_of(CALL)
    assert ticket
    assert ticket.status == "closed"


async def test_what_the_customer_adds_is_kept_and_the_day_of_filing_stays(office: Office) -> None:
    await office.file(elements={"grounds": "…"})
    await office.take(Act.ASK, missing="name, address")
    office.on("2026-03-27")
    await office.take(Act.COMPLETE, name="Jan Żak", address="ul. Cicha 5")
    known, now = await office.complaints.one(CALL)
    assert known.complaint.elements == {"grounds": "…", "name": "Jan Żak", "address": "ul. Cicha 5"}
    assert (now.state, now.answer.due) == (State.OPEN, date(2026, 4, 3))


async def test_over_two_months_the_hotline_reminds_escalates_and_says_what_silence_means(office: Office) -> None:
    await office.file()
    states = dict[State, int]()
    for _ in range(60):
        await office.complaints.look()
        await office.complaints.look()
        now = await office.state()
        states[now] = states.get(now, 0) + 1
        office.now += DAY_S
    assert states == {State.OPEN: 31, State.SILENCE: 29}
    known, _ = await office.complaints.one(CALL)
    assert [(step.act, step.on.isoformat()) for step in known.steps if step.act is Act.ESCALATE] == [
        (Act.ESCALATE, "2026-03-27"),
        (Act.ESCALATE, "2026-03-31"),
    ]
    assert len([step for step in known.steps if step.act is Act.REMIND]) == 6
    assert await office.open() == [CALL], "what silence has accepted is still owed"


async def test_what_was_never_completed_leaves_the_list_by_itself(office: Office) -> None:
    await office.file(elements={})
    await office.take(Act.CONFIRM, way="letter")
    await office.take(Act.ASK, missing="name")
    office.on("2026-03-28")
    await office.complaints.look()
    assert await office.state() is State.LEFT
    assert await office.open() == []


async def test_of_two_who_act_in_the_same_moment_one_is_told(office: Office) -> None:
    await office.file()
    acts = (office.take(Act.PROPOSE, name, decision="accepted") for name in ("anna", "piotr"))
    refused = [each for each in await asyncio.gather(*acts, return_exceptions=True) if each]
    assert [str(each) for each in refused] in (["meanwhile"], ["done"])
    assert len((await office.complaints.one(CALL))[0].steps) == 1


async def test_two_servers_remind_once(office: Office) -> None:
    await office.file()
    office.on("2026-03-27")
    other = Complaints(USUAL, office.store, lambda: office.now, post())
    await asyncio.gather(office.complaints.look(), other.look())
    steps = (await office.complaints.one(CALL))[0].steps
    assert [step.act for step in steps] == [Act.ESCALATE, Act.REMIND, Act.REMIND]


async def test_nobodys_complaint_is_told_and_a_strangers_is_taken(office: Office) -> None:
    with pytest.raises(UnknownComplaintError):
        await office.complaints.one("nobody")
    with pytest.raises(UnknownCustomerError):
        await office.complaints.file(CALL, "billing", "no such customer", {})
    assert await office.open() == [], "nothing of it is there"
    assert await office.complaints.file(CALL, "billing", None, {})


# -- the console ------------------------------------------------------------------------------------------------------

SEEN: list[tuple[str, str, str]] = []


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules()


@pytest_asyncio.fixture
async def desk() -> Office:
    SEEN.clear()
    store = Store(Memory())
    await store.customers.add([CUSTOMER])
    return Office(store)


@pytest.fixture
def endpoints(desk: Office) -> tuple[Endpoint, ...]:
    api = ComplaintApi(desk.complaints, lambda *look: SEEN.append(look), lambda: InteractionId("new"))
    return tuple(api.endpoints())


@pytest.fixture
async def anna(http: aiohttp.ClientSession, house: House) -> Page:
    return await page_of(http, house, "anna")


NEW = {"kind": "service_quality", "customer": CUSTOMER.number, "elements": {"grounds": "Brak zasięgu"}}


async def test_a_consultant_files_reads_and_takes_steps(anna: Page, desk: Office) -> None:
    status, filed = await anna.ask("POST", "/complaints", json={**NEW, "once": "sheet-1"})
    assert (status, filed["missing"]) == (200, ["name", "address", "since", "answer_by"])
    assert (await anna.ask("POST", "/complaints", json={**NEW, "once": "sheet-1"}))[1] == filed
    assert SEEN == []
    status, listed = await anna.ask("GET", "/complaints")
    assert (status, listed["today"]) == (200, "2026-03-20")
    assert [(each["ticket"], each["answer"]) for each in listed["complaints"]] == [
        (filed["ticket"], {"due": "2026-04-03", "done": None, "left": 14})
    ]
    assert "grounds" not in str(listed), "a list tells nothing of a customer"
    path = f"/complaints/{filed['interaction']}"
    status, one = await anna.ask("GET", path)
    assert (status, one["state"], one["elements"]) == (200, "open", {"grounds": "Brak zasięgu"})
    assert one["may"] == ["ask", "confirm", "escalate", "propose"]
    assert [("anna", CUSTOMER.number, filed["interaction"])] == SEEN
    for act, facts in (("propose", {"decision": "accepted"}), ("escalate", {"why": "…", "level": "1"})):
        status, one = await anna.ask("POST", f"{path}/steps", json={"act": act, "facts": facts})
        assert status == 200
    assert (one["level"], one["proposed_by"], one["may"]) == (2, "anna", ["confirm"])
    assert [(step["act"], step["actor"]) for step in one["steps"]] == [("propose", "anna"), ("escalate", "anna")]


async def test_what_cannot_be_done_is_said_in_words(anna: Page, desk: Office) -> None:
    await desk.file()
    for act, reason in (("approve", "complaint_not_proposed"), ("answer", "complaint_not_approved")):
        status, problem = await anna.ask("POST", f"/complaints/{CALL}/steps", json={"act": act})
        assert (status, problem["reason"]) == (409, reason)
        assert problem["title"] not in ("", "Stan już się zmienił.")
    await anna.ask("POST", f"/complaints/{CALL}/steps", json={"act": "propose", "facts": {"decision": "accepted"}})
    status, problem = await anna.ask("POST", f"/complaints/{CALL}/steps", json={"act": "approve"})
    assert (status, problem["reason"]) == (409, "complaint_own")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/complaints/nobody", None, 404),
        ("POST", "/complaints/nobody/steps", {"act": "ask"}, 404),
        ("POST", f"/complaints/{CALL}/steps", {"act": "remind"}, 422),
        ("POST", "/complaints", {**NEW, "customer": "nobody"}, 422),
        ("POST", "/complaints", {**NEW, "kind": "weather"}, 422),
        ("POST", "/complaints", {**NEW, "elements": {"Not a name": "x"}}, 422),
        ("POST", "/complaints", {**NEW, "elements": {"grounds": "x" * 4001}}, 422),
        ("POST", "/complaints", {**NEW, "elements": {f"e{'_' * at}": "" for at in range(21)}}, 422),
    ],
)
async def test_what_makes_no_sense_is_refused(
    anna: Page, desk: Office, method: str, path: str, body: Mapping[str, object] | None, status: int
) -> None:
    await desk.file()
    assert (await anna.ask(method, path, json=body))[0] == status
    assert ACCOUNTS["anna"].role is Role.AGENT


# -- the form for callers ---------------------------------------------------------------------------------------------


def message(**changes: object) -> CallerMessage:
    usual = CallerMessage("x" * 43, "Jan Żak", None, "jan@example.pl", QueueName("support"), "Rwie od rana", False)  # noqa: FBT003
    return replace(usual, complaint=True, **changes)  # type: ignore[arg-type]


async def test_what_is_marked_as_a_complaint_in_the_form_is_one(office: Office) -> None:
    form = WebMessages(office.store, NOBODY_CALLS, office.complaints, {}, lambda: office.now, messages())
    filed = await form.file(message())
    assert await form.file(message()) == filed, "sent twice it is one"
    assert filed.answer_by == date(2026, 4, 3)
    ((known, now),) = await office.complaints.all()
    assert (known.ticket, known.complaint.kind, known.complaint.customer) == (filed.ticket, "service_quality", None)
    assert known.complaint.elements == {
        "name": "Jan Żak",
        "email": "jan@example.pl",
        "grounds": "Rwie od rana",
        "answer_by": "e-mail",
    }
    assert office.complaints.rules.missing(known.complaint.elements) == ("address", "since")
    assert now.state is State.OPEN


@pytest.mark.parametrize(
    ("queue", "kind", "due"),
    [
        ("billing", "billing", date(2026, 4, 19)),
        ("sales", "contract", date(2026, 4, 19)),
        ("x", "other", date(2026, 4, 19)),
    ],
)
async def test_a_complaints_kind_follows_from_whom_it_is_for(office: Office, queue: str, kind: str, due: date) -> None:
    form = WebMessages(office.store, NOBODY_CALLS, office.complaints, {}, lambda: office.now, messages())
    filed = await form.file(message(queue=QueueName(queue), email=None, phone="+48600100200"))
    ((known, _),) = await office.complaints.all()
    assert (known.complaint.kind, filed.answer_by) == (kind, due)
    assert known.complaint.elements["answer_by"] == "letter"
