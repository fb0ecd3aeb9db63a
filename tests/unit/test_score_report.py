"""JSON Lines, CSV, the table and the page: all fields, and nothing of a stranger's text that does anything."""

import csv
import io
import json
import re
from datetime import UTC
from html.parser import HTMLParser
from typing import Any

import pytest

from quality import score_html
from quality.call_score import ScoredCall, join
from quality.score_html import report
from quality.score_json import lines, write_csv
from quality.score_table import HEADS, plain, table, ungrounded
from quality.sip_calls import SipCalls
from quality.stream_figures import Capture, PayloadFormat, StreamFigures
from quality.svg_plot import Bar, Plot, svg
from tests.unit.call_story import call
from tests.unit.stream_story import BACK, lossy, stream, windows

STREAM_FIELDS = [
    "type", "src", "sport", "dst", "dport", "ssrc", "payload_type", "codec", "clock_rate_hz", "ptime_ms", "start",
    "duration_s", "packets_expected", "packets_received", "packets_lost", "rfc3550_lost", "duplicates", "reordered",
    "loss_ratio", "burst_ratio", "jitter_mean_ms", "jitter_max_ms", "delta_max_ms", "pdv_histogram", "bursts",
    "late_ratio", "r_factor", "mos_lq", "mos_cq", "mos", "mos_worst_10s", "scale", "dscp", "events", "dtx", "one_way",
    "silence_ratio", "clipping_ratio", "encrypted", "call_id", "ungrounded_reason", "capture_drops",
]  # fmt: skip
HOSTILE = '<script>alert("1")</script>\x1b[2J\u202e'


def calls(*streams: StreamFigures, call_id: str = "1@x") -> tuple[ScoredCall, ...]:
    signalling = SipCalls()
    for datagram in call(98, 30):
        signalling.signalling(datagram._replace(payload=datagram.payload.replace(b"1@x", call_id.encode())))
    return join(Capture(streams, 0, 0.0, 0.0, None, None), signalling)


BOTH = calls(lossy(0.05 / 3, windows=windows(100, 0, 0.05, 0)), stream(BACK, format=PayloadFormat("opus", 48000)))


def objects(*found: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in found]


def test_streams_come_first_then_calls() -> None:
    forth, back, told = objects(*lines(BOTH, UTC))
    assert list(forth) == list(back) == STREAM_FIELDS
    assert (forth["type"], told["type"]) == ("stream", "call")
    assert (forth["src"], forth["sport"], forth["ssrc"], forth["call_id"]) == ("10.0.0.1", 4000, "0xdeadbeef", "1@x")
    assert forth["loss_ratio"] == forth["packets_lost"] / forth["packets_expected"] == pytest.approx(0.0167, abs=1e-4)
    assert forth["mos"]["ad"] == forth["mos_lq"]
    assert forth["scale"] == "nb"
    assert set(forth["bursts"]) == {"prose", "a2"}
    assert set(forth["late_ratio"]) == {"f1", "f2", "ad"}
    assert (back["mos"], back["mos_lq"], back["r_factor"], back["scale"]) == (None,) * 4
    assert back["ungrounded_reason"] == "no Ie of opus is published"
    assert told["problems"] == [
        "5 % loss between 00:01:50 and 00:02:00 from the caller",
        "codec mismatch: pcma from the caller, opus from the callee",
    ]


def test_several_files_are_named() -> None:
    assert {each["file"] for each in objects(*lines(BOTH, UTC, file="a.pcap"))} == {"a.pcap"}


def test_a_stream_of_nothing_has_no_ratios() -> None:
    nothing = calls(stream(packets_expected=0, packets_received=0, windows=()))
    (first, *_) = objects(*lines(nothing, UTC))
    assert (first["loss_ratio"], first["late_ratio"]["f1"]) == (None, None)


def test_csv_has_a_column_for_each_figure() -> None:
    out = io.StringIO()
    write_csv(BOTH, out)
    first, second = csv.DictReader(io.StringIO(out.getvalue()))
    assert first["mos.ad"] == first["mos_lq"]
    assert first["pdv_histogram.packets"].split() == ["1500", *["0"] * 7]
    assert (first["events"], second["mos"]) == ("0", "")


