"""Which nodes are heard: from when on nothing is known of one, and the stretches of ignorance in its calls' records."""

from __future__ import annotations

from dataclasses import replace

from telephony.core.calls import Calls
from telephony.core.spans import UNKNOWN, closed, opened
from telephony.core.views import CallView, Span, SpanKind


class Hearing:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._nodes: set[str] = set()
        self._deaf: dict[str, tuple[SpanKind, float]] = {}  # node → the first reason, and when something was last lost

    def deaf(self, node: str) -> bool:
        """Whether nothing may be concluded from this node's silence."""
        return node in self._deaf

    def lost(self, node: str, since: float, why: SpanKind) -> None:
        """What has happened there since then is unknown until a snapshot that was asked for later."""
        self._nodes.add(node)
        self._deaf[node] = self._deaf.get(node, (why, since))[0], since
        for call in self._of(node):
            self._put(call, opened(call.spans, why, max(since, call.arrived_at)))

    def lost_everywhere(self, since: float, why: SpanKind) -> None:
        for node in sorted(self._nodes):
            self.lost(node, since, why)

    def arrives(self, call: CallView) -> CallView:
        """A call that begins, marked where its node is not heard."""
        if call.node not in self._deaf:
            return call
        return replace(call, spans=opened(call.spans, self._deaf[call.node][0], call.arrived_at))

    def heard(self, node: str, taken_at: float, now: float) -> None:
        """A whole snapshot that was asked for at `taken_at`."""
        self._nodes.add(node)
        if self._deaf.get(node, (None, taken_at))[1] > taken_at:
            return  # something was lost after that
        self._deaf.pop(node, None)
        for call in self._of(node):
            self._put(call, closed(call.spans, UNKNOWN, now))

    def _of(self, node: str) -> tuple[CallView, ...]:
        return tuple(call for call in self._calls.all() if call.node == node)

    def _put(self, call: CallView, spans: tuple[Span, ...]) -> None:
        if spans != call.spans:
            self._calls.keep(replace(call, spans=spans))
