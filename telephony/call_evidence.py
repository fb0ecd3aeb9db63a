"""All that is known of how one call sounded, as a file to hand on: a report, the figures, nothing of what was said.

The archive [ZIP] is the same, byte for byte, for the same call: whoever has two may compare them. No number of a caller
is in it, and no payload: the intervals are figures.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from html import escape
from itertools import count

from ivr_flows.calendar import ZONE
from quality.html_parts import page, pair, wide
from quality.html_parts import table as table_of
from quality.interval_verdicts import WORDS, Finding
from quality.score_table import plain
from quality.svg_plot import Bar, Plot
from telephony.core.quality_interval import QualityInterval
from telephony.core.quality_record import QualityRecord
from telephony.core.views import CallView
from telephony.record_csv import cells, intervals_csv, table

README = """\
How one call sounded, as hotline knows it. Times are of Poland. No number of a caller is in here, and no word of theirs.

report.html    to be read in any browser
call.json      what happened when
legs.csv       each direction of each leg as a whole
intervals.csv  the same, some ten seconds at a time (docs/live-quality.md tells what the columns mean)

{sources}
SIP messages and headers of RTP packets are not in here: hotline writes none of them down. A capture of your own
is scored by `hotline quality score FILE --html REPORT`; `hotline quality headers FILE NEW` takes all speech out of it.
"""
SOURCES = {
    "rtp": "Figures whose source is rtp were measured on the packets themselves.",
    "rtcp_ami": "Those whose source is rtcp_ami are differences of RTCP reports [RFC 3550 6.4] that Asterisk sent and"
    " got; the reports themselves are not kept.",
    "rtcp_hep": "Those whose source is rtcp_hep are differences of RTCP reports that an agent told over HEP.",
}
EPOCH = (1980, 1, 1, 0, 0, 0)  # of every file, so that the same call makes the same archive
WAY = ("verdict", "loss_ratio", "late_ratio", "jitter_ms", "delay_ms", "mos_lq", "scale")
LEG_HEADS = ("leg", "direction", "codec", "verdict", "loss_ratio", "jitter_ms", "delay_ms", "r_factor", "mos_lq",
             "mos_worst_10s", "scale", "source")  # fmt: skip
LEG_COLUMNS = tuple(each.name for each in fields(QualityRecord) if each.name != "interaction")


@dataclass(frozen=True, slots=True)
class SipStep:
    """One message of the call's signalling: `message` is its method or its status, never an address."""

    at: float  # seconds since the epoch
    src: str  # host:port
    dst: str
    message: str


@dataclass(frozen=True, slots=True)
class SoundedCall:
    """`ladder`: None where nobody tells this server of SIP; empty where nothing is known of this call, or no more."""

    call: CallView
    records: tuple[QualityRecord, ...]
    intervals: tuple[QualityInterval, ...]  # in the order of their beginnings
    ladder: tuple[SipStep, ...] | None = None

    @property
    def trunk(self) -> str | None:
        known = (*(each.trunk for each in self.records), *(each.trunk for each in self.intervals))
        return next((trunk for trunk in known if trunk), None)

    def steps(self) -> list[tuple[float, str, float | None]]:
        """What Asterisk and the line did, in order: when, what, and until when where it lasted."""
        call = self.call
        known = (
            (call.arrived_at, "arrived"),
            (call.queued_at, "queued"),
            (call.offered_at, "offered"),
            (call.rang_at, "rang"),
            (call.answered_at, "answered"),
            (call.ended_at, "ended"),
        )
        steps = [(at, step, None) for at, step in known if at is not None]
        return sorted(
            [*steps, *((each.from_at, str(each.kind), each.to_at) for each in call.spans)], key=lambda x: x[0]
        )


