"""Test calls: what an echo brought back, what the figures mean in words, how a password is proved, what is asked."""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quality.echoed import Echoed, compared, levels
from quality.phone_protocol import Media
from quality.probe_result import Called, ProbeResult, not_placed, result_of
from quality.rtcp_score import Direction, Report, score
from quality.sip_digest import digest, invite_again, with_headers
from telephony.asterisk.ami_wire import AmiEvent
from telephony.probe_cli import target_of, told
from telephony.probe_ears import ProbeEars
from telephony.probing import ProbeError, Prober, Target, scheduled
from telephony.settings import Settings
from tests.tones import speech_like, tone

MEDIA = Media("out-1", "pcma", 600, 0, 0.5, 600, 0, 0.4, 12.0, final=True)
CALLED = Called("pjsua2", 0.2, 0.3, 200, "OK", "1590*48", "1590*48", MEDIA, Echoed(0.98, 60.0))


def judged(called: Called = CALLED) -> ProbeResult:
    return result_of(called, at=1000.0, target="north", trunk="north")


def test_a_good_line() -> None:
    found = judged()
    assert (found.verdict, found.problems, found.digits_right) == ("good", (), True)
    assert found.post_dial_delay_s == 0.2
    for way in (found.sent, found.received):
        assert way
        assert (way.packets_expected, way.loss_ratio, way.rtt_ms, way.scale) == (600, 0.0, 12.0, "nb")
        assert way.mos == pytest.approx(4.38, abs=0.03)
    assert "MOS 4.3" in told(found)


@pytest.mark.parametrize(
    ("media", "echoed", "verdict", "words"),
    [
        (replace(MEDIA, received_packets=420, received_lost=180), CALLED.echoed, "bad", "30% loss on the way back"),
        (replace(MEDIA, sent_lost=180), CALLED.echoed, "bad", "30% loss on the way there"),
        (replace(MEDIA, received_jitter_ms=45), CALLED.echoed, "degraded", "jitter of 45 ms on the way back"),
        (replace(MEDIA, rtt_ms=700), CALLED.echoed, "bad", "a round trip of 700 ms"),
        (MEDIA, Echoed(0.0, None), "bad", "one-way audio: only silence came back"),
        (replace(MEDIA, received_packets=0), Echoed(0.0, None), "bad", "one-way audio: no packet came back"),
        (MEDIA, Echoed(0.3, 40.0), "degraded", "only 30% of the speech came back"),
    ],
)
def test_what_is_wrong_is_said(media: Media, echoed: Echoed, verdict: str, words: str) -> None:
    found = judged(replace(CALLED, media=media, echoed=echoed))
    assert found.verdict == verdict
    assert words in found.problems
    assert words in told(found)


@pytest.mark.parametrize(
    ("heard", "words"),
    [("15904", "5 of 7 digits came back"), ("1590*84", "7 of 7 digits came back, other ones")],
)
def test_digits_that_come_back_wrong(heard: str, words: str) -> None:
    found = judged(replace(CALLED, digits_heard=heard))
    assert (found.verdict, found.digits_right, found.problems) == ("degraded", False, (words,))


def test_what_nobody_measures_has_a_reason_and_no_mos() -> None:
    portable = judged(replace(CALLED, phone="pyvoip", media=None))
    assert portable.verdict == "good"
    assert portable.sent
    assert (portable.sent.mos, "no media" in str(portable.sent.reason)) == (None, True)
    unreported = judged(replace(CALLED, media=replace(MEDIA, sent_lost=None)))
    assert unreported.sent
    assert (unreported.sent.mos, unreported.sent.reason) == (None, "no packet was reported")
    assert "no MOS" in told(unreported)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (486, "refused"),
        (503, "refused"),
        (408, "no_answer"),
        (487, "no_answer"),
        (401, "not_placed"),
        (0, "not_placed"),
    ],
)  # fmt: skip
def test_a_call_that_was_not_answered(code: int, outcome: str) -> None:
    found = judged(replace(CALLED, answered_s=None, media=None, echoed=None, code=code, reason="why"))
    assert (found.outcome, found.verdict, found.sent, found.digits_right) == (outcome, "failed", None, None)
    assert len(found.problems) == 1
    assert not_placed("echo", "none", "no manager", 1.0).problems == ("no manager",)


