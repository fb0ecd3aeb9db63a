"""How wide words are without asking a font, and where they break: on the safe side, for the wide DejaVu Sans."""

from __future__ import annotations

import re

_NARROW = frozenset("iIjlłŁtfr.,:;'!|()[]{}/ -„”\"")
_WIDE = frozenset("mwMW@%…—ШЩЮЖшщюжФф")

_PIECES = re.compile(r"[^ _/-]*(?:[ _/-]+|$)")


def width(words: str, size_px: float) -> float:
    """In CSS pixels, at this font size."""
    return size_px * sum(map(_ems, words))


def _ems(letter: str) -> float:
    if letter in _NARROW:
        return 0.42
    if letter in _WIDE or ord(letter) >= 0x2E80:
        return 1.0
    return 0.72 if letter.isupper() else 0.63


def wrapped(words: str, size_px: float, width_px: float, lines: int) -> list[str]:
    """At most so many lines of this width, broken at spaces, `_`, `-` and `/`, in words too long for a line; then …"""
    found: list[str] = []
    line = ""
    for piece in _fitting(words, size_px, width_px):
        if line and width((line + piece).rstrip(), size_px) > width_px:
            found.append(line.rstrip())
            line = ""
        line += piece
    found += [line.rstrip()] if line.strip() else []
    if len(found) <= lines:
        return found
    last = found[lines - 1]
    while last and width(f"{last}…", size_px) > width_px:
        last = last[:-1]
    return [*found[: lines - 1], f"{last.rstrip()}…"]


def _fitting(words: str, size_px: float, width_px: float) -> list[str]:
    """Pieces none of which is wider than a line."""
    pieces = []
    for piece in _PIECES.findall(words):
        rest = piece
        while width(rest.rstrip(), size_px) > width_px and len(rest) > 1:
            at = next(at for at in range(len(rest), 0, -1) if at == 1 or width(rest[:at], size_px) <= width_px)
            pieces.append(rest[:at])
            rest = rest[at:]
        pieces.append(rest)
    return pieces
