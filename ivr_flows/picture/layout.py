"""Places for boxes, words and lines, in CSS pixels from the top left: nothing lies upon anything else.

Rows come from `layers`, places within them from `across`; here rows get their heights and lines their points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ivr_flows.picture.across import Extent, across
from ivr_flows.picture.layers import Edge, Layers, layers

MARGIN = 24.0
ROWS_APART = 30.0
SLOPE = 0.1  # more room between rows where lines have far to go across
MOST_APART = 90.0
PORTS_APART = 26.0
PORTS_WITHIN = 0.6  # of a box's width
LOOP = 30.0  # how far a loop reaches out beside its box

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
    """A place for each box and a route for each link. Raises TangledError for more of them than can be drawn."""
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

    def _across(self) -> dict[int, float]:
        """The middle of everything, from the left margin on."""
        reach = {each: Extent(self._half(each), self._half(each) + self._beside(each)) for each in self._size}
        x = across(self._rows, self._boxes, reach)
        left = min(middle - self._half(each) for each, middle in x.items())
        return {each: middle - left + MARGIN for each, middle in x.items()}

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
