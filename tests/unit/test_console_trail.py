from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ivr_flows import SHIPPED, Known
from telephony.console.desk import Desk
from telephony.console.outlet import Outlet
from telephony.console.pop_timing import PopTimings
from telephony.console.trail import trail
from telephony.core.commands import ShowPop
from telephony.core.ids import InteractionId, QueueName
from telephony.flows import load_all
from tests.unit.console_story import ANNA, WAITING

HOUSE = Known(frozenset({"sales", "support", "billing"}), frozenset({"sales", "support", "billing"}))
FLOWS = tuple(load_all(SHIPPED, HOUSE).flows.values())


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ((), []),
        (("general.greeting", "general.departments", "general.support"), ["Pomoc techniczna"]),
        (("support.menu", "support.telephone", "support.test_call"), ["Telefon", "Test łącza telefonicznego"]),
        (
            ("billing.complaint", "complaint.begin", "complaint.about_quality"),
            ["Reklamacja", "Reklamacja: jakość usługi"],
        ),
        (("support.internet", "support.menu", "support.internet"), ["Internet"]),
        (("gone.menu", "support.gone", "support", "", "."), []),  # of an older revision, or nonsense
    ],
    ids=["none", "department", "two steps", "a sub-flow", "back again", "not there any more"],
)
def test_where_the_caller_has_been_is_read_in_words(path: tuple[str, ...], read: list[str]) -> None:
    assert [title.pl for title in trail(path, FLOWS)] == read


def test_every_department_and_topic_that_leads_to_a_person_has_a_title() -> None:
    for flow, node in (("general", "sales"), ("accessibility", "billing"), ("support", "television")):
        assert trail((f"{flow}.{node}",), FLOWS), (flow, node)


def test_the_pop_brings_the_trail_in_both_languages() -> None:
    heard: list[str] = []

    class Page(Outlet):
        def put(self, message: object) -> None:
            heard.append(str(message))

    desk = Desk(ANNA, {QueueName("support"): "Pomoc techniczna"}, lambda: 1030.0, trail=lambda path: trail(path, FLOWS))
    desk.pages.add(Page(lambda: None))
    call = replace(WAITING, path=("support.menu", "support.television"))
    desk.show(ShowPop(call, ANNA, 1, 1030.0), "", None)
    assert json.loads(heard[-1])["trail"] == [{"pl": "Telewizja", "en": "Television"}]


def test_a_phone_that_rings_before_the_page_has_painted_counts_once_and_for_its_agent() -> None:
    timings, interaction = PopTimings(), InteractionId("i1")
    ringing = replace(WAITING, agent=ANNA, attempt=1, offered_at=1030.0, rang_at=1030.3)
    timings.offered(interaction, 1, ANNA, 1030.0)
    timings.seen(ringing)
    timings.seen(ringing)
    timings.painted(interaction, 1, ANNA, 1030.4)
    timings.offered(interaction, 2, ANNA, 1040.0)
    timings.painted(interaction, 2, ANNA, 1040.05)
    timings.seen(replace(ringing, attempt=2, rang_at=1040.3))
    assert timings.late(ANNA) == 1
