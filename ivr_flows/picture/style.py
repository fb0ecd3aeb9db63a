"""The look of pictures in light and dark: contrast of words 4.5:1 or more, of lines 3:1 [WCAG 2.2 §1.4.3, §1.4.11]."""

LIGHT = """\
.flow { --g: #f7f9fa; --i: #14202a; --q: #44525e; --l: #5d6b76; --t: #ffffff; }
.flow { font-family: system-ui, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
.flow .ground { fill: var(--g); }
.flow text { fill: var(--i); font-size: 12px; }
.flow .type { font-size: 11px; font-weight: 700; letter-spacing: 0.02em; fill: var(--ink); }
.flow .name { font-size: 14px; font-weight: 650; }
.flow .said { font-style: italic; }
.flow .detail { fill: var(--q); }
.flow .shape { fill: var(--fill); stroke: var(--ink); stroke-width: 1.5; }
.flow .inner { fill: none; stroke: var(--ink); stroke-width: 1.5; }
.flow .start .shape { stroke-width: 3; }
.flow .sign { fill: var(--t); stroke: var(--ink); }
.flow .sign-text { text-anchor: middle; font-size: 12px; font-weight: 700; }
.flow .way { fill: none; stroke: var(--l); stroke-width: 1.5; }
.flow .built-in { stroke-dasharray: 5 4; }
.flow .head { fill: var(--l); }
.flow .label { fill: var(--t); stroke: var(--l); stroke-width: 0.75; }
.flow .label-text { text-anchor: middle; }
.flow .count { display: none; }
.flow [data-callers] > .count { display: inline; }
.flow [data-callers] > .shape { stroke-width: 4; }
.flow .count-shape { fill: var(--i); }
.flow .count-text { fill: var(--g); text-anchor: middle; font-size: 14px; font-weight: 700; }
.flow .say { --fill: #e3f0fb; --ink: #0b4f8a; }
.flow .ask { --fill: #f1e8fc; --ink: #5a2ca0; }
.flow .decide { --fill: #fdf1d8; --ink: #7a4b00; }
.flow .person { --fill: #dff5e6; --ink: #125c35; }
.flow .own { --fill: #eceff1; --ink: #3e4c57; }
.flow .end { --fill: #fce6e6; --ink: #94202a; }
.flow .note { --fill: #ffffff; --ink: #44525e; }
.flow .note .shape { stroke-dasharray: 5 4; }
"""

DARK = """\
.flow { --g: #10181f; --i: #e9eff3; --q: #b4c1cb; --l: #93a3af; --t: #1b2731; }
.flow .say { --fill: #12304a; --ink: #8cc8ff; }
.flow .ask { --fill: #2c2047; --ink: #d0b6ff; }
.flow .decide { --fill: #3a2c0c; --ink: #f5c667; }
.flow .person { --fill: #11351f; --ink: #7fdca5; }
.flow .own { --fill: #25313b; --ink: #c0ccd5; }
.flow .end { --fill: #431c21; --ink: #ffa6a6; }
.flow .note { --fill: #172029; --ink: #b4c1cb; }
"""

STYLE = f"{LIGHT}@media (prefers-color-scheme: dark) {{\n{DARK}}}\n"  # as the machine is set


def style(theme: str) -> str:
    """`light` or `dark` as somebody has chosen; anything else: as the machine is set."""
    return {"light": LIGHT, "dark": LIGHT + DARK}.get(theme, STYLE)
