"""AMI events to facts about channels, fields as Asterisk 22 writes them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.asterisk import channel_facts, translate
from telephony.asterisk.ami_wire import AmiEvent
from telephony.asterisk.config import EVENTS
from telephony.core import channels as ch
from telephony.core.ids import Uniqueid

ANNA = {"Channel": "PJSIP/anna-00000001", "Uniqueid": "n1-100.1", "Linkedid": "n1-100.0"}
ID = Uniqueid("n1-100.1")
NAMED = (ID, "n1-100.0", "PJSIP/anna-00000001")


@pytest.mark.parametrize(
    ("name", "fields", "fact"),
    [
        ("Newchannel", ANNA | {"ChannelState": "0"}, ch.Seen(*NAMED)),
        ("Newstate", ANNA | {"ChannelState": "5"}, ch.Seen(*NAMED, ch.ChannelInput.RING)),
        ("Newstate", ANNA | {"ChannelState": "6"}, ch.Seen(*NAMED, ch.ChannelInput.ANSWER)),
        ("Hold", ANNA, ch.Seen(*NAMED, ch.ChannelInput.HOLD)),
        ("Unhold", ANNA, ch.Seen(*NAMED, ch.ChannelInput.UNHOLD)),
        ("BridgeEnter", ANNA | {"BridgeUniqueid": "b1"}, ch.Entered(*NAMED, "b1")),
        ("BridgeLeave", ANNA | {"BridgeUniqueid": "b1"}, ch.LeftBridge(*NAMED, "b1")),
        ("Hangup", {"Uniqueid": "n1-100.1", "Cause": "17"}, ch.Gone(ID, 17)),
        ("Rename", {"Uniqueid": "n1-100.1", "Newname": "PJSIP/ewa-00000002"}, ch.Renamed(ID, "PJSIP/ewa-00000002")),
        ("DTMFBegin", ANNA, None),
    ],
)
def test_each_event_is_one_fact(name: str, fields: dict[str, str], fact: ch.Fact | None) -> None:
    assert channel_facts.fact(AmiEvent(name, fields)) == fact


@pytest.mark.parametrize(("context", "outside"), [("hotline-in", True), ("hotline-agents", False)])
def test_a_dial_over_a_trunk_leads_outside(context: str, outside: bool) -> None:  # noqa: FBT001 - a parameter
    dial = {f"Dest{key}": value for key, value in ANNA.items()} | {"DestContext": context}
    assert channel_facts.fact(AmiEvent("DialBegin", dial)) == ch.Dialled(*NAMED, outside=outside)


def test_what_the_server_reads_is_let_through_by_the_filter() -> None:
    # Answers to questions, which no filter holds back.
    lists = {"CoreShowChannel", "QueueMember", "OutboundRegistrationDetail"}
    assert set(translate.WANTED) - lists == set(EVENTS)
    for name in set(translate.WANTED) & set(channel_facts.FACTS):
        assert set(channel_facts.FACTS[name]) <= set(translate.WANTED[name])


@given(st.sampled_from(sorted(channel_facts.FACTS)), st.data())
def test_any_text_in_any_field_is_a_fact_or_a_plain_error(name: str, data: st.DataObject) -> None:
    fields = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(channel_facts.FACTS[name], st.text())))
    with contextlib.suppress(ValueError, KeyError):
        channel_facts.fact(AmiEvent(name, fields))
