"""Token buckets by key: so many at once, then one per interval. Pure; the number of keys it remembers is bounded."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

KEYS = 10_000


@dataclass(slots=True)
class RateLimit:
    burst: float
    every_s: float  # one token comes back in this time
    keys: int = KEYS
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)  # key → tokens, at

    def take(self, key: str, now: float) -> bool:
        """Take one token; False when there is none."""
        tokens = self._tokens(key, now)
        self._keep(key, tokens - 1 if tokens >= 1 else tokens, now)
        return tokens >= 1

    def give_back(self, key: str, now: float) -> None:
        """What was taken turned out to be right."""
        self._keep(key, min(self.burst, self._tokens(key, now) + 1), now)

    def wait_s(self, key: str, now: float) -> float:
        """Seconds until `take` will succeed; 0 when it does now."""
        return max(0.0, (1 - self._tokens(key, now)) * self.every_s)

    def _tokens(self, key: str, now: float) -> float:
        tokens, at = self._left.get(key, (self.burst, now))
        return min(self.burst, tokens + (now - at) / self.every_s)

    def _keep(self, key: str, tokens: float, now: float) -> None:
        self._left[key] = (tokens, now)
        self._left.move_to_end(key)
        while len(self._left) > self.keys:
            self._left.popitem(last=False)
