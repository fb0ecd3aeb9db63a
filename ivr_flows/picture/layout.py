"""Places for boxes, words and lines, in CSS pixels from the top left: nothing lies upon anything else.

Rows come from `layers`; across, everything is drawn to its neighbours as far as its row permits (weighted least
squares with distances kept, by pooling adjacent violators), long lines most, so that they are straight.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from statistics import median

from ivr_flows.picture.layers import Edge, Layers, layers

MARGIN = 24.0
BOX_APART = 28.0
LINE_APART = 14.0
ROWS_APART = 30.0
SLOPE = 0.1  # more room between rows where lines have far to go across
MOST_APART = 90.0
PORTS_APART = 26.0
PORTS_WITHIN = 0.6  # of a box's width
LOOP = 30.0  # how far a loop reaches out beside its box
SWEEPS = 24
STRAIGHTENINGS = 6
LINE_PULL = 16.0  # of a point to the next one of its line; boxes pull by 1

Point = tuple[float, float]
Size = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Link:
    source: str
    target: str
    words: Size | None  # how large they are


@dataclass(frozen=True, slots=True)
class Rect:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Route:
    """A line from point to point, an even number of them: straight down within a row, then curved to the next."""

    points: tuple[Point, ...]
    words: Rect | None


@dataclass(frozen=True, slots=True)
class Layout:
    width: float
    height: float
    boxes: Mapping[str, Rect]
    routes: tuple[Route, ...]  # one for each link


def layout(sizes: Mapping[str, Size], links: Sequence[Link], start: str) -> Layout:
    """A place for each box and a route for each link."""
    number = {name: at for at, name in enumerate(sizes)}
    edges = [Edge(number[link.source], number[link.target], link.words is not None) for link in links]
    return _Layout(list(sizes.values()), links, edges, layers(len(sizes), edges, number[start])).made(list(sizes))


class _Layout:
    def __init__(self, sizes: list[Size], links: Sequence[Link], edges: Sequence[Edge], rows: Layers) -> None:
        self._links, self._edges, self._rows = links, edges, rows
        self._boxes = len(sizes)
        self._size: dict[int, Size] = dict(enumerate(sizes))
        self._aside: dict[int, Size] = {}  # room on the right for a loop
        for at, link in enumerate(links):
            if at in rows.words:
                self._size[rows.words[at]] = link.words or (0.0, 0.0)
            if link.source == link.target:
                words = link.words or (0.0, 0.0)
                self._aside[edges[at].source] = (LOOP + words[0], words[1])
        self._neighbours: dict[int, tuple[int | None, int | None]] = {}
        for row in rows.rows:
            self._neighbours.update(zip(row, zip([None, *row], [*row[1:], None], strict=False), strict=True))
        self._x = self._across()
        self._top, self._bottom = self._down()

    def made(self, names: list[str]) -> Layout:
        width = max(self._x[each] + self._half(each) + self._beside(each) for each in self._x) + MARGIN
        boxes = {name: self._rect(box) for box, name in enumerate(names)}
        ports = self._ports()
        routes = tuple(self._route(at, ports) for at in range(len(self._links)))
        return Layout(width, self._bottom[-1] + MARGIN, boxes, routes)

    def _half(self, each: int) -> float:
        return self._size.get(each, (0.0, 0.0))[0] / 2

    def _beside(self, each: int) -> float:
        return self._aside.get(each, (0.0, 0.0))[0]

    def _height(self, each: int) -> float:
        return max(self._size.get(each, (0.0, 0.0))[1], self._aside.get(each, (0.0, 0.0))[1])

    def _rect(self, each: int) -> Rect:
        width, height = self._size[each]
        row = self._row_of[each]
        middle = (self._top[row] + self._bottom[row]) / 2
        return Rect(self._x[each] - width / 2, middle - height / 2, width, height)

    # -- across -------------------------------------------------------------------------------------------------

    def _across(self) -> dict[int, float]:
        """The middle of everything."""
        x: dict[int, float] = {}
        for row in self._rows.rows:
            x.update(zip(row, self._offsets(row), strict=True))
        for sweep in range(SWEEPS):
            down = sweep % 2 == 0
            sides = [self._rows.above if down else self._rows.below]
            if sweep >= SWEEPS - 2:
                sides = [self._rows.above, self._rows.below]
            for row in self._rows.rows if down else self._rows.rows[::-1]:
                self._settle(row, x, sides)
        for _ in range(STRAIGHTENINGS):
            for chain in sorted(self._rows.chains, key=len):
                self._straighten(chain[1:-1], x)
        left = min(x[each] - self._half(each) for each in x)
        return {each: middle - left + MARGIN for each, middle in x.items()}

    def _offsets(self, row: Sequence[int]) -> list[float]:
        """The middles of a row that is packed as close as permitted."""
        found = [0.0]
        for left, right in pairwise(row):
            found.append(found[-1] + self._apart(left, right))
        return found

    def _settle(self, row: Sequence[int], x: dict[int, float], sides: Iterable[Mapping[int, list[int]]]) -> None:
        offsets = self._offsets(row)
        wished = []
        for each, offset in zip(row, offsets, strict=True):
            near = [(self._pull(each, other), x[other]) for side in sides for other in side.get(each, ())]
            weight = sum(pull for pull, _ in near)
            centre = sum(pull * place for pull, place in near) / weight if near else x[each]
            wished.append((centre - offset, weight or 0.1))
        for each, offset, place in zip(row, offsets, rising(wished), strict=True):
            x[each] = place + offset

    def _straighten(self, points: Sequence[int], x: dict[int, float]) -> None:
        """As much of a line as its neighbours in the rows permit goes straight down before it has to step aside."""
        run: list[int] = []
        low, high = -inf, inf
        for each in points:
            least, most = self._room(each, x)
            if run and max(low, least) > min(high, most):
                self._align(run, low, high, x)
                run, low, high = [], -inf, inf
            run.append(each)
            low, high = max(low, least), min(high, most)
        self._align(run, low, high, x)

    def _align(self, run: Sequence[int], low: float, high: float, x: dict[int, float]) -> None:
        if run:
            at = min(max(median(x[each] for each in run), low), high)
            x.update(dict.fromkeys(run, at))

    def _room(self, each: int, x: Mapping[int, float]) -> tuple[float, float]:
        """How far left and right a point can be, its row as it is."""
        left, right = self._neighbours.get(each, (None, None))
        least = x[left] + self._apart(left, each) if left is not None else -inf
        most = x[right] - self._apart(each, right) if right is not None else inf
        return min(least, x[each]), max(most, x[each])

    def _apart(self, left: int, right: int) -> float:
        """From the middle of one to the middle of the next, at least."""
        apart = BOX_APART if left < self._boxes or right < self._boxes else LINE_APART
        return self._half(left) + self._beside(left) + apart + self._half(right)

    def _pull(self, one: int, other: int) -> float:
        lines = (one >= self._boxes) + (other >= self._boxes)
        return (1.0, 2.0, LINE_PULL)[lines]

    # -- down ---------------------------------------------------------------------------------------------------

    def _down(self) -> tuple[list[float], list[float]]:
        """Top and bottom of every row."""
        rows = self._rows.rows
        self._row_of = {each: at for at, row in enumerate(rows) for each in row}
        tops, bottoms = [], []
        y = MARGIN
        for row in rows:
            tops.append(y)
            bottoms.append(y + max(map(self._height, row)))
            far = max((abs(self._x[a] - self._x[b]) for a in row for b in self._rows.below.get(a, ())), default=0.0)
            y = bottoms[-1] + min(MOST_APART, ROWS_APART + SLOPE * far)
        return tops, bottoms

    # -- lines --------------------------------------------------------------------------------------------------

    def _ports(self) -> dict[tuple[int, int], float]:
        """Where the line of an edge touches a box, by edge and box: side by side in the order of the lines."""
        touching: dict[tuple[int, bool], list[tuple[float, int, int]]] = {}
        for at, chain in enumerate(self._rows.chains):
            if len(chain) > 1:
                touching.setdefault((chain[0], True), []).append((self._x[chain[1]], at, chain[0]))
                touching.setdefault((chain[-1], False), []).append((self._x[chain[-2]], at, chain[-1]))
        found = {}
        for (box, _), lines in touching.items():
            apart = min(PORTS_APART, self._size[box][0] * PORTS_WITHIN / max(1, len(lines) - 1))
            for place, (_, at, _) in enumerate(sorted(lines)):
                found[at, box] = self._x[box] + (place - (len(lines) - 1) / 2) * apart
        return found

    def _route(self, at: int, ports: Mapping[tuple[int, int], float]) -> Route:
        chain = self._rows.chains[at]
        if len(chain) == 1:
            return self._loop(at, self._rect(chain[0]))
        points: list[Point] = []
        for each in chain:
            x = ports.get((at, each), self._x[each])
            row = self._row_of[each]
            top, bottom = self._top[row], self._bottom[row]
            if each == chain[0]:
                top = self._rect(each).y + self._rect(each).height
            elif each == chain[-1]:
                bottom = self._rect(each).y
            points += [(x, top), (x, bottom)]
        worded = self._rows.words.get(at)
        words = self._rect(worded) if worded is not None else None
        return Route(tuple(points[::-1] if at in self._rows.turned else points), words)

    def _loop(self, at: int, box: Rect) -> Route:
        """Out of the box's right side and back into it."""
        right, middle, out = box.x + box.width, box.y + box.height / 2, box.x + box.width + LOOP * 0.7
        up = min(12.0, box.height / 4)
        size = self._links[at].words
        words = Rect(out - 4, middle - size[1] / 2, *size) if size else None
        return Route(((right, middle - up), (out, middle - up), (out, middle + up), (right, middle + up)), words)


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
