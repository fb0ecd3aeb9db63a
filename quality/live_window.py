"""What a live capture tells of itself: ten seconds of each stream, as lines of JSON from one process to another.

No address leaves a line but those of the media itself, and nothing of what was spoken.
"""

from __future__ import annotations

import json
import math
import operator
from dataclasses import dataclass, fields
from typing import Any

from quality.stream_figures import Flow

LONGEST_LINE = 4096


@dataclass(frozen=True, slots=True)
class StreamWindow:
    """One stream over `seconds` from `start` (since the epoch).

    `expected`, `lost`, `late` (by the adaptive jitter buffer) and `jitter_*_ms` are of this time alone, with what was
    lost between it and the window before. `dscp`: of the first packet; `dscp_changes`: from packet to packet.
    Ratios are of G.711 alone, None for others; `codec` None where only signalling could tell it.
    """

    flow: Flow
    ssrc: int
    payload_type: int
    codec: str | None
    clock_rate_hz: int | None
    ptime_ms: float | None
    start: float
    seconds: float
    received: int
    expected: int
    lost: int
    late: int
    burst_ratio: float
    jitter_mean_ms: float | None
    jitter_max_ms: float | None
    dscp: int
    dscp_changes: int
    silence_ratio: float | None
    clipping_ratio: float | None


@dataclass(frozen=True, slots=True)
class WindowEnd:
    """All streams of this window are told. `drops`: packets that the kernel had no room for meanwhile."""

    start: float
    seconds: float
    streams: int
    packets: int
    drops: int


_STREAM = operator.attrgetter(*(each.name for each in fields(StreamWindow)))
_END = operator.attrgetter(*(each.name for each in fields(WindowEnd)))
_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def line_of(told: StreamWindow | WindowEnd) -> bytes:
    values = ("s", *_STREAM(told)) if isinstance(told, StreamWindow) else ("e", *_END(told))
    return _encode(values).encode() + b"\n"


def parse(line: bytes) -> StreamWindow | WindowEnd:
    """Errors: ValueError (`no line of a capture: …`) for anything that `line_of` has not written."""
    try:
        return _parsed(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"no line of a capture: {type(error).__name__}") from None


def _parsed(line: bytes) -> StreamWindow | WindowEnd:
    if len(line) > LONGEST_LINE:
        raise ValueError("too long a line")
    told = json.loads(line)
    if not isinstance(told, list) or not told:
        raise ValueError("not a list")
    kind, values = _KINDS.get(told[0] if isinstance(told[0], str) else ""), told[1:]
    if kind is None or len(values) != len(kind):
        raise ValueError("not one of ours")
    checked = [check(value) for check, value in zip(kind, values, strict=True)]
    return StreamWindow(*checked) if told[0] == "s" else WindowEnd(*checked)


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise ValueError("not a count")
    return value


def _real(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError("not a number")
    return float(value)


def _maybe_real(value: Any) -> float | None:
    return None if value is None else _real(value)


def _maybe_count(value: Any) -> int | None:
    return None if value is None else _count(value)


def _maybe_text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("not a text")
    return value


def _flow(value: Any) -> Flow:
    if not isinstance(value, list) or [type(each) for each in value] != [str, int, str, int]:
        raise ValueError("not a flow")
    return Flow(*value)


_KINDS: dict[str, tuple[Any, ...]] = {
    "s": (
        _flow, _count, _count, _maybe_text, _maybe_count, _maybe_real, _real, _real, _count, _count, _count, _count,
        _real, _maybe_real, _maybe_real, _count, _count, _maybe_real, _maybe_real,
    ),
    "e": (_real, _real, _count, _count, _count),
}  # fmt: skip
