"""The report of scored captures: one HTML page without any other file, script or address in it.

Beside each plot stands the table of its figures. All text from a capture comes from strangers and is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from html import escape
from itertools import count
from math import ceil

from quality.call_problems import problems
from quality.call_score import SEVERITY, ScoredCall, ScoredStream
from quality.emodel import Scale
from quality.html_parts import page, pair, table, wide
from quality.score_json import in_order
from quality.score_table import HEADS, cells, plain
from quality.sip_calls import Side
from quality.stream_figures import PDV_EDGES_MS, WINDOW_S
from quality.svg_plot import Bar, Plot

MOST_ROWS, MOST_CALLS = 2_000, 50  # in the page; the rest is in JSON or CSV
_SCALES = {Scale.NARROWBAND: "narrowband", Scale.WIDEBAND: "wideband", Scale.FULLBAND: "fullband"}


def report(files: Sequence[tuple[str, Sequence[ScoredCall]]], zone: tzinfo | None, *, dscp: int | None = None) -> str:
    """The page. `files`: each capture's name and its calls."""
    numbers = count(1)
    names = ", ".join(escape(plain(name)) for name, _ in files)
    parts = (_of_file(name, calls, zone, dscp, numbers) for name, calls in files)
    return page(f"Call quality: {names}", f"<h1>Call quality</h1><p>{names}</p>", *parts)


def _of_file(name: str, calls: Sequence[ScoredCall], zone: tzinfo | None, dscp: int | None, numbers: count[int]) -> str:
    streams = in_order(calls)
    worst = sorted(calls, key=_worst_first)[:MOST_CALLS]
    left_out = f"<p>{len(calls) - MOST_CALLS} more calls are not shown here.</p>" if len(calls) > MOST_CALLS else ""
    return "".join((
        f"<section><h2>{escape(plain(name))}: {len(calls)} calls, {len(streams)} streams</h2>",
        _verdicts(calls),
        *(_scores(streams, scale, next(numbers)) for scale in Scale),
        _delays(streams, next(numbers)),
        _streams(streams, zone),
        "<h2>Calls, the worst first</h2>" if worst else "",
        *(_call(call, zone, dscp, numbers) for call in worst),
        left_out,
        "</section>",
    ))  # fmt: skip


def _worst_first(call: ScoredCall) -> tuple[int, float]:
    scores = [stream.score.mos_worst_10s for stream in call.streams if stream.score.mos_worst_10s is not None]
    return -SEVERITY.index(call.verdict), min(scores, default=5.0)


def _verdicts(calls: Sequence[ScoredCall]) -> str:
    rows = [(verdict.value, str(sum(call.verdict is verdict for call in calls))) for verdict in reversed(SEVERITY)]
    return table("Calls by verdict", ("verdict", "calls"), rows)


def _scores(streams: Sequence[ScoredStream], scale: Scale, number: int) -> str:
    """How MOS is distributed, on one scale: scales are never mixed."""
    scores = [score for each in streams if each.score.scale is scale and (score := each.score.mos_lq) is not None]
    if not scores:
        return ""
    edges = [1 + 0.5 * step for step in range(8)]
    counts = [sum(low <= score < low + 0.5 or (score == 4.5 and low == 4.0) for score in scores) for low in edges[:7]]
    labels = [f"{low:.1f}-{low + 0.5:.1f}" for low in edges[:7]]
    title = f"MOS of listening, {_SCALES[scale]} scale"
    bars = [Bar(label, value, str(value)) for label, value in zip(labels, counts, strict=True)]
    description = f"{len(scores)} streams, the lowest {min(scores):.2f}, the highest {max(scores):.2f}"
    plot = Plot(f"plot{number}", title, description, "streams by MOS", bars, 4 * ceil(max(counts) / 4))
    rows = [(label, str(value)) for label, value in zip(labels, counts, strict=True)]
    return pair(title, plot, ("MOS", "streams"), rows)


def _delays(streams: Sequence[ScoredStream], number: int) -> str:
    counts = [sum(column) for column in zip(*(each.figures.pdv_histogram for each in streams), strict=False)]
    if not sum(counts):
        return ""
    labels = [f"under {PDV_EDGES_MS[0]}", *map(str, PDV_EDGES_MS)]
    labels[1:] = [f"from {edge}" for edge in labels[1:]]
    whole = sum(counts)
    bars = [Bar(label, 100 * each / whole, f"{each / whole:.1%}") for label, each in zip(labels, counts, strict=True)]
    title = "Delay above the least, ms"
    plot = Plot(f"plot{number}", title, f"{whole} packets by their delay variation", "% of packets, by ms", bars, 100.0)
    rows = [(label, str(each)) for label, each in zip(labels, counts, strict=True)]
    return pair(title, plot, ("ms", "packets"), rows)


def _streams(streams: Sequence[ScoredStream], zone: tzinfo | None) -> str:
    rows = [cells(stream, zone) for stream in streams[:MOST_ROWS]]
    more = f"<p>{len(streams) - MOST_ROWS} more streams are not shown here.</p>" if len(streams) > MOST_ROWS else ""
    return f"<h2>Streams</h2>{wide('Streams', HEADS, rows)}{more}"


def _call(call: ScoredCall, zone: tzinfo | None, dscp: int | None, numbers: count[int]) -> str:
    caller, callee = (escape(plain(call.party(side))) for side in Side)
    begin = f"{datetime.fromtimestamp(call.start, zone):%Y-%m-%d %H:%M:%S}"
    found = problems(call, zone, dscp=dscp)
    words = "".join(f"<li>{escape(plain(each))}</li>" for each in found)
    identity = f"<p>Call-ID {escape(plain(call.sip.call_id))}</p>" if call.sip is not None else ""
    return "".join((
        f"<article><h3>{begin}, {caller} to {callee}: {call.verdict}</h3>{identity}",
        f"<ul>{words}</ul>" if words else "<p>Nothing wrong was found.</p>",
        *(_loss(call, stream, zone, next(numbers)) for stream in call.streams if stream.figures.windows),
        "</article>",
    ))  # fmt: skip


def _loss(call: ScoredCall, stream: ScoredStream, zone: tzinfo | None, number: int) -> str:
    """Loss and lateness over time, window by window."""
    sender = f"the {stream.side}" if call.sip is not None else f"{stream.figures.flow.src}:{stream.figures.flow.sport}"
    title = f"Lost and late packets from {sender}, SSRC 0x{stream.figures.ssrc:08x}"
    bars, rows = [], []
    for window in stream.figures.windows:
        whole = max(window.expected, 1)
        lost, late = 100 * window.lost / whole, 100 * window.late / whole
        at = f"{datetime.fromtimestamp(window.start, zone):%H:%M:%S}"
        bars.append(Bar(at, lost, f"{lost + late:.0f}" if lost + late else "", late))
        rows.append((at, str(window.expected), str(window.lost), str(window.late)))
    top = max(5.0, *(bar.value + bar.upper for bar in bars))
    description = f"{len(bars)} windows of {WINDOW_S:.0f} s, the worst with {top if top > 5 else 0:.1f} % lost or late"
    unit = "% of packets: lost full, late dashed"
    plot = Plot(f"plot{number}", title, description, unit, bars, top)
    return pair(title, plot, ("begin", "expected", "lost", "late"), rows)
