"""How many failed log-ins are allowed: per login and address, per address, (wider) per login. Right ones cost nothing.

What is known by itself (a browser in which the person has logged in before, a session) is counted by itself, so that no
guesser elsewhere locks it out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from telephony.core.rate_limit import RateLimit

Keys = tuple[str, str, str]


@dataclass(slots=True)
class LoginLimit:
    _pair: RateLimit = field(default_factory=lambda: RateLimit(5, 30.0))
    _address: RateLimit = field(default_factory=lambda: RateLimit(30, 5.0))
    _login: RateLimit = field(default_factory=lambda: RateLimit(60, 10.0))
    # Codes are six digits, and whoever tries them knows the password: 480 a day are right once in two years.
    _code: RateLimit = field(default_factory=lambda: RateLimit(10, 180.0))

    def keys(self, login: str, address: str, known: str | None = None) -> Keys:
        if known is not None:
            return (f"known\n{known}",) * 3
        return f"{login}\n{address}", address, login

    def take(self, keys: Keys, now: float) -> float:
        """Count one attempt as if it failed; returns the seconds to wait when there were too many, else 0."""
        limits = tuple(zip((self._pair, self._address, self._login), keys, strict=True))
        wait_s = max(limit.wait_s(key, now) for limit, key in limits)
        if not wait_s:
            for limit, key in limits:
                limit.take(key, now)
        return wait_s

    def give_back(self, keys: Keys, now: float) -> None:
        """The attempt was right."""
        for limit, key in zip((self._pair, self._address, self._login), keys, strict=True):
            limit.give_back(key, now)

    def take_code(self, keys: Keys, now: float) -> float:
        """Like `take`, of a second factor's code: per login, or known browser or session."""
        wait_s = self._code.wait_s(keys[2], now)
        if not wait_s:
            self._code.take(keys[2], now)
        return wait_s

    def give_back_code(self, keys: Keys, now: float) -> None:
        """It was right."""
        self._code.give_back(keys[2], now)
