"""Where everything stands in its row: drawn to its neighbours above and below as far as the row permits.

That is weighted least squares with distances kept, row by row, by pooling adjacent violators; long lines pull most and
are made straight at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from statistics import median

from ivr_flows.picture.layers import Layers

BOX_APART = 28.0
LINE_APART = 14.0
LINE_PULL = 16.0  # of a point to the next one of its line; boxes pull by 1
WEAK = 0.1  # the pull of a place that nothing draws elsewhere

SWEEPS = 24
FEWEST_SWEEPS = 6
STRAIGHTENINGS = 6
WORK = 200_000  # points that are moved in all the sweeps of one picture, about

Pull = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Extent:
    """How far something reaches out from its middle, in CSS pixels."""

    left: float
    right: float


POINT = Extent(0.0, 0.0)


def across(rows: Layers, boxes: int, extents: Mapping[int, Extent]) -> dict[int, float]:
    """The middle of everything in the rows; what has no extent is a point of a line."""
    return _Across(rows, boxes, extents).settled()


class _Across:
    def __init__(self, rows: Layers, boxes: int, extents: Mapping[int, Extent]) -> None:
        self._rows = rows
        self._boxes = boxes
        self._extents = extents
        self._left: dict[int, tuple[int, float]] = {}  # the next one in the row, and how far it has to be
        self._right: dict[int, tuple[int, float]] = {}
        self._packed: list[list[float]] = []  # the middles of each row, as close as permitted
        self._x: dict[int, float] = {}
        for row in rows.rows:
            packed = [0.0]
            for left, right in pairwise(row):
                apart = self._apart(left, right)
                self._right[left], self._left[right] = (right, apart), (left, apart)
                packed.append(packed[-1] + apart)
            self._packed.append(packed)
            self._x.update(zip(row, packed, strict=True))

    def settled(self) -> dict[int, float]:
        above, below = self._pulls(self._rows.above), self._pulls(self._rows.below)
        both = {each: [*above.get(each, ()), *below.get(each, ())] for each in self._x}
        sweeps = min(SWEEPS, max(FEWEST_SWEEPS, WORK // len(self._x)))
        for sweep in range(sweeps):
            down = sweep % 2 == 0
            pulls = both if sweep >= sweeps - 2 else above if down else below
            order = range(len(self._packed)) if down else range(len(self._packed) - 1, -1, -1)
            for row in order:
                self._settle(self._rows.rows[row], self._packed[row], pulls)
        threads = sorted(self._threads(), key=len)
        for _ in range(STRAIGHTENINGS):
            for thread in threads:
                self._straighten(thread)
        return self._x

    def _apart(self, left: int, right: int) -> float:
        """From the middle of one to the middle of the next, at least."""
        apart = BOX_APART if left < self._boxes or right < self._boxes else LINE_APART
        return self._extents.get(left, POINT).right + apart + self._extents.get(right, POINT).left

    def _pulls(self, neighbours: Mapping[int, list[int]]) -> dict[int, list[Pull]]:
        strength = (1.0, 2.0, LINE_PULL)  # by how many of the two are points of lines
        return {
            each: [(other, strength[(each >= self._boxes) + (other >= self._boxes)]) for other in others]
            for each, others in neighbours.items()
        }

    def _settle(self, row: Sequence[int], packed: Sequence[float], pulls: Mapping[int, list[Pull]]) -> None:
        x = self._x
        wished = []
        for each, offset in zip(row, packed, strict=True):
            weight = total = 0.0
            for other, pull in pulls.get(each, ()):
                weight += pull
                total += pull * x[other]
            wished.append((total / weight - offset, weight) if weight else (x[each] - offset, WEAK))
        for each, offset, place in zip(row, packed, rising(wished), strict=True):
            x[each] = place + offset

    # -- straight lines -----------------------------------------------------------------------------------------

    def _threads(self) -> Iterator[list[int]]:
        """Points of lines, and boxes between which there is but one way, from top to bottom."""
        for first in self._x:
            if self._follows(first) is None:
                thread = [first]
                while (below := self._rows.below.get(thread[-1], ())) and self._follows(below[0]) == thread[-1]:
                    thread.append(below[0])
                yield thread

    def _follows(self, each: int) -> int | None:
        """What stands above, if one way leads from there, and one way leads here."""
        above = self._rows.above.get(each, ())
        return above[0] if len(above) == 1 and len(self._rows.below[above[0]]) == 1 else None

    def _straighten(self, points: Sequence[int]) -> None:
        """As much of a line as its neighbours in the rows permit goes straight down before it has to step aside."""
        run: list[int] = []
        low, high = -inf, inf
        for each in points:
            least, most = self._room(each)
            if run and max(low, least) > min(high, most):
                self._align(run, low, high)
                run, low, high = [], -inf, inf
            run.append(each)
            low, high = max(low, least), min(high, most)
        self._align(run, low, high)

    def _align(self, run: Sequence[int], low: float, high: float) -> None:
        if run:
            at = min(max(median(self._x[each] for each in run), low), high)
            self._x.update(dict.fromkeys(run, at))

    def _room(self, each: int) -> tuple[float, float]:
        """How far left and right a point can be, its row as it is."""
        here, least, most = self._x[each], -inf, inf
        if each in self._left:
            other, apart = self._left[each]
            least = min(here, self._x[other] + apart)
        if each in self._right:
            other, apart = self._right[each]
            most = max(here, self._x[other] - apart)
        return least, most


def rising(wished: Sequence[tuple[float, float]]) -> list[float]:
    """The nearest values that never fall, in least squares, to `(value, weight)` [Ayer et al. 1955]."""
    pools: list[tuple[float, float, int]] = []
    for value, weight in wished:
        pool = (value, weight, 1)
        while pools and pools[-1][0] >= pool[0]:
            before = pools.pop()
            both = before[1] + pool[1]
            pool = ((before[0] * before[1] + pool[0] * pool[1]) / both, both, before[2] + pool[2])
        pools.append(pool)
    return [value for value, _, members in pools for _ in range(members)]
