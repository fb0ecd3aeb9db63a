"""Reports over HEP: joined by address or channel, left where AMI tells of the leg, refused from strangers."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import ip_network

import pytest

from quality.hep import HepKind, HepPacket, serialise_hep
from quality.rtcp import ntp_middle
from quality.sip_ladder import SipLadders
from telephony.call_quality import CallQuality
from telephony.core.views import CallState
from telephony.hep_receiver import HepCounters, HepReceiver
from tests.unit.test_call_quality import SENT, call, event

ASTERISK, PHONE, HOMER = "192.0.2.10", "198.51.100.7", ("192.0.2.10", 9060)
CALL = replace(call(), channel="PJSIP/trunk-a-0000001f", state=CallState.TALKING, answered_at=0.0, ended_at=None)


def report(at: float, sequence: int, *, sent: bool, lost: int = 0, lsr: int = 0, dlsr: int = 0) -> HepPacket:
    """What Asterisk tells of a report that it sent, about what it received; or that it received."""
    block = {"source_ssrc": 7, "fraction_lost": 0, "packets_lost": lost, "highest_seq_no": sequence, "ia_jitter": 16,
             "lsr": lsr, "dlsr": dlsr}  # fmt: skip
    counts = {"packets": sequence, "octets": 160 * sequence, "rtp_timestamp": 0}
    payload = json.dumps({"ssrc": 9, "type": 200, "sender_information": counts, "report_blocks": [block]}).encode()
    ends = (ASTERISK, 20001, PHONE, 31001) if sent else (PHONE, 31001, ASTERISK, 20001)
    return HepPacket(*ends, at, HepKind.RTCP_JSON, payload, CALL.channel)


def house(**given: object) -> tuple[CallQuality, HepReceiver]:
    quality = CallQuality()
    quality.changed(CALL)
    return quality, HepReceiver(quality.told, SipLadders(), **given)  # type: ignore[arg-type]


def test_a_call_that_ami_tells_nothing_of_is_scored_by_hep() -> None:
    quality, hep = house()
    middle = ntp_middle(9.9)
    for told in (
        report(5.0, 250, sent=True), report(10.0, 500, sent=True, lost=25),
        report(10.0, 500, sent=False, lsr=middle, dlsr=3277),
    ):  # fmt: skip
        hep.datagram_received(serialise_hep(told), HOMER)
    assert hep.counters == HepCounters(rtcp=3)
    found = {each.direction: each for each in quality.intervals(20.0)}
    assert {each.source for each in found.values()} == {"rtcp_hep"}
    assert (found["received"].packets_lost, found["received"].verdicts) == (25, ("loss_burst",))
    received, sent = quality.ended(CALL)
    assert (received.source, received.leg, received.trunk) == ("rtcp_hep", "caller", "trunk-a")
    assert sent.rtt_ms == pytest.approx(50.0, abs=1.0)


def test_what_ami_tells_of_is_not_counted_twice() -> None:
    quality, hep = house()
    quality.heard(event(SENT, 5.0, 250)._replace(local=(ASTERISK, 20001)))
    hep.datagram_received(serialise_hep(report(5.0, 250, sent=True)), HOMER)
    assert hep.counters == HepCounters(unplaced=1)
    assert {each.source for each in quality.intervals(20.0)} == {"rtcp_ami"}
    hep.datagram_received(serialise_hep(replace(report(30.0, 1500, sent=True), correlation="")), HOMER)
    assert hep.counters.rtcp == 1, "AMI has gone silent, and the address tells the leg"


def test_reports_of_unknown_calls_or_ways_are_left() -> None:
    quality, hep = house()
    for strange in (
        replace(report(5.0, 250, sent=True), correlation="PJSIP/other-1"),
        replace(report(5.0, 250, sent=True), src="203.0.113.1"),  # neither end has told it
        replace(report(5.0, 250, sent=True), dst=ASTERISK),
    ):
        hep.datagram_received(serialise_hep(strange), HOMER)
    assert hep.counters == HepCounters(unplaced=3)
    assert quality.intervals(20.0) == ()


def test_sip_goes_to_the_ladders_and_the_rest_is_counted() -> None:
    _, hep = house()
    sip = replace(report(5.0, 1, sent=True), kind=HepKind.SIP, payload=b"BYE sip:x SIP/2.0\r\nCall-ID: abc\r\n\r\n")
    for told in (sip, replace(sip, payload=b"nonsense"), replace(sip, kind=100)):
        hep.datagram_received(serialise_hep(told), HOMER)
    hep.datagram_received(b"HEP3 nonsense", HOMER)
    assert hep.counters == HepCounters(sip=1, other=1, malformed=2)


def test_strangers_and_wrong_keys_are_refused() -> None:
    _, hep = house(peers=(ip_network("192.0.2.0/24"),), secret="myHepPw")
    told = report(5.0, 250, sent=True)
    hep.datagram_received(serialise_hep(replace(told, key="myHepPw")), ("203.0.113.5", 9060))
    hep.datagram_received(serialise_hep(told), HOMER)
    hep.datagram_received(serialise_hep(replace(told, key="żółć")), HOMER)
    assert hep.counters == HepCounters(refused=3)
    hep.datagram_received(serialise_hep(replace(told, key="myHepPw")), HOMER)
    assert hep.counters.rtcp == 1
