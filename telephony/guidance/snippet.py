"""The stretch of a text that says most of what was asked for, with the words that say it marked."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from telephony.core.article import Part
from telephony.guidance.polish import is_asked, pieces, stem

WORDS = 28


class Asked:
    """What somebody has typed: whole words by their stem, the last one also by its beginning."""

    def __init__(self, words: Sequence[str]) -> None:
        said = [word for word in words if is_asked(word)]
        self.words = said
        self._stems: Collection[str] = {stem(word) for word in said}
        self._begun = said[-1] if said else ""

    def says(self, folded: str) -> bool:
        """Whether this word of a text is one of them."""
        if not folded or not self._begun:
            return False
        return (is_asked(folded) and stem(folded) in self._stems) or folded.startswith(self._begun)


def snippet(text: str, asked: Asked) -> tuple[Part, ...]:
    """About `WORDS` words around the densest place; its beginning where nothing was asked."""
    cut = [(piece.replace("\n", " · "), asked.says(folded), bool(folded)) for piece, folded in pieces(text)]
    words = [at for at, (_, _, is_word) in enumerate(cut) if is_word]
    if not words:
        return ()
    first = _densest([cut[at][1] for at in words])
    begin, end = words[first], words[min(first + WORDS, len(words)) - 1] + 1
    shown = _joined([(piece, says) for piece, says, _ in cut[begin:end]])
    before = (Part("… "),) if first else ()
    after = (Part(" …"),) if end < words[-1] else ()
    return (*before, *shown, *after)


def _densest(hits: Sequence[bool]) -> int:
    """Where the window with most hits begins, a few words before its first hit."""
    if not any(hits):
        return 0
    last = max(0, len(hits) - WORDS)
    count = best = sum(hits[:WORDS])
    at = 0
    for begin in range(1, last + 1):
        count += hits[begin + WORDS - 1] - hits[begin - 1]
        if count > best:
            best, at = count, begin
    first = next(place for place in range(at, len(hits)) if hits[place])
    return min(last, max(0, first - 4))


def _joined(cut: Sequence[tuple[str, bool]]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for piece, says in cut:
        if parts and parts[-1].strong is says:
            parts[-1] = Part(parts[-1].text + piece, strong=says)
        else:
            parts.append(Part(piece, strong=says))
    return tuple(parts)
