"""How many failed log-ins are allowed: per login and address, per address, (wider) per login. Right ones cost nothing.

What is known by itself (a browser in which the person has logged in before, a session) is counted by itself, so that no
guesser elsewhere locks it out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from telephony.core.rate_limit import RateLimit


@dataclass(slots=True)
class LoginLimit:
    _pair: RateLimit = field(default_factory=lambda: RateLimit(5, 30.0))
    _address: RateLimit = field(default_factory=lambda: RateLimit(30, 5.0))
    _login: RateLimit = field(default_factory=lambda: RateLimit(60, 10.0))

    def keys(self, login: str, address: str, known: str | None = None) -> tuple[str, str, str]:
        if known is not None:
            return (f"known\n{known}",) * 3
        return f"{login}\n{address}", address, login

    def take(self, keys: tuple[str, str, str], now: float) -> float:
        """Count one attempt as if it failed; returns the seconds to wait when there were too many, else 0."""
        limits = tuple(zip((self._pair, self._address, self._login), keys, strict=True))
        wait_s = max(limit.wait_s(key, now) for limit, key in limits)
        if not wait_s:
            for limit, key in limits:
                limit.take(key, now)
        return wait_s

    def give_back(self, keys: tuple[str, str, str], now: float) -> None:
        """The attempt was right."""
        for limit, key in zip((self._pair, self._address, self._login), keys, strict=True):
            limit.give_back(key, now)
