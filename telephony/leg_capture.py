"""What a capture has seen of a leg's RTP, joined by the address at which Asterisk sends and receives the leg's media.

What came in is scored by what was captured. What went out is scored by what the far end reports of it, where it does:
a packet that left us proves nothing of its arrival.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from quality.interval_verdicts import LEAST_S, SILENT_FROM, Heard, findings
from quality.live_window import StreamWindow, WindowEnd
from quality.rtcp_score import Direction, LegQuality
from quality.window_score import DirectionFigures, figures_of, score_of, wire_name
from telephony.core.quality_interval import QualityInterval
from telephony.leg_intervals import Closed, Whose, heard_of, interval, other, seconds_of

RTP = "rtp"
Address = tuple[str, int]
_NOTHING = DirectionFigures()
_ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - an address to compare with


class WindowIndex:
    """The streams of one window by the addresses of their ends."""

    def __init__(self, streams: Iterable[StreamWindow], end: WindowEnd) -> None:
        self.end = end
        self._to: dict[Address, list[StreamWindow]] = {}
        self._from: dict[Address, list[StreamWindow]] = {}
        for each in streams:
            flow = each.flow
            for key in ((flow.dst, flow.dport), ("", flow.dport)):
                self._to.setdefault(key, []).append(each)
            for key in ((flow.src, flow.sport), ("", flow.sport)):
                self._from.setdefault(key, []).append(each)

    def of(self, local: Address) -> dict[Direction, DirectionFigures]:
        """Both directions of the leg whose media is at this address."""
        key = ("", local[1]) if local[0] in _ANYWHERE else local
        return {
            Direction.RECEIVED: figures_of(self._to.get(key, ())),
            Direction.SENT: figures_of(self._from.get(key, ())),
        }


@dataclass(slots=True)
class CapturedLeg:
    """Of a whole leg: figures by direction; until when anything was seen; in which directions somebody has spoken."""

    totals: dict[Direction, DirectionFigures] = field(
        default_factory=lambda: {Direction.RECEIVED: _NOTHING, Direction.SENT: _NOTHING}
    )
    first_at: float | None = None
    until: float = -math.inf
    spoke: set[Direction] = field(default_factory=set)

    def take(self, seen: Mapping[Direction, DirectionFigures], end: WindowEnd, *, talking: bool) -> None:
        for direction, figures in seen.items():
            self.totals[direction] += figures
            if figures.silence_ratio is None or figures.silence_ratio < SILENT_FROM:
                self.spoke.add(direction)
        if not talking:
            self.spoke.clear()
        if any(figures.expected for figures in seen.values()):
            self.first_at = end.start if self.first_at is None else self.first_at
            self.until = end.start + end.seconds

    def whole(self, direction: Direction, codec: str, rtt_ms: float | None) -> LegQuality | None:
        """The score of all of it; None where nothing was seen."""
        if self.first_at is None or not self.totals[direction].expected:
            return None
        return score_of(direction, codec, self.totals[direction], rtt_ms, self.first_at, self.until)


def captured_intervals(
    whose: Whose,
    seen: Mapping[Direction, DirectionFigures],
    reported: Mapping[Direction, Closed],
    leg: CapturedLeg,
    end: WindowEnd,
    *,
    rtt_ms: float | None,
    demanded_dscp: int | None,
    reporting: str,
) -> list[QualityInterval]:
    """Both directions of one leg over a window; `reporting`: the source of what was reported."""
    found = []
    for direction, figures in seen.items():
        told = reported[direction].scored
        by_report = told is not None and _believed(direction, told, end)
        from_at, to_at = end.start, end.start + end.seconds
        scored = told if by_report and told else score_of(direction, whose.codec, figures, rtt_ms, from_at, to_at)
        back = seen[other(direction)].expected
        heard = _heard(whose, scored, figures, leg, back, None if not by_report else figures.expected)
        late = figures.late / figures.expected if figures.expected and not by_report else None
        heard = replace(heard, late_ratio=late)
        wrong = findings(heard, demanded_dscp=demanded_dscp)
        source = reporting if by_report else RTP
        found.append(interval(whose, scored, wrong, source, late_ratio=late, capture_drops=end.drops))
    return found


def _believed(direction: Direction, told: LegQuality, end: WindowEnd) -> bool:
    """What the far end reports of what it got; and what Asterisk reports, where the capture itself lost packets."""
    if direction is Direction.SENT:
        return told.packets_expected > 0 or seconds_of(told) >= LEAST_S
    return end.drops > 0 and told.packets_expected > 0


def _heard(
    whose: Whose, scored: LegQuality, figures: DirectionFigures, leg: CapturedLeg, back: int, sent: int | None
) -> Heard:
    heard = heard_of(whose, scored, back=back, sent=sent)
    return replace(
        heard,
        clipping_ratio=figures.clipping_ratio,
        dscp=figures.dscp,
        codecs=figures.codecs,
        agreed_codec=wire_name(whose.codec),
        mute=heard.talking and figures.silence_ratio is not None and scored.direction not in leg.spoke,
    )


def whole_of(
    leg: CapturedLeg, told: LegQuality, codec: str, rtt_ms: float | None, reporting: str
) -> tuple[LegQuality, str]:
    """The score of a whole leg, and its source: captured where that has seen at least half of what was reported on."""
    direction = told.direction
    seen = leg.whole(direction, codec, rtt_ms)
    if seen is None or 2 * seen.packets_expected < told.packets_expected:
        return told, reporting
    if direction is Direction.SENT and told.packets_expected:
        return told, reporting
    return seen, RTP
