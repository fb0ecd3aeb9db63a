"""Parts of reports: one page of HTML without any other file, script or address in it; plots beside their figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from quality.score_table import plain
from quality.svg_plot import Plot, svg

STYLE = """
:root { color-scheme: light; --ink: #1b1f24; --line: #8a939e; --bar: #14508c; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: #fff; margin: 0 auto; max-width: 76rem;
  padding: 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.2rem; } h3 { font-size: 1.05rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption, figcaption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { border: 1px solid #c5ccd4; padding: .2rem .5rem; text-align: right; }
th { background: #eef1f5; } th.words { text-align: left; white-space: nowrap; }
h2, h3, li, p { overflow-wrap: anywhere; } figure { margin: 0; }
.wide { overflow: auto; max-height: 24rem; } .wide:focus { outline: 2px solid var(--bar); }
.pair { display: grid; grid-template-columns: minmax(0, 3fr) minmax(14rem, 1fr); gap: 1.5rem; align-items: start; }
@media (max-width: 56rem) { .pair { grid-template-columns: minmax(0, 1fr); } }
svg { display: block; width: 100%; min-width: 30rem; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.tick { text-anchor: end; } .label, .shown { text-anchor: middle; }
.grid { stroke: #d5dae0; } .bar { fill: var(--bar); }
.upper { fill: #fff; stroke: var(--bar); stroke-width: 2; stroke-dasharray: 4 2; }
article { border-left: 4px solid var(--line); padding-left: 1rem; margin: 1.6rem 0; }
"""


def page(title: str, *parts: str) -> str:
    """All of it is HTML already, the title too."""
    return "".join((
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{title}</title><style>{STYLE}</style></head><body><main>",
        *parts,
        "</main></body></html>\n",
    ))  # fmt: skip


def pair(title: str, plot: Plot, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A plot and the table of its figures."""
    label = escape(plain(plot.title), quote=True)
    caption = f"<figcaption>{escape(plain(plot.title))}</figcaption>"
    drawn = f'<figure class="wide" tabindex="0" aria-label="Plot: {label}">{caption}{svg(plot)}</figure>'
    return f'<div class="pair">{drawn}{wide(title, heads, rows)}</div>'


def wide(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that may be scrolled, with the keyboard, too."""
    label = escape(plain(caption), quote=True)
    return (
        f'<div class="wide" tabindex="0" role="group" aria-label="Table: {label}">{table(caption, heads, rows)}</div>'
    )


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    title = escape(plain(caption))
    return f"<table><caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: Iterable[str]) -> str:
    first, *rest = (escape(plain(each)) for each in row)
    return f'<th scope="row" class="words">{first}</th>' + "".join(f"<td>{each}</td>" for each in rest)
