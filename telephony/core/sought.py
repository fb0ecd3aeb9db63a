"""What a consultant types to find a customer, and how it is compared: the same whatever directory is asked."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import product

FEWEST_DIGITS = 4  # fewer would find everybody
TRIED = 3  # letters with all their marks: 54 patterns at most
_MAY_BE_MARKED = frozenset("aceilnosuyz")  # ą ć é í ł ń ó ś ü ý ż, and their like
_POLISH = {"a": "ą", "c": "ć", "e": "ę", "l": "ł", "n": "ń", "o": "ó", "s": "ś", "z": "źż"}


@dataclass(frozen=True, slots=True)
class Sought:
    """`digits` end a telephone number or are a customer number; else words of the name begin with `words`."""

    digits: str = ""
    words: tuple[str, ...] = ()  # as `words_of` has them, the longest first

    def fits(self, name: str) -> bool:
        """Whether for each word that was typed one of the name begins so."""
        known = words_of(name)
        return bool(self.words) and all(any(each.startswith(word) for each in known) for word in self.words)


def sought(text: str) -> Sought | None:
    """None where nobody would be found by it."""
    digits = "".join(filter(str.isdigit, text)) if text.isascii() else ""
    if len(digits) >= FEWEST_DIGITS:
        return Sought(digits=digits)
    words = tuple(sorted(filter(_has_letters, words_of(text)), key=len, reverse=True))
    return Sought(words=words) if words and not digits else None


def words_of(name: str) -> frozenset[str]:
    """In small letters without marks: "Łucja Żak" is found by "luc" and by "żak"."""
    decomposed = unicodedata.normalize("NFKD", name.casefold().replace("ł", "l").replace("-", " "))
    return frozenset("".join(letter for letter in decomposed if not unicodedata.combining(letter)).split())


def patterns(word: str) -> tuple[str, ...]:
    """For `LIKE`, any of them, of one of `words`; they find more than they should, see `Sought.fits`.

    Any letter stands where a name may have a mark. Where that is everywhere, the first letters are tried with the marks
    that Polish has.
    """
    loose = "".join(map(_any_mark, word))
    if loose.strip("_"):
        return (f"%{loose}%",)
    first, *more = (letter + _POLISH.get(letter, "") for letter in word[:TRIED] if letter.isalnum())
    begins = product(first + first.upper(), *more)  # SQLite's ILIKE knows no Ż for a ż
    return tuple(f"%{''.join(each)}{loose[TRIED:]}%" for each in begins)


def _has_letters(word: str) -> bool:
    return any(map(str.isalnum, word))


def _any_mark(letter: str) -> str:
    return letter if letter.isascii() and letter.isalnum() and letter not in _MAY_BE_MARKED else "_"
