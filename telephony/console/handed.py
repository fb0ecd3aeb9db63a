"""What travels with a caller who was handed over: from whom, and what that consultant has written down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from telephony.console.api.problems import ProblemError
from telephony.console.notes import Notes
from telephony.core.ids import AgentId, InteractionId
from telephony.core.views import CallView, Direction


@dataclass(frozen=True, slots=True)
class Handed:
    by: str  # name as shown; empty: not known any more
    note: str = ""  # empty: none, or not there yet


class HandedOver:
    """`arrived(interaction, handed)` is called once the note has been read; `agent_of` knows whose a call was."""

    def __init__(
        self,
        notes: Notes | None,
        agent_of: Mapping[InteractionId, AgentId],
        names: Mapping[AgentId, str],
        arrived: Callable[[InteractionId, Handed], None],
    ) -> None:
        self._notes = notes
        self._agent_of = agent_of
        self._names = names
        self._arrived = arrived
        self._reading: set[asyncio.Task[None]] = set()

    def want(self, call: CallView) -> Handed | None:
        """What is known at once; the note follows. None for a call that nobody has handed over."""
        if call.follows is None or call.direction is not Direction.IN:
            return None
        by = self._agent_of.get(call.follows)
        return self.shared(call, call.follows, by) if by else Handed("")

    def shared(self, call: CallView, noted: InteractionId, by: AgentId) -> Handed:
        """`noted`: the call of which `by` has written something down."""
        if self._notes:
            task = asyncio.get_running_loop().create_task(self._read(self._notes, call, noted, by))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)
        return Handed(self._name(by))

    async def stop(self) -> None:
        for task in self._reading:
            task.cancel()
        await asyncio.gather(*self._reading, return_exceptions=True)

    async def _read(self, notes: Notes, call: CallView, noted: InteractionId, by: AgentId) -> None:
        try:
            note = await notes.note_of(noted, by)
        except ProblemError:  # the database is away: the two can still speak to one another
            return
        if note and note.text:
            self._arrived(call.interaction, Handed(self._name(by), note.text))

    def _name(self, agent: AgentId) -> str:
        return self._names.get(agent, agent)
