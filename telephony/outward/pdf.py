"""A letter as PDF for a durable medium: PDF/A-2a, kept readable for decades [ISO 19005-2], and PDF/UA-1 for those who
have it read to them [ISO 14289-1]. The fonts come with Typst and have Polish and Ukrainian letters.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from importlib.resources import files

from ivr_flows.calendar import local
from telephony.core.customer_message import CustomerMessage

SALUTATION = "Szanowni Państwo,"
_LONG_WORD = re.compile(r"(\S{40})(?=\S)")


def rendered(letter: CustomerMessage, at: float) -> bytes:
    """The same letter of the same day gives the same bytes. `at`: seconds since the epoch."""
    import typst

    try:
        return _compiled(letter, letter.text, at)
    except typst.TypstError:  # the fonts lack something of it, which no such PDF may
        return _compiled(replace(letter, title=_in_letters(letter.title)), _in_letters(letter.text), at)


def _compiled(letter: CustomerMessage, text: str, at: float) -> bytes:
    import typst

    day = local(at).date()
    title, whole = (each.encode("utf-8", "replace").decode() for each in (letter.title, text))
    paragraphs = _LONG_WORD.sub("\\1\u200b", whole).split("\n\n")  # a word that is too long goes on in the next line
    head = paragraphs.index(SALUTATION) if SALUTATION in paragraphs else 0
    told = {
        "title": title,
        "author": whole.split("\n", 1)[0] or title,
        "lang": "pl",
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "head": paragraphs[:head],
        "body": paragraphs[head:],
    }
    return typst.compile(
        _template(),
        format="pdf",
        pdf_standards=["a-2a", "ua-1"],
        sys_inputs={"letter": json.dumps(told)},
        ignore_system_fonts=True,
    )


@cache
def _template() -> bytes:
    return (files("telephony.outward") / "letter.typ").read_bytes()


def _in_letters(text: str) -> str:
    """What is not Latin, Greek, Cyrillic, punctuation or money, by its number in Unicode."""
    return "".join(each if _usual(each) else f"[U+{ord(each):04X}]" for each in text)


def _usual(each: str) -> bool:
    place = ord(each)
    return each == "\n" or (each.isprintable() and (place < 0x530 or 0x2010 <= place < 0x2027 or place == ord("€")))
