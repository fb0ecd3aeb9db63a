"""Curves in SVG [SVG 1.1]: panels one below another, for light and dark, readable alone.

Curves differ in colour and in their dashes, and each has its name at its side: nothing is told by colour alone
[WCAG 2.2 §1.4.1].
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760.0, 320.0  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 64.0, 190.0, 44.0, 52.0
LEADING = 18.0

STYLE = """\
.chart { --g: #f7f9fa; --i: #14202a; --l: #5d6b76; --w: #d5dce1; }
.chart { --a: #0b5cad; --b: #a83a00; --c: #4d6b00; --d: #7a3e9d; }
.chart { font-family: system-ui, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; font-size: 12px; }
.chart .ground { fill: var(--g); }
.chart text { fill: var(--i); }
.chart .title { font-size: 14px; font-weight: 650; }
.chart .end { text-anchor: end; }
.chart .middle { text-anchor: middle; }
.chart .axis { stroke: var(--l); fill: none; }
.chart .grid { stroke: var(--w); fill: none; }
.chart .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.chart .curve-0 { stroke: var(--a); }
.chart .curve-1 { stroke: var(--b); stroke-dasharray: 7 3; }
.chart .curve-2 { stroke: var(--c); stroke-dasharray: 2 3; }
.chart .curve-3 { stroke: var(--d); stroke-dasharray: 9 3 2 3; }
@media (prefers-color-scheme: dark) {
  .chart { --g: #14191e; --i: #e8edf1; --l: #93a1ac; --w: #313b43; }
  .chart { --a: #6fb3f2; --b: #f59a63; --c: #a9c94f; --d: #cf9aee; }
}
"""
LOOKS = 4


@dataclass(frozen=True, slots=True)
class Curve:
    name: str
    points: tuple[tuple[float, float], ...]  # by x


@dataclass(frozen=True, slots=True)
class Panel:
    """`y` are shares from 0 to 1; `x` counts `unit`s."""

    title: str
    unit: str
    curves: tuple[Curve, ...]


def svg(title: str, panels: Sequence[Panel]) -> str:
    """The whole picture; a panel without a point has its title and its axes alone."""
    height = HEIGHT * len(panels)
    size = f'width="{WIDTH:.0f}" height="{height:.0f}" viewBox="0 0 {WIDTH:.0f} {height:.0f}"'
    names = 'role="img" aria-labelledby="chart-title chart-words"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" {size} {names}>',
        f'<title id="chart-title">{_text(title)}</title>',
        f'<desc id="chart-words">{_text(" ".join(map(_told, panels)))}</desc>',
        f"<style>\n{STYLE}</style>",
        '<rect class="ground" width="100%" height="100%"/>',
    ]
    for number, panel in enumerate(panels):
        parts += [f'<g transform="translate(0 {number * HEIGHT:.0f})">', *_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>\n"])


def _told(panel: Panel) -> str:
    """The picture in words, for who does not see it."""
    curves = "; ".join(f"{each.name}: {_ends(each)}" for each in panel.curves if each.points)
    return f"{panel.title}: {curves or 'nothing to show'}."


def _ends(curve: Curve) -> str:
    shown = [curve.points[0], curve.points[len(curve.points) // 2], curve.points[-1]]
    return ", ".join(f"{y:.0%} at {x:.3g}" for x, y in dict.fromkeys(shown))


def _panel(panel: Panel) -> Iterator[str]:
    xs = [x for curve in panel.curves for x, _ in curve.points] or [0.0, 1.0]
    low, high = min(xs), max(*xs, min(xs) + 1e-9)
    step = _step(high - low)
    yield _words(panel.title, "title", LEFT, TOP - 18)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(share)
        yield f'<path class="grid" d="M{LEFT:.1f} {y:.1f}H{WIDTH - RIGHT:.1f}"/>'
        yield _words(f"{share:.0%}", "end", LEFT - 8, y + 4)
    yield f'<path class="axis" d="M{LEFT:.1f} {TOP:.1f}V{_y(0):.1f}H{WIDTH - RIGHT:.1f}"/>'
    for tick in range(math.ceil(low / step), math.floor(high / step) + 1):
        x = _x(tick * step, low, high)
        yield f'<path class="axis" d="M{x:.1f} {_y(0):.1f}v5"/>{_words(f"{tick * step:g}", "middle", x, _y(0) + 18)}'
    yield _words(panel.unit, "middle", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12)
    for number, curve in enumerate(panel.curves):
        yield from _curve(curve, number, low, high)


def _curve(curve: Curve, number: int, low: float, high: float) -> Iterator[str]:
    look, beside, y = f"curve curve-{number % LOOKS}", WIDTH - RIGHT + 16, TOP + 8 + number * LEADING
    if curve.points:
        way = "L".join(f"{_x(x, low, high):.1f} {_y(share):.1f}" for x, share in curve.points)
        yield f'<path class="{look}" d="M{way}"/>'
    yield f'<path class="{look}" d="M{beside:.1f} {y - 4:.1f}h24"/>{_words(curve.name, "name", beside + 30, y)}'


def _x(value: float, low: float, high: float) -> float:
    return LEFT + (value - low) / (high - low) * (WIDTH - RIGHT - LEFT)


def _y(share: float) -> float:
    return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)


def _step(span: float) -> float:
    """Between ticks: 1, 2 or 5 times a power of ten, at most ten of them."""
    power = 10.0 ** math.floor(math.log10(span / 10))
    return next(times * power for times in (1, 2, 5, 10) if times * power * 10 >= span * (1 - 1e-9))


def _words(words: str, look: str, x: float, y: float) -> str:
    return f'<text class="{look}" x="{x:.1f}" y="{y:.1f}">{_text(words)}</text>'


def _text(words: str) -> str:
    """As text in an element, whatever it is; control characters are none of XML's [XML 1.0 §2.2]."""
    return escape("".join(letter if letter.isprintable() else "�" for letter in words))
