"""Bursts and gaps of loss [RFC 3611 §4.7.2], by both of its definitions, which differ, and the burst ratio of G.107.

The prose of §4.7.2 looks at the whole session. The counters of Appendix A.2 go from loss to loss and never see what
comes after the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

GMIN = 16  # recommended [§4.7.6]


class Fate(StrEnum):
    """Of one packet, as the RFC draws it."""

    RECEIVED = "1"
    LOST = "0"
    DISCARDED = "X"  # came, but too early or too late to be played


def fates(drawn: str) -> tuple[Fate, ...]:
    """`110X1…` as in the RFC. Errors: ValueError for another letter."""
    return tuple(map(Fate, drawn))


@dataclass(frozen=True, slots=True)
class Burst:
    """A span of packets of the session: from the first, to before the end; `gone` are lost or discarded in it."""

    start: int
    end: int
    gone: int


@dataclass(frozen=True, slots=True)
class Prose:
    """The metrics of §4.7.1 and §4.7.2. Rates and densities of 256, rounded down; durations in ms, means of all."""

    loss_rate: int
    discard_rate: int
    burst_density: int
    gap_density: int
    burst_duration_ms: float
    gap_duration_ms: float
    bursts: tuple[Burst, ...]


def prose(session: Sequence[Fate], packet_ms: float, gmin: int = GMIN) -> Prose:
    """By the formal definitions: a burst begins and ends with what is gone and holds no `gmin` received in a row.

    The session counts as preceded and followed by received packets. What is gone alone, with `gmin` received on either
    side, belongs to the gap: the RFC's own example counts it so.
    """
    lost, discarded = session.count(Fate.LOST), session.count(Fate.DISCARDED)
    bursts = _bursts([at for at, fate in enumerate(session) if fate is not Fate.RECEIVED], gmin)
    in_bursts, gone_in_bursts = sum(each.end - each.start for each in bursts), sum(each.gone for each in bursts)
    in_gaps = len(session) - in_bursts
    return Prose(
        _of_256(lost, len(session)),
        _of_256(discarded, len(session)),
        _of_256(gone_in_bursts, in_bursts),
        _of_256(lost + discarded - gone_in_bursts, in_gaps),
        in_bursts * packet_ms / len(bursts) if bursts else 0.0,
        in_gaps * packet_ms / gaps if (gaps := _gaps(bursts, len(session))) else 0.0,
        bursts,
    )


def _bursts(gone: Sequence[int], gmin: int) -> tuple[Burst, ...]:
    found: list[Burst] = []
    for at in gone:
        if found and at - found[-1].end < gmin:
            found[-1] = Burst(found[-1].start, at + 1, found[-1].gone + 1)
        else:
            found.append(Burst(at, at + 1, 1))
    return tuple(burst for burst in found if burst.gone > 1)


def _gaps(bursts: Sequence[Burst], packets: int) -> int:
    """Before the first burst, between two, after the last; none where there is no packet."""
    edges = [0, *(edge for burst in bursts for edge in (burst.start, burst.end)), packets]
    return sum(edges[at] < edges[at + 1] for at in range(0, len(edges), 2))


def _of_256(part: int, whole: int) -> int:
    return part * 256 // whole if whole else 0


@dataclass(slots=True)
class Counters:
    """Appendix A.2: transitions between received in a gap (1), lost in a burst (3), received there (2), and lost
    alone in a gap (4). What was received after the last loss is in none of them.
    """

    gmin: int = GMIN
    c11: int = 0
    c13: int = 0
    c14: int = 0
    c22: int = 0
    c23: int = 0
    c33: int = 0
    packets: int = 0  # since the last one gone
    lost: int = 0  # in the burst so far, a loss alone being the first of one
    loss_count: int = 0
    discard_count: int = 0

    def take(self, fate: Fate) -> None:
        """One packet of the session."""
        if fate is Fate.RECEIVED:
            self.packets += 1
        else:
            self.update(discarded=fate is Fate.DISCARDED)

    def update(self, *, discarded: bool = False) -> None:
        """A packet that is lost or discarded, after `packets` received ones."""
        self.loss_count += not discarded
        self.discard_count += discarded
        if self.packets >= self.gmin:
            self._after_gap()
            self.c11 += self.packets
            self.lost = 1
        else:
            self.lost += 1
            if self.packets == 0:
                self.c33 += 1
            else:
                self.c23 += 1
                self.c22 += self.packets - 1
        self.packets = 0

    def _after_gap(self) -> None:
        if self.lost == 1:
            self.c14 += 1
        else:
            self.c13 += 1

    def metrics(self, packet_ms: float) -> A2:
        """What the appendix computes of the counters. Changes nothing."""
        c31, c32 = self.c13, self.c23  # each way back is as frequent as the way there
        total = self.c11 + self.c14 + self.c13 + self.c22 + self.c23 + c31 + c32 + self.c33
        from_loss = c31 + c32 + self.c33
        p32 = c32 / from_loss if from_loss else 0.0
        p23 = 1.0 if self.c22 + self.c23 < 1 else 1 - self.c22 / (self.c22 + self.c23)
        burst_density = p23 / (p23 + p32) if from_loss else 0.0
        gap_density = self.c14 / (self.c11 + self.c14) if self.c11 + self.c14 else 0.0
        gap_ms = (self.c11 + self.c14 + self.c13) * packet_ms / self.c13 if self.c13 else 0.0
        burst_ms = total * packet_ms / self.c13 - gap_ms if self.c13 else 0.0
        return A2(burst_density, gap_density, burst_ms, gap_ms)


@dataclass(frozen=True, slots=True)
class A2:
    """Densities as ratios, durations in ms."""

    burst_density: float
    gap_density: float
    burst_duration_ms: float
    gap_duration_ms: float


def counted(session: Sequence[Fate], packet_ms: float, gmin: int = GMIN) -> A2:
    """The metrics of Appendix A.2 for a whole session."""
    counters = Counters(gmin)
    for fate in session:
        counters.take(fate)
    return counters.metrics(packet_ms)


def mean_run(session: Sequence[Fate]) -> float | None:
    """Mean length of the runs of packets that are gone; None where none is."""
    gone = [fate is not Fate.RECEIVED for fate in session]
    runs = sum(now and not before for before, now in zip([False, *gone], gone, strict=False))
    return sum(gone) / runs if runs else None


def burst_ratio(session: Sequence[Fate]) -> float:
    """BurstR [G.107 §3.5]: the mean run of what is gone over the one under random loss, 1 / (1 - its share).

    1.0 where nothing is gone or nothing came.
    """
    run = mean_run(session)
    share = sum(fate is not Fate.RECEIVED for fate in session) / len(session) if session else 0.0
    return run * (1 - share) if run is not None and share < 1 else 1.0
