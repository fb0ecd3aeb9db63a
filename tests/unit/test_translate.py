"""AMI events to core events and RTCP records, values as Asterisk 22 writes them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.asterisk import translate
from telephony.asterisk.ami_client import Snapshot
from telephony.asterisk.ami_wire import AmiEvent
from telephony.asterisk.translate import Attempt
from telephony.asterisk.trunk_news import TrunkNews
from telephony.core import events as core
from telephony.core.ids import InteractionId, Uniqueid
from telephony.core.rtcp_event import ReportBlock, RtcpDirection, RtcpEvent

CALL = InteractionId("i1")
DIAL = {"Uniqueid": "n1-1.1", "DestChannel": "PJSIP/phone-anna-0000000a"}


def attempt_of(uniqueid: Uniqueid) -> Attempt | None:
    return Attempt(CALL, 2, "phone-anna") if uniqueid == "n1-1.1" else None


def to_core(name: str, **fields: str) -> core.Event | None:
    return translate.to_core("n1", AmiEvent(name, fields), attempt_of)


def test_events_that_speak_for_themselves() -> None:
    assert to_core("Hangup", Uniqueid="n1-1.1", Cause="16") == core.CallHungUp(Uniqueid("n1-1.1"), 16)
    assert to_core("AgentConnect", Uniqueid="n1-1.1") == core.FallbackAnswered(Uniqueid("n1-1.1"))
    assert to_core("Newexten", Uniqueid="n1-1.1") is None


def test_a_dial_of_ours_rings_and_is_answered() -> None:
    assert to_core("DialBegin", **DIAL) == core.AgentRinging(CALL, 2)
    assert to_core("DialEnd", **DIAL, DialStatus="ANSWER") == core.CallAnswered(CALL, 2)


def test_an_unanswered_dial_is_told_by_the_session_with_its_status() -> None:
    assert to_core("DialEnd", **DIAL, DialStatus="NOANSWER") is None


@pytest.mark.parametrize(
    "other",
    [
        {"Uniqueid": "n1-9.9"},
        {"DestChannel": "PJSIP/phone-bartek-0000000a"},
        {"DestChannel": "PJSIP/phone-anna-2-0000000a"},
        {"DestChannel": "PJSIP/phone-anna"},
    ],
)
def test_a_dial_that_is_not_the_attempt_under_way_means_nothing(other: dict[str, str]) -> None:
    assert to_core("DialBegin", **(DIAL | other)) is None
    assert to_core("DialEnd", **(DIAL | other), DialStatus="ANSWER") is None


def test_asterisks_own_last_resort_is_an_answer_of_the_fallback() -> None:
    dial = DIAL | {"Uniqueid": "n1-9.9", "DestChannel": "PJSIP/n2-0000000a"}
    for context, heard in (("hotline-fallback", core.FallbackAnswered(Uniqueid("n1-9.9"))), ("hotline-agents", None)):
        assert to_core("DialEnd", **dial, Context=context, DialStatus="ANSWER") == heard
    assert to_core("DialEnd", **dial, Context="hotline-fallback", DialStatus="NOANSWER") is None


def test_a_leg_to_another_node_is_the_way_to_the_phone() -> None:
    def over(uniqueid: Uniqueid) -> Attempt | None:
        return Attempt(CALL, 2, "phone-anna", peer="n2") if uniqueid == "n1-1.1" else None

    for channel, heard in (("PJSIP/n2-0000000a", core.AgentRinging(CALL, 2)), ("PJSIP/phone-anna-0000000a", None)):
        event = AmiEvent("DialBegin", DIAL | {"Uniqueid": "n1-1.1", "DestChannel": channel})
        assert translate.to_core("n1", event, over) == heard


def test_a_snapshot_knows_the_legs_from_other_nodes() -> None:
    known = "0198f3c2-5b1a-7c3d-8e4f-0123456789ab"
    channels = (
        shown("n2-1.1", "hotline-leg-in", "Dial", "b1", known),
        shown("n2-1.2", "hotline-agents", "AppDial", "b1", known),  # the phone
        shown("n2-1.3", "hotline-leg-in", "Dial", "b2", "something"),
        shown("n2-1.4", "hotline-leg-in", "Dial", "b3"),  # an agent asks a colleague
    )
    assert translate.legs(Snapshot(100.0, channels, ())) == [
        translate.LegTold(Uniqueid("n2-1.1"), "n2-1.1", InteractionId(known))
    ]


def told(**fields: str) -> translate.CodecTold | translate.LegTold | TrunkNews:
    return translate.told(AmiEvent("UserEvent", {"Uniqueid": "n2-1.1", "Linkedid": "n2-1.1"} | fields))


def test_a_leg_says_which_interaction_it_belongs_to() -> None:
    known = "0198f3c2-5b1a-7c3d-8e4f-0123456789ab"
    assert told(UserEvent="HotlineLeg", Interaction=known) == translate.LegTold(
        Uniqueid("n2-1.1"), "n2-1.1", InteractionId(known)
    )
    for other in (known.upper(), known[:-1], f"{known}0", known.replace("-7", "-4"), ""):
        with pytest.raises(ValueError, match="no user event of ours"):
            told(UserEvent="HotlineLeg", Interaction=other)
    with pytest.raises(ValueError, match="no user event of ours"):
        told(UserEvent="Other", Interaction=known, Codec="alaw")


def test_a_dial_without_a_calling_channel_means_nothing() -> None:
    assert to_core("DialBegin", DestChannel="PJSIP/phone-anna-0000000a") is None


def test_phones_change_state_other_devices_are_passed_over() -> None:
    assert to_core("DeviceStateChange", Device="PJSIP/phone-anna", State="INUSE") == core.DeviceChanged(
        "n1", "phone-anna", "INUSE"
    )
    for device in ("Queue:support", "Custom:x", "PJSIP/", "PJSIP/a b"):
        assert to_core("DeviceStateChange", Device=device, State="INUSE") is None


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("Hangup", {"Uniqueid": "x", "Cause": "sixteen"}),
        ("Hangup", {"Uniqueid": "x"}),
        ("DeviceStateChange", {"Device": "PJSIP/a", "State": "<img>"}),
        ("DialEnd", {"Uniqueid": "x"}),
    ],
)
def test_what_asterisk_does_not_write_is_an_error(name: str, fields: dict[str, str]) -> None:
    with pytest.raises((ValueError, KeyError)):
        translate.to_core("n1", AmiEvent(name, fields), attempt_of)


def shown(uniqueid: str, context: str = "", application: str = "", bridge: str = "", account: str = "") -> AmiEvent:
    fields = {"Uniqueid": uniqueid, "Linkedid": uniqueid, "Context": context, "Application": application}
    fields |= {"BridgeId": bridge, "AccountCode": account}
    return AmiEvent("CoreShowChannel", fields)


def test_a_snapshot_says_first_which_channels_are_left() -> None:
    devices = tuple(
        AmiEvent("DeviceStateChange", {"Device": each, "State": "NOT_INUSE"}) for each in ("PJSIP/a", "Queue:x")
    )
    assert translate.snapshot("n1", Snapshot(100.0, (shown("n1-1.1"), shown("n1-1.2")), devices)) == [
        core.NodeSnapshot("n1", frozenset({Uniqueid("n1-1.1"), Uniqueid("n1-1.2")}), 100.0),
        core.DeviceChanged("n1", "a", "NOT_INUSE"),
    ]


def test_a_snapshot_knows_whom_asterisks_own_queue_serves_and_for_whom_we_dial() -> None:
    channels = (
        shown("n1-1.1", "hotline-fallback", "Queue", "b1"),
        shown("n1-1.2", "hotline-fallback", "Queue"),  # waits
        shown("n1-1.3", "hotline-call", "Dial", "b2"),
        shown("n1-1.4", "hotline-call", "AGI"),
        shown("n1-1.5", "hotline-fallback", "Dial"),  # its last resort
    )
    taken = Snapshot(100.0, channels, ())
    assert translate.snapshot("n1", taken)[1:] == [core.FallbackAnswered(Uniqueid("n1-1.1"))]
    assert translate.still_dialled(taken) == {"n1-1.3"}


@pytest.mark.parametrize(
    ("channel", "endpoint"),
    [("PJSIP/anna-0000002a", "anna"), ("PJSIP/phone-anna-00000001", "phone-anna"), ("Local/x@y-00000001;1", "")],
)
def test_whose_phone_a_channel_is(channel: str, endpoint: str) -> None:
    assert translate.endpoint(channel) == endpoint


# As recorded from Asterisk 22.10.1 (tests/fixtures/ami/call_answered.bin).
SENT = {
    "Channel": "PJSIP/trunk-00000000", "Uniqueid": "n1-1.0", "Linkedid": "n1-1.0", "SSRC": "0x000e7f3c",
    "ReportCount": "1", "SentPackets": "251", "SentOctets": "40063", "Report0SourceSSRC": "0x7211cb33",
    "Report0FractionLost": "12", "Report0CumulativeLost": "-3", "Report0HighestSequence": "25547",
    "Report0SequenceNumberCycles": "1", "Report0IAJitter": "4", "Report0LSR": "1547123212", "Report0DLSR": "4.7780",
}  # fmt: skip


def test_a_sender_report_is_read_whole() -> None:
    block = ReportBlock(0x7211CB33, 12, -3, 65536 + 25547, 4, 1547123212, 4.778)
    assert translate.rtcp("n1", AmiEvent("RTCPSent", SENT), 7.0) == RtcpEvent(
        "n1", "PJSIP/trunk-00000000", Uniqueid("n1-1.0"), "n1-1.0", RtcpDirection.SENT, 7.0, 0x000E7F3C, 251, 40063,
        None, (block,),
    )  # fmt: skip


def test_a_receiver_report_has_no_counts_and_a_round_trip_only_once_it_heard_us() -> None:
    heard = {key: value for key, value in SENT.items() if not key.startswith("Sent")} | {"RTT": "0.0210"}
    report = translate.rtcp("n1", AmiEvent("RTCPReceived", heard), 7.0)
    assert (report.direction, report.packet_count, report.octet_count) == (RtcpDirection.RECEIVED, None, None)
    assert report.rtt_s == 0.021
    early = translate.rtcp("n1", AmiEvent("RTCPReceived", heard | {"Report0LSR": "0"}), 7.0)
    assert early.rtt_s is None


def test_a_report_without_blocks_is_one() -> None:
    assert translate.rtcp("n1", AmiEvent("RTCPSent", SENT | {"ReportCount": "0"}), 7.0).report_blocks == ()


@pytest.mark.parametrize("bad", [{"SSRC": "x"}, {"Report0DLSR": "nan"}, {"Report0DLSR": "-1"}, {"ReportCount": ""}])
def test_a_malformed_report_is_an_error(bad: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        translate.rtcp("n1", AmiEvent("RTCPSent", SENT | bad), 7.0)


@given(st.sampled_from(sorted(translate.WANTED)), st.data())
def test_any_text_in_any_field_is_an_event_or_a_plain_error(name: str, data: st.DataObject) -> None:
    texts = st.one_of(st.text(max_size=20), st.sampled_from(["1", "-1", "0x7f", "1e999", "PJSIP/a", "INUSE", "ANSWER"]))
    fields = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(translate.WANTED[name], texts)))
    event = AmiEvent(name, fields)
    for understand in (lambda: translate.to_core("n1", event, attempt_of), lambda: translate.rtcp("n1", event, 0.0)):
        with contextlib.suppress(ValueError, KeyError):
            understand()
