"""What is old enough goes, by the catalogue, unless somebody holds it or the law keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from telephony.core.personal_data.model import Keep
from telephony.core.personal_data.person import Person, told
from telephony.core.privacy import held
from telephony.privacy.erasing import DAY_S, HeldError, NotErasedError
from telephony.privacy.files import remove
from telephony.privacy.house import House
from telephony.store.catalogue_sql import Moment

LOOK_AGAIN_S = 60.0


@dataclass(frozen=True, slots=True)
class CarriedOn:
    """`restored`: persons whom a back-up has brought back; `waiting`: erasures that could not be done, and why."""

    restored: int = 0
    erased: int = 0
    waiting: Mapping[str, str] = field(default_factory=dict)


async def carry_on(house: House) -> CarriedOn:
    """Erasures that are due to be done, or done again. Errors: StoreError, OSError."""
    restored, erased, waiting = await house.eraser.erase_restored(), 0, {}
    for erasure in await house.store.privacy.open_erasures():
        try:
            await house.eraser.carry_on(erasure)
            erased += 1
        except (HeldError, NotErasedError) as error:
            waiting[erasure.id] = str(error)
    await house.eraser.forget_kept()
    return CarriedOn(restored, erased, waiting)


async def forget(house: House, *, only_count: bool = False) -> dict[str, int]:
    """What is old enough goes, or is counted; by place. Errors: StoreError, OSError."""
    now = house.clock()
    holding = await _held(house, now)
    at = Moment(now, house.calls_by_law_s)
    gone = await house.data.forget(house.days, holding, at, only_count=only_count)
    kept = await house.data.calls_of_open_complaints() | (holding.calls if holding else frozenset())
    recordings_before = now - house.days[Keep.RECORDINGS] * DAY_S
    messages_before = now - house.days[Keep.MESSAGES] * DAY_S
    logs_before = now - max(house.days[Keep.CALLS] * DAY_S, house.calls_by_law_s)
    for place, found in (
        ("recordings", await asyncio.to_thread(house.files.old_recordings, recordings_before, kept)),
        ("messages", [] if holding else await asyncio.to_thread(house.files.old_messages, messages_before)),
        ("logs of Asterisk", [] if holding else await asyncio.to_thread(house.files.old_logs, logs_before)),
    ):
        count = len(found) if only_count else await asyncio.to_thread(remove, found)
        gone |= {place: count} if count else {}
    return gone


class Keeping:
    """Which calls' recordings stay, however old they are; looked up at most once in a while."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: frozenset[str] = frozenset()
        self._looked_at = -LOOK_AGAIN_S

    async def keeps(self, interaction: str) -> bool:
        """Errors: StoreError."""
        now = self._house.clock()
        if now - self._looked_at >= LOOK_AGAIN_S:
            holding = await _held(self._house, now)
            complaints = await self._house.data.calls_of_open_complaints()
            self._known, self._looked_at = complaints | (holding.calls if holding else frozenset()), now
        return interaction in self._known


async def _held(house: House, now: float) -> Person | None:
    """All whose data must stay, as one person."""
    numbers = [number for hold in held(await house.store.privacy.holds(), now) for number in hold.numbers]
    if not numbers:
        return None
    return replace(await house.data.find(told(numbers)), shared_names=0)
