"""Asterisk's channels and bridges as one picture: which call a channel belongs to, who talks with whom, who is held.

Pure. Facts come in as records, in any order and with gaps; what the table does not name, and whatever is said of a
channel that has gone, changes nothing. A call is what Asterisk gives one Linkedid to; an attended transfer brings two
of them together (Asterisk: Channel Event Logging, "Linked IDs").
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import singledispatchmethod

from telephony.core.ids import Uniqueid

GONE_KEPT = 10_000  # how many channels that have gone are remembered, so that a late event does not revive one


class ChannelState(StrEnum):
    DOWN = "down"
    RINGING = "ringing"
    UP = "up"  # answered, and with nobody: in a menu, under music, between two bridges
    BRIDGED = "bridged"
    HOLDING = "holding"  # bridged, and whoever sits here has put the others on hold
    GONE = "gone"


class ChannelInput(StrEnum):
    RING = "ring"
    ANSWER = "answer"
    ENTER = "enter"
    LEAVE = "leave"
    HOLD = "hold"
    UNHOLD = "unhold"
    HANG_UP = "hang_up"


S, I = ChannelState, ChannelInput  # noqa: E741 - the table below reads best narrow

TRANSITIONS: dict[ChannelState, dict[ChannelInput, ChannelState]] = {
    S.DOWN: {I.RING: S.RINGING, I.ANSWER: S.UP, I.ENTER: S.BRIDGED, I.HANG_UP: S.GONE},
    S.RINGING: {I.ANSWER: S.UP, I.ENTER: S.BRIDGED, I.HANG_UP: S.GONE},
    S.UP: {I.ENTER: S.BRIDGED, I.HANG_UP: S.GONE},
    S.BRIDGED: {I.ENTER: S.BRIDGED, I.LEAVE: S.UP, I.HOLD: S.HOLDING, I.HANG_UP: S.GONE},
    S.HOLDING: {I.ENTER: S.HOLDING, I.UNHOLD: S.BRIDGED, I.LEAVE: S.UP, I.HANG_UP: S.GONE},
    S.GONE: {},
}


SEEN = frozenset({I.RING, I.ANSWER, I.HOLD, I.UNHOLD})  # the others have facts of their own


@dataclass(frozen=True, slots=True)
class Seen:
    """A channel was made, changed its state, or is spoken of; `given` is one of SEEN or nothing new."""

    uniqueid: Uniqueid
    linkedid: str
    name: str
    given: ChannelInput | None = None


@dataclass(frozen=True, slots=True)
class Dialled:
    """A channel was made by a dial; `outside` when it leads over a trunk."""

    uniqueid: Uniqueid
    linkedid: str
    name: str
    outside: bool


@dataclass(frozen=True, slots=True)
class Entered:
    uniqueid: Uniqueid
    linkedid: str
    name: str
    bridge: str


@dataclass(frozen=True, slots=True)
class LeftBridge:
    uniqueid: Uniqueid
    linkedid: str
    name: str
    bridge: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """A channel took another's place (masquerade); the Uniqueid stays with what was already going on."""

    uniqueid: Uniqueid
    name: str


@dataclass(frozen=True, slots=True)
class Paired:
    """The two halves of a Local channel, `;1` and `;2`."""

    one: Uniqueid
    two: Uniqueid


@dataclass(frozen=True, slots=True)
class Merged:
    """An attended transfer made one call of these Linkedids."""

    linkedids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    uniqueid: Uniqueid
    cause: int  # Q.850


Fact = Seen | Dialled | Entered | LeftBridge | Renamed | Paired | Merged | Gone


@dataclass(frozen=True, slots=True)
class Channel:
    uniqueid: Uniqueid
    linkedid: str
    name: str
    state: ChannelState = S.DOWN
    bridge: str = ""
    outside: bool = False  # it leads over a trunk, and we made it


