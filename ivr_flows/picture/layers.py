"""The order of a layered drawing [Sugiyama, Tagawa, Toda 1981]: which layer everything is in, and where within it.

Ranks are longest paths from the start, with arrows that lead back turned round; an arrow over several layers becomes a
chain of points, and one with words gets a layer for them. Barycentres take crossings out. Everything is decided by
the order of the input: the same flow gives the same picture.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

SWEEPS = 12
MOST_POINTS = 40_000  # a second or two of work; a flow that a person can read has some hundreds

Pair = tuple[int, int]


class TangledError(Exception):
    """So many long ways that nobody could follow them in a picture."""


@dataclass(frozen=True, slots=True)
class Edge:
    source: int
    target: int
    worded: bool


@dataclass(slots=True)
class Layers:
    """Boxes are 0…boxes-1, the points of chains come after them."""

    rows: list[list[int]]
    chains: list[list[int]]  # for each edge: its points from top to bottom, both boxes included; one for a loop
    words: dict[int, int]  # edge → the point of its chain that carries the words
    turned: frozenset[int]  # edges whose chain runs against them
    below: dict[int, list[int]] = field(default_factory=dict)
    above: dict[int, list[int]] = field(default_factory=dict)


def layers(boxes: int, edges: Sequence[Edge], start: int) -> Layers:
    """Rows from the top, each from the left. Raises TangledError."""
    turned = _turned(boxes, edges, start)
    forward = [
        (each.target, each.source) if at in turned else (each.source, each.target) for at, each in enumerate(edges)
    ]
    ranks = _ranks(boxes, forward, start)
    found = _chained(ranks, edges, forward, turned)
    for chain in found.chains:
        for upper, lower in pairwise(chain):
            found.below.setdefault(upper, []).append(lower)
            found.above.setdefault(lower, []).append(upper)
    found.rows = _uncrossed(_first_order(found, start), found)
    return found


def _turned(boxes: int, edges: Sequence[Edge], start: int) -> frozenset[int]:
    """Edges to be turned round so that no cycle is left: those against the order of the file, or fewer others."""
    pairs = [(each.source, each.target) for each in edges]
    outgoing = _by_end(boxes, pairs)
    against = [at for at, (source, target) in enumerate(pairs) if target < source and _leads(target, source, outgoing)]
    found = _back_edges(pairs, outgoing, start)
    return frozenset(found if len(found) < len(against) else against)


def _leads(first: int, last: int, outgoing: Sequence[Sequence[int]]) -> bool:
    met, ahead = {first}, [first]
    while ahead and last not in met:
        new = [each for each in outgoing[ahead.pop()] if each not in met]
        met.update(new)
        ahead += new
    return last in met


def _back_edges(pairs: Sequence[Pair], outgoing: Sequence[Sequence[int]], start: int) -> list[int]:
    """Edges to a box from which they were reached, in depth-first order."""
    on_trail, done, turned = set[int](), set[int](), set[Pair]()
    for root in (start, *range(len(outgoing))):
        trail = [] if root in done else [(root, iter(outgoing[root]))]
        on_trail.update(box for box, _ in trail)
        while trail:
            box, ahead = trail[-1]
            target = next(ahead, None)
            if target is None:
                on_trail.discard(trail.pop()[0])
                done.add(box)
            elif target in on_trail:
                turned.add((box, target))
            elif target not in done:
                on_trail.add(target)
                trail.append((target, iter(outgoing[target])))
    return [at for at, pair in enumerate(pairs) if pair in turned and pair[0] != pair[1]]


def _ranks(boxes: int, pairs: Sequence[Pair], start: int) -> list[int]:
    """Longest path from the start; whatever nothing leads to stands just above what it leads to."""
    pairs = [pair for pair in pairs if pair[0] != pair[1]]
    below, waiting = _by_end(boxes, pairs), [0] * boxes
    for _, lower in pairs:
        waiting[lower] += 1
    roots = [box for box in range(boxes) if not waiting[box]]
    ranks, ready = [0] * boxes, list(roots)
    while ready:
        box = ready.pop()
        for lower in below[box]:
            ranks[lower] = max(ranks[lower], ranks[box] + 1)
            waiting[lower] -= 1
            ready += [] if waiting[lower] else [lower]
    for root in roots:
        if root != start and below[root]:
            ranks[root] = min(ranks[lower] for lower in below[root]) - 1
    lowest = min(ranks)
    return [rank - lowest for rank in ranks]


def _chained(ranks: list[int], edges: Sequence[Edge], forward: Sequence[Pair], turned: frozenset[int]) -> Layers:
    """Boxes stand in even rows and words in the odd ones beside their source; rows for which there is no use go."""
    word_rows = {
        at: 2 * ranks[each.source] + (-1 if at in turned else 1)
        for at, each in enumerate(edges)
        if each.worded and each.source != each.target
    }
    used = sorted({2 * rank for rank in ranks} | set(word_rows.values()))
    row_of = {double: row for row, double in enumerate(used)}
    rows: list[list[int]] = [[] for _ in used]
    for box, rank in enumerate(ranks):
        rows[row_of[2 * rank]].append(box)
    chains, words, points = [], {}, len(ranks)
    for at, (upper, lower) in enumerate(forward):
        between = range(row_of[2 * ranks[upper]] + 1, row_of[2 * ranks[lower]]) if upper != lower else range(0)
        chain = list(range(points, points + len(between)))
        for row, point in zip(between, chain, strict=True):
            rows[row].append(point)
            if at in word_rows and row == row_of[word_rows[at]]:
                words[at] = point
        points += len(chain)
        if points > MOST_POINTS:
            raise TangledError("too tangled for a picture: move parts that belong together into sub-flows")
        chains.append([upper, *chain, lower] if upper != lower else [upper])
    return Layers(rows, chains, words, turned)


def _first_order(found: Layers, start: int) -> list[list[int]]:
    """Each row in the order in which a walk from the start, always to the first below, comes upon it."""
    met: dict[int, int] = {}
    ahead = [*reversed([each for row in found.rows for each in row]), start]
    while ahead:
        each = ahead.pop()
        if each not in met:
            met[each] = len(met)
            ahead += reversed(found.below.get(each, ()))
    return [sorted(row, key=met.__getitem__) for row in found.rows]


def _uncrossed(rows: list[list[int]], found: Layers) -> list[list[int]]:
    """The best of some sweeps down and up, each row ordered by the barycentres of its neighbours."""
    best, fewest = rows, _crossings(rows, found.below)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        down = sweep % 2 == 0
        rows = _swept(rows if down else rows[::-1], found.above if down else found.below)
        rows = rows if down else rows[::-1]
        crossings = _crossings(rows, found.below)
        if crossings < fewest:
            best, fewest = rows, crossings
    return best


def _swept(rows: list[list[int]], neighbours: Mapping[int, list[int]]) -> list[list[int]]:
    done = [rows[0]]
    for row in rows[1:]:
        place = {each: at for at, each in enumerate(done[-1])}
        centres = {}
        for at, each in enumerate(row):
            near = [place[other] for other in neighbours.get(each, ())]
            centres[each] = sum(near) / len(near) if near else at * len(place) / len(row)
        done.append(sorted(row, key=centres.__getitem__))
    return done


def _crossings(rows: list[list[int]], below: Mapping[int, list[int]]) -> int:
    """How many pairs of lines cross between neighbouring rows."""
    crossings = 0
    for row, next_row in pairwise(rows):
        place = {each: at for at, each in enumerate(next_row)}
        ends: list[int] = []
        for each in row:
            own = sorted(place[other] for other in below.get(each, ()))
            crossings += sum(len(ends) - bisect_right(ends, end) for end in own)
            for end in own:
                insort(ends, end)
    return crossings


def _by_end(boxes: int, pairs: Iterable[Pair]) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(boxes)]
    for end, other in pairs:
        found[end].append(other)
    return found
