"""A capture to be handed on: the same figures, and not a byte of what was said."""

from __future__ import annotations

import io
import random
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.capture_headers import blotted, write_headers
from quality.engines import Engine
from quality.plain_engine import PlainEngine
from quality.read_capture import read_capture
from quality.rtcp import parse_compound
from quality.stream_figures import StreamFigures
from telephony.cli import main
from tests.rtp_story import EPOCH_NS, Pcap, Route, delayed, events, framed, steady, without
from tests.unit.call_story import CALLEE, CALLER, call
from tests.unit.test_capture_tshark import CAPTURES, NAMES

FORTH = Route("10.0.0.1", "10.0.0.2", CALLER[1], CALLEE[1])
REPORTS = Route("10.0.0.1", "10.0.0.2", CALLER[1] + 1, CALLEE[1] + 1)
CNAME, REASON = b"jan.kowalski@192.0.2.9", b"dosyc na dzis"


def packet(first: int, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    return struct.pack("!BBH", first, kind, len(body) // 4) + body


SSRC = (0x1234).to_bytes(4)
SENDER = packet(0x80, 200, SSRC + bytes(20))
TEXTS = packet(0x82, 202, (SSRC + bytes([1, len(CNAME)]) + CNAME + bytes(1)).ljust(32, b"\0") + SSRC + b"\2\3Jan\0\0\0")
GOODBYE = packet(0x81, 203, SSRC + bytes([len(REASON)]) + REASON)
OTHER = packet(0x80, 204, SSRC + b"name" + b"dane klienta")
REPORT = SENDER + TEXTS + GOODBYE + OTHER


def whole() -> tuple[bytes, list[bytes]]:
    """A call with SIP, speech of random bytes, digits, RTCP with names; and what must not be handed on."""
    rng = random.Random(7)
    speech = [replace(each, payload=rng.randbytes(160)) for each in without(steady(900), range(300, 330))]
    late = delayed(speech, [rng.randrange(0, 40_000_000) for _ in speech])
    digits = list(events(5000, 400_000, EPOCH_NS + 19_000_000_000, ssrc=0x9999))
    written = Pcap()
    for datagram in call(EPOCH_NS / 1e9, 30):
        route = Route(datagram.flow.src, datagram.flow.dst, datagram.flow.sport, datagram.flow.dport)
        written.add(int(datagram.time * 1e9), framed(route.udp(datagram.payload)))
    written.stream(late, FORTH)
    written.stream(digits, FORTH)
    written.add(EPOCH_NS + 21_000_000_000, framed(REPORTS.udp(REPORT)))
    secrets = [each.payload[:8] for each in speech] + [
        CNAME,
        b"kowalski",
        b"Jan",
        REASON,
        b"klienta",
        b"INVITE",
        b"sip:",
    ]
    return bytes(written.data), secrets


def figures(stream: StreamFigures) -> tuple[object, ...]:
    return (
        stream.flow, stream.packets_expected, stream.packets_received, stream.packets_lost, stream.jitter_mean_ms,
        stream.jitter_max_ms, stream.f1, stream.ad, stream.pdv_histogram, stream.bursts_a2, stream.windows, stream.dscp,
    )  # fmt: skip


@pytest.fixture(params=["best", "plain"])
def engine(request: pytest.FixtureRequest) -> Engine | None:
    return PlainEngine() if request.param == "plain" else None


def test_figures_stay_and_nothing_of_what_was_said(engine: Engine | None) -> None:
    original, secrets = whole()
    into = io.BytesIO()
    written = write_headers(io.BytesIO(original), into, engine)
    headers = into.getvalue()
    assert written == 870 + 10 + 1, "speech, digits, one report; no SIP"
    assert [secret for secret in secrets if secret in headers] == []
    before, after = (read_capture(io.BytesIO(data), engine=engine) for data in (original, headers))
    ((told,), (kept,)) = ([each for each in capture.streams if each.ssrc == 0x1234] for capture in (before, after))
    assert figures(kept) == figures(told)
    assert kept.packets_lost == 30
    assert kept.events == ()


def test_reports_keep_their_figures_and_lose_their_texts() -> None:
    kept = blotted(REPORT)
    assert kept is not None
    assert len(kept) == len(REPORT)
    before, after = parse_compound(REPORT), parse_compound(kept)
    assert (after[0], [type(each) for each in after]) == (before[0], [type(each) for each in before])
    for text in (CNAME, b"Jan", REASON, b"klienta"):
        assert text in REPORT
        assert text not in kept
    assert blotted(REPORT[:-1]) is None
    assert blotted(bytes(8)) is None


@given(st.binary(max_size=80))
def test_whatever_stands_there_keeps_its_length(noise: bytes) -> None:
    for datagram in (noise, SENDER + noise, TEXTS[:-4] + noise, b"\x9f\xca" + noise, b"\x9f\xcb" + noise):
        kept = blotted(datagram)
        assert kept is None or len(kept) == len(datagram)


@pytest.mark.parametrize("name", NAMES)
def test_real_captures_score_the_same(name: str) -> None:
    into = io.BytesIO()
    write_headers(CAPTURES / name, into)
    before, after = (read_capture(source) for source in (CAPTURES / name, io.BytesIO(into.getvalue())))
    kept = {(each.flow, each.ssrc): each for each in after.streams}
    known = [each for each in before.streams if each.format and not each.events and len(each.payload_types) == 1]
    for stream in known:
        found = kept[stream.flow, stream.ssrc]
        assert (found.packets_received, found.packets_lost) == (stream.packets_received, stream.packets_lost)


def test_the_command_writes_a_new_file_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, into = tmp_path / "call.pcap", tmp_path / "headers.pcap"
    source.write_bytes(whole()[0])
    assert main(["quality", "headers", str(source), str(into)]) == 0
    assert "881 packets without payload" in capsys.readouterr().out
    assert main(["quality", "headers", str(source), str(into)]) == 1
    assert main(["quality", "headers", str(tmp_path / "none"), str(tmp_path / "new")]) == 1
    assert "File exists" in capsys.readouterr().err
