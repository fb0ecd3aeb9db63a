from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from telephony.core.commands import CallEnded, DispositionChanged
from telephony.core.disposition import Disposition
from telephony.core.ids import InteractionId, QueueName
from telephony.core.quality_record import QualityRecord
from telephony.core.ticket import OpenTicket, TicketStatus
from telephony.core.ticket_rules import EndedCall, TicketRule, decide
from telephony.core.tickets import Tickets
from telephony.core.views import CallState, CallView, Lane, Outcome
from telephony.guidance.ticket_rules_file import load
from telephony.shipped import CONFIG_FOLDER
from tests.unit.console_story import ANNA, WAITING

QUEUES = ("sales", "support", "billing")
RULES = load(CONFIG_FOLDER / "ticket-rules.yaml", QUEUES)
SUPPORT = QueueName("support")
ENDED = replace(
    WAITING, state=CallState.ENDED, queue=SUPPORT, agent=ANNA, outcome=Outcome.ANSWERED, queued_at=1000.0,
    answered_at=1030.0, ended_at=1090.0, path=("general.start", "support.internet"),
)  # fmt: skip


def quality(mos: float | None) -> QualityRecord:
    none = (None,) * 5
    return QualityRecord(ENDED.interaction, "caller", "received", "alaw", *none, mos, None, "nb", "rtcp_ami", None)


def says(code: str | None) -> DispositionChanged:
    return DispositionChanged(Disposition(ENDED.interaction, ANNA, SUPPORT, 1090.0, code, 1100.0 if code else None))


