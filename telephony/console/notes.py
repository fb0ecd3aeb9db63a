"""What a consultant writes down of a call, saved as typed: of the calls of one's own desk, and of no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Protocol

from pydantic import AfterValidator, Field

from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.core.account import Role
from telephony.core.ids import AgentId, InteractionId
from telephony.core.note import Note

CONSULTANTS = frozenset({Role.AGENT, Role.SUPERVISOR, Role.ADMIN})
MOST = 4000  # characters


def _storable(text: str) -> str:
    """PostgreSQL keeps any text but U+0000, which nobody types."""
    return text.replace("\x00", "")


class NoteText(Wire):
    """`revision`: one more than that of the text which it takes the place of."""

    text: Annotated[str, AfterValidator(_storable)] = Field(max_length=MOST)
    revision: int = Field(ge=1, le=1_000_000)


class NoteNow(Wire):
    text: str
    revision: int  # 0: nothing was written down
    saved_at: float | None  # seconds since the epoch; None: nothing was written down


class Notes(Protocol):
    """Whatever keeps them. Errors: ProblemError(503) while it is away, 409 for what is older than what is kept."""

    async def note_of(self, interaction: InteractionId, agent: AgentId) -> Note | None: ...

    async def keep_note(self, interaction: InteractionId, agent: AgentId, text: str, revision: int) -> Note: ...


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
            takes=NoteText, gives=NoteNow, refuses=(404, 409, 503),
        )  # fmt: skip

    async def _read(self, asked: Asked) -> NoteNow:
        note = await self._notes.note_of(self._call(asked), asked.account.agent)
        return _told(note) if note else NoteNow(text="", revision=0, saved_at=None)

    async def _keep(self, asked: Asked) -> NoteNow:
        given = asked.body_as(NoteText)
        return _told(await self._notes.keep_note(self._call(asked), asked.account.agent, given.text, given.revision))

    def _call(self, asked: Asked) -> InteractionId:
        interaction = InteractionId(asked.path["interaction"])
        if not self._has(asked.account.agent, interaction):
            raise ProblemError(404, detail="not a call of this desk")
        return interaction


def _told(note: Note) -> NoteNow:
    return NoteNow(text=note.text, revision=note.revision, saved_at=note.saved_at)
