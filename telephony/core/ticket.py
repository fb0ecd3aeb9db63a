"""A ticket's number: a running number with a check digit, short enough to be spoken digit by digit.

The check digit is Damm's [H. M. Damm, Total anti-symmetrische Quasigruppen, 2004]: it finds every single wrong digit
and every swap of two neighbours.
"""

from __future__ import annotations

FEWEST_DIGITS = 5  # without the check digit

_QUASIGROUP = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip


def ticket_number(sequence: int) -> str:
    """`sequence` ≥ 1 with its check digit, at least six digits."""
    digits = f"{sequence:0{FEWEST_DIGITS}}"
    return f"{digits}{_damm(digits)}"


def ticket_sequence(number: str) -> int:
    """The running number behind a ticket's number. Errors: ValueError when a digit must be wrong."""
    if not (number.isascii() and number.isdigit() and len(number) > FEWEST_DIGITS and _damm(number) == 0):
        raise ValueError("that is no ticket number of ours: a digit is wrong or missing")
    return int(number[:-1])


def _damm(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = int(_QUASIGROUP[interim][int(digit)])
    return interim
