"""Takes down who is to be called back, for flows and for other programs alike, and says where each stands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from ivr_flows.calendar import opening_words
from ivr_flows.spoken import LANGUAGES, render
from telephony.core.call_backs import CallBackPlace
from telephony.core.events import CallBackRequested, CallBackWithdrawn, Event
from telephony.core.ids import InteractionId, QueueName
from telephony.core.promises import CallBackRequest, callable_number
from telephony.core.ticket import OpenTicket
from telephony.core.views import Lane

log = structlog.get_logger()

SUBJECTS = {"talk": "Prośba o oddzwonienie", "test_call": "Prośba o próbne połączenie: jakość telefonu"}

MOST_OPEN = 2000  # a caller's number can be forged: nobody can have us call half the country

_KNOWN = {
    "pl": "Pamiętamy o prośbie o rozmowę.",
    "en": "We have your request to be called.",
    "uk": "Ми пам'ятаємо про прохання зателефонувати.",
}
_AHEAD = {
    "pl": "Przed państwem w kolejce: {people}.",
    "en": "Ahead of you in the line: {people}.",
    "uk": "Перед вами в черзі: {people}.",
}
_FIRST = {"pl": "Są państwo pierwsi w kolejce.", "en": "You are first in the line.", "uk": "Ви перші в черзі."}
_LATER = {
    "pl": "Zadzwonimy nie wcześniej niż {moment}.",
    "en": "We will not call before {moment}.",
    "uk": "Ми зателефонуємо не раніше ніж {moment}.",
}


class Records(Protocol):
    """What is asked of the store."""

    async def request_callback(self, request: CallBackRequest) -> None: ...

    async def callback_of(self, number: str) -> CallBackRequest | None: ...

    async def open_callbacks(self) -> tuple[CallBackRequest, ...]: ...

    async def open_callback_count(self) -> int: ...

    async def open_ticket(self, ticket: OpenTicket, opened_at: float) -> str: ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for; `number` as it was given, `first_arrival` of the call in which it was."""

    interaction: InteractionId
    queue: QueueName
    lane: Lane
    number: str | None
    caller_id: str | None  # the number to be shown, if one is wished
    first_arrival: float
    purpose: str = "talk"
    words: str = ""  # for the consultant


@dataclass(frozen=True, slots=True)
class Taken:
    """The open request of the number: this one, or an earlier one that keeps its place."""

    request: CallBackRequest
    again: bool
    place: CallBackPlace | None


class CallBackDesk:
    """`own` are our numbers, the usual one first: never called, and shown as the caller unless they are `receive_only`.

    `place` asks the line, `submit` tells it; `new_id` names the call that the call-back will be.
    """

    def __init__(
        self,
        records: Records,
        *,
        own: Collection[str],
        receive_only: Callable[[], Collection[str]],
        submit: Callable[[Event], None],
        place: Callable[[str], CallBackPlace | None],
        new_id: Callable[[], InteractionId],
        clock: Callable[[], float],
    ) -> None:
        self._records = records
        self._own = tuple(own)
        self._receive_only = receive_only
        self._submit = submit
        self._place = place
        self._new_id = new_id
        self._clock = clock

    async def take(self, wish: Wish) -> Taken | None:
        """None for a number that may not be called, and while too many are still to be. Errors: StoreError."""
        number = callable_number(wish.number)
        usual = [each for each in self._own if each not in self._receive_only()]
        shown = wish.caller_id if wish.caller_id in usual else next(iter(usual), None)
        if number is None or number in self._own or shown is None:
            return None
        if not await self._records.callback_of(number) and await self._records.open_callback_count() >= MOST_OPEN:
            log.warning("call_back.too_many", open=MOST_OPEN)
            return None
        now = self._clock()
        request = CallBackRequest(
            wish.interaction, wish.queue, wish.lane, number, shown, wish.first_arrival, now, self._new_id(),
            wish.purpose,
        )  # fmt: skip
        await self._records.request_callback(request)
        kept = await self._records.callback_of(number) or request
        if kept.call_back == request.call_back:
            body = f"Oddzwonić na numer: {number}\n{wish.words}".rstrip()
            await self._records.open_ticket(OpenTicket(wish.interaction, wish.queue, SUBJECTS[wish.purpose], body), now)
        self._submit(CallBackRequested(kept))  # the earlier one, too: whoever took it down may have died before this
        return Taken(kept, kept.call_back != request.call_back, self._place(number))

    async def open(self) -> list[tuple[CallBackRequest, CallBackPlace | None]]:
        """Those who are still to be called. Errors: StoreError."""
        return [(each, self._place(each.number)) for each in await self._records.open_callbacks()]

    async def withdraw(self, call_back: str) -> bool:
        """Nobody is called any more, unless it is happening now; False where there is no such request."""
        known = any(each.call_back == call_back for each in await self._records.open_callbacks())
        if known:
            self._submit(CallBackWithdrawn(InteractionId(call_back)))
        return known


def words(taken: Taken, now: float) -> Mapping[str, str]:
    """What somebody who asks again is told, by language: how many are before, or when we may call."""
    return {language: " ".join(_sentences(taken.place, now, language)) for language in LANGUAGES}


def _sentences(place: CallBackPlace | None, now: float, language: str) -> list[str]:
    told = [_KNOWN[language]]
    if place and place.ahead:
        told.append(_AHEAD[language].format(people=render("count:person", place.ahead, language)))
    elif place and place.ahead == 0:
        told.append(_FIRST[language])
    elif place and place.not_before > now:
        told.append(_LATER[language].format(moment=opening_words(place.not_before, now, language)))
    return told
