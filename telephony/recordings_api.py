"""Listening to recordings, for supervisors: found by call or ticket, and heard with a reason that is audited.

Whoever proves to be there and says why may listen to this one recording, in this session, for a quarter of an hour.
The sound is opened piece by piece for the page; no plain file is written, and nothing of it is cached.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from typing import Annotated

import structlog
from pydantic import Field, StringConstraints

from ivr_flows.calendar import ZONE
from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.api.media import Media
from telephony.console.api.problems import ProblemError
from telephony.console.floor import SUPERVISORS
from telephony.core.recording import ListedRecording, RecordingKind
from telephony.store.errors import StoreError
from telephony.store.store import Store
from telephony.ticket_number import typed_sequence
from telephony.vault.sealed import BrokenSealError
from telephony.vault.vault import AudioFacts, Vault

log = structlog.get_logger()

LISTENING_S = 900.0
MOST = 200
LISTENINGS = 10_000
MEDIA = "audio/wav"

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=300)]
Span = tuple[float, float]


class Wanted(Wire):
    """Any of them, or nothing: the latest. `day` is one of Poland's."""

    interaction: str | None = Field(default=None, max_length=80)
    ticket: str | None = Field(default=None, max_length=20)
    day: date | None = Field(default=None, ge=date(2000, 1, 1), le=date(2199, 12, 31))


class RecordingNow(Wire):
    """`begun_at` in seconds since the epoch; `agent` and `queue` of the call in which it began."""

    name: str
    interaction: str
    kind: RecordingKind
    begun_at: float
    duration_s: float
    queue: str | None
    agent: str | None
    ticket: str | None


class RecordingsNow(Wire):
    recordings: tuple[RecordingNow, ...]


class NewListening(Wire):
    """Why; it stands in the audit, and names no customer."""

    reason: Reason


class Listening(Wire):
    """`until`: seconds since the epoch. Spans are seconds from the beginning."""

    until: float
    duration_s: float
    channels: int  # 2: the caller left, the house right
    silences: tuple[Span, ...]
    muted: tuple[Span, ...]


class RecordingsApi:
    """`heard(login, customer, interaction, reason)` is told before anything is heard."""

    def __init__(
        self,
        vault: Vault,
        store: Store,
        heard: Callable[[str, str, str, str], None],
        clock: Callable[[], float],
    ) -> None:
        self._vault = vault
        self._store = store
        self._heard = heard
        self._clock = clock
        self._listenings: OrderedDict[tuple[str, str], float] = OrderedDict()  # by session and recording: until when

    def endpoints(self) -> Iterator[Endpoint]:
        one = "/recordings/{recording}"
        yield Endpoint(
            "GET", "/recordings", "recordings of a call, a ticket or a day", SUPERVISORS, self._list, query=Wanted,
            gives=RecordingsNow, refuses=(503,),
        )  # fmt: skip
        yield Endpoint(
            "POST", f"{one}/listenings", "say why, and listen to this recording for a while", SUPERVISORS,
            self._listen, takes=NewListening, gives=Listening, step_up=True, refuses=(404, 503),
        )  # fmt: skip
        yield Endpoint(
            "GET", f"{one}/audio", "the sound, after a reason was given; ranges are served", SUPERVISORS, self._audio,
            streams=MEDIA, refuses=(404, 409, 503),
        )  # fmt: skip

    async def _list(self, asked: Asked) -> RecordingsNow:
        wanted = asked.query_as(Wanted)
        ticket = None if wanted.ticket is None else typed_sequence(wanted.ticket)
        from_at, to_at = _day(wanted.day)
        async with _told():
            found = await self._store.recordings.listed(
                interaction=wanted.interaction, ticket=ticket, from_at=from_at, to_at=to_at, most=MOST
            )
        return RecordingsNow(recordings=tuple(map(_shown, found)))

    async def _listen(self, asked: Asked) -> Listening:
        name, reason = asked.path["recording"], asked.body_as(NewListening).reason
        known = await self._known(name)
        facts, _ = await self._opened(name)
        interaction = known.recording.interaction
        self._heard(asked.by, known.customer or "", interaction, reason)
        log.info("recording.heard", interaction=interaction, by=asked.by)
        until = self._clock() + LISTENING_S
        self._listenings[asked.session.key, name] = until
        self._listenings.move_to_end((asked.session.key, name))
        while len(self._listenings) > LISTENINGS:
            self._listenings.popitem(last=False)
        return Listening(
            until=until, duration_s=facts.duration_s, channels=facts.channels, silences=facts.silences,
            muted=facts.muted,
        )  # fmt: skip

    async def _audio(self, asked: Asked) -> Media:
        name = asked.path["recording"]
        if self._listenings.get((asked.session.key, name), 0.0) <= self._clock():
            raise ProblemError(409, "recording_reason", "no reason was given in this session, or too long ago")
        _, size = await self._opened(name)

        def read(start: int, length: int) -> bytes:
            with self._vault.open(name) as opened:
                return opened.read(start, length)

        async def piece(start: int, length: int) -> bytes:
            return await asyncio.to_thread(read, start, length)

        return Media(MEDIA, size, piece)

    async def _known(self, name: str) -> ListedRecording:
        async with _told():
            found = await self._store.recordings.listed(name=name)
        if not found:
            raise ProblemError(404, detail="there is no such recording")
        return found[0]

    async def _opened(self, name: str) -> tuple[AudioFacts, int]:
        def look() -> tuple[AudioFacts, int]:
            with self._vault.open(name) as opened:
                return opened.facts, opened.size

        try:
            return await asyncio.to_thread(look)
        except FileNotFoundError:
            raise ProblemError(404, detail="there is no such recording") from None
        except (BrokenSealError, OSError) as error:
            log.error("recording.unreadable", name=name, reason=str(error))  # noqa: TRY400 - the file, not us
            raise ProblemError(503, "recording_broken", "it does not open: see the log") from None


def _shown(each: ListedRecording) -> RecordingNow:
    known = each.recording
    return RecordingNow(
        name=known.name, interaction=known.interaction, kind=known.kind, begun_at=known.begun_at,
        duration_s=known.duration_s, queue=each.queue, agent=each.agent, ticket=each.ticket,
    )  # fmt: skip


def _day(day: date | None) -> tuple[float, float]:
    if day is None:
        return 0.0, float("inf")
    begin, end = (datetime.combine(each, time(), ZONE) for each in (day, day + timedelta(days=1)))
    return begin.timestamp(), end.timestamp()


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    """Errors: ProblemError in place of the store's."""
    try:
        yield
    except StoreError:
        raise ProblemError(503, detail="the database is away") from None
