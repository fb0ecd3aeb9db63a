"""What each node says of each phone, and what that comes to: a phone is registered at one node, and all others call it
unavailable.

Pure. What a node has said before its connection was lost is stale: it counts only for a phone of which no other node
has spoken since, so that a node that has died holds no phone that has moved to another.
"""

from __future__ import annotations

from dataclasses import dataclass

FREE_DEVICE = frozenset({"", "NOT_INUSE", "UNKNOWN"})
NO_DEVICE = frozenset({"UNAVAILABLE", "INVALID"})  # not registered, or registered and not reached

_WEAKEST = ("NOT_INUSE", "UNKNOWN", "UNAVAILABLE", "INVALID")  # each gives way to those before it, and to any use


def in_use(state: str) -> bool:
    """Rings, talks or holds."""
    return state not in FREE_DEVICE | NO_DEVICE


@dataclass(frozen=True, slots=True)
class _Said:
    state: str
    stale: bool = False


class Devices:
    """By endpoint, in Asterisk's words; empty where nothing has been said."""

    def __init__(self) -> None:
        self._said: dict[str, dict[str, _Said]] = {}  # endpoint → node → its last word

    def changed(self, node: str, endpoint: str, state: str) -> None:
        self._said.setdefault(endpoint, {})[node] = _Said(state)

    def lost(self, node: str) -> tuple[str, ...]:
        """From now on this node's words are old ones; the phones that it spoke of."""
        spoken_of = tuple(endpoint for endpoint, said in self._said.items() if node in said)
        for endpoint in spoken_of:
            said = self._said[endpoint]
            said[node] = _Said(said[node].state, stale=True)
        return spoken_of

    def state(self, endpoint: str) -> str:
        """The strongest word: in use anywhere is in use, free anywhere is free."""
        return min(self._current(endpoint).values(), key=_weakness, default="")

    def node_of(self, endpoint: str, near: str) -> str:
        """Where to call this phone: at `near` if it can be reached there, or if nobody knows better."""
        reached = {
            node: _weakness(state) for node, state in self._current(endpoint).items() if state not in NO_DEVICE
        }  # fmt: skip
        if not reached or near in reached:
            return near
        return min(reached, key=lambda node: (reached[node], node))

    def _current(self, endpoint: str) -> dict[str, str]:
        said = self._said.get(endpoint, {})
        fresh = {node: each.state for node, each in said.items() if not each.stale}
        return fresh or {node: each.state for node, each in said.items()}


def _weakness(state: str) -> int:
    return _WEAKEST.index(state) + 1 if state in _WEAKEST else 0
