"""The console's small pure parts: limits, timings, the board, the words on the wire."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import date

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from telephony.console import wire
from telephony.console.board import Board
from telephony.console.login_limit import LoginLimit
from telephony.console.outlet import Close, Outlet
from telephony.console.passwords import PASSWORD_CHARACTERS, BusyError, Passwords, hash_of_nobody, hash_password
from telephony.console.pop_timing import PopTimings
from telephony.core.account import Account
from telephony.core.card_fields import NOTHING_HIDDEN, CardField
from telephony.core.customer import Card, Contact, Contract, Customer, Device, Identity, Invoice, TicketSummary
from telephony.core.ids import AgentId, InteractionId, QueueName
from telephony.core.rate_limit import RateLimit
from telephony.core.views import CallState, Direction, Lane, Outcome
from tests.unit.console_story import ANNA, WAITING

I1 = WAITING.interaction
VIEWER = Account("anna", "Anna", "")
PASSWORD = "trudne hasło"


class TestRateLimit:
    def test_so_many_at_once_then_one_per_interval(self) -> None:
        limit = RateLimit(burst=2, every_s=10)
        assert [limit.take("a", 0.0) for _ in range(3)] == [True, True, False]
        assert limit.wait_s("a", 4.0) == pytest.approx(6.0)
        assert limit.take("a", 10.0)
        assert not limit.take("a", 10.0)

    def test_keys_do_not_share(self) -> None:
        limit = RateLimit(burst=1, every_s=10)
        assert limit.take("a", 0.0)
        assert limit.take("b", 0.0)

    def test_what_is_given_back_can_be_taken_again(self) -> None:
        limit = RateLimit(burst=1, every_s=10)
        limit.take("a", 0.0)
        limit.give_back("a", 0.0)
        assert limit.take("a", 0.0)

    def test_memory_is_bounded(self) -> None:
        limit = RateLimit(burst=1, every_s=10, keys=3)
        for key in "abcd":
            limit.take(key, 0.0)
        assert limit.take("a", 0.0)
        assert not limit.take("d", 0.0)


class TestLoginLimit:
    def test_five_failures_of_one_person_at_one_address(self) -> None:
        limit = LoginLimit()
        keys = limit.keys("anna", "10.0.0.1")
        assert [limit.take(keys, 0.0) for _ in range(5)] == [0.0] * 5
        assert limit.take(keys, 0.0) == pytest.approx(30.0)

    def test_nobody_locks_another_out(self) -> None:
        limit = LoginLimit()
        for _ in range(20):
            limit.take(limit.keys("anna", "10.6.6.6"), 0.0)
        assert limit.take(limit.keys("anna", "10.0.0.1"), 0.0) == 0.0

    def test_one_address_trying_many_names_is_stopped(self) -> None:
        limit = LoginLimit()
        for number in range(30):
            assert limit.take(limit.keys(f"name{number}", "10.6.6.6"), 0.0) == 0.0
        assert limit.take(limit.keys("another", "10.6.6.6"), 0.0) > 0

    def test_right_passwords_cost_nothing(self) -> None:
        limit = LoginLimit()
        keys = limit.keys("anna", "10.0.0.1")
        for _ in range(100):
            assert limit.take(keys, 0.0) == 0.0
            limit.give_back(keys, 0.0)


class TestPopTimings:
    def test_the_first_painted_counts(self) -> None:
        timings = PopTimings()
        timings.offered(I1, 1, ANNA, 10.0)
        assert timings.painted(I1, 1, ANNA, 10.06)
        assert not timings.painted(I1, 1, ANNA, 10.2)
        timing = timings.of(I1)[0]
        assert timing.pop_ms == pytest.approx(60)
        assert timing.before_ring

    @pytest.mark.parametrize(
        ("interaction", "attempt", "agent"),
        [("i1", 2, "anna"), ("i2", 1, "anna"), ("i1", 1, "piotr")],
        ids=["another attempt", "another call", "another agent"],
    )
    def test_what_was_not_offered_cannot_be_painted(self, interaction: str, attempt: int, agent: str) -> None:
        timings = PopTimings()
        timings.offered(I1, 1, ANNA, 10.0)
        assert not timings.painted(InteractionId(interaction), attempt, AgentId(agent), 10.1)
        assert timings.of(I1)[0].pop_ms is None
        assert not timings.of(I1)[0].before_ring

    def test_painted_after_the_ring_is_told_apart(self) -> None:
        timings = PopTimings()
        timings.offered(I1, 1, ANNA, 10.0)
        timings.seen(replace(WAITING, attempt=1, rang_at=10.3))
        timings.painted(I1, 1, ANNA, 10.4)
        assert not timings.of(I1)[0].before_ring

    def test_each_attempt_has_its_own(self) -> None:
        timings = PopTimings()
        timings.offered(I1, 1, ANNA, 10.0)
        timings.offered(I1, 2, AgentId("piotr"), 30.0)
        timings.painted(I1, 2, AgentId("piotr"), 30.05)
        assert [each.painted_at for each in timings.of(I1)] == [None, 30.05]

    def test_old_interactions_are_forgotten(self) -> None:
        timings = PopTimings(interactions=2)
        for number in range(3):
            timings.offered(InteractionId(f"i{number}"), 1, ANNA, 10.0)
        assert timings.of(InteractionId("i0")) == []
        assert timings.of(InteractionId("i2")) != []


class TestBoard:
    def test_counts_and_the_longest_wait_per_lane(self) -> None:
        board = Board()
        assert board.seen(WAITING)
        assert board.seen(replace(WAITING, interaction=InteractionId("i2"), queued_at=1001.0))
        assert not board.seen(WAITING)
        accessibility, standard = board.lanes()
        assert (accessibility.lane, accessibility.waiting, accessibility.oldest_queued_at) == (
            Lane.ACCESSIBILITY,
            2,
            1001.0,
        )
        assert (standard.waiting, standard.oldest_queued_at) == (0, None)

    def test_who_leaves_the_line_leaves_the_board(self) -> None:
        board = Board()
        board.seen(WAITING)
        assert board.seen(replace(WAITING, state=CallState.OFFERED))
        assert [lane.waiting for lane in board.lanes()] == [0, 0]


class TestWire:
    def test_what_a_page_may_say(self) -> None:
        assert wire.parse('{"type":"ready"}') == wire.Ready(type="ready")
        painted = wire.parse('{"type":"painted","interaction":"i1","attempt":1}')
        assert painted == wire.Painted(type="painted", interaction="i1", attempt=1, visible=True)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "ready",
            "[]",
            "{}",
            '{"type":"sign_out"}',
            '{"type":"ready","agent":"piotr"}',
            '{"type":"pause","reason":"<script>"}',
            '{"type":"painted","interaction":"i1","attempt":"1"}',
            '{"type":"painted","interaction":"i1","attempt":0}',
            '{"type":"painted","interaction":"' + "i" * 101 + '","attempt":1}',
            '{"type":"painted","interaction":1e999,"attempt":1}',
            "[" * 3000,
        ],
    )
    def test_anything_else_is_refused_in_few_words(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"^[\w.]{1,40}: \w+$") as refusal:
            wire.parse(text)
        assert len(str(refusal.value).encode()) <= 123

    def test_a_refusal_repeats_nothing_of_what_was_said(self) -> None:
        with pytest.raises(ValueError, match="literal_error") as refusal:
            wire.parse('{"type":"pause","reason":"+48500000123"}')
        assert "48500" not in str(refusal.value)

    @pytest.mark.parametrize(
        ("number", "shown"),
        [
            ("+48500000123", "+48 500 000 123"),
            ("+48220000100", "+48 22 000 01 00"),
            ("+4930123456", "+49 30 123456"),
            ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
            (None, None),
        ],
    )
    def test_numbers_in_groups(self, number: str | None, shown: str | None) -> None:
        assert wire.shown_number(number) == shown

    def test_a_card_in_full(self) -> None:
        customer = Customer("1004217", "Żaneta Ćwik", ("+48500000123",), "Łódź", ("Internet",), date(2016, 4, 1))
        before = Contact(9.0, Direction.CALL_BACK, "support", Outcome.ANSWERED, "anna", "17-8", mos=4.1)
        card = Card(
            customer,
            (TicketSummary("17-8", "Reklamacja", "open", 5.0, date(2026, 12, 8)),),
            history=(before,),
            contracts=(Contract("U/7", ("Internet",), date(2016, 4, 1), monthly=5999),),
            devices=(Device("Router", "AX-2", "SN1"),),
            invoices=(Invoice("771", 5999, date(2026, 12, 1), paid=False),),
            identity=Identity.PIN,
        )
        text = wire.text(wire.card(NOTHING_HIDDEN.shown(card, VIEWER), {QueueName("support"): "Pomoc techniczna"}))
        shown = json.loads(text)
        assert shown.pop("fields") == sorted(CardField)
        assert shown.pop("customer") == {
            "number": "1004217", "name": "Żaneta Ćwik", "address": "Łódź", "services": ["Internet"],
            "since": "2016-04-01", "accessibility": False,
        }  # fmt: skip
        assert shown.pop("history") == [
            {"at": 9.0, "direction": "call_back", "queue": "Pomoc techniczna", "outcome": "answered", "agent": "anna",
             "ticket": "17-8", "note": "", "queue_name": "support", "dispositions": [], "mos": 4.1}
        ]  # fmt: skip
        assert shown == {
            "available": True,
            "identity": "pin",
            "closed": {},
            "tickets": [
                {"number": "17-8", "subject": "Reklamacja", "status": "open", "opened_at": 5.0,
                 "answer_due": "2026-12-08", "there": "", "word": ""}
            ],
            "contracts": [
                {"number": "U/7", "services": ["Internet"], "since": "2016-04-01", "until": None, "monthly": 5999}
            ],
            "devices": [{"kind": "Router", "model": "AX-2", "serial": "SN1"}],
            "invoices": [{"number": "771", "amount": 5999, "due": "2026-12-01", "paid": False}],
        }  # fmt: skip
        assert "+48500000123" not in text  # the page gets the number of the call, not all of the customer's

    def test_a_queue_goes_by_its_title(self) -> None:
        titles = {QueueName("support"): "Pomoc techniczna"}
        assert wire.call(WAITING, titles)["queue"] == "Pomoc techniczna"
        assert wire.call(replace(WAITING, queue=None), titles)["queue"] == ""


class TestOutlet:
    async def test_a_page_that_does_not_read_is_cut(self) -> None:
        cuts: list[str] = []
        page = Outlet(lambda: cuts.append("cut"), messages=2)
        for number in range(5):
            page.put(str(number))
        assert cuts == ["cut"]
        assert page.overflowed
        assert await page.take() == "0"

    async def test_nothing_follows_the_close(self) -> None:
        page = Outlet(lambda: None)
        page.put(Close(4401, "session over"))
        page.put("late")
        assert await page.take() == Close(4401, "session over")
        page.put("later")
        assert page.empty


class TestPasswords:
    async def test_right_wrong_unknown_and_broken(self) -> None:
        passwords = Passwords()
        stored = hash_password("zażółć gęślą jaźń")
        assert stored.startswith("$argon2id$")
        assert await passwords.verify(stored, "zażółć gęślą jaźń")
        assert not await passwords.verify(stored, "zażółć")
        assert not await passwords.verify(None, "zażółć gęślą jaźń")
        assert not await passwords.verify("not a hash", "zażółć gęślą jaźń")
        assert not await passwords.verify(stored, "x" * (PASSWORD_CHARACTERS + 1))

    def test_to_look_up_nobody_is_the_work_of_somebody(self) -> None:
        somebody, nobody = hash_password(PASSWORD), hash_of_nobody()
        assert extract_parameters(nobody) == extract_parameters(somebody)
        with pytest.raises(VerifyMismatchError):  # and no InvalidHashError, which would take no time
            PasswordHasher().verify(nobody, PASSWORD)

    async def test_a_crowd_of_strangers_takes_nobodys_turn_who_is_known(self) -> None:
        passwords = Passwords(parallel=1, waiting=2)
        stored = hash_password(PASSWORD)
        crowd = [asyncio.ensure_future(passwords.verify(None, "x")) for _ in range(3)]
        await asyncio.sleep(0)  # they stand in line
        with pytest.raises(BusyError):
            await passwords.verify(stored, PASSWORD)
        assert await passwords.verify(stored, PASSWORD, known=True)
        assert await asyncio.gather(*crowd) == [False] * 3
        assert await passwords.verify(stored, PASSWORD), "there is room again"