def packed(sounded: SoundedCall) -> bytes:
    """The archive."""
    sources = [SOURCES[each] for each in sorted({each.source for each in sounded.intervals} & set(SOURCES))]
    files = {
        "README.txt": README.format(sources="\n".join(sources)).encode(),
        "report.html": report(sounded).encode(),
        "call.json": json.dumps(facts(sounded), indent=1, ensure_ascii=False).encode(),
        "legs.csv": table([LEG_COLUMNS, *(cells(LEG_COLUMNS, each) for each in sounded.records)]),
        "intervals.csv": intervals_csv(sounded.intervals),
    }
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as into:
        for name, content in files.items():
            into.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return archive.getvalue()


def file_part(interaction: str) -> str:
    """Fit for a file's name."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", interaction)[:80]


def facts(sounded: SoundedCall) -> dict[str, object]:
    """Without caller, customer, consultant and channel."""
    call = sounded.call
    steps = [{"at": at, "step": step, "until": until} for at, step, until in sounded.steps()]
    of_call = {"interaction": call.interaction, "node": call.node, "queue": call.queue, "outcome": call.outcome}
    return {**of_call, "direction": call.direction, "codec": call.codec, "trunk": sounded.trunk, "steps": steps}


def report(sounded: SoundedCall) -> str:
    """One page of HTML, in English as all reports of quality."""
    numbers = count(1)
    call = sounded.call
    title = f"Call {escape(plain(call.interaction))}"
    by_way: dict[tuple[str, str], list[QualityInterval]] = {}
    for each in sounded.intervals:
        by_way.setdefault((each.leg, each.direction), []).append(each)
    steps = [(step, time_of(at), time_of(until) if until else "") for at, step, until in sounded.steps()]
    return page(
        title,
        f"<h1>{title}</h1><p>{day_of(call.arrived_at)}, node {escape(plain(call.node))}, "
        f"trunk {escape(plain(sounded.trunk or 'unknown'))}, outcome {escape(plain(call.outcome or 'not yet'))}</p>",
        "<h2>What was wrong</h2>",
        _wrong(sounded.intervals),
        "<h2>Legs</h2>",
        wide("Legs", LEG_HEADS, [_leg(each) for each in sounded.records]),
        "<h2>What happened</h2>",
        table_of("Steps", ("step", "from", "to"), steps),
        *(_way(leg, direction, found, numbers) for (leg, direction), found in sorted(by_way.items())),
    )


def _wrong(intervals: Sequence[QualityInterval]) -> str:
    found = [
        f"{time_of(each.starts_at)} to {time_of(each.starts_at + each.seconds)}, {each.leg}, {each.direction}: "
        + ", ".join(WORDS[Finding(verdict)] if verdict in set(Finding) else verdict for verdict in each.verdicts)
        + (" (but the capture itself lost packets)" if each.marked else "")
        for each in intervals
        if each.verdicts
    ]
    if not found:
        return "<p>Nothing wrong was found.</p>"
    return f"<ul>{''.join(f'<li>{escape(plain(each))}</li>' for each in found)}</ul>"


def _way(leg: str, direction: str, found: Sequence[QualityInterval], numbers: count[int]) -> str:
    """Loss and lateness over time, and every figure."""
    title = f"Lost and late packets, {leg}, {direction}"
    bars = [
        Bar(time_of(each.starts_at), 100 * (each.loss_ratio or 0), "", 100 * (each.late_ratio or 0)) for each in found
    ]
    top = max(5.0, *(bar.value + bar.upper for bar in bars))
    plot = Plot(
        f"plot{next(numbers)}", title, f"{len(bars)} intervals", "% of packets: lost full, late dashed", bars, top
    )
    rows = [(time_of(each.starts_at), *(shown(each, name) for name in WAY)) for each in found]
    return pair(title, plot, ("begin", *WAY), rows)


def _leg(record: QualityRecord) -> tuple[str, ...]:
    return tuple(shown(record, name) for name in LEG_HEADS)


def shown(of: QualityRecord | QualityInterval, name: str) -> str:
    value = getattr(of, name)
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def time_of(at: float) -> str:
    return f"{datetime.fromtimestamp(at, ZONE):%H:%M:%S}"


def day_of(at: float) -> str:
    return f"{datetime.fromtimestamp(at, ZONE):%Y-%m-%d %H:%M:%S}"
