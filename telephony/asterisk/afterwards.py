"""From the rows of Asterisk's logs to whole calls of customers. Pure; bounded, whatever is in the files.

A call is a channel that came in from a trunk (context `hotline-in`) and heads its own Linkedid.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from telephony.asterisk.cel import CelRow
from telephony.asterisk.log_file import Mark
from telephony.asterisk.queue_log import Connected
from telephony.core.events import AnswerLogged
from telephony.core.ids import AgentId, Uniqueid
from telephony.core.logged import LoggedCall

ARRIVAL, FALLBACK, QUEUE = "hotline-in", "hotline-fallback", "hotline-fallback"  # config/asterisk
MOST = 50_000  # calls under way, channels, answers; beyond that the oldest is forgotten and counted
FUTURE_S = 3600.0  # a row from later than this is impossible

_ENDPOINT = re.compile(r"PJSIP/([A-Za-z0-9_.-]{1,80})-[0-9a-f]{8,}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(slots=True)
class _Call:
    """A call as far as it has been read."""

    row: CelRow  # its first
    since: Mark
    last_at: float
    did: str = ""
    caller: str | None = None
    context: str = ARRIVAL
    taken: bool = False  # the dialplan has answered it
    queued_at: float | None = None
    answered_at: float | None = None
    by_fallback: bool = False
    agent: str | None = None
    left_house: bool = False
    hung_up: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """A call whose story is whole; `since` is where it begins in the channel event log."""

    since: Mark
    log: LoggedCall


class Afterwards:
    """One node's logs, row by row."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._calls: OrderedDict[Uniqueid, _Call] = OrderedDict()
        self._by_channel: dict[str, _Call] = {}
        self._outside: OrderedDict[str, None] = OrderedDict()  # channels from us to a trunk
        self._connected: OrderedDict[Uniqueid, Connected] = OrderedDict()
        self.impossible = 0
        self.forgotten = 0

    def open(self, uniqueid: str) -> bool:
        return uniqueid in self._calls

    @property
    def oldest(self) -> Mark | None:
        """Where the oldest call under way begins."""
        return min((call.since for call in self._calls.values()), default=None)

    def hear_queue(self, connected: Connected) -> None:
        if connected.queue == QUEUE:
            self._connected[connected.uniqueid] = connected
            _bound(self._connected)

    def hear(self, row: CelRow, mark: Mark, now: float) -> Finished | None:
        """One row; the call that it ends."""
        if not row.uniqueid.startswith(f"{self._node}-") or row.at > now + FUTURE_S:
            self.impossible += 1
            return None
        if row.event == "CHAN_START":
            self._start(row, mark)
        elif row.event == "BRIDGE_ENTER":
            self._met(row)
        elif row.event == "CHAN_END":
            self._outside.pop(row.channel, None)
        call = self._calls.get(row.uniqueid)
        if call is None or not self._goes_on(call, row):
            return None
        return self._finish(call, complete=True) if row.event == "CHAN_END" else None

    def answers(self) -> Iterator[AnswerLogged]:
        """Of the calls that are still under way."""
        for uniqueid, call in self._calls.items():
            if call.answered_at is not None:
                agent = AgentId(call.agent) if call.agent else None
                yield AnswerLogged(uniqueid, call.answered_at, agent, call.by_fallback)

    def lost(self, alive: frozenset[Uniqueid], before: float) -> Iterator[Finished]:
        """Calls without an end that are not among the living: Asterisk died before it could write that."""
        for call in list(self._calls.values()):
            gone = call.row.uniqueid not in alive and call.last_at < before
            if gone and (finished := self._finish(call, complete=call.hung_up)):
                yield finished

    def _start(self, row: CelRow, mark: Mark) -> None:
        if row.context != ARRIVAL:
            return
        if row.uniqueid != row.linkedid:
            self._outside[row.channel] = None
            _bound(self._outside)
        elif row.uniqueid in self._calls:
            self.impossible += 1
        else:
            call = _Call(row, mark, row.at)
            self._calls[row.uniqueid] = self._by_channel[row.channel] = call
            if len(self._calls) > MOST:
                self.forgotten += 1
                self._remove(next(iter(self._calls.values())))

    def _goes_on(self, call: _Call, row: CelRow) -> bool:
        """Take in what every row of the caller's own channel tells; False for one that cannot be."""
        if row.at < call.row.at or row.channel != call.row.channel:
            self.impossible += 1
            return False
        call.last_at = max(call.last_at, row.at)
        call.did = _e164(f"+{row.dialled.lstrip('+')}") or call.did
        call.caller = _e164(row.number) or call.caller
        call.taken = call.taken or row.event == "ANSWER"
        call.hung_up = call.hung_up or row.event == "HANGUP"
        call.context = row.context
        if row.context == FALLBACK and call.queued_at is None:
            call.queued_at = row.at
        return True

    def _met(self, row: CelRow) -> None:
        """Who enters a bridge meets everyone in it: the caller may be either."""
        names = (row.channel, *row.peers)
        for name in names:
            others = [other for other in names if other != name]
            call = self._by_channel.get(name)
            if call is None or not others or row.at < call.row.at:
                continue
            call.left_house = all(other in self._outside for other in others)
            if call.answered_at is None:
                call.answered_at = row.at
                call.by_fallback = FALLBACK in {call.context, row.context if row.channel == name else ""}
                call.agent = next(filter(None, map(_endpoint, others)), None)

    def _finish(self, call: _Call, *, complete: bool) -> Finished | None:
        """None for what never became a customer's call: the dialplan did not take it, or the number is not E.164."""
        self._remove(call)
        connected = self._connected.pop(call.row.uniqueid, None)
        if not call.taken or not call.did:
            return None
        if connected and call.answered_at is None and call.queued_at is not None:
            call.answered_at = min(max(connected.at, call.queued_at), call.last_at)
            call.by_fallback, call.agent = True, connected.endpoint
        return Finished(call.since, self._told(call, complete=complete))

    def _told(self, call: _Call, *, complete: bool) -> LoggedCall:
        return LoggedCall(
            node=self._node,
            channel=call.row.channel,
            uniqueid=call.row.uniqueid,
            linkedid=call.row.linkedid,
            did=call.did,
            caller=call.caller,
            arrived_at=call.row.at,
            queued_at=call.queued_at,
            answered_at=call.answered_at,
            by_fallback=call.by_fallback,
            agent=AgentId(call.agent) if call.agent else None,
            left_house=call.left_house,
            ended_at=call.last_at,
            complete=complete,
        )

    def _remove(self, call: _Call) -> None:
        self._calls.pop(call.row.uniqueid, None)
        self._by_channel.pop(call.row.channel, None)


def _bound(kept: OrderedDict[Uniqueid, Connected] | OrderedDict[str, None]) -> None:
    while len(kept) > MOST:
        kept.popitem(last=False)


def _endpoint(channel: str) -> str | None:
    match = _ENDPOINT.fullmatch(channel)
    return match[1] if match else None


def _e164(number: str) -> str | None:
    return number if _E164.fullmatch(number) else None
