"""Free text without what would tell whose it is: telephone and account numbers, e-mail addresses, links.

Names cannot be found by a rule; who reads on is told so.
"""

from __future__ import annotations

import re
import unicodedata

MASK = "•••"
FEWEST_DIGITS = 5  # a year or an amount stays; a postcode, a number of a customer, PESEL or a telephone does not

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}\s?(?:@|\(at\)|\[at\])\s?[^\s@<>()\[\],;:\"]{1,255}", re.IGNORECASE)
_NUMBER = re.compile(r"\+?\d(?:[\s().,/_\u00a0\u2009\u202f\u2010-\u2015-]{0,3}\d)*")


def masked(text: str) -> str:
    """`text` in compatibility form (NFKC), with a mask in place of each of these."""
    plain = unicodedata.normalize("NFKC", text)  # digits of other scripts' widths are digits
    plain = _EMAIL.sub(MASK, _LINK.sub(MASK, plain))
    return _NUMBER.sub(lambda found: MASK if sum(map(str.isdigit, found[0])) >= FEWEST_DIGITS else found[0], plain)
