"""A ticket's number as somebody types it, with hyphens and blanks where they like."""

from __future__ import annotations

from telephony.console.api.problems import ProblemError
from telephony.core.ticket import ticket_sequence

MOST = 2**63  # of the database's running numbers


def typed_sequence(number: str) -> int:
    """The running number behind it. Errors: ProblemError where a digit must be wrong or missing."""
    try:
        sequence = ticket_sequence(number.replace("-", "").replace(" ", ""))
    except ValueError as error:
        raise ProblemError(422, "ticket_number", str(error)) from None
    if sequence >= MOST:
        raise ProblemError(422, "ticket_number", "there are not so many tickets")
    return sequence
