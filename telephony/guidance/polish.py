"""Words as the search sees them: in small letters without marks, and for Polish without their endings.

A light suffix stemmer of our own: it need not find a word's true root, only the same stem for a word's forms. First the
longest ending goes that leaves enough of a word, then the consonants that Polish exchanges before endings are made one
(faktura and fakturze, klient and kliencie, usługa and usłudze). The index and what is asked go the same way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

VERSION = 1  # another one: every article is indexed anew
LONGEST = 40  # letters of a word; whatever is longer is no word

_WORD = re.compile(r"[0-9a-z]+")
# By how many letters must stay. Longest first within each: the first that fits goes.
_ENDINGS = {
    6: (
        "anymi onymi anego onego anemu onemu anych onych anej onej anym onym any ony ana ona ane one ani oni ano ono "
        "acymi acych acego acemu acym acej aca acy ace ac"
    ),
    5: "am iam alem alam ilem ilam ylem ylam aly ily yly ala alo ila ilo yla ylo",
    4: (
        "owaniach owaniami owaniem owaniom owania owanie owaniu owan owalem owalam owalismy owalyscie "
        "owala owalo owali owaly owal owac ujemy ujecie ujesz ujac uje uja aniach aniami aniem aniom ania anie aniu "
        "eniach eniami eniem eniom enia enie eniu osciach osciami oscia osciom osci osc "
        "iejszymi iejszych iejszego iejsza iejszy iejsze iami iach iego iemu "
        "iom iem imi ymi ego emu ach ami ych owi ich iej iom amy emy imy ymy acie icie ycie aja eja acy owie "
        "asz isz ysz "
        "ow om em im ym ej ac ic yc ec an en ia ie iu io ii"
    ),
    3: "ow om ie ia iu ej ym ych ii a e i o u y",
}
_SUFFIXES = tuple(
    (ending, least)
    for least, endings in _ENDINGS.items()
    for ending in sorted(set(endings.split()), key=lambda each: (-len(each), each))
)
_EXCHANGES = (  # at the end of what is left, in this order, once each
    ("lal", "l"),
    ("szcz", "sc"),
    ("rz", "r"),
    ("dz", "d"),
    ("cz", "c"),
    ("sz", "s"),
    ("ek", "k"),
    ("el", "l"),
    ("er", "r"),
    ("zc", "sc"),
)
_SAME = str.maketrans({"k": "c", "t": "c", "g": "d", "z": "s"})
_STOP_WORDS = (
    "a aby ale bo by byc byl byla bylo chce co czy dla do go i ich im ja jak jaka jakie jest jestem juz "
    "ktora ktore ktory lub ma mam mi mnie moj moja moje mozna na nad nie nim niz o od oraz pan pani po "
    "pod prosze przed przez sa sie ta tak tam te tego ten to tu tylko u w we z za ze zeby"
)
_STOP = frozenset(_STOP_WORDS.split())


def folded(text: str) -> str:
    """In small letters without marks; ł is no l with a mark to Unicode."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def stem(word: str) -> str:
    """Of one folded word."""
    left = _without_ending(word)
    for end, other in _EXCHANGES:
        if left.endswith(end) and len(left) > len(end) + 1:
            left = left.removesuffix(end) + other
    return left[:-1] + left[-1].translate(_SAME) if len(left) > 1 else left


def _without_ending(word: str) -> str:
    if word.isdigit():
        return word
    for ending, least in _SUFFIXES:
        if len(word) >= len(ending) + least and word.endswith(ending):
            return word.removesuffix(ending)
    return word


def words(text: str) -> list[str]:
    """Folded, in order."""
    return [word for word in _WORD.findall(folded(text)) if len(word) <= LONGEST]


def stems(text: str, language: str = "pl") -> list[str]:
    """What goes into the index: stems of Polish, the folded words of other languages; no word that says nothing."""
    said = [word for word in words(text) if word not in _STOP]
    return [stem(word) for word in said] if language == "pl" else said


def is_asked(word: str) -> bool:
    """Whether a folded word of a question says anything."""
    return word not in _STOP and len(word) <= LONGEST


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """The text in order, cut at its words: each word with its folded form, and what stands between with none."""
    at = 0
    for found in re.finditer(r"\w+", text):
        if found.start() > at:
            yield text[at : found.start()], ""
        yield found[0], folded(found[0])
        at = found.end()
    if at < len(text):
        yield text[at:], ""