@dataclass(frozen=True, slots=True)
class Call:
    """All that belongs together: every channel that lives, under the oldest of its Linkedids."""

    linkedid: str
    channels: frozenset[Uniqueid]


class Channels:
    """The picture of one node. `hear` takes facts; nothing raises."""

    def __init__(self) -> None:
        self._channels: dict[Uniqueid, Channel] = {}
        self._gone: OrderedDict[Uniqueid, int] = OrderedDict()
        self._bridges: dict[str, set[Uniqueid]] = {}
        self._halves: dict[Uniqueid, Uniqueid] = {}  # of Local channels, each to the other
        self._merged: dict[str, str] = {}  # Linkedid → an older one of the same call

    def __len__(self) -> int:
        return len(self._channels)

    def get(self, uniqueid: Uniqueid) -> Channel | None:
        """A channel that lives."""
        return self._channels.get(uniqueid)

    def living(self) -> tuple[Channel, ...]:
        return tuple(self._channels.values())

    def is_local(self, uniqueid: Uniqueid) -> bool:
        """Whether it is one half of a Local channel: nobody's phone."""
        return uniqueid in self._halves

    def cause(self, uniqueid: Uniqueid) -> int | None:
        """The Q.850 cause a channel ended with; None while it lives, or when it is not remembered."""
        return self._gone.get(uniqueid)

    def call_of(self, uniqueid: Uniqueid) -> Call | None:
        """The call that a living channel belongs to."""
        channel = self._channels.get(uniqueid)
        if channel is None:
            return None
        linkedid = self._oldest(channel.linkedid)
        every = (each for each in self._channels.values() if self._oldest(each.linkedid) == linkedid)
        return Call(linkedid, frozenset(each.uniqueid for each in every))

    def partners(self, uniqueid: Uniqueid) -> frozenset[Uniqueid]:
        """Who talks with this channel: through its bridge, and through Local channels into further bridges."""
        found, open_ends = {uniqueid}, [uniqueid]
        while open_ends:
            for each in self._next_to(open_ends.pop()):
                if each not in found:
                    found.add(each)
                    open_ends.append(each)
        return frozenset(each for each in found - {uniqueid} if each not in self._halves)

    def beside(self, uniqueid: Uniqueid) -> Channel | None:
        """The one other channel in the same bridge; None where there is none, or more than one."""
        channel = self._channels.get(uniqueid)
        others = self._bridges.get(channel.bridge, set()) - {uniqueid} if channel else set()
        return self._channels[others.pop()] if len(others) == 1 else None

    def held(self, uniqueid: Uniqueid) -> bool:
        """Whether somebody in the talk has put this channel on hold."""
        return any(self._channels[each].state is S.HOLDING for each in self.partners(uniqueid))

    def keep_only(self, uniqueids: Iterable[Uniqueid]) -> None:
        """After a snapshot: what is not in it has gone unheard."""
        for uniqueid in (self._channels.keys() | self._halves.keys()) - set(uniqueids):
            self.hear(Gone(uniqueid, 0))

    # -- facts --------------------------------------------------------------------------------------------------

    @singledispatchmethod
    def hear(self, fact: Fact) -> None:
        raise TypeError(f"no such fact: {fact!r}")

    @hear.register
    def _(self, fact: Seen) -> None:
        channel = self._known(fact)
        if channel and fact.given is not None and fact.given in SEEN:
            self._step(channel, fact.given)

    @hear.register
    def _(self, fact: Dialled) -> None:
        if channel := self._known(fact):
            self._channels[fact.uniqueid] = replace(channel, outside=fact.outside)

    @hear.register
    def _(self, fact: Entered) -> None:
        if channel := self._known(fact):
            self._step(channel, I.ENTER, bridge=fact.bridge)
            self._merge(self._channels[each].linkedid for each in self._bridges[fact.bridge])

    @hear.register
    def _(self, fact: LeftBridge) -> None:
        channel = self._known(fact)
        if channel and channel.bridge == fact.bridge:  # else it is in another by now
            self._step(channel, I.LEAVE, bridge="")

    @hear.register
    def _(self, fact: Renamed) -> None:
        if channel := self._channels.get(fact.uniqueid):
            self._channels[fact.uniqueid] = replace(channel, name=fact.name)

    @hear.register
    def _(self, fact: Paired) -> None:
        for half, other in ((fact.one, fact.two), (fact.two, fact.one)):
            if half not in self._gone and half != other:
                self._halves[half] = other

    @hear.register
    def _(self, fact: Merged) -> None:
        self._merge(fact.linkedids)

    @hear.register
    def _(self, fact: Gone) -> None:
        if channel := self._channels.get(fact.uniqueid):
            self._step(channel, I.HANG_UP, bridge="")
            del self._channels[fact.uniqueid]
        self._halves.pop(fact.uniqueid, None)
        self._gone.setdefault(fact.uniqueid, fact.cause)
        if len(self._gone) > GONE_KEPT:
            self._gone.popitem(last=False)
        if channel and self._merged:
            self._forget_linkedids(self._oldest(channel.linkedid))

    # -- inside -------------------------------------------------------------------------------------------------

    def _known(self, fact: Seen | Dialled | Entered | LeftBridge) -> Channel | None:
        """The channel as far as it is known before this fact; None when it has gone."""
        if fact.uniqueid in self._gone:
            return None
        known = self._channels.get(fact.uniqueid) or Channel(fact.uniqueid, fact.linkedid, fact.name)
        # A Linkedid only grows older: a late event names the one that was.
        linkedid = min(known.linkedid, fact.linkedid, key=age)
        known = self._channels[fact.uniqueid] = replace(known, linkedid=linkedid)
        return known

    def _step(self, channel: Channel, given: ChannelInput, *, bridge: str | None = None) -> None:
        state = TRANSITIONS[channel.state].get(given)
        if state is None:
            return
        kept = channel.bridge if bridge is None else bridge
        self._channels[channel.uniqueid] = replace(channel, state=state, bridge=kept)
        if kept != channel.bridge:
            self._move(channel.uniqueid, channel.bridge, kept)

    def _move(self, uniqueid: Uniqueid, before: str, after: str) -> None:
        inside = self._bridges.get(before, set())
        inside.discard(uniqueid)
        if not inside:
            self._bridges.pop(before, None)
        if after:
            self._bridges.setdefault(after, set()).add(uniqueid)

    def _forget_linkedids(self, oldest: str) -> None:
        """A call's Linkedids, once nothing of it lives."""
        if not any(self._oldest(each.linkedid) == oldest for each in self._channels.values()):
            self._merged = {young: old for young, old in self._merged.items() if self._oldest(young) != oldest}

    def _next_to(self, uniqueid: Uniqueid) -> Iterator[Uniqueid]:
        channel = self._channels.get(uniqueid)
        if channel is None:
            return
        if channel.bridge:
            yield from self._bridges[channel.bridge]
        if (other := self._halves.get(uniqueid)) in self._channels:
            assert other
            yield other

    def _merge(self, linkedids: Iterable[str]) -> None:
        roots = {self._oldest(each) for each in linkedids}
        if not roots:
            return
        oldest = min(roots, key=age)
        self._merged.update(dict.fromkeys(roots - {oldest}, oldest))

    def _oldest(self, linkedid: str) -> str:
        while (older := self._merged.get(linkedid)) is not None:
            linkedid = older
        return linkedid


def age(linkedid: str) -> tuple[float, int, str]:
    """Sorts Linkedids from the oldest on: `[systemname-]seconds.serial`, as Asterisk writes them."""
    seconds, _, serial = linkedid.rpartition("-")[2].partition(".")
    if not (seconds.isdecimal() and serial.isdecimal() and len(seconds) < 16 and len(serial) < 16):
        return float("inf"), 0, linkedid
    return float(seconds), int(serial), linkedid
