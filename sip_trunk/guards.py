"""What no file can allow: who may not be called by a program, and what may not be shown as caller ID.

Emergency numbers are reached by people's own phones, without our server; an automatic call, a transfer or a call-back
to them is refused. Premium numbers are never called. A number on the DNO list (of numbers that only receive) [act of
28 July 2023 on combating abuse in electronic communication] is never shown to whom we call.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence

from sip_trunk.model import Guards
from sip_trunk.numbers import Kind, digits_of, kind_of

_CALLABLE = frozenset({Kind.FIXED, Kind.MOBILE, Kind.FREEPHONE, Kind.SHARED_COST, Kind.HARMONISED, Kind.OTHER_NATIONAL})


def refusal(number: str, guards: Guards) -> str | None:
    """Why a program may not call `number`, in words; None where it may."""
    kind = kind_of(number)
    if kind in _CALLABLE:
        return None
    if kind is Kind.INTERNATIONAL:
        allowed = any(number.startswith(prefix) for prefix in guards.international)
        return None if allowed else f"{number} is abroad, and no prefix of guards.international allows it"
    reasons = {
        Kind.EMERGENCY: "is an emergency number: people's own phones reach it, programs never call it",
        Kind.PREMIUM: "is a premium number",
        Kind.SHORT_SERVICE: "is a short number of a local service",
        Kind.INVALID: "is no telephone number",
    }
    return f"{number} {reasons[kind]}"


class OwnNumbers:
    """Ranges of ours, first and last number inclusive; `receive_only` may not be shown to whom we call."""

    def __init__(self, ranges: Sequence[tuple[str, str]], receive_only: Collection[str]) -> None:
        self._ranges = sorted((int(digits_of(first)), int(digits_of(last))) for first, last in ranges)
        self._firsts = [first for first, _ in self._ranges]
        self._receive_only = frozenset(receive_only)

    def __contains__(self, number: str) -> bool:
        value = int(digits_of(number))
        at = bisect_right(self._firsts, value) - 1
        return at >= 0 and value <= self._ranges[at][1]

    def caller_id_refusal(self, number: str) -> str | None:
        """Why `number` may not be shown as the caller; None where it may."""
        if number not in self:
            return f"{number} is in no range of ours (own)"
        if number in self._receive_only:
            return f"{number} is receive-only (DNO list)"
        return None
