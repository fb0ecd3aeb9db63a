"""Who serves the queue that Asterisk runs by itself, kept as the consultants' accounts say while a server lives.

queues.conf names the phones that were known when it was written. A phone that came later is added over AMI and, because
such members are kept in Asterisk's own database, is there after a restart without us; one whose consultant has gone is
removed, or paused where the file names it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

import structlog

from telephony.asterisk.ami import AmiError
from telephony.asterisk.ami_actions import QUEUE, QueueAdd, QueuePause, QueueRemove, QueueStatus
from telephony.asterisk.ami_client import AmiClient
from telephony.asterisk.ami_wire import AmiEvent
from telephony.asterisk.translate import member_endpoint

log = structlog.get_logger()

LOOK_EVERY_S = 2.0

Phones = Callable[[], Awaitable[frozenset[str]]]  # the endpoints of all consultants; StoreError
Change = QueueAdd | QueuePause | QueueRemove


@dataclass(frozen=True, slots=True)
class Member:
    endpoint: str
    of_file: bool  # queues.conf names it: it cannot be removed
    paused: bool


def members(events: Iterable[AmiEvent]) -> list[Member]:
    """The members in the answer to QueueStatus. Errors: KeyError for a malformed one."""
    said = [event.fields for event in events if event.name == "QueueMember" and event.fields["Queue"] == QUEUE]
    named = [(member_endpoint(each["Location"]), each) for each in said]
    return [
        Member(endpoint, each["Membership"] == "static", each["Paused"] == "1") for endpoint, each in named if endpoint
    ]


def changes(known: Collection[Member], wanted: Collection[str]) -> Iterator[Change]:
    """What makes the known members the wanted ones; nothing where nobody is wanted: better too many than none."""
    if not wanted:
        return
    for endpoint in sorted(set(wanted) - {each.endpoint for each in known}):
        yield QueueAdd(endpoint)
    for member in known:
        is_wanted = member.endpoint in wanted
        if not member.of_file and not is_wanted:
            yield QueueRemove(member.endpoint)
        elif member.paused is is_wanted:
            yield QueuePause(member.endpoint, paused=not is_wanted)


class FallbackMembers:
    """One node's. `run` lives as long as the app."""

    def __init__(self, client: AmiClient, phones: Phones) -> None:
        self._client = client
        self._phones = phones
        self._settled: tuple[int, frozenset[str]] | None = None  # in which connection, and for whom

    async def run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - the queue stays as it is, and the next look tries again
                log.info("fallback.members_not_settled", reason=type(error).__name__)

    async def _look(self) -> None:
        connection = self._client.counters.connects
        if not self._client.connected:
            return
        wanted = await self._phones()
        if self._settled != (connection, wanted) and await self.settle(wanted):
            self._settled = connection, wanted

    async def settle(self, wanted: frozenset[str]) -> bool:
        """False where Asterisk has refused something: it is tried again. Errors: AmiError."""
        listing = await self._client.listing(QueueStatus())
        if not listing.whole:
            return False
        settled = True
        for change in changes(members(listing.events), wanted):
            try:
                await self._client.request(change)
            except AmiError as error:
                settled = False
                log.warning("fallback.member_refused", change=type(change).__name__, reason=str(error))
            else:
                log.info("fallback.member", change=type(change).__name__, endpoint=change.endpoint)
        return settled
