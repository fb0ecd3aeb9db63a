"""Records of how calls sounded as CSV [RFC 4180] for spreadsheets, which must not take a text for a formula.

Names of codecs, trunks and queues may come from outside: a cell that begins like a formula gets an apostrophe before it
[OWASP CSV Injection].
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from ivr_flows.calendar import ZONE
from telephony.core.quality_interval import QualityInterval
from telephony.core.quality_views import ScoredLeg

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
CALL = ("interaction", "node", "queue", "outcome", "arrived_at", "answered_at", "ended_at")
SCORE = (
    "leg", "direction", "trunk", "codec", "scale", "source", "verdict", "loss_ratio", "jitter_ms", "rtt_ms", "delay_ms",
    "r_factor", "mos_lq", "mos_cq", "mos_worst_10s", "worst_at", "ungrounded_reason",
)  # fmt: skip
INTERVAL = (
    "starts_at", "seconds", "leg", "direction", "trunk", "codec", "clock_rate_hz", "scale", "source",
    "packets_expected", "packets_lost", "loss_ratio", "late_ratio", "jitter_ms", "delay_ms", "r_factor", "mos_lq",
    "mos_cq", "verdict", "verdicts", "capture_drops",
)  # fmt: skip


def legs_csv(legs: Iterable[ScoredLeg]) -> bytes:
    """One line for each; times of Poland with their offset."""
    return table([*_call_cells(leg), *cells(SCORE, leg.record)] for leg in legs)


def intervals_csv(intervals: Iterable[QualityInterval]) -> bytes:
    """Likewise, with a head."""
    return table([INTERVAL, *(cells(INTERVAL, each) for each in intervals)])


def cells(columns: Iterable[str], of: object) -> list[str]:
    """Attributes as text."""
    return [_cell(name, getattr(of, name)) for name in columns]


def _call_cells(leg: ScoredLeg) -> list[str]:
    known = [leg.record.interaction, *(getattr(leg, name) for name in CALL[1:])]
    return [_cell(name, value) for name, value in zip(CALL, known, strict=True)]


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if name.endswith("_at") and isinstance(value, float):
        return datetime.fromtimestamp(value, ZONE).isoformat(timespec="milliseconds")
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return guarded(" ".join(value))
    return guarded(str(value))


def guarded(text: str) -> str:
    """A text that no spreadsheet calculates."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def table(rows: Iterable[Iterable[str]]) -> bytes:
    """UTF-8."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


HEAD = "\ufeff".encode() + table([(*CALL, *SCORE)])  # the mark tells spreadsheets that it is UTF-8
