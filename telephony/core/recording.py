"""Pauses of the recording of a talk: what is said meanwhile is silence in the files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from telephony.core.ids import AgentId, InteractionId


class PauseReason(StrEnum):
    CARD = "card"  # numbers of a payment card
    SECRET = "secret"  # a PIN, a password  # noqa: S105 - the name of a reason
    WISH = "wish"  # the caller does not want it
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RecordingPause:
    """Times are seconds since the epoch; `to_at` None: under way, or to the end of the call."""

    interaction: InteractionId
    agent: AgentId
    reason: PauseReason
    from_at: float
    to_at: float | None = None


class RecordingKind(StrEnum):
    TALK = "talk"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Recording:
    """One that is sealed, under its `name` in the vault. Times are seconds since the epoch."""

    name: str
    interaction: InteractionId
    kind: RecordingKind
    begun_at: float
    duration_s: float
    sealed_at: float


@dataclass(frozen=True, slots=True)
class ListedRecording:
    """What somebody needs to find the right one; `customer` is for the audit alone."""

    recording: Recording
    queue: str | None
    agent: str | None
    ticket: str | None
    customer: str | None
