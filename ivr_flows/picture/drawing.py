"""A flow as SVG [SVG 1.1]: one picture for light and dark, readable alone or within a page.

What a node is about has its own colour and its own shape, and a word says what it is; nothing is told by colour alone
[WCAG 2.2 §1.4.1]. The words of the whole picture stand in its description for who does not see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from ivr_flows.model import Flow
from ivr_flows.picture.layout import Layout, Link, Rect, Route, Size, layout
from ivr_flows.picture.lettering import width, wrapped
from ivr_flows.picture.style import STYLE
from ivr_flows.picture.view import Arrow, Box, View, view
from ivr_flows.picture.words import Group, Language, word

TYPE_PX, NAME_PX, TEXT_PX = 11.0, 14.0, 12.0  # font sizes
LEADING = 1.35
TEXT_WIDTH = 176.0
LABEL_WIDTH = 120.0
SIDE, ABOVE = 16.0, 10.0  # between a box and its words
COUNT = (40.0, 22.0)  # the place for the number of callers, at the upper left corner
SIGN = 18.0  # the round sign of a way to the person
LABEL_SIDE, LABEL_ABOVE = 6.0, 2.0
TINY = 0.1


@dataclass(frozen=True, slots=True)
class _Line:
    words: str
    look: str  # class of the style sheet
    size_px: float


def svg(flow: Flow, language: Language = Language.EN, *, within_page: bool = False) -> str:
    """The whole picture. `within_page`: the page brings STYLE and tells the rest in words; each node's `g` has a place
    for the number of callers, seen once the `g` has an attribute `data-callers`. Raises TangledError.
    """
    seen = view(flow, language)
    lines = {box.id: _lines(box, language) for box in seen.boxes}
    labels = [_label(arrow) for arrow in seen.arrows]
    links = [
        Link(arrow.source, arrow.target, _label_size(words)) for arrow, words in zip(seen.arrows, labels, strict=True)
    ]
    placed = layout({id_: _size(own) for id_, own in lines.items()}, links, flow.start)
    head = _head(seen, placed, language, within_page=within_page)
    return "\n".join([*head, *_body(seen, placed, lines, labels, live=within_page), "</svg>\n"])


def _head(seen: View, placed: Layout, language: Language, *, within_page: bool) -> Iterator[str]:
    size = f'width="{placed.width:.0f}" height="{placed.height:.0f}"'
    box = f'viewBox="0 0 {placed.width:.0f} {placed.height:.0f}"'
    names = f'role="img" aria-labelledby="flow-title{"" if within_page else " flow-words"}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" class="flow" lang="{language}" {size} {box} {names}>'
    yield f'<title id="flow-title">{_text(seen.title)}</title>'
    if not within_page:
        yield f'<desc id="flow-words">{_text(seen.summary)}</desc>'
        yield f"<style>\n{STYLE}</style>"
    yield (
        '<defs><marker id="flow-head" viewBox="0 0 10 10" refX="9.5" refY="5" markerWidth="9" markerHeight="9" '
        'markerUnits="userSpaceOnUse" orient="auto"><path class="head" d="M0 0 10 5 0 10z"/></marker></defs>'
    )
    if not within_page:
        yield '<rect class="ground" width="100%" height="100%"/>'


def _body(
    seen: View, placed: Layout, lines: dict[str, list[_Line]], labels: Sequence[Sequence[str]], *, live: bool
) -> Iterator[str]:
    """Lines first, so that boxes and words lie above them."""
    for arrow, route in zip(seen.arrows, placed.routes, strict=True):
        yield _way(arrow, route)
    for words, route in zip(labels, placed.routes, strict=True):
        if route.words:
            yield from _label_at(words, route.words)
    for box in seen.boxes:
        yield from _box_at(box, lines[box.id], placed.boxes[box.id], live=live)


# -- boxes --------------------------------------------------------------------------------------------------------


def _lines(box: Box, language: Language) -> list[_Line]:
    type_ = f"{box.type} · {word('start', language)}" if box.start else box.type
    found = [_Line(type_.upper(), "type", TYPE_PX)]
    found += [_Line(words, "name", NAME_PX) for words in wrapped(box.id, NAME_PX, TEXT_WIDTH, 2)]
    said = f"„{box.said}”" if box.said else ""
    found += [_Line(words, "said", TEXT_PX) for words in wrapped(said, TEXT_PX, TEXT_WIDTH, 3)]
    for detail in box.details:
        found += [_Line(words, "detail", TEXT_PX) for words in wrapped(detail, TEXT_PX, TEXT_WIDTH, 2)]
    return found


def _size(lines: Sequence[_Line]) -> Size:
    widest = max(width(line.words, line.size_px) * (1.1 if line.look in {"type", "name"} else 1) for line in lines)
    return max(96.0, widest) + 2 * SIDE, sum(line.size_px * LEADING for line in lines) + 2 * ABOVE


def _box_at(box: Box, lines: Sequence[_Line], place: Rect, *, live: bool) -> Iterator[str]:
    start = " start" if box.start else ""
    yield f'<g class="{box.group}{start}" data-node="{_text(box.id)}">'
    yield from _shape(box.group, place)
    y = place.y + ABOVE
    for line in lines:
        y += line.size_px * LEADING
        yield _words(line.words, line.look, place.x + SIDE, y - line.size_px * 0.3)
    if box.person:
        x, middle = place.x + place.width, place.y + 1
        yield f'<circle class="sign" cx="{x - SIGN:.1f}" cy="{middle:.1f}" r="{SIGN / 2:.1f}"/>'
        yield _words(box.person, "sign-text", x - SIGN, middle + 4)
    if live and box.id:
        count = Rect(place.x - COUNT[0] / 2, place.y - COUNT[1] / 2, *COUNT)
        yield f'<g class="count">{_rect(count, "count-shape", COUNT[1] / 2)}'
        yield f"{_words('', 'count-text', place.x, place.y + 5)}</g>"
    yield "</g>"


def _shape(group: Group, at: Rect) -> Iterator[str]:
    """A shape for each group: what is decided has points at its sides, what leads to people is round, and so on."""
    right, bottom, cut = at.x + at.width, at.y + at.height, 10.0
    match group:
        case Group.ASK:
            corners = [(at.x + cut, at.y), (right, at.y), (right, bottom - cut), (right - cut, bottom), (at.x, bottom)]
            yield _polygon([*corners, (at.x, at.y + cut)])
        case Group.DECIDE:
            middle = at.y + at.height / 2
            corners = [(at.x, at.y), (right, at.y), (right + cut, middle), (right, bottom), (at.x, bottom)]
            yield _polygon([*corners, (at.x - cut, middle)])
        case Group.PERSON:
            yield _rect(at, "shape", 20.0)
        case Group.OWN:
            yield _rect(at, "shape", 0.0)
            down = f"{at.y:.1f}V{bottom:.1f}"
            yield f'<path class="inner" d="M{at.x + 6:.1f} {down}M{right - 6:.1f} {down}"/>'
        case Group.END:
            yield _rect(at, "shape", 12.0)
            yield _rect(Rect(at.x + 4, at.y + 4, at.width - 8, at.height - 8), "inner", 9.0)
        case Group.SAY | Group.NOTE:
            yield _rect(at, "shape", 4.0)


def _rect(at: Rect, look: str, radius: float) -> str:
    place = f'x="{at.x:.1f}" y="{at.y:.1f}" width="{at.width:.1f}" height="{at.height:.1f}"'
    return f'<rect class="{look}" {place} rx="{radius:g}"/>'


def _polygon(corners: Sequence[tuple[float, float]]) -> str:
    return f'<polygon class="shape" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in corners)}"/>'


# -- lines --------------------------------------------------------------------------------------------------------


def _label(arrow: Arrow) -> list[str]:
    return [line for words in arrow.labels for line in wrapped(words, TEXT_PX, LABEL_WIDTH, 3)]


def _label_size(lines: Sequence[str]) -> Size | None:
    if not lines:
        return None
    widest = max(width(line, TEXT_PX) for line in lines)
    return widest + 2 * LABEL_SIDE, len(lines) * TEXT_PX * LEADING + 2 * LABEL_ABOVE


def _label_at(lines: Sequence[str], place: Rect) -> Iterator[str]:
    yield _rect(place, "label", 9.0)
    y = place.y + LABEL_ABOVE
    for line in lines:
        y += TEXT_PX * LEADING
        yield _words(line, "label-text", place.x + place.width / 2, y - TEXT_PX * 0.3)


def _way(arrow: Arrow, route: Route) -> str:
    points = route.points
    path = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for at, (x, y) in enumerate(points[1:], 1):
        before_x, before_y = points[at - 1]
        if abs(x - before_x) + abs(y - before_y) < TINY:  # an arrow's head takes its direction from the last stretch
            continue
        if at % 2 or x == before_x:
            path.append(f"L{x:.1f} {y:.1f}")
        else:
            middle = (y + before_y) / 2
            path.append(f"C{before_x:.1f} {middle:.1f} {x:.1f} {middle:.1f} {x:.1f} {y:.1f}")
    look = "way built-in" if arrow.built_in else "way"
    return f'<path class="{look}" d="{"".join(path)}" marker-end="url(#flow-head)"/>'


def _words(words: str, look: str, x: float, y: float) -> str:
    return f'<text class="{look}" x="{x:.1f}" y="{y:.1f}">{_text(words)}</text>'


def _text(words: str) -> str:
    """As text in an element or an attribute, whatever it is; control characters are none of XML's [XML 1.0 §2.2]."""
    return escape("".join(letter if letter.isprintable() else "�" for letter in words))