def test_the_trunks_own_reports_count_and_a_busy_machine_is_told_apart() -> None:
    report = Report(5.0, 7, 0, 0, 500, 4, sent_so_far=500)
    leg = (score(Direction.SENT, "alaw", [report]), score(Direction.RECEIVED, "alaw", [report]))
    own = replace(CALLED, media=replace(MEDIA, sent_lost=60))
    found = result_of(own, at=1.0, target="north", leg=leg)
    assert found.sent
    assert (found.sent.source, found.sent.packets_lost) == ("rtcp_ami", 0)
    assert any("our own Asterisk" in each for each in found.problems)


# -- speech that comes back -------------------------------------------------------------------------------------------


def test_speech_that_came_back_late_in_part_or_not_at_all(tmp_path: Path) -> None:
    said = levels(speech_like(tmp_path / "said.wav"))
    late = np.concatenate([np.zeros(25), np.tile(said, 2)])
    assert compared(said, late, first_s=6.0) == Echoed(1.0, 500.0)
    quieter = compared(said, np.maximum(late - 12.0, 0.0), first_s=6.0)
    assert quieter == Echoed(1.0, 500.0)
    half = late.copy()
    half[150:] = 0.0
    assert 0.2 < compared(said, half, first_s=6.0).heard_ratio < 0.8
    assert compared(said, np.zeros(300), first_s=6.0) == Echoed(0.0, None)
    assert compared(said, levels(tone(tmp_path / "tone.wav", 440)), first_s=6.0) == Echoed(0.0, None)
    other = np.random.default_rng(7).uniform(0, 70, 300)
    assert compared(said, other, first_s=6.0) == Echoed(0.0, None)
    assert compared(said, np.zeros(0), first_s=6.0) == Echoed(0.0, None)


# -- passwords --------------------------------------------------------------------------------------------------------


def test_the_example_of_rfc_2617() -> None:
    challenge = {
        "realm": "testrealm@host.com", "qop": "auth,auth-int", "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        "opaque": "5ccc069c403ebaf9f0171e9517f40e41",
    }  # fmt: skip
    found = digest(challenge, "GET", "/dir/index.html", "Mufasa", "Circle Of Life", "0a4f113b")
    assert 'response="6629fae49393a05397450978507c4ef1"' in found
    assert 'opaque="5ccc069c403ebaf9f0171e9517f40e41"' in found
    assert "qop" not in digest({"realm": "r", "nonce": "n"}, "INVITE", "sip:x", "u", "p", "c")


def test_an_invite_is_sent_again_as_a_transaction_of_its_own() -> None:
    first = "INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h:1;branch=z9hG4bKold\r\nCSeq: 7 INVITE\r\n\r\nv=0\r\n"
    again = invite_again(first, {"realm": "r", "nonce": "n"}, "u", "p", "ab" * 16)
    assert "branch=z9hG4bKabab" in again
    assert "CSeq: 8 INVITE" in again
    assert 'uri="sip:1@h"' in again
    assert again.endswith("\r\n\r\nv=0\r\n")
    assert with_headers(first, (("X-A", "1"),)).split("\r\n\r\n")[0].endswith("X-A: 1")


# -- what Asterisk tells ----------------------------------------------------------------------------------------------


def told_by(ears: ProbeEars, **fields: str) -> None:
    ears.took(AmiEvent("UserEvent", {"Channel": "PJSIP/hotline-probe-00000001", **fields}))


def rtcp_of(uniqueid: str, name: str = "RTCPSent") -> AmiEvent:
    block = {
        "SourceSSRC": "0x0000000b", "FractionLost": "0", "CumulativeLost": "0", "HighestSequence": "500",
        "SequenceNumberCycles": "0", "IAJitter": "2", "LSR": "0", "DLSR": "0.0",
    }  # fmt: skip
    fields = {f"Report0{key}": value for key, value in block.items()}
    head = {"Channel": f"PJSIP/north-{uniqueid:0>8}", "Uniqueid": uniqueid, "Linkedid": "1", "SSRC": "0x0000000a"}
    return AmiEvent(name, {**head, "ReportCount": "1", "SentPackets": "500", **fields})


