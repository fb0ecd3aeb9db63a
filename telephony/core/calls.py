"""The calls under way: one table-driven record each, found by interaction or by channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from telephony.core.call import CallInput, step
from telephony.core.commands import CallChanged, CallEnded
from telephony.core.ids import InteractionId, Uniqueid
from telephony.core.spans import EVERY, closed
from telephony.core.views import CallView


class Calls:
    """`told` receives each change, in order."""

    def __init__(self, told: Callable[[CallChanged | CallEnded], None]) -> None:
        self._calls: dict[InteractionId, CallView] = {}
        self._by_uniqueid: dict[Uniqueid, InteractionId] = {}
        self._told = told

    def all(self) -> tuple[CallView, ...]:
        return tuple(self._calls.values())

    def get(self, interaction: InteractionId | None) -> CallView | None:
        return self._calls.get(interaction) if interaction else None

    def of_channel(self, uniqueid: Uniqueid) -> CallView | None:
        return self.get(self._by_uniqueid.get(uniqueid))

    def at_attempt(self, interaction: InteractionId, attempt: int) -> CallView | None:
        """The call, if this attempt is still the last one."""
        call = self._calls.get(interaction)
        return call if call and call.attempt == attempt else None

    def keep(self, call: CallView) -> CallView:
        """Take a new call in, or a known one as it is now."""
        before = self._calls.get(call.interaction)
        if before and before.uniqueid != call.uniqueid:  # a call-back has a leg for each try
            self._by_uniqueid.pop(before.uniqueid, None)
        self._calls[call.interaction] = call
        if call.uniqueid:
            self._by_uniqueid[call.uniqueid] = call.interaction
        self._told(CallChanged(call))
        return call

    def step(self, interaction: InteractionId, given: CallInput, **changes: object) -> CallView | None:
        """Give one input; None where the table does not name it."""
        call = self._calls.get(interaction)
        state = step(call.state, given) if call else None
        if call is None or state is None:
            return None
        return self.keep(replace(call, state=state, **changes))  # type: ignore[arg-type]

    def end(self, ended: CallView) -> None:
        """Write the one outcome record, told to everybody."""
        self._calls.pop(ended.interaction, None)
        self._by_uniqueid.pop(ended.uniqueid, None)
        assert ended.ended_at is not None
        ended = replace(ended, spans=closed(ended.spans, EVERY, ended.ended_at))
        self._told(CallEnded(ended))
