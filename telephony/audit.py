"""The audit of the house: whoever is shown a customer's data stands in it, also after an outage of the database.

What cannot be written now waits in memory and, within a second, in a file of the data folder that outlives us.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict
from pathlib import Path

import structlog

from telephony.core.audit import Act, Entry, pseudonym
from telephony.core.card_fields import Look
from telephony.core.promises import Complaint
from telephony.kept_key import kept_key
from telephony.settings import Settings
from telephony.settings_types import SettingsError
from telephony.store.errors import StoreError
from telephony.store.spool import Spool
from telephony.store.store import Store

log = structlog.get_logger()

KEY_FILE, SPOOL_FILE = "audit.key", "audit.spool"
TOGETHER = 200  # lines in one transaction
AGAIN_S = 1.0
HEAD_EVERY_S = 86_400.0
REMEMBERED = 20_000  # looks: a page that is drawn again shows nothing new


def audit_key(settings: Settings) -> bytes:
    """What pseudonyms are made with: of the settings, or of the data folder. Errors: SettingsError."""
    if given := settings.audit_key:
        return given.get_secret_value().encode()
    path = settings.data / KEY_FILE
    try:
        return kept_key(path).encode()
    except OSError as error:
        raise SettingsError(f"the key of the audit, {path}, is of no use: {error.strerror}") from None


class AuditTrail:
    """`clock` gives seconds since the epoch; `pause` waits before the next try."""

    def __init__(
        self,
        key: bytes,
        spool: Path,
        store: Store,
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._key = key
        self._spool = Spool(spool)
        self._store = store
        self._clock = clock
        self._pause = pause
        self._waiting: deque[Entry] = deque()
        self._spooled = 0  # of those that wait, the first so many
        self._looks: OrderedDict[Look, None] = OrderedDict()
        self._something = asyncio.Event()
        self._nothing = asyncio.Event()
        self._nothing.set()
        self._head_told_at = -HEAD_EVERY_S

    @classmethod
    def of(cls, settings: Settings, store: Store, clock: Callable[[], float]) -> AuditTrail:
        """Errors: SettingsError."""
        return cls(audit_key(settings), settings.data / SPOOL_FILE, store, clock)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def seen(self, look: Look) -> None:
        """Somebody is shown a customer. The same during the same call is one look."""
        if look.call is not None:
            if look in self._looks:
                return
            self._looks[look] = None
            if len(self._looks) > REMEMBERED:
                self._looks.popitem(last=False)
        act = Act.CARD_SHOWN if look.call is not None else Act.SEARCH_SHOWN
        fields = tuple(sorted(map(str, look.fields)))
        subject = pseudonym(look.customer, self._key)
        self._add([Entry(uuid.uuid4().hex, self._clock(), look.login, str(act), subject, fields, look.call or "")])

    def complaint_read(self, login: str, customer: str, interaction: str) -> None:
        """Somebody reads a complaint; `customer` empty: nobody knows whose."""
        subject = pseudonym(customer, self._key) if customer else ""
        act = str(Act.COMPLAINT_SHOWN)
        self._add([Entry(uuid.uuid4().hex, self._clock(), login, act, subject, ("complaint",), interaction)])

    def recording_heard(self, login: str, customer: str, interaction: str, reason: str) -> None:
        """Somebody listens to a recording; `customer` empty: nobody knows whose."""
        subject = pseudonym(customer, self._key) if customer else ""
        why = f"{interaction}: {reason}"
        act = str(Act.RECORDING_HEARD)
        self._add([Entry(uuid.uuid4().hex, self._clock(), login, act, subject, ("recording",), why)])

    def quality_shown(self, login: str, customer: str, what: str, why: str) -> None:
        """Somebody sees or takes away how calls sounded; `customer` empty: nobody knows whose, or many's."""
        subject = pseudonym(customer, self._key) if customer else ""
        act = str(Act.QUALITY_SHOWN)
        self._add([Entry(uuid.uuid4().hex, self._clock(), login, act, subject, (what,), why)])

    def ticket_read(self, login: str, customer: str, number: str) -> None:
        """Somebody reads a ticket; `customer` empty: nobody knows whose."""
        subject = pseudonym(customer, self._key) if customer else ""
        self._add([Entry(uuid.uuid4().hex, self._clock(), login, str(Act.TICKET_SHOWN), subject, ("ticket",), number)])

    def ticket_changed(self, actor: str, customer: str, number: str, status: bool) -> None:  # noqa: FBT001 - which of two
        """Somebody has changed a ticket, here or in another system: its status, or else what is written there."""
        subject = pseudonym(customer, self._key) if customer else ""
        fields = ("status" if status else "comment",)
        self._add([Entry(uuid.uuid4().hex, self._clock(), actor, str(Act.TICKET_CHANGED), subject, fields, number)])

    def complaint_step(self, actor: str, act: str, complaint: Complaint, fields: tuple[str, ...]) -> None:
        """Something was done about a complaint; `actor` empty: by the hotline itself, or by who complains."""
        subject = pseudonym(complaint.customer, self._key) if complaint.customer else ""
        told = (act, *fields)
        step = str(Act.COMPLAINT_STEP)
        self._add([Entry(uuid.uuid4().hex, self._clock(), actor, step, subject, told, complaint.interaction)])

    def trunks_changed(self, login: str, doing: str, nodes: tuple[str, ...], outcome: str) -> None:
        """Somebody applies trunks or rolls them back; told when it begins, and what came of it."""
        self._add(
            [Entry(uuid.uuid4().hex, self._clock(), login, str(Act.TRUNKS_CHANGED), "", (doing, *nodes), outcome)]
        )

    async def run(self) -> None:
        """Until cancelled."""
        self._add_spooled()
        while True:
            await self._something.wait()
            await self._write()

    async def drain(self, patience_s: float) -> None:
        """While `run` goes on: until all is written; what is not by then is in the file."""
        try:
            await asyncio.wait_for(self._nothing.wait(), patience_s)
        except TimeoutError:
            self._keep()
            log.warning("audit.kept_for_later", lines=len(self._waiting))

    def _add_spooled(self) -> None:
        left = [Entry(**{**each, "fields": tuple(each["fields"])}) for each in self._spool.records()]
        self._waiting.extendleft(reversed(left))
        self._spooled = len(left)
        if left:
            log.info("audit.found", lines=len(left))
            self._add(())

    def _add(self, entries: Iterable[Entry]) -> None:
        self._waiting.extend(entries)
        self._something.set()
        self._nothing.clear()

    async def _write(self) -> None:
        batch = [self._waiting[place] for place in range(min(TOGETHER, len(self._waiting)))]
        try:
            await self._store.audit.add(batch)
            await self._tell_head()
        except StoreError as error:
            log.warning("audit.not_written", lines=len(self._waiting), reason=str(error))
            self._keep()
            await self._pause(AGAIN_S)
            return
        for _ in batch:
            self._waiting.popleft()
        self._spooled = max(0, self._spooled - len(batch))
        if not self._spooled:
            self._spool.clear()
        if not self._waiting:
            self._something.clear()
            self._nothing.set()

    def _keep(self) -> None:
        """What is not in the file yet, into the file."""
        new = [self._waiting[place] for place in range(self._spooled, len(self._waiting))]
        try:
            self._spool.add(map(asdict, new))
        except OSError as error:
            log.error("audit.only_in_memory", lines=len(new), reason=error.strerror)  # noqa: TRY400 - the disk, not us
        else:
            self._spooled = len(self._waiting)

    async def _tell_head(self) -> None:
        """Where others keep the log, a chain that was cut or written anew is found by what they have noted."""
        if self._clock() - self._head_told_at >= HEAD_EVERY_S:
            self._head_told_at = self._clock()
            log.info("audit.head", head=str(await self._store.audit.head()))