def test_only_the_probes_own_call_is_listened_to() -> None:
    ears = ProbeEars("abc")
    ears.took(rtcp_of("2"))
    assert ears.leg() is None
    told_by(ears, UserEvent="HotlineProbe", Probe="other", State="begun", Uniqueid="8", Linkedid="8")
    told_by(ears, UserEvent="HotlineProbe", Probe="abc", State="begun", Uniqueid="1", Linkedid="1")
    told_by(ears, UserEvent="HotlineCodec", Codec="alaw", Uniqueid="2", Linkedid="1", Channel="PJSIP/north-00000002")
    ears.took(rtcp_of("1"))
    assert ears.leg() is None, "the probe's own leg is no trunk's"
    ears.took(rtcp_of("2"))
    ears.took(rtcp_of("2", "RTCPReceived"))
    leg = ears.leg()
    assert leg
    assert [each.codec for each in leg] == ["alaw", "alaw"]
    assert ears.trunk == "north"
    told_by(ears, UserEvent="HotlineTrunk", What="refused", Reason="cost_per_day", Uniqueid="1", Linkedid="1")
    told_by(ears, UserEvent="HotlineProbe", Probe="abc", State="no_way", Uniqueid="1", Linkedid="1")
    told_by(ears, UserEvent="HotlineTrunk", What="full", Uniqueid="9", Linkedid="9")
    assert (ears.refused, ears.reason) == ("no_way", "cost_per_day")
    ears.took(AmiEvent("RTCPSent", {"Channel": "x"}))  # malformed


# -- what may be asked ------------------------------------------------------------------------------------------------


def asked(target: str, number: str | None = None, usual: str | None = None) -> Target:
    settings = Settings.model_validate({"probes": {"number": usual}})
    return target_of(argparse.Namespace(target=target, number=number, node=""), settings)


def test_trunks_numbers_and_asterisks_own_echo() -> None:
    assert asked("echo") == Target()
    assert asked("+48221234599") == Target("+48221234599")
    assert asked("north", "+48221234599") == Target("+48221234599", "north")
    assert asked("north", usual="+48221234599") == Target("+48221234599", "north")


@pytest.mark.parametrize(
    ("target", "number", "words"),
    [
        ("north", None, "--number"), ("48221234599", None, "no number"), ("+48", None, "no number"),
        ("north", "22", "no number"), ("no rth", "+48221234599", "neither"),
    ],
)  # fmt: skip
def test_what_cannot_be_called_is_said(target: str, number: str | None, words: str) -> None:
    with pytest.raises(ProbeError, match=re.escape(words)):
        asked(target, number)


NODE = {"name": "a", "secret": "s", "probe_sip": "127.0.0.1:5060", "probe_secret": "p"}


async def test_what_a_probe_needs_of_the_settings() -> None:
    def prober(*nodes: dict[str, str]) -> Prober:
        settings = Settings.model_validate({"asterisk": nodes})
        return Prober(settings.asterisk, lambda: Path("x"), lambda: 1.0, ours={"+48220000100"})

    for each, target, words in (
        (prober(), Target(), "no .*asterisk"),
        (prober({"name": "a", "secret": "s"}), Target(), "probe_secret"),
        (prober(NODE), Target(node="b"), "there is no"),
        (prober(NODE), Target("+48220000100"), "would be a caller"),
    ):
        with pytest.raises(ProbeError, match=words):
            await each.probe(target)


def test_what_the_server_calls_by_itself() -> None:
    probes = {"number": "+48221234599", "trunks": ["north", "south"], "numbers": ["+48221234598"]}
    nodes = [NODE, {"name": "b", "secret": "s"}]
    settings = Settings.model_validate({"asterisk": nodes, "probes": probes})
    assert list(scheduled(settings)) == [
        Target("+48221234599", "north", "a"), Target("+48221234599", "south", "a"), Target("+48221234598", "", "a"),
    ]  # fmt: skip
    assert list(scheduled(Settings.model_validate({"asterisk": nodes}))) == []
    with pytest.raises(ValueError, match="`number`"):
        Settings.model_validate({"probes": {"trunks": ["north"]}})