class Desk:
    """What was asked for: subject, topic, status, whether it was the first."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None, TicketStatus | None, bool]] = []
        self.bodies: list[str] = []
        self.tickets = Tickets(RULES, self.put, self.words)

    def put(self, ticket: OpenTicket, now: float, *, first: bool) -> None:
        assert now == 1091.0
        self.asked.append((ticket.subject, ticket.topic, ticket.status, first))
        self.bodies.append(ticket.body)

    def words(self, _ended: EndedCall) -> Iterator[str]:
        yield "W menu: Internet"

    def hears(self, *facts: object) -> Desk:
        for fact in facts:
            self.tickets.publish(fact, 1091.0)
        return self


def test_a_talk_gets_its_ticket_at_the_hang_up_with_what_is_known() -> None:
    desk = Desk().hears(quality(None), quality(4.21), quality(4.36), CallEnded(ENDED))
    assert desk.asked == [("Rozmowa z konsultantem", "support", None, True)]
    assert desk.bodies[0].splitlines() == [
        f"Numer dzwoniącego: {ENDED.caller}",
        f"Numer wybrany: {ENDED.did}",
        "Czas oczekiwania: 30 s",
        "Wsparcie dostępności: tak",
        "Konsultant: anna",
        "Czas rozmowy: 60 s",
        "Jakość rozmowy: MOS 4,2",
        "W menu: Internet",
    ]


def test_what_the_consultant_says_closes_it_and_a_correction_opens_it_again() -> None:
    desk = Desk().hears(CallEnded(ENDED), says(None), says("solved"), says("ticket"))
    assert desk.asked[1:] == [
        ("Rozmowa z konsultantem: sprawa załatwiona", "support", TicketStatus.CLOSED, False),
        ("Zgłoszenie do realizacji", "support", TicketStatus.OPEN, False),
    ]


def test_what_is_said_during_the_talk_counts_at_its_end() -> None:
    desk = Desk().hears(says("solved"), CallEnded(ENDED))
    assert desk.asked == [("Rozmowa z konsultantem: sprawa załatwiona", "support", TicketStatus.CLOSED, True)]


def test_what_an_earlier_server_has_led_is_closed_by_what_is_said_now() -> None:
    desk = Desk()
    desk.tickets.recovered(ENDED, [says(None).disposition])
    assert desk.asked == []
    assert desk.hears(says("solved")).asked[0][2:] == (TicketStatus.CLOSED, False)


def test_a_disposition_of_a_call_that_nobody_knows_opens_nothing() -> None:
    assert Desk().hears(says("solved")).asked == []


def test_of_too_many_calls_the_oldest_is_forgotten() -> None:
    asked: list[str] = []

    def put(ticket: OpenTicket, now: float, *, first: bool) -> None:
        asked.append(f"{ticket.interaction} {now} {first}")

    tickets = Tickets(RULES, put, remembered=1)
    tickets.publish(CallEnded(ENDED), 1091.0)
    tickets.publish(CallEnded(replace(ENDED, interaction=InteractionId("i-2"))), 1091.0)
    tickets.publish(says("solved"), 1100.0)
    assert asked == [f"{ENDED.interaction} 1091.0 True", "i-2 1091.0 True"]


@pytest.mark.parametrize(
    ("call", "subject"),
    [
        (replace(ENDED, outcome=Outcome.SELF_SERVED), None),
        (replace(ENDED, outcome=Outcome.CLOSED), None),
        (replace(ENDED, outcome=Outcome.REFUSED), None),
        (replace(ENDED, outcome=Outcome.VOICEMAIL), "Wiadomość głosowa"),
        (replace(ENDED, outcome=Outcome.ABANDONED_LINE), "Połączenie porzucone w kolejce"),
        (replace(ENDED, outcome=Outcome.ABANDONED_MENU, queue=None), "Połączenie porzucone w menu"),
        (replace(ENDED, outcome=Outcome.CALLBACK), "Prośba o oddzwonienie"),
        (replace(ENDED, outcome=Outcome.INTERRUPTED), "Połączenie przerwane po naszej stronie"),
        (replace(ENDED, outcome=Outcome.NOT_REACHED), "Nie udało się oddzwonić"),
        (replace(ENDED, outcome=Outcome.TRANSFERRED_OUT), "Rozmowa przekazana na numer zewnętrzny"),
        (replace(ENDED, outcome=Outcome.FALLBACK_ANSWERED), "Rozmowa odebrana przez kolejkę zapasową"),
    ],
)
def test_the_shipped_rules_give_each_outcome_its_ticket(call: CallView, subject: str | None) -> None:
    rule = decide(EndedCall(call), RULES)
    assert (rule and rule.subject) == subject


def test_a_bad_call_is_a_matter_of_its_own() -> None:
    rule = decide(EndedCall(ENDED, mos=3.0), RULES)
    assert rule
    assert rule.topic == "voice_quality"
    assert decide(EndedCall(ENDED, mos=3.1), RULES) != rule


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (TicketRule("x"), True),
        (TicketRule("x", queues=frozenset({SUPPORT})), True),
        (TicketRule("x", queues=frozenset({QueueName("sales")})), False),
        (TicketRule("x", lanes=frozenset({Lane.STANDARD})), True),
        (TicketRule("x", lanes=frozenset({Lane.ACCESSIBILITY})), False),
        (TicketRule("x", path=("support.*",)), True),
        (TicketRule("x", path=("billing.*", "*.internet")), True),
        (TicketRule("x", path=("support",)), False),
        (TicketRule("x", waited_s=30.0), True),
        (TicketRule("x", waited_s=30.1), False),
        (TicketRule("x", mos_below=5.0), False),  # nothing was measured
        (TicketRule("x", dispositions=frozenset({"visit", "solved"})), True),
        (TicketRule("x", dispositions=frozenset({"ticket"})), False),
        (TicketRule("x", outcomes=frozenset({Outcome.VOICEMAIL})), False),
        (TicketRule(None), False),
    ],
)
def test_a_rule_applies_where_all_that_it_names_holds(rule: TicketRule, *, fits: bool) -> None:
    call = replace(ENDED, lane=Lane.STANDARD)
    assert (decide(EndedCall(call, ("solved",)), [rule]) is rule) == fits


def test_the_first_rule_that_applies_decides_also_that_there_is_none() -> None:
    nothing, something = TicketRule(None, queues=frozenset({SUPPORT})), TicketRule("x")
    assert decide(EndedCall(ENDED), [nothing, something]) is None
    assert decide(EndedCall(ENDED), [something, nothing]) is something


def test_who_hangs_up_before_the_line_has_waited_since_the_arrival() -> None:
    call = replace(ENDED, queued_at=None, answered_at=None, arrived_at=1080.0)
    assert EndedCall(call).waited_s == 10.0
    assert EndedCall(replace(call, ended_at=None)).waited_s == 0.0
