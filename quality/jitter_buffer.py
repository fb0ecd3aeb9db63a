"""Three models of a receiver's jitter buffer: which packets come too late to be played.

F1 holds each packet back for 50 ms, F2 for 200 ms, AD as long as the last seconds needed, 500 ms at most. Sizes are
those of VoIPmonitor's three scores; the models are ours, and this is their definition. Packets are judged by their
delay above the least delay of the last 10 to 20 seconds: so a drifting clock makes nobody late, and a route that
became longer is got used to.
"""

from __future__ import annotations

from dataclasses import dataclass, field

F1_MS, F2_MS, AD_LIMIT_MS = 50.0, 200.0, 500.0
AD_LEAST_MS = 40.0  # two packets of 20 ms, what adaptive buffers settle at on a calm network
AD_MARGIN_MS = 10.0  # above the largest delay that it has seen
WINDOW_S = 10.0  # what is remembered is that of this window and of the one before


@dataclass(slots=True)
class Extreme:
    """The least (or, with `sign` -1, the largest) value of the running window of ten seconds and the one before."""

    sign: int = 1
    _window: int | None = None
    _now: float | None = None
    _before: float | None = None

    def take(self, at_s: float, value: float) -> None:
        """`at_s`: since the stream's first packet, never running back by more than a window."""
        self._turn(int(at_s // WINDOW_S))
        value *= self.sign
        self._now = value if self._now is None else min(self._now, value)

    def _turn(self, window: int) -> None:
        if self._window is not None and window > self._window:
            self._before = self._now if window == self._window + 1 else None
            self._now = None
        if self._window is None or window > self._window:
            self._window = window

    def at(self, at_s: float) -> float | None:
        """None where neither window has a value."""
        self._turn(int(at_s // WINDOW_S))
        known = [value for value in (self._now, self._before) if value is not None]
        return self.sign * min(known) if known else None


@dataclass(slots=True)
class Verdict:
    """Of one packet: its delay above the least, in ms, and for whom it came too late."""

    delay_ms: float
    late_f1: bool
    late_f2: bool
    late_ad: bool


@dataclass(slots=True)
class Buffers:
    """All three models on one stream. Give them media packets alone, each sequence number once."""

    _least: Extreme = field(default_factory=Extreme)
    _largest: Extreme = field(default_factory=lambda: Extreme(-1))

    def take(self, at_s: float, transit_ms: float) -> Verdict:
        """`transit_ms`: arrival less (unwrapped) timestamp, by any constant; `at_s`: arrival since the first packet.

        AD is as deep as what came before this packet has taught it: the first late one of a kind is lost.
        """
        self._least.take(at_s, transit_ms)
        least = self._least.at(at_s)
        assert least is not None
        delay_ms = transit_ms - least
        late_ad = delay_ms > self.depth_ms(at_s)
        if delay_ms <= AD_LIMIT_MS:
            self._largest.take(at_s, delay_ms)
        return Verdict(delay_ms, delay_ms > F1_MS, delay_ms > F2_MS, late_ad)

    def depth_ms(self, at_s: float) -> float:
        """How long AD holds a packet back now."""
        largest = self._largest.at(at_s)
        needed = largest + AD_MARGIN_MS if largest is not None else 0.0
        return min(max(AD_LEAST_MS, needed), AD_LIMIT_MS)
