"""The command on whole captures: a call with SIP, RTP both ways, loss and RTCP from a known truth, and real ones."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from quality.emodel import effective_impairment, rate
from quality.rfc3550 import Jitter, Source
from quality.rtcp import ReceiverReport, ReportBlock
from quality.stream_figures import Datagram, Flow
from telephony.cli import main
from tests.rtp_story import EPOCH_NS, Pcap, Route, Sent, framed, steady, without
from tests.unit.call_story import CALLEE, CALLER, call, rtcp, sender_report
from tests.unit.test_capture_tshark import CAPTURES, NAMES

BEGIN, TALK_S = EPOCH_NS / 1e9, 40
FORTH, BACK = Route("10.0.0.1", "10.0.0.2", CALLER[1], CALLEE[1]), Route("10.0.0.2", "10.0.0.1", CALLEE[1], CALLER[1])
LOST = [number for number in range(500, 1000) if number % 10 < 3]  # 30 % of the second ten seconds
CALLER_SSRC, CALLEE_SSRC = 0x1111, 0x2222
THERE_S, HERE_S = 0.04, 0.01  # round trips from the capture to the callee, and to the caller


def speech(ssrc: int) -> list[Sent]:
    return [
        Sent(each.time + 2_000_000_000, each.sequence, each.timestamp, ssrc, 8)
        for each in steady(TALK_S * 50, first=65000)
    ]


HEARD = without(speech(CALLER_SSRC), LOST)


def reports() -> Iterator[Datagram]:
    """What the callee tells of the caller each 5 s as RFC 3550 has it, and the caller of the callee."""
    source, jitter = Source.starting_with(HEARD[0].sequence & 0xFFFF, min_sequential=1), Jitter()
    waiting = list(HEARD)
    forth, back = Flow(*CALLER, *CALLEE), Flow(*CALLEE, *CALLER)
    for at in range(5, TALK_S, 5):
        now = BEGIN + 2 + at
        while waiting and waiting[0].time <= now * 1e9:
            packet = waiting.pop(0)
            source.update(packet.sequence & 0xFFFF)
            jitter.update(packet.time / 1e9, packet.timestamp, 8000)
        yield rtcp(now, forth, sender_report(CALLER_SSRC, now, at * 50))
        told = _block(CALLER_SSRC, source.fraction_lost(), source.lost, source.extended_max, int(jitter.value), now)
        yield rtcp(now + THERE_S + 0.5, back, sender_report(CALLEE_SSRC, now, at * 50, told))
        back_told = _block(CALLEE_SSRC, 0, 0, 65000 + at * 50, 0, now)
        yield rtcp(now + THERE_S + 1 + HERE_S, forth, ReceiverReport(CALLER_SSRC, (back_told,)))


def _block(ssrc: int, fraction: int, lost: int, highest: int, jitter: int, lsr_s: float) -> ReportBlock:
    """Sent half a second after the report it answers."""
    return ReportBlock(ssrc, fraction, lost, highest, jitter, int(lsr_s * 65536) & 0xFFFFFFFF, 32768)


def frames() -> list[tuple[int, bytes]]:
    found = [(packet.time, framed(FORTH.udp(packet.rtp()))) for packet in HEARD]
    found += [(packet.time, framed(BACK.udp(packet.rtp()))) for packet in speech(CALLEE_SSRC)]
    for datagram in (*call(BEGIN, TALK_S), *reports()):
        flow = datagram.flow
        route = Route(flow.src, flow.dst, flow.sport, flow.dport)
        found.append((round(datagram.time * 1e9), framed(route.udp(datagram.payload))))
    return sorted(found)


@pytest.fixture(scope="module")
def capture() -> bytes:
    made = Pcap()
    for time, frame in frames():
        made.add(time, frame)
    return bytes(made.data)


@pytest.fixture
def file(capture: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "call.pcap"
    path.write_bytes(capture)
    return path


def scored(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    assert main(["quality", "score", *words, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_call_against_its_truth(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forth, back, told = scored(capsys, str(file))
    assert (forth["packets_expected"], forth["packets_lost"], forth["rfc3550_lost"]) == (2000, 150, 150)
    assert (forth["codec"], forth["ptime_ms"], forth["one_way"], forth["dscp"]) == ("pcma", 20, False, 46)
    assert (back["packets_lost"], back["mos_worst_10s"]) == (0, rate().mos)
    expected = rate(effective_impairment(0, 25.1, 150 / 2000, burst_ratio=max(1.0, forth["burst_ratio"])))
    assert forth["mos_lq"] == pytest.approx(expected.mos)
    assert forth["burst_ratio"] == pytest.approx(3 * (1 - 150 / 2000))
    assert forth["mos_worst_10s"] < forth["mos_lq"] < back["mos_lq"]
    assert forth["call_id"] == back["call_id"] == told["call_id"] == "1@x"
    assert len(told["problems"]) == 1
    assert told["problems"][0].startswith("30 % loss between ")
    assert told["problems"][0].endswith(" from the caller")


def test_rtcp_figures_within_what_rtcp_can_say(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The last report comes before the end, and the first before the loss: the cumulative count is exact, ratios are of
    what lies between; NTP times of LSR and DLSR have 1/65536 s.
    """
    forth, back, told = scored(capsys, str(file))
    view = told["directions"][0]["rtcp"]
    assert (view["reports"], view["packets_lost"]) == (7, forth["packets_lost"])
    assert view["loss_ratio"] == pytest.approx(150 / 1500, abs=1e-3)
    assert view["worst_loss_ratio"] == pytest.approx(0.3, abs=1 / 256)
    assert view["jitter_max_ms"] == pytest.approx(forth["jitter_max_ms"], abs=1 / 8)
    assert view["rtt_ms"] == pytest.approx((THERE_S + HERE_S) * 1000, abs=0.1)
    assert view["delay_ms"] == pytest.approx((THERE_S + HERE_S) * 500 + 20 + 40, abs=0.1)
    assert forth["mos_cq"] == pytest.approx(
        rate(effective_impairment(0, 25.1, 0.075, burst_ratio=2.775), one_way_delay_ms=85).mos, abs=1e-3
    )
    assert back["mos_cq"] == pytest.approx(rate(one_way_delay_ms=85).mos, abs=1e-3)


