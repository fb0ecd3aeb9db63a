"""The ladder of a call as HEP has told it, or that nobody can tell any."""

from __future__ import annotations

from dataclasses import replace

from quality.hep import HepKind, HepPacket, serialise_hep
from telephony.call_evidence import SipStep
from telephony.hep_receiver import HepReceiver
from telephony.quality_settings import QualityRules
from telephony.quality_wiring import LiveQuality
from tests.unit.test_hep_legs import CALL, HOMER
from tests.unit.test_sip_ladder import message

CARRIER, ASTERISK = "2001:db8::7", "2001:db8::1"


def test_the_sip_of_the_callers_channel_is_the_ladder_of_the_call() -> None:
    live = LiveQuality(QualityRules.model_validate({"hep_listen": "127.0.0.1:9060"}), lambda *_: None, lambda: 0.0)
    hep = HepReceiver(live.calls.told, live.ladders)
    invite = message("INVITE sip:+48500000001@example SIP/2.0")
    moved = message("SIP/2.0 302 Moved to +48 500-000-001")
    answer = message("SIP/2.0 200 OK")
    for packet in (
        HepPacket(CARRIER, 5060, ASTERISK, 5060, 1.0, HepKind.SIP, invite, "a@b"),
        HepPacket(ASTERISK, 5060, CARRIER, 5060, 1.2, HepKind.SIP, moved, "a@b"),
        HepPacket(ASTERISK, 5060, CARRIER, 5060, 1.5, HepKind.SIP, answer, CALL.channel),
    ):
        hep.datagram_received(serialise_hep(packet), HOMER)
    assert live.ladder(CALL) == (
        SipStep(1.0, "[2001:db8::7]:5060", "[2001:db8::1]:5060", "INVITE"),
        SipStep(1.2, "[2001:db8::1]:5060", "[2001:db8::7]:5060", "302 Moved to +…"),
        SipStep(1.5, "[2001:db8::1]:5060", "[2001:db8::7]:5060", "200 OK"),
    )
    assert live.ladder(replace(CALL, channel="PJSIP/trunk-a-00000020")) == ()


def test_without_hep_nobody_can_tell() -> None:
    assert LiveQuality(QualityRules(), lambda *_: None, lambda: 0.0).ladder(CALL) is None
