"""A person is erased: files first, then all rows at once, then a search that must find nothing, then a signed receipt.

What was begun is noted before anything is removed; whoever comes next carries it on, and doing it twice changes
nothing. A hold stops all of it; what the law keeps is named in the receipt, and goes when the law no longer wants it.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ivr_flows.calendar import local
from telephony.core.audit import Act, Entry, pseudonym
from telephony.core.personal_data.person import Person
from telephony.core.personal_data.places import PLACES
from telephony.core.privacy import Hold, Kept, Receipt, held
from telephony.privacy.files import PersonFiles
from telephony.privacy.receipts import Signer
from telephony.store.catalogue_sql import Moment
from telephony.store.personal import Left, PersonalData
from telephony.store.privacy import Erasure
from telephony.store.store import Store

TRIES = 3  # a call that goes on meanwhile writes again
DAY_S = 86_400.0
FAR = tuple(each.name for each in PLACES if each.far)


class HeldError(ValueError):
    """Nothing of the person may be erased now."""


class NotErasedError(ValueError):
    """Something of the person is left; the erasure stays open and is tried again."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What erasing would do."""

    person: Person
    erased: dict[str, int]
    kept: tuple[Kept, ...]
    holds: tuple[Hold, ...]


class Eraser:
    """`clock` gives seconds since the epoch; `key` makes pseudonyms."""

    def __init__(
        self,
        store: Store,
        data: PersonalData,
        files: PersonFiles,
        signer: Signer,
        key: bytes,
        calls_by_law_s: float,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._data = data
        self._files = files
        self._signer = signer
        self._key = key
        self._calls_by_law_s = calls_by_law_s
        self._clock = clock

    def subjects(self, person: Person) -> tuple[str, ...]:
        return tuple(pseudonym(each, self._key) for each in person.numbers)

    async def preview(self, told: Person) -> Preview:
        """Nothing is changed. Errors: StoreError, OSError."""
        person = await self._data.find(told)
        gone, kept = await self._data.count(person, self._moment)
        calls = person.calls - await self._data.calls_of_open_complaints()
        if files := await asyncio.to_thread(self._files.recordings, calls):
            gone["recordings"] = len(files)
        return Preview(person, gone, (*kept, *await self._in_logs(person)), await self.holds_of(person))

    async def holds_of(self, person: Person) -> tuple[Hold, ...]:
        """Those that last."""
        numbers = set(person.numbers)
        lasting = held(await self._store.privacy.holds(), self._clock())
        return tuple(each for each in lasting if numbers & set(each.numbers))

    async def erase(self, told: Person, actor: str) -> str:
        """The signed receipt. Errors: HeldError, NotErasedError, StoreError, OSError."""
        person = await self._data.find(told)
        await self._refuse_if_held(person)
        subjects = self.subjects(person)
        for begun in await self._store.privacy.open_erasures():
            if set(begun.subjects) & set(subjects):
                return await self.carry_on(begun)
        id_ = uuid.uuid4().hex
        await self._store.privacy.begin(id_, subjects, actor, self._clock(), person)
        return await self.carry_on(Erasure(id_, subjects, actor, self._clock(), person, {}, (), None, None))

    async def carry_on(self, begun: Erasure) -> str:
        """From wherever it was left. Errors: as above."""
        assert begun.wanted is not None, "it is done"
        person = await self._again(begun.wanted)
        await self._refuse_if_held(person)
        await asyncio.to_thread(self._files.note_erased, begun.id, begun.subjects)
        counts = await self._erase_files(person, begun)
        left = await self._erase_rows(begun.id, person, counts)
        receipt = await self._receipt(begun, person, left)
        signed = self._signer.signed(receipt)
        calls = await self._data.kept_calls(person)
        await self._told(begun)
        await self._store.privacy.end(begun.id, receipt.done_at, signed, calls)
        return signed

    async def forget_kept(self) -> int:
        """What the law has kept of persons who were erased, and no longer wants; how many rows. Errors: StoreError."""
        gone = 0
        for erasure in await self._store.privacy.with_kept_calls():
            person = Person(calls=frozenset(erasure.kept_calls))
            before = sum(erasure.counts.values())
            counts = await self._data.erase(person, self._moment, erasure.id, erasure.counts)
            gone += sum(counts.values()) - before
            await self._store.privacy.keep_calls(erasure.id, await self._data.kept_calls(person))
        return gone

    async def erase_restored(self) -> int:
        """Persons whom a restored back-up has brought back; how many erasures were begun anew. Errors: as above."""
        listed = await asyncio.to_thread(self._files.erased)
        known = {each.id for each in await self._store.privacy.erasures(1_000_000)} if listed else set()
        missing = {id_: subjects for id_, subjects in listed.items() if id_ not in known}
        if not missing:
            return 0
        by_name = {pseudonym(each, self._key): each for each in await self._data.everybody()}
        for id_, subjects in missing.items():
            numbers = {by_name[each] for each in subjects if each in by_name}
            phones = frozenset(each for each in numbers if each.startswith("+"))
            person = await self._data.find(Person(frozenset(numbers) - phones, phones))
            await self._store.privacy.begin(id_, sorted(subjects), "restored", self._clock(), person)
        return len(missing)

    @property
    def _moment(self) -> Moment:
        return Moment(self._clock(), self._calls_by_law_s)

    async def _again(self, person: Person) -> Person:
        """With what has come since."""
        found = await self._data.find(person)
        return replace(found, calls=found.calls | person.calls, tickets=found.tickets | person.tickets)

    async def _refuse_if_held(self, person: Person) -> None:
        for hold in await self.holds_of(person):
            until = f" until {local(hold.until):%Y-%m-%d}" if hold.until else ""
            raise HeldError(f"nothing is erased: the data is held{until} ({hold.reason}); see `hotline privacy holds`")

    async def _erase_files(self, person: Person, begun: Erasure) -> dict[str, int]:
        """How much is gone so far. Errors: NotErasedError while a spool has the person."""
        if spools := await asyncio.to_thread(self._files.spooled, person):
            raise NotErasedError(
                f"{', '.join(spools)} holds something of the person: once a server has taken it in, again"
            )
        counts = dict(begun.counts)
        calls = person.calls - await self._data.calls_of_open_complaints()
        gone = {
            "recordings": await asyncio.to_thread(self._files.remove_recordings, calls),
            "messages": await asyncio.to_thread(self._files.remove_messages, person),
            "exports": await asyncio.to_thread(self._files.remove_exports, begun.subjects),
            "lines of Asterisk's logs": await asyncio.to_thread(
                self._files.mask_logs, person, self._clock() - self._calls_by_law_s
            ),
        }
        counts |= {name: counts.get(name, 0) + count for name, count in gone.items() if count}
        await self._store.privacy.count(begun.id, counts)
        return counts

    async def _erase_rows(self, id_: str, person: Person, counts: dict[str, int]) -> Left:
        """What a search finds afterwards, which is nothing but what the law keeps. Errors: NotErasedError."""
        for _ in range(TRIES):
            counts = await self._data.erase(person, self._moment, id_, counts)
            left = await self._data.search(person, self._moment)
            if not left.left:
                return left
        raise NotErasedError(f"something is left in {', '.join(sorted(left.left))}: it is tried again within the hour")

    async def _receipt(self, begun: Erasure, person: Person, left: Left) -> Receipt:
        """Errors: NotErasedError for files that are left."""
        open_complaints = await self._data.calls_of_open_complaints()
        files = await asyncio.to_thread(self._files.recordings, person.calls)
        if [each for each in files if each.name[:36] not in open_complaints]:
            raise NotErasedError("recordings are left: it is tried again within the hour")
        kept = [*left.kept, *await self._in_logs(person)]
        if files:
            kept.append(Kept("recordings", len(files), "a complaint is open: it has to be answered"))
        (now,) = (each for each in await self._store.privacy.open_erasures() if each.id == begun.id)
        remarks = ("a name that others have, too, was not searched for",) if person.shared_names else ()
        searched = (*left.searched, "recordings", "messages", "spools", "exports", "Asterisk's logs")
        return Receipt(
            begun.id, begun.subjects, begun.actor, begun.begun_at, self._clock(), now.counts, tuple(kept), searched,
            FAR, remarks,
        )  # fmt: skip

    async def _in_logs(self, person: Person) -> Iterable[Kept]:
        found = await asyncio.to_thread(self._files.mentioned_in_logs, person)
        why = "call records have to be kept for a time; the file goes with its rotation"
        return [Kept(f"Asterisk's {name}", count, why) for name, count in found.items()]

    async def _told(self, begun: Erasure) -> None:
        """The audit has it once, however often it is carried on."""
        entries = [
            Entry(
                f"{begun.id}-{number}", self._clock(), begun.actor, str(Act.ERASED), subject, ("everything",), begun.id
            )
            for number, subject in enumerate(begun.subjects)
        ]
        await self._store.audit.add(entries)