def test_from_standard_input_and_compressed(
    capture: bytes, file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(gzip.compress(capture))))
    assert scored(capsys, "-") == scored(capsys, str(file))


def test_several_files_one_of_which_is_none(file: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("no capture\n" * 50, "utf-8")
    assert main(["quality", "score", str(other), str(file), "--json"]) == 1
    out, err = capsys.readouterr()
    assert {json.loads(line)["file"] for line in out.splitlines()} == {str(file)}
    assert err.startswith(f"hotline: {other}: ")
    assert len(err.splitlines()) == 1


def test_a_file_that_breaks_off_is_scored_with_a_warning(
    capture: bytes, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(capture[: len(capture) // 2])
    assert main(["quality", "score", str(file), "--json"]) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 3
    assert err.startswith(f"hotline: {file}: warning: ")


def test_as_a_table_csv_and_page(file: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["quality", "score", str(file), str(file)]) == 0
    table = capsys.readouterr().out
    assert table.count("30 % loss between") == 2
    assert table.count(str(file)) == 2
    assert main(["quality", "score", str(file), "--csv"]) == 0
    assert capsys.readouterr().out.count("\n") == 3
    page = tmp_path / "report.html"
    assert main(["quality", "score", str(file), "--html", str(page), "--no-payload", "--dscp", "46"]) == 0
    assert capsys.readouterr().out == ""
    assert "30 % loss between" in page.read_text("utf-8")


REAL: dict[str, tuple[int, int, list[str]]] = {  # streams, calls with signalling, what is wrong
    "sipnab_sip-rtp-g711.pcap": (2, 2, []),
    "sipnab_sip-rtp-g729a.pcap": (1, 1, []),
    "sipnab_rtp-protocol.pcap": (2, 1, []),
    "sipnab_register-invite-reinvite-bye.pcap": (4, 1, []),
    "sipnab_b2bua-asterisk.pcapng": (2, 2, ["one-way audio from the callee: nothing came from the caller in 7.1 s"]),
    "ndpi_sip.pcap": (1, 4, ["the caller went on sending for 1.2 s after the call's end"]),
    "tcpdump_rtp-seg-fault-1.pcapng": (0, 0, []),
}


@pytest.mark.skipif(not NAMES, reason="captures: 7 not run, folder absent")
@pytest.mark.parametrize("name", REAL)
def test_real_captures(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = scored(capsys, str(CAPTURES / name))
    streams = [each for each in found if each["type"] == "stream"]
    calls = [each for each in found if each["type"] == "call" and each["call_id"]]
    wrong = [words for each in calls for words in each["problems"] if not words.startswith("jitter")]
    assert (len(streams), len(calls), wrong) == REAL[name]


@pytest.mark.skipif(not NAMES, reason="captures: 1 not run, folder absent")
def test_srtp_has_no_payload_analysis(capsys: pytest.CaptureFixture[str]) -> None:
    (stream, *_) = scored(capsys, str(CAPTURES / "ndpi_stun_dtls_rtp.pcapng"))
    assert stream["encrypted"]
    assert (stream["silence_ratio"], stream["clipping_ratio"], stream["codec"]) == (None, None, None)
    assert stream["ungrounded_reason"] == "payload type 111 is not known: no SDP names its codec"
