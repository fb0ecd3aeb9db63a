"""The small part of Markdown that articles may use, read into plain parts: headings, paragraphs, lists, **strong**,
[a link](other-article). Everything else, HTML too, stays the text it is [CommonMark 0.31, of which this is a part].
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from telephony.core.article import Block, BlockKind, Part

_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*$")
_BULLET = re.compile(r"\s*[-*]\s+(.*)$")
_STEP = re.compile(r"\s*\d{1,3}[.)]\s+(.*)$")
_INLINE = re.compile(r"\*\*(?P<strong>[^*]+)\*\*|\[(?P<text>[^\]\[]+)\]\((?P<article>[a-z0-9][a-z0-9-]{0,79})\)")
_STARTS = ((_HEADING, BlockKind.HEADING), (_BULLET, BlockKind.BULLET), (_STEP, BlockKind.STEP))


def blocks(text: str) -> tuple[Block, ...]:
    """In order. A line that begins nothing goes on with what was begun before it; an empty line ends it."""
    return tuple(Block(kind, tuple(parts(" ".join(lines)))) for kind, lines in _begun(text) if any(lines))


def _begun(text: str) -> Iterator[tuple[BlockKind, list[str]]]:
    kind, lines = BlockKind.PARAGRAPH, list[str]()
    for line in [*text.splitlines(), ""]:
        start = _start(line)
        ended = not line.strip() or start is not None or kind is BlockKind.HEADING
        if ended and lines:
            yield kind, lines
            lines = []
        if start:
            kind, first = start
            lines = [first]
        elif line.strip():
            kind = kind if lines else BlockKind.PARAGRAPH
            lines.append(line.strip())


def _start(line: str) -> tuple[BlockKind, str] | None:
    for pattern, kind in _STARTS:
        if found := pattern.match(line):
            return kind, found[1]
    return None


def parts(text: str) -> Iterator[Part]:
    """A line's stretches."""
    at = 0
    for found in _INLINE.finditer(text):
        if found.start() > at:
            yield Part(text[at : found.start()])
        strong = found["strong"]
        yield Part(strong, strong=True) if strong else Part(found["text"], article=found["article"])
        at = found.end()
    if at < len(text):
        yield Part(text[at:])


def plain(text: str) -> str:
    """All words of it, one block a line."""
    return "\n".join("".join(part.text for part in block.parts) for block in blocks(text))


def links(text: str) -> frozenset[str]:
    """The articles it leads to."""
    return frozenset(part.article for block in blocks(text) for part in block.parts if part.article)