def test_a_spreadsheet_runs_nothing() -> None:
    out = io.StringIO()
    write_csv(calls(stream(), call_id="=cmd()"), out)
    (row,) = csv.DictReader(io.StringIO(out.getvalue()))
    assert row["call_id"] == "'=cmd()"
    empty = io.StringIO()
    write_csv((), empty)
    assert empty.getvalue() == "type\r\n"


def test_the_table() -> None:
    head, first, second, *rest = table(BOTH, UTC)
    assert head.split()[:4] == ["from", "to", "SSRC", "codec"]
    assert first.split() == [
        "10.0.0.1:4000", "10.0.0.2:6000", "0xdeadbeef", "pcma", "00:01:40", "30.0", "1475", "25", "1.7%", "1.0", "0.0%",
        "87.3", "4.27", "3.92", "degraded",
    ]  # fmt: skip
    assert second.split()[-4:] == ["-", "-", "-", "good"]
    assert rest[1].startswith("1970-01-01 00:01:38  sip:anna@10.0.0.1 to sip:echo@10.0.0.2, call 1@x: degraded")
    assert rest[2] == "  - 5 % loss between 00:01:50 and 00:02:00 from the caller"
    assert ungrounded(BOTH) == ("no Ie of opus is published",)
    assert list(table((), UTC)) == ["no RTP stream was found"]


def test_the_table_tells_scale_and_srtp() -> None:
    found = calls(stream(format=PayloadFormat("g722", 8000), encrypted=True), stream(BACK, format=None))
    _, first, second, *_ = table(found, UTC)
    assert "g722 (SRTP)" in first
    assert "4.34 wb" in first
    assert "type 8" in second


def test_a_terminal_is_not_written_on() -> None:
    assert plain(HOSTILE) == '<script>alert("1")</script>�[2J�'
    assert "\x1b" not in "".join(table(calls(stream(), call_id="a\x1b[2Jb"), UTC))


class Page(HTMLParser):
    """Elements with their attributes, and that each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in {"meta", "line", "rect"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and tag == self.open[-1]:
            self.open.pop()


def page(text: str) -> Page:
    parsed = Page()
    parsed.feed(text)
    return parsed


def test_the_page_is_whole_and_alone() -> None:
    text = report([("a.pcap", BOTH), ("b.pcap", calls(stream(seconds=300)))], UTC)
    parsed = page(text)
    assert parsed.open == []
    assert not [tag for tag, _ in parsed.found if tag in {"script", "img", "link", "iframe", "object"}]
    assert not re.search(r"(src|href)=|url\(|https?:", text)
    assert "default-src 'none'" in text
    identities = [attributes["id"] for _, attributes in parsed.found if "id" in attributes]
    assert len(identities) == len(set(identities))
    plots = [attributes for tag, attributes in parsed.found if tag == "svg"]
    assert len(plots) == 2 + 2 + 2 + 1
    assert all(attributes["role"] == "img" and attributes["aria-labelledby"] for attributes in plots)
    assert sum(tag == "caption" for tag, _ in parsed.found) >= len(plots)
    assert text.count("5 % loss between 00:01:50 and 00:02:00 from the caller") == 1


def test_a_stranger_writes_nothing_into_the_page() -> None:
    text = report([(HOSTILE, calls(stream(), call_id="<b>"))], UTC)
    assert "<script" not in text
    assert "<b>" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert page(text).open == []


def test_a_long_page_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_html, "MOST_CALLS", 0)
    monkeypatch.setattr(score_html, "MOST_ROWS", 1)
    text = report([("a.pcap", BOTH)], UTC)
    assert "1 more calls are not shown here." in text
    assert "1 more streams are not shown here." in text
    assert "no calls" not in report([("a.pcap", ())], UTC)


def test_a_plot_tells_its_figures() -> None:
    drawn = svg(Plot("p", "Title <", "Told", "%", [Bar("a&", 1, "1", 1), Bar("b", 0, "")]))
    assert "Title &lt;" in drawn
    assert "a&amp;" in drawn
    assert 'class="upper"' in drawn
    assert len(HEADS) == 15
