"""The store's contract, held by PostgreSQL and by its twin in memory alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date

import pytest
import pytest_asyncio

from telephony.core.account import Account, Role, SessionRecord
from telephony.core.commands import Decided
from telephony.core.customer import Contact, Customer, CustomerAccount, CustomerFile
from telephony.core.disposition import Disposition
from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid
from telephony.core.logged import LogPosition
from telephony.core.note import Note
from telephony.core.promises import CallBackRequest, CallBackState, Complaint, SurveyAnswer
from telephony.core.quality_interval import QualityInterval
from telephony.core.quality_record import QualityRecord
from telephony.core.recording import PauseReason, RecordingPause
from telephony.core.ticket import OpenTicket, ticket_sequence
from telephony.core.trunk_sound import TrunkSound
from telephony.core.views import CallState, CallView, Direction, Lane, Outcome, Span, SpanKind
from telephony.crm.seed import customers, files
from telephony.store.connection import Postgres
from telephony.store.errors import StoreError, StoreRefusedError
from telephony.store.memory import Memory
from telephony.store.queries import queries
from telephony.store.store import Store

CUSTOMER = customers(1)[0]
CALL, BACK = InteractionId("i-1"), InteractionId("b-1")
ANSWERED_AT = 1_790_000_012.345678


def view(interaction: InteractionId = CALL, arrived_at: float = 1_790_000_000.25) -> CallView:
    return CallView(
        interaction, "n1", "PJSIP/x-1", Uniqueid("n1-1.1"), "n1-1.1", "+48220000100", CUSTOMER.phones[0], "alaw",
        CallState.LINE, Lane.ACCESSIBILITY, QueueName("support"), arrived_at, arrived_at + 1, None, None, None, 0, None,
    )  # fmt: skip


TALKING = replace(
    view(), state=CallState.TALKING, answered_at=ANSWERED_AT, agent=AgentId("anna"), attempt=1, offered_at=1.5,
    painted_at=1.625, rang_at=1.75,
)  # fmt: skip
SPANS = (Span(SpanKind.HOLD, 2.0, 2.5), Span(SpanKind.LINK, 3.25))
ENDED = replace(TALKING, state=CallState.ENDED, ended_at=ANSWERED_AT + 60, outcome=Outcome.ANSWERED)
TICKET = OpenTicket(CALL, QueueName("support"), "Brak internetu", "Żółta dioda\nod rana")
ANNA = Account("anna", "Anna Żak", "$argon2id$…", "anna", {"support": 2, "język-uk": 1}, Role.SUPERVISOR)
QUALITY = QualityRecord(
    CALL, "caller", "received", "alaw", 0.0025, 1.5, 20.0, 95.0, 91.25, 4.36, 4.4, "nb", "rtcp_ami", None, 4.25,
    20.0, "good", "trunk-a",
)  # fmt: skip


@pytest_asyncio.fixture(params=["postgres", "memory"])
async def store(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(database_url) if request.param == "postgres" else Store(Memory())
    yield opened
    await opened.close()


async def test_a_pin_is_kept_as_a_hash_of_a_customer_who_is_known(store: Store) -> None:
    await store.customers.add([CUSTOMER])
    assert await store.customers.pin_of(CUSTOMER.number) is None
    for pin_hash in ("$argon2id$1", "$argon2id$2"):
        await store.customers.set_pin(CUSTOMER.number, pin_hash, 1_790_000_000.0)
        assert await store.customers.pin_of(CUSTOMER.number) == pin_hash
    with pytest.raises(StoreRefusedError, match="ForeignKeyViolation"):
        await store.customers.set_pin("999999", "$argon2id$3", 1_790_000_000.0)
    await store.customers.add([CUSTOMER])
    assert await store.customers.pin_of(CUSTOMER.number) == "$argon2id$2", "entering a customer anew keeps the PIN"


async def test_the_last_call_of_a_number_tells_whether_it_was_in_vain(store: Store) -> None:
    caller = str(view().caller)
    assert not await store.called_in_vain(caller, 0.0)
    gone = replace(view(), state=CallState.ENDED, ended_at=view().arrived_at + 9, outcome=Outcome.ABANDONED_LINE)
    await store.record_call(gone)
    assert await store.called_in_vain(caller, gone.arrived_at - 60)
    assert not await store.called_in_vain(caller, gone.arrived_at + 60), "that was long ago"
    later = replace(ENDED, interaction=InteractionId("i-2"), arrived_at=gone.arrived_at + 100)
    await store.record_call(later)
    assert not await store.called_in_vain(caller, gone.arrived_at - 60), "served since"


async def test_what_has_been_with_a_customers_numbers_is_told_with_its_tickets(store: Store) -> None:
    phone, other = str(view().caller), "+48600100299"
    await store.record_calls([ENDED, replace(ENDED, interaction=InteractionId("i-2"), caller=other, arrived_at=5.0)])
    await store.record_call(view(InteractionId("i-3")))  # under way
    number = await store.open_ticket(TICKET, 9.0)
    latest, first = await store.contacts_of([phone, other])
    assert latest == Contact(ENDED.arrived_at, Direction.IN, "support", Outcome.ANSWERED, "anna", number)
    assert (first.at, first.ticket) == (5.0, None)
    assert await store.contacts_of([phone, other], most=1) == (latest,)
    assert await store.contacts_of(["+48600100298"]) == ()


async def test_the_last_note_of_each_consultant_counts_and_the_next_one_reads_both(store: Store) -> None:
    assert await store.notes.of(CALL, "anna") is None
    assert await store.notes.keep(CALL, "anna", Note("dioda", 1, 4.0))
    assert await store.notes.keep(CALL, "anna", Note("dioda mruga", 3, 5.0))
    assert not await store.notes.keep(CALL, "anna", Note("dioda mru", 2, 6.0)), "late"
    assert not await store.notes.keep(CALL, "anna", Note("inny", 3, 6.0)), "from another window"
    assert await store.notes.keep(CALL, "anna", Note("dioda mruga", 3, 5.0)), "again"
    assert await store.notes.keep(CALL, "piotr", Note("wysłać technika", 1, 6.0))
    assert await store.notes.keep(CALL, "ewa", Note("", 1, 7.0))
    assert await store.notes.of(CALL, "anna") == Note("dioda mruga", 3, 5.0)
    await store.record_call(ENDED)
    (contact,) = await store.contacts_of([str(ENDED.caller)])
    assert contact.note == "dioda mruga\nwysłać technika"


async def test_the_recording_of_a_call_has_one_pause_at_a_time(store: Store) -> None:
    first = RecordingPause(InteractionId(CALL), AgentId("anna"), PauseReason.CARD, 5.0)
    await store.recordings.begin_pause(first)
    await store.recordings.begin_pause(replace(first, reason=PauseReason.WISH, from_at=6.0))
    assert await store.recordings.pauses(CALL) == (first,)
    await store.recordings.end_pause(CALL, 7.0)
    await store.recordings.end_pause(CALL, 8.0)
    await store.recordings.begin_pause(replace(first, from_at=9.0))
    assert await store.recordings.pauses(CALL) == (replace(first, to_at=7.0), replace(first, from_at=9.0))
    assert await store.recordings.pauses("another") == ()


async def test_what_came_of_a_talk_is_owed_until_it_is_given_and_stands_in_the_history(store: Store) -> None:
    owed = Disposition(CALL, AgentId("anna"), QueueName("support"), 5.0)
    early = Disposition(CALL, AgentId("piotr"), QueueName("support"), 4.0)
    await store.dispositions.record([owed, early])
    assert await store.dispositions.owed() == (early, owed)
    given = replace(owed, code="solved", given_at=9.0)
    await store.dispositions.record([given, owed])  # what is owed comes twice
    await store.dispositions.record([replace(given, code="ticket", given_at=8.0)])  # late
    assert await store.dispositions.owed() == (early,)
    await store.dispositions.record([replace(early, code="visit", given_at=10.0)])
    assert await store.dispositions.of(CALL) == (replace(early, code="visit", given_at=10.0), given)
    await store.record_call(ENDED)
    (contact,) = await store.contacts_of([str(ENDED.caller)])
    assert contact.dispositions == ("solved", "visit")


async def test_one_call_is_promised_to_a_number_and_the_first_place_stays(store: Store) -> None:
    request = CallBackRequest(CALL, QueueName("sales"), Lane.STANDARD, "+48600100200", "+48220000100", 5.0, 9.0, BACK)
    await store.request_callback(request)
    await store.request_callback(replace(request, interaction=InteractionId("i-2"), first_arrival=7.0))
    other = InteractionId("b-2")
    await store.request_callback(replace(request, number="+48600100201", lane=Lane.ACCESSIBILITY, call_back=other))
    assert await store.callback_of("+48600100200") == request
    assert (await store.callback_of("+48600100201") or request).lane is Lane.ACCESSIBILITY
    assert await store.callback_of("+48600100202") is None


async def test_a_call_back_is_open_until_it_is_done_and_then_the_number_is_free_again(store: Store) -> None:
    request = CallBackRequest(CALL, QueueName("sales"), Lane.STANDARD, "+48600100200", "+48220000100", 5.0, 9.0, BACK)
    await store.open_ticket(OpenTicket(CALL, None, "Prośba o oddzwonienie", ""), 9.0)
    await store.request_callback(request)
    tried = replace(request, attempts=1, next_at=900.0)
    await store.record_callbacks([tried])
    assert await store.open_callbacks() == (tried,)
    assert await store.open_callback_count() == 1
    done = replace(tried, state=CallBackState.DONE, done_at=950.0)
    await store.record_callbacks([done])
    await store.record_callbacks([tried])  # late
    assert await store.open_callbacks() == ()
    assert await store.open_callback_count() == 0
    ticket = await store.ticket_of(CALL)
    assert ticket is not None
    assert ticket.status == "closed"
    again = replace(request, interaction=InteractionId("i-3"), call_back=InteractionId("b-3"))
    await store.request_callback(again)
    assert await store.callback_of("+48600100200") == again


async def test_a_call_back_whose_call_has_ended_is_not_called_again(store: Store) -> None:
    request = CallBackRequest(CALL, QueueName("sales"), Lane.STANDARD, "+48600100200", "+48220000100", 5.0, 9.0, BACK)
    await store.request_callback(request)
    waiting = replace(view(BACK), direction=Direction.CALL_BACK, follows=CALL)
    await store.record_call(waiting)
    assert await store.open_interactions() == (waiting,)
    assert await store.open_callbacks() == (request,)
    await store.record_call(replace(waiting, state=CallState.ENDED, ended_at=9.0, outcome=Outcome.ANSWERED))
    assert await store.open_callbacks() == ()


async def test_a_complaint_is_filed_once(store: Store) -> None:
    complaint = Complaint(CALL, "billing", None, {"grounds": "r-1", "since": "2026-11-01"}, 9.0)
    await store.file_complaint(complaint)
    await store.file_complaint(replace(complaint, filed_at=10.0))
    assert await store.complaint_of(CALL) == complaint
    assert await store.complaint_of("i-2") is None


@pytest.mark.parametrize(("kind", "due"), [("service_quality", date(2026, 4, 8)), ("billing", date(2026, 4, 24))])
async def test_a_complaints_ticket_says_by_when_it_is_answered(store: Store, kind: str, due: date) -> None:
    """Filed on 25 March 2026 in Poland, though it is the 24th in UTC; the clocks change before the answer is due."""
    await store.customers.add([CUSTOMER])
    await store.record_call(view())
    await store.file_complaint(Complaint(CALL, kind, CUSTOMER.number, {}, 1_774_395_000.0))
    await store.open_ticket(OpenTicket(CALL, None, "Reklamacja", ""), 1_774_395_000.0)
    (ticket,) = await store.open_tickets_of(CUSTOMER.number)
    assert ticket.answer_due == due
    assert ticket == await store.ticket_of(CALL)


async def test_what_a_customer_has_and_owes_comes_with_the_customer(store: Store) -> None:
    people = customers(2)
    (file, other) = files(people, [CustomerAccount(each.number, invoice="771", invoice_amount=5999) for each in people])
    with pytest.raises(StoreRefusedError):
        await store.customers.add_files([file])
    await store.customers.add(people)
    assert await store.customers.by_number(CUSTOMER.number) == CustomerFile(CUSTOMER)
    await store.customers.add_files([file, replace(other, invoices=())])
    await store.customers.add_files([file])
    for found in (await store.customers.by_number(CUSTOMER.number), await store.customers.by_phone(CUSTOMER.phones[0])):
        assert found == file
    assert await store.customers.by_number("0") is None
    assert await store.customers.by_phone("+48220100009") is None


async def test_who_the_caller_has_proven_to_be_is_kept(store: Store) -> None:
    await store.record_call(view())
    await store.record_call(replace(view(), verified=CUSTOMER.number))
    found = await store.interaction(CALL)
    assert found
    assert found.verified == CUSTOMER.number


async def test_the_first_answer_to_a_survey_stands(store: Store) -> None:
    csat, nps = SurveyAnswer(CALL, "csat", 5, 9.0), SurveyAnswer(CALL, "nps", 0, 9.0)
    await store.record_survey_answers([csat, nps])
    await store.record_survey_answers([replace(csat, value=1)])
    assert await store.survey_answers_of(CALL) == (csat, nps)
    with pytest.raises(StoreRefusedError, match="CheckViolation"):
        await store.record_survey_answers([replace(nps, interaction=InteractionId("i-2"), value=11)])


async def test_what_a_customer_may_be_told_is_read_back(store: Store) -> None:
    await store.customers.add([CUSTOMER])
    account = CustomerAccount(CUSTOMER.number, 12350, date(2026, 12, 24), "77", 12350, None, line_state="fault")
    await store.customers.add_accounts([CustomerAccount(CUSTOMER.number)])
    await store.customers.add_accounts([account])
    assert await store.customers.customer_account(CUSTOMER.number) == account
    assert await store.customers.customer_account("999999") is None


async def test_a_call_is_read_back_as_it_was_written(store: Store) -> None:
    for written in (view(), TALKING, replace(TALKING, spans=SPANS), replace(ENDED, spans=SPANS[:1])):
        await store.record_call(written)
        assert await store.interaction(CALL) == written
    assert await store.interaction("nobody") is None


async def test_the_last_sign_of_life_is_kept(store: Store) -> None:
    assert await store.last_alive() is None
    for at in (1_790_000_000.25, 1_790_000_005.25):
        await store.alive(at)
        assert await store.last_alive() == at


async def test_what_has_ended_never_changes_again(store: Store) -> None:
    await store.record_call(ENDED)
    other = replace(ENDED, outcome=Outcome.INTERRUPTED, ended_at=ANSWERED_AT + 99)
    for late in (view(), TALKING, other):
        await store.record_call(late)
        assert await store.interaction(CALL) == ENDED


async def test_a_call_never_moves_backwards(store: Store) -> None:
    await store.record_call(TALKING)
    for late in (view(), replace(TALKING, state=CallState.RINGING, answered_at=None)):
        await store.record_call(late)
        assert await store.interaction(CALL) == TALKING


async def test_an_unanswered_offer_goes_back_to_the_line(store: Store) -> None:
    ringing = replace(view(), state=CallState.RINGING, attempt=1)
    await store.record_call(ringing)
    back = replace(ringing, state=CallState.LINE)
    await store.record_call(back)
    assert await store.interaction(CALL) == back


async def test_an_end_counts_whatever_came_before(store: Store) -> None:
    await store.record_call(TALKING)
    ended = replace(view(), state=CallState.ENDED, ended_at=5.0, outcome=Outcome.INTERRUPTED)
    await store.record_call(ended)
    assert await store.interaction(CALL) == ended


@pytest.mark.parametrize(
    "senseless",
    [
        replace(ENDED, outcome=None),
        replace(TALKING, outcome=Outcome.ANSWERED),
        replace(TALKING, outcome=Outcome.ANSWERED, ended_at=5.0),
    ],
    ids=["an end without an outcome", "an outcome without an end", "an end that still talks"],
)
async def test_a_senseless_call_is_refused(store: Store, senseless: CallView) -> None:
    with pytest.raises(StoreRefusedError, match="refuses `record_call`: CheckViolationError"):
        await store.record_call(senseless)
    assert await store.interaction(CALL) is None


async def test_open_ones_are_those_without_an_outcome_and_recent_ones_the_youngest_first(store: Store) -> None:
    calls = [view(InteractionId(f"i-{place}"), 1000.0 + place) for place in range(5)]
    await store.record_calls(calls)
    await store.record_call(replace(calls[3], state=CallState.ENDED, ended_at=5.0, outcome=Outcome.ABANDONED_LINE))
    assert [call.interaction for call in await store.open_interactions()] == ["i-0", "i-1", "i-2", "i-4"]
    assert [call.interaction for call in await store.recent_interactions(3)] == ["i-4", "i-3", "i-2"]


async def test_several_calls_are_written_all_or_none(store: Store) -> None:
    with pytest.raises(StoreRefusedError):
        await store.record_calls([view(), replace(ENDED, interaction=InteractionId("i-2"), outcome=None)])
    assert await store.recent_interactions() == ()


async def test_together_is_all_or_nothing(store: Store) -> None:
    async def two_good_and_one_bad() -> None:
        async with store.together() as together:
            await together.record_call(view())
            await together.open_ticket(TICKET, 5.0)
            await together.record_call(replace(ENDED, outcome=None))

    with pytest.raises(StoreRefusedError):
        await two_good_and_one_bad()
    assert await store.interaction(CALL) is None
    assert await store.ticket_of(CALL) is None


async def test_the_same_decision_twice_is_one(store: Store) -> None:
    decision = Decided(CALL, AgentId("anna"), 5.25, "accessibility_first", "pierwszeństwo dostępności", 3)
    later = replace(decision, decided_at=9.5, waiting=1)
    for each in (later, decision, decision):
        await store.record_decisions((each,))
    assert await store.decisions_of(CALL) == (decision, later)
    assert await store.decisions_of("nobody") == ()


async def test_a_ticket_is_opened_once_with_a_number_that_checks(store: Store) -> None:
    await store.customers.add([CUSTOMER])
    await store.record_call(ENDED)
    number = await store.open_ticket(TICKET, 5.25)
    assert ticket_sequence(number) >= 1
    assert await store.open_ticket(replace(TICKET, subject="Inny"), 9.0) == number
    opened = await store.ticket_of(CALL)
    assert opened
    assert (opened.number, opened.subject, opened.status, opened.opened_at) == (number, "Brak internetu", "open", 5.25)
    assert await store.open_tickets_of(CUSTOMER.number) == (opened,)


async def test_tickets_have_different_numbers_the_youngest_first(store: Store) -> None:
    await store.customers.add([CUSTOMER])
    numbers = []
    for name in ("i-1", "i-2", "i-3"):
        await store.record_call(view(InteractionId(name)))
        numbers.append(await store.open_ticket(replace(TICKET, interaction=InteractionId(name)), 5.0))
    assert len(set(numbers)) == 3
    assert [ticket.number for ticket in await store.open_tickets_of(CUSTOMER.number)] == numbers[::-1]


async def test_a_strangers_ticket_has_no_customer(store: Store) -> None:
    await store.customers.add([CUSTOMER])
    await store.record_call(replace(ENDED, caller=None))
    assert await store.open_ticket(TICKET, 5.0)
    assert await store.open_tickets_of(CUSTOMER.number) == ()


async def test_a_later_word_on_quality_replaces_the_earlier(store: Store) -> None:
    unheard = replace(
        QUALITY, direction="sent", loss_ratio=None, jitter_ms=None, rtt_ms=None, delay_ms=None, r_factor=None,
        mos_cq=None, mos_lq=None, scale=None, ungrounded_reason="no report",
    )  # fmt: skip
    await store.quality.record([unheard, replace(QUALITY, jitter_ms=9.0), QUALITY])
    assert await store.quality.of(CALL) == (QUALITY, unheard)


async def test_intervals_of_a_call_come_in_order_and_what_knows_more_replaces(store: Store) -> None:
    first = QualityInterval(
        CALL, "caller", "received", 10.0, 10.0, "trunk-a", "alaw", 8000, "nb", "rtcp_ami", 500, 25, 0.05, None, 1.5,
        None, 3.92, None, 78.0, "bad", ("loss_burst",),
    )  # fmt: skip
    silent = replace(
        first, leg="agent", trunk=None, starts_at=20.0, packets_expected=0, packets_lost=0, loss_ratio=None,
        jitter_ms=None, mos_lq=None, r_factor=None, scale=None, clock_rate_hz=None, verdict="none", verdicts=(),
    )  # fmt: skip
    captured = replace(first, source="rtp", late_ratio=0.01, capture_drops=7)
    await store.quality.record_intervals([silent, first])
    await store.quality.record_intervals([captured])
    assert await store.quality.intervals_of(CALL) == (captured, silent)
    unheard = replace(silent, trunk="trunk-a", starts_at=30.0, verdicts=("no_media",))
    await store.quality.record_intervals([unheard, replace(first, starts_at=40.0, mos_lq=4.12, verdict="good")])
    heard = [replace(each, mos_lq=each.mos_lq and round(each.mos_lq, 9)) for each in await store.quality.by_trunk(10.0)]
    assert heard == [TrunkSound("trunk-a", "nb", 20.0, 10.0, 4.02), TrunkSound("trunk-a", None, 10.0, 10.0, None)]
    assert await store.quality.by_trunk(40.5) == ()


async def test_a_customer_is_found_by_each_number_and_by_the_customers(store: Store) -> None:
    both = replace(CUSTOMER, phones=("+48220100001", "+48580100002"), accessibility=True)
    await store.customers.add([both])
    for phone in both.phones:
        assert await store.customers.customer_by_phone(phone) == both
    assert await store.customers.customer_by_number(both.number) == both
    assert await store.customers.customer_by_phone("+48220100009") is None
    assert await store.customers.customer_by_number("0") is None


async def test_customers_are_added_again_without_harm(store: Store) -> None:
    await store.customers.add(customers(30))
    moved = replace(CUSTOMER, name="Ewa Nowak", address="ul. Nowa 1, 00-100 Łódź")
    await store.customers.add([moved])
    assert await store.customers.customer_by_number(CUSTOMER.number) == moved
    assert await store.customers.search("nowak ") != ()


async def test_a_customer_without_a_number_is_kept(store: Store) -> None:
    quiet = replace(CUSTOMER, phones=())
    await store.customers.add([quiet])
    assert await store.customers.customer_by_number(quiet.number) == quiet
    assert await store.customers.search(quiet.name) == (quiet,)


LUCJA = replace(CUSTOMER, number="100421", name="Łucja Żak-Świątek", phones=("+48220123456",))
ZAKI = replace(CUSTOMER, number="2", name="Jan Żakowski", phones=("+48580990000", "+48580993456"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3456", [LUCJA, ZAKI]), ("123 456", [LUCJA]), ("+48220123456", [LUCJA]), ("0000", [ZAKI]), ("2345", []),
        ("100421", [LUCJA]), ("10042", []),
        ("99", []), ("żak", [LUCJA, ZAKI]), ("ZAK", [LUCJA, ZAKI]), ("zakow", [ZAKI]), ("łucja", [LUCJA]),
        ("lucja zak", [LUCJA]), ("swiatek", [LUCJA]), ("żak-św", [LUCJA]), ("ucja", []),
        ("%", []), ("_", []), ("' OR 1=1", []), ("", []), ("   ", []),
        ("٣٤٥٦", []),
    ],
)  # fmt: skip
async def test_customers_are_searched_by_last_digits_or_by_name(store: Store, text: str, found: list[Customer]) -> None:
    await store.customers.add([LUCJA, ZAKI])
    assert list(await store.customers.search(text)) == found
    assert await store.customers.search(text, most=0) == ()


async def test_what_has_its_outcome_is_known_by_channel(store: Store) -> None:
    await store.record_call(view())
    assert await store.ended_of_channels(["n1-1.1", "n1-2.1"]) == frozenset()
    await store.record_call(ENDED)
    assert await store.ended_of_channels(["n1-1.1", "n1-2.1"]) == {"n1-1.1"}
    assert await store.ended_of_channels([]) == frozenset()


async def test_how_far_a_log_was_read_is_kept_for_each_node(store: Store) -> None:
    assert await store.log_positions("n1") == {}
    await store.keep_log_position("n1", "cel", LogPosition("f00d", 1))
    await store.keep_log_position("n1", "queue_log", LogPosition("cafe", 3_000_000_000))
    await store.keep_log_position("n1", "cel", LogPosition("beef", 0))
    assert await store.log_positions("n1") == {
        "cel": LogPosition("beef", 0),
        "queue_log": LogPosition("cafe", 3_000_000_000),
    }
    assert await store.log_positions("n2") == {}


async def test_a_look_stays_with_its_account(store: Store) -> None:
    with pytest.raises(StoreRefusedError):
        await store.keep_look("anna", "en.dark.100.on")
    await store.add_account(ANNA)
    assert await store.look_of("anna") is None
    await store.keep_look("anna", "en.dark.100.on")
    await store.keep_look("anna", "pl.light.150.off")
    assert await store.look_of("anna") == "pl.light.150.off"


async def test_accounts_are_kept_whole_and_replaced(store: Store) -> None:
    piotr = Account("piotr", "Piotr", "$argon2id$…")
    await store.add_account(replace(ANNA, display_name="Anna"))
    for account in (piotr, ANNA):
        await store.add_account(account)
    assert await store.accounts() == (ANNA, piotr)
    assert await store.account_by_login("anna") == ANNA
    assert await store.account_by_login("ANNA' --") is None


SESSION = SessionRecord("f00d", "anna", 10.0, 10.0, 10.0, "192.0.2.7", "Firefox, Linux")


async def test_a_session_is_opened_for_the_account_as_it_is_and_no_other(store: Store) -> None:
    assert not await store.sessions.open(SESSION, ANNA), "nobody of that name"
    await store.add_account(ANNA)
    assert await store.sessions.open(SESSION, ANNA)
    assert not await store.sessions.open(replace(SESSION, key="beef"), replace(ANNA, password_hash="$old$"))
    assert await store.sessions.all() == await store.sessions.of("anna") == (SESSION,)
    assert await store.sessions.of("piotr") == ()


async def test_a_session_is_used_never_backwards_and_never_after_its_end(store: Store) -> None:
    await store.add_account(ANNA)
    await store.sessions.open(SESSION, ANNA)
    await store.sessions.keep([replace(SESSION, used_at=90.0), replace(SESSION, key="gone")])
    await store.sessions.keep([replace(SESSION, used_at=80.0, proven_at=70.0)])
    assert await store.sessions.all() == (replace(SESSION, used_at=90.0, proven_at=70.0),)
    await store.sessions.end(["f00d", "gone"])
    await store.sessions.keep([SESSION])
    assert await store.sessions.all() == ()


async def test_old_sessions_end(store: Store) -> None:
    await store.add_account(ANNA)
    for key, created_at, used_at in (("old", 1.0, 90.0), ("idle", 50.0, 50.0), ("good", 50.0, 90.0)):
        await store.sessions.open(replace(SESSION, key=key, created_at=created_at, used_at=used_at), ANNA)
    await store.sessions.end_old(used_before=60.0, created_before=20.0)
    assert [each.key for each in await store.sessions.all()] == ["good"]


@pytest.mark.parametrize("what", ["password", "disabled", "removed", "replaced", "everywhere"])
async def test_what_ends_every_session_of_an_account_and_of_no_other(store: Store, what: str) -> None:
    piotr = Account("piotr", "Piotr", "$argon2id$…")
    for account in (ANNA, piotr):
        await store.add_account(account)
        await store.sessions.open(replace(SESSION, key=account.login, login=account.login), account)
    await store.add_account(replace(ANNA, role=Role.AGENT, skills={}))
    assert len(await store.sessions.all()) == 2, "another role ends nothing"
    await {
        "password": lambda: store.set_password("anna", "$argon2id$new"),
        "disabled": lambda: store.set_disabled("anna", 5.0),
        "removed": lambda: store.remove_account("anna"),
        "replaced": lambda: store.add_account(replace(ANNA, password_hash="$argon2id$new")),
        "everywhere": lambda: store.sessions.end_of("anna"),
    }[what]()
    assert [each.key for each in await store.sessions.all()] == ["piotr"]


async def test_who_is_disabled_opens_no_session_until_enabled(store: Store) -> None:
    departed = replace(ANNA, departments=("billing", "sales"), disabled_at=5.0)
    await store.add_account(departed)
    assert await store.account_by_login("anna") == departed
    assert not await store.sessions.open(SESSION, departed)
    await store.set_disabled("anna", None)
    assert await store.sessions.open(SESSION, departed)


async def test_a_wrong_parameter_is_our_own_bug_and_no_store_error(store: Store) -> None:
    with pytest.raises(TypeError, match="interaction takes"):
        await store._connection.rows("interaction", wrong=1)


@pytest.mark.parametrize("hostile", ["'; DROP TABLE interaction; --", "a\nb\r\n", "💥", "%s $1 :name", "x" * 10_000])
async def test_hostile_text_is_text(store: Store, hostile: str) -> None:
    await store.record_call(replace(view(), caller=hostile, channel=hostile))
    found = await store.interaction(CALL)
    assert found
    assert (found.caller, found.channel) == (hostile, hostile)


def test_the_twin_has_every_query_and_no_other() -> None:
    names = {name for kind in Memory.__mro__[:-1] for name in vars(kind) if not name.startswith("_")}
    assert names - {"rows", "run", "run_many", "together", "close"} == set(queries())
    assert all(query.purpose.endswith(".") for query in queries().values())


async def test_a_text_postgres_cannot_hold_is_refused_without_showing_it(database_url: str) -> None:
    store = await Store.open(database_url)
    with pytest.raises(StoreRefusedError) as refused:
        await store.record_call(replace(view(), caller="+48500\x00111"))
    assert "48500" not in str(refused.value)
    await store.close()


async def test_the_database_itself_keeps_an_outcome(database_url: str) -> None:
    postgres = await Postgres.open(database_url)
    store = await Store.open(database_url)
    await store.record_call(ENDED)
    for change in ("outcome = 'refused'", "outcome = NULL, ended_at = NULL, state = 'line'", "ended_at = 1"):
        with pytest.raises(Exception, match="has ended: its outcome stays"):
            await postgres.pool.execute(f"UPDATE interaction SET {change}")  # noqa: S608 - ours
    await postgres.pool.execute("UPDATE interaction SET caller = NULL")  # erasure stays possible
    assert await store.interaction(CALL) == replace(ENDED, caller=None)
    await store.close()
    await postgres.close()


async def test_tickets_opened_by_many_at_once_are_one_each(database_url: str) -> None:
    store = await Store.open(database_url)
    numbers = await asyncio.gather(*(store.open_ticket(TICKET, float(at)) for at in range(20)))
    assert len(set(numbers)) == 1
    await store.close()


async def test_a_suffix_is_found_through_the_index(database_url: str) -> None:
    store = await Store.open(database_url)
    postgres = await Postgres.open(database_url)
    await store.customers.add(customers(2000))
    await postgres.pool.execute("ANALYZE")
    plan = await postgres.pool.fetch(
        "EXPLAIN SELECT customer FROM customer_phone WHERE reversed ~>=~ '6543' AND reversed ~<~ '6543:'"
    )
    assert any("customer_phone_reversed" in row[0] for row in plan), plan
    await store.close()
    await postgres.close()


async def test_a_database_that_is_not_there_says_what_to_look_at(database_url: str) -> None:
    with pytest.raises(StoreError, match="is it running, and is its URL right"):
        await Store.open("postgresql://hotline:x@127.0.0.1:1/hotline")
    with pytest.raises(StoreError, match="HOTLINE_DATABASE_URL has to be its URL"):
        await Store.open("")
    with pytest.raises(StoreError, match="is its URL right"):
        await Store.open("mysql://hotline@127.0.0.1/hotline")
    with pytest.raises(StoreError, match="no_such_database"):
        await Store.open(database_url.replace("/test_", "/no_such_database_"))


async def test_connections_that_were_cut_are_replaced(database_url: str) -> None:
    store = await Store.open(database_url)
    postgres = await Postgres.open(database_url)
    await store.record_call(view())
    await postgres.pool.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    for _ in range(3):  # the first may meet the cut connection
        try:
            assert await store.interaction(CALL) == view()
            break
        except StoreError:
            continue
    else:
        pytest.fail("the store did not come back")
    await store.close()
    await postgres.close()


MACS = ("a" * 64, "b" * 64)


async def test_a_second_factor_is_enrolled_once_and_goes_with_its_account(store: Store) -> None:
    factors = store.second_factors
    assert not await factors.enrol("anna", b"s", 7, MACS, 1.0), "nobody of that name"
    await store.add_account(ANNA)
    assert await factors.secret("anna") is None
    assert await factors.enrol("anna", b"\x00secret", 7, MACS, 1.0)
    assert not await factors.enrol("anna", b"another", 9, ("c" * 64,), 2.0)
    assert await factors.secret("anna") == b"\x00secret"
    assert await factors.recovery_codes_left("anna") == 2
    await store.remove_account("anna")
    assert await factors.secret("anna") is None
    assert await factors.recovery_codes_left("anna") == 0


async def test_enrolling_is_all_or_nothing(store: Store) -> None:
    await store.add_account(ANNA)
    with pytest.raises(StoreRefusedError):
        await store.second_factors.enrol("anna", b"secret", 7, (MACS[0], MACS[0]), 1.0)
    assert await store.second_factors.secret("anna") is None


async def test_a_step_is_used_once_even_by_two_at_the_same_time(store: Store) -> None:
    factors = store.second_factors
    await store.add_account(ANNA)
    await factors.enrol("anna", b"secret", 7, MACS, 1.0)
    assert not await factors.use_step("anna", 7), "with it the app was enrolled"
    assert not await factors.use_step("anna", 6)
    at_once = await asyncio.gather(*(factors.use_step("anna", 8) for _ in range(8)))
    assert sorted(at_once) == [False] * 7 + [True]
    assert not await factors.use_step("anna", 8)
    assert not await factors.use_step("piotr", 8)
    assert await factors.use_step("anna", 9)


async def test_a_recovery_code_is_used_once_even_by_two_at_the_same_time(store: Store) -> None:
    factors = store.second_factors
    await store.add_account(ANNA)
    await factors.enrol("anna", b"secret", 7, MACS, 1.0)
    at_once = await asyncio.gather(*(factors.use_recovery_code("anna", MACS[0], 2.0) for _ in range(8)))
    assert sorted(at_once) == [False] * 7 + [True]
    assert not await factors.use_recovery_code("anna", "f" * 64, 2.0)
    assert not await factors.use_recovery_code("piotr", MACS[1], 2.0)
    assert await factors.recovery_codes_left("anna") == 1
    await factors.new_recovery_codes("anna", (MACS[0], "c" * 64, "d" * 64))
    assert await factors.recovery_codes_left("anna") == 3
    assert not await factors.use_recovery_code("anna", MACS[1], 3.0), "the former ones are over"
    assert await factors.use_recovery_code("anna", MACS[0], 3.0)


async def test_a_second_factor_is_taken_away_with_its_codes(store: Store) -> None:
    await store.add_account(ANNA)
    assert not await store.second_factors.remove("anna")
    await store.second_factors.enrol("anna", b"secret", 7, MACS, 1.0)
    assert await store.second_factors.remove("anna")
    assert await store.second_factors.recovery_codes_left("anna") == 0
    assert await store.second_factors.enrol("anna", b"new", 1, MACS, 1.0)
