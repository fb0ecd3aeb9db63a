"""The report of scored captures: one HTML page without any other file, script or address in it.

Beside each plot stands the table of its figures. All text from a capture comes from strangers and is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from html import escape
from itertools import count
from math import ceil

from quality.call_problems import problems
from quality.call_score import SEVERITY, ScoredCall, ScoredStream
from quality.emodel import Scale
from quality.score_json import in_order
from quality.score_table import HEADS, cells, plain
from quality.sip_calls import Side
from quality.stream_figures import PDV_EDGES_MS, WINDOW_S
from quality.svg_plot import Bar, Plot, svg

MOST_ROWS, MOST_CALLS = 2_000, 50  # in the page; the rest is in JSON or CSV
_SCALES = {Scale.NARROWBAND: "narrowband", Scale.WIDEBAND: "wideband", Scale.FULLBAND: "fullband"}

_STYLE = """
:root { color-scheme: light; --ink: #1b1f24; --line: #8a939e; --bar: #14508c; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: #fff; margin: 0 auto; max-width: 76rem;
  padding: 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.2rem; } h3 { font-size: 1.05rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption, figcaption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { border: 1px solid #c5ccd4; padding: .2rem .5rem; text-align: right; }
th { background: #eef1f5; } th.words { text-align: left; white-space: nowrap; }
h2, h3, li, p { overflow-wrap: anywhere; } figure { margin: 0; }
.wide { overflow: auto; max-height: 24rem; } .wide:focus { outline: 2px solid var(--bar); }
.pair { display: grid; grid-template-columns: minmax(0, 3fr) minmax(14rem, 1fr); gap: 1.5rem; align-items: start; }
@media (max-width: 56rem) { .pair { grid-template-columns: minmax(0, 1fr); } }
svg { display: block; width: 100%; min-width: 30rem; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.tick { text-anchor: end; } .label, .shown { text-anchor: middle; }
.grid { stroke: #d5dae0; } .bar { fill: var(--bar); }
.upper { fill: #fff; stroke: var(--bar); stroke-width: 2; stroke-dasharray: 4 2; }
article { border-left: 4px solid var(--line); padding-left: 1rem; margin: 1.6rem 0; }
"""


def report(files: Sequence[tuple[str, Sequence[ScoredCall]]], zone: tzinfo | None, *, dscp: int | None = None) -> str:
    """The page. `files`: each capture's name and its calls."""
    numbers = count(1)
    names = ", ".join(escape(plain(name)) for name, _ in files)
    return "".join((
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>Call quality: {names}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>Call quality</h1><p>{names}</p>",
        *(_of_file(name, calls, zone, dscp, numbers) for name, calls in files),
        "</main></body></html>\n",
    ))  # fmt: skip


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
    return _table("Calls by verdict", ("verdict", "calls"), rows)


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
    return _pair(title, plot, ("MOS", "streams"), rows)


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
    return _pair(title, plot, ("ms", "packets"), rows)


def _streams(streams: Sequence[ScoredStream], zone: tzinfo | None) -> str:
    rows = [cells(stream, zone) for stream in streams[:MOST_ROWS]]
    more = f"<p>{len(streams) - MOST_ROWS} more streams are not shown here.</p>" if len(streams) > MOST_ROWS else ""
    return f"<h2>Streams</h2>{_wide('Streams', HEADS, rows)}{more}"


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
    return _pair(title, plot, ("begin", "expected", "lost", "late"), rows)


def _pair(title: str, plot: Plot, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    label = escape(plain(plot.title), quote=True)
    caption = f"<figcaption>{escape(plain(plot.title))}</figcaption>"
    drawn = f'<figure class="wide" tabindex="0" aria-label="Plot: {label}">{caption}{svg(plot)}</figure>'
    return f'<div class="pair">{drawn}{_wide(title, heads, rows)}</div>'


def _wide(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that may be scrolled, with the keyboard, too."""
    label = escape(plain(caption), quote=True)
    return (
        f'<div class="wide" tabindex="0" role="group" aria-label="Table: {label}">{_table(caption, heads, rows)}</div>'
    )


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    title = escape(plain(caption))
    return f"<table><caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: Iterable[str]) -> str:
    first, *rest = (escape(plain(each)) for each in row)
    return f'<th scope="row" class="words">{first}</th>' + "".join(f"<td>{each}</td>" for each in rest)
