"""Runs, bursts and gaps among packets that cannot be played, counted as they are settled [G.107 §3.5, RFC 3611]."""

from __future__ import annotations

from dataclasses import dataclass

from quality.stream_figures import GMIN


@dataclass(slots=True)
class AfterBuffer:
    """Packets that a jitter buffer cannot play, and the runs they form."""

    lost_or_late: int = 0
    late: int = 0
    runs: int = 0
    _last: int | None = None

    def gone(self, number: int, *, late: bool) -> None:
        """Numbers come in their order."""
        self.lost_or_late += 1
        self.late += late
        self.runs += self._last is None or number != self._last + 1
        self._last = number

    def counted(self) -> tuple[int, int, int, int]:
        return self.lost_or_late, self.late, self.runs, 0


@dataclass(slots=True)
class GapsAndBursts:
    """By the prose of §4.7.2 (`bursts`, `burst_packets`, `burst_gone`) and by the counters of Appendix A.2 (`c11` to
    `c33`).
    """

    bursts: int = 0
    burst_packets: int = 0
    burst_gone: int = 0
    c11: int = 0
    c13: int = 0
    c14: int = 0
    c22: int = 0
    c23: int = 0
    c33: int = 0
    _group: tuple[int, int, int] | None = None  # first number, last, how many of those between are gone
    _last: int | None = None
    _lost: int = 0

    def gone(self, number: int, base: int) -> None:
        """Numbers come in their order; `base` is the first of the stream."""
        received = number - (base - 1 if self._last is None else self._last) - 1
        self._last = number
        if self._group and received < GMIN:
            self._group = self._group[0], number, self._group[2] + 1
        else:
            self.close()
            self._group = number, number, 1
        if received >= GMIN:
            self.c14 += self._lost == 1
            self.c13 += self._lost != 1
            self._lost = 1
            self.c11 += received
            return
        self._lost += 1
        if received:
            self.c23 += 1
            self.c22 += received - 1
        else:
            self.c33 += 1

    def close(self) -> None:
        """What lay close together is over: a burst, unless it was a single packet."""
        if self._group and self._group[2] > 1:
            first, last, gone = self._group
            self.bursts += 1
            self.burst_packets += last - first + 1
            self.burst_gone += gone
        self._group = None
