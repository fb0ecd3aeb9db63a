"""What a consultant writes down of a call, saved as typed: of the calls of one's own desk, and of no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from pydantic import Field

from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.core.account import Role
from telephony.core.ids import AgentId, InteractionId

CONSULTANTS = frozenset({Role.AGENT, Role.SUPERVISOR, Role.ADMIN})
MOST = 4000  # characters


class NoteText(Wire):
    text: str = Field(max_length=MOST)


class NoteNow(Wire):
    text: str
    saved_at: float | None  # seconds since the epoch; None: nothing was written down


class Notes(Protocol):
    """Whatever keeps them. Errors: ProblemError(503) while it is away."""

    async def note_of(self, interaction: InteractionId, agent: AgentId) -> tuple[str, float] | None: ...

    async def keep_note(self, interaction: InteractionId, agent: AgentId, text: str) -> float: ...


class NotesApi:
    """`has`: whether a call is, or was a moment ago, on an agent's desk."""

    def __init__(self, notes: Notes, has: Callable[[AgentId, InteractionId], bool]) -> None:
        self._notes = notes
        self._has = has

    def endpoints(self) -> Iterator[Endpoint]:
        path = "/calls/{interaction}/note"
        yield Endpoint(
            "GET", path, "one's own note of a call", CONSULTANTS, self._read, gives=NoteNow, refuses=(404, 503)
        )
        yield Endpoint(
            "PUT", path, "keep one's own note of a call", CONSULTANTS, self._keep,
            takes=NoteText, gives=NoteNow, refuses=(404, 503),
        )  # fmt: skip

    async def _read(self, asked: Asked) -> NoteNow:
        text, saved_at = await self._notes.note_of(self._call(asked), asked.account.agent) or ("", None)
        return NoteNow(text=text, saved_at=saved_at)

    async def _keep(self, asked: Asked) -> NoteNow:
        text = asked.body_as(NoteText).text
        saved_at = await self._notes.keep_note(self._call(asked), asked.account.agent, text)
        return NoteNow(text=text, saved_at=saved_at)

    def _call(self, asked: Asked) -> InteractionId:
        interaction = InteractionId(asked.path["interaction"])
        if not self._has(asked.account.agent, interaction):
            raise ProblemError(404, detail="not a call of this desk")
        return interaction
