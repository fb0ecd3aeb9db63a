"""How many wrong PINs are allowed, so that nobody can guess one and nobody can lock another out. Pure.

A caller's number can be forged, so no single count will do. Each wrong PIN counts three times: for the caller, for the
caller with this customer, and for the customer among all callers from elsewhere. Callers from the customer's own
number have a count of their own, which strangers cannot use up. Right PINs cost nothing. Whoever is refused comes to a
person: what is locked is the keypad, not the customer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from telephony.core.rate_limit import RateLimit

NOBODY = "withheld"  # all callers without a number are one


@dataclass(frozen=True, slots=True)
class Attempt:
    """One PIN, keyed in by `caller` (E.164 as claimed; None where withheld) for the customer number `customer`."""

    caller: str | None
    customer: str
    own_number: bool  # the customer's own number, as far as numbers can be believed

    @property
    def keys(self) -> tuple[str, str, str]:
        caller = self.caller or NOBODY
        whose = "own" if self.own_number else "elsewhere"
        return caller, f"{caller}\n{self.customer}", f"{self.customer}\n{whose}"


@dataclass(slots=True)
class PinLimits:
    """At most about 25 guesses a day at one customer's PIN, however many numbers the guesser claims."""

    _caller: RateLimit = field(default_factory=lambda: RateLimit(10, 1800.0))
    _pair: RateLimit = field(default_factory=lambda: RateLimit(3, 3600.0))
    _elsewhere: RateLimit = field(default_factory=lambda: RateLimit(10, 8640.0))  # ten a day
    _own: RateLimit = field(default_factory=lambda: RateLimit(5, 7200.0))

    def take(self, attempt: Attempt, now: float) -> bool:
        """Count the attempt as if it were wrong; False when there were too many, and then nothing is counted."""
        limits = self._of(attempt)
        if any(limit.wait_s(key, now) for limit, key in limits):
            return False
        for limit, key in limits:
            limit.take(key, now)
        return True

    def right(self, attempt: Attempt, now: float) -> None:
        """The attempt that was taken turned out to be right."""
        for limit, key in self._of(attempt):
            limit.give_back(key, now)

    def _of(self, attempt: Attempt) -> tuple[tuple[RateLimit, str], ...]:
        customer = self._own if attempt.own_number else self._elsewhere
        return tuple(zip((self._caller, self._pair, customer), attempt.keys, strict=True))
