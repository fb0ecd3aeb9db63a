"""Scores as a table to read, and below it what is wrong with each call."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo

from quality.call_problems import problems
from quality.call_score import ScoredCall, ScoredStream
from quality.score_json import in_order
from quality.sip_calls import Side
from quality.stream_score import codec_of

HEADS = (
    "from", "to", "SSRC", "codec", "begin", "s", "packets", "lost", "loss", "jitter ms", "late", "R", "MOS", "worst",
    "verdict",
)  # fmt: skip
_LEFT = 5  # columns of words; figures stand at the right


def table(calls: Sequence[ScoredCall], zone: tzinfo | None, *, dscp: int | None = None) -> Iterator[str]:
    """Lines, without their ends. MOS is that of listening by the adaptive buffer, with the scale where it is no nb."""
    rows = [HEADS, *(cells(stream, zone) for stream in in_order(calls))]
    if len(rows) == 1:
        yield "no RTP stream was found"
    else:
        yield from _aligned(rows)
    for call in calls:
        found = problems(call, zone, dscp=dscp)
        if found or call.sip is not None:
            yield ""
            yield _head(call, zone)
            yield from (f"  - {words}" for words in map(plain, found))


def cells(stream: ScoredStream, zone: tzinfo | None) -> tuple[str, ...]:
    """What the table says of a stream, in the order of `HEADS`."""
    figures, score = stream.figures, stream.score
    flow = figures.flow
    share = figures.packets_lost / figures.packets_expected if figures.packets_expected else 0.0
    late = figures.f1.late / figures.packets_expected if figures.packets_expected else 0.0
    return (
        f"{flow.src}:{flow.sport}",
        f"{flow.dst}:{flow.dport}",
        f"0x{figures.ssrc:08x}",
        plain(codec_of(figures) or f"type {figures.payload_type}") + (" (SRTP)" if figures.encrypted else ""),
        f"{datetime.fromtimestamp(figures.start, zone):%H:%M:%S}",
        f"{figures.end - figures.start:.1f}",
        str(figures.packets_received),
        str(figures.packets_lost),
        f"{share:.1%}",
        _number(figures.jitter_mean_ms, ".1f"),
        f"{late:.1%}",
        _number(score.r_factor, ".1f"),
        _number(score.mos_lq, ".2f") + (f" {score.scale}" if score.scale not in {None, "nb"} else ""),
        _number(score.mos_worst_10s, ".2f"),
        score.verdict,
    )


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.ljust(width) if at < _LEFT or at == len(row) - 1 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _head(call: ScoredCall, zone: tzinfo | None) -> str:
    begin = f"{datetime.fromtimestamp(call.start, zone):%Y-%m-%d %H:%M:%S}"
    parties = f"{plain(call.party(Side.CALLER))} to {plain(call.party(Side.CALLEE))}"
    status = f", {call.sip.status}" if call.sip is not None and call.sip.status not in {None, 200} else ""
    call_id = f"call {plain(call.sip.call_id)}" if call.sip is not None else "without signalling"
    return f"{begin}  {parties}, {call_id}{status}: {call.verdict}"


def plain(text: str) -> str:
    """Without control characters and what turns text around: a Call-ID must not write on the terminal."""
    return "".join(letter if unicodedata.category(letter)[0] != "C" else "�" for letter in text)


def ungrounded(calls: Iterable[ScoredCall]) -> tuple[str, ...]:
    """Why some streams have no MOS, each reason once."""
    reasons = (stream.score.ungrounded_reason for stream in in_order(calls))
    return tuple(dict.fromkeys(reason for reason in reasons if reason))
