"""Bar plots as inline SVG, each with a title and a description for those who do not see it.

Bars stand in one colour and carry their figures: nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil

WIDTH, HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 20, 44


@dataclass(frozen=True, slots=True)
class Bar:
    """`shown` stands above the bar, `label` below it; `upper` is a second part on top of the first, hatched."""

    label: str
    value: float
    shown: str
    upper: float = 0.0


@dataclass(frozen=True, slots=True)
class Plot:
    """`identity` is unique in its page. `top` is the end of the scale; by default the highest bar."""

    identity: str
    title: str
    description: str
    unit: str
    bars: Sequence[Bar]
    top: float | None = None


def svg(plot: Plot) -> str:
    """The plot as an element of HTML."""
    top = plot.top or max((bar.value + bar.upper for bar in plot.bars), default=0.0) or 1.0
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(plot.bars))
    every = ceil(len(plot.bars) / 8)  # labels that do not touch
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{plot.identity}-t {plot.identity}-d">',
        f'<title id="{plot.identity}-t">{escape(plot.title)}</title>',
        f'<desc id="{plot.identity}-d">{escape(plot.description)}</desc>',
        *_grid(top, plot.unit),
        *(_bar(bar, at, step, top, labelled=at % every == 0) for at, bar in enumerate(plot.bars)),
        "</svg>",
    ]
    return "".join(parts)


def _grid(top: float, unit: str) -> list[str]:
    lines = []
    for quarter in range(5):
        y = _y(top * quarter / 4, top)
        lines.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}">{top * quarter / 4:.4g}</text>')
    return [*lines, f'<text class="unit" x="{_LEFT}" y="{HEIGHT - 4}">{escape(unit)}</text>']


def _bar(bar: Bar, at: int, step: float, top: float, *, labelled: bool) -> str:
    x, width = _LEFT + at * step + step * 0.12, step * 0.76
    low, high = _y(min(bar.value, top), top), _y(min(bar.value + bar.upper, top), top)
    base = _y(0, top)
    parts = [f'<rect class="bar" x="{x:.1f}" y="{low:.1f}" width="{width:.1f}" height="{base - low:.1f}"/>']
    if bar.upper:
        parts.append(f'<rect class="upper" x="{x:.1f}" y="{high:.1f}" width="{width:.1f}" height="{low - high:.1f}"/>')
    middle = x + width / 2
    if bar.shown and step > 26:
        parts.append(f'<text class="shown" x="{middle:.1f}" y="{high - 4:.1f}">{escape(bar.shown)}</text>')
    if labelled:
        parts.append(f'<text class="label" x="{middle:.1f}" y="{base + 16:.1f}">{escape(bar.label)}</text>')
    return "".join(parts)


def _y(value: float, top: float) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _BOTTOM - _TOP) * value / top
