"""The streams of a capture on the compiled path: tables, and what is decided between the calls of `fast_table`."""

from __future__ import annotations

import secrets
import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from quality.figures import COUNTERS, Closed, Counters
from quality.machine_code import at, larger, machine_code
from quality.odd_packets import address_text
from quality.packet_records import (
    CANDIDATE,
    DONE,
    HELD,
    HOLD_FULL,
    MEDIA,
    MOST_WINDOWS,
    NEW_STREAM,
    NEW_TYPE,
    NOTE,
    NOTES_FULL,
    PACKET,
    STREAM,
    TABLE_FULL,
    TYPES,
)
from quality.payload_formats import G711, STATIC, Known, guessed_formats, kind_of, known_format
from quality.pcm import CLIPPED, POWER
from quality.stream_figures import Flow, MediaMap

CANDIDATES = 1 << 16
NOTES = MOST_WINDOWS * 3
MOST_STREAMS = 1 << 16  # at a time; then those are closed that have been silent longest
IDLE_NS = 60_000_000_000
AT_A_TIME = 4096  # streams handed out
_NOBODY = -1
_NONE: dict[int, Known] = {}
_ENDS = struct.Struct("=B16s16sHH")


class FastTracker:
    """Feed it RTP packets in the order of the capture; ask for `closed` streams now and then, and `finish` at the end.

    A stream comes as its flow, counters, notes, and the formats of its payload types. `secret` goes into the hash of
    flows.
    """

    def __init__(self, media: MediaMap | None, *, most_streams: int = MOST_STREAMS) -> None:
        self._media = media
        self._most = most_streams
        self._table = np.zeros(256, STREAM)
        self._used = 0
        self._slots = np.zeros(1024, np.uint64)
        self._rows = np.full(1024, _NOBODY, np.int32)
        self._candidates = np.zeros(CANDIDATES, CANDIDATE)
        self._held = np.zeros((16, HELD), PACKET)
        self._held_free = list(range(16))
        self._notes = np.zeros(NOTES, NOTE)
        self._noted = 0
        self._kept_notes: list[NDArray[np.void]] = []
        self._formats: dict[int, dict[int, Known]] = {}  # of dynamic types
        self._closed: list[Closed] = []
        self._room = np.empty(0, np.int32)
        self._code = machine_code()
        self._look()
        self.secret = secrets.randbits(64)

    def feed(self, block: NDArray[np.uint8], packets: NDArray[np.void], *, payload: bool = False) -> None:
        code, places = self._code, self._places(len(packets))
        given = (*at(block), *at(packets), places, len(packets))
        code.locate(*given[2:4], *self._index, *given[4:])
        number, why = 0, NEW_STREAM
        while why != DONE:
            number, why, place, self._used, self._noted = code.track(
                *given, number, self._used, *self._index, *self._rows_at, *self._candidates_at, *self._held_at,
                *self._notes_at, self._noted,
            )  # fmt: skip
            if why == NEW_STREAM:
                self._begin(place)
            elif why == TABLE_FULL:
                self._grow(int(packets["time"][number]))
                code.locate(*given[2:4], *self._index, *given[4:])
            elif why == NEW_TYPE:
                self._learn(place, packets[number : number + 1])
            elif why == HOLD_FULL:
                self._release(place)
            elif why == NOTES_FULL:
                self._keep_notes()
        if payload:
            code.locate(*given[2:4], *self._index, *given[4:])
            code.analyse(*given, *self._rows_at, *at(POWER), *at(CLIPPED))

    def _places(self, count: int) -> int:
        """Where there is room for the rows of so many packets."""
        if count > len(self._room):
            self._room = np.empty(count, np.int32)
        return self._room.ctypes.data

    def _look(self) -> None:
        """Note where the tables lie, after one of them was made anew."""
        self._index = (*at(self._slots), *at(self._rows))
        self._rows_at, self._candidates_at = at(self._table), at(self._candidates)
        self._held_at, self._notes_at = at(self._held), at(self._notes)

    def _keep_notes(self) -> None:
        self._kept_notes.append(self._notes[: self._noted].copy())
        self._noted = 0

    def _begin(self, candidate: int) -> None:
        """The last row is a stream of a dynamic payload type."""
        place = self._used - 1
        payload_type = int(self._candidates["packet"]["type"][candidate])
        if known := known_format(self._media, self._flow(place), payload_type):
            self._add_type(place, payload_type, known)
            self._first(place, candidate)
        else:
            free = self._hold()  # before the table is named below: this may make a larger one
            self._code.hold_first(*self._rows_at, place, *self._candidates_at, candidate, *self._held_at, free)

    def _first(self, place: int, candidate: int) -> None:
        (self._noted,) = self._code.begin(
            *self._rows_at, place, *self._candidates_at, candidate, *self._notes_at, self._noted
        )

    def _flow(self, place: int) -> Flow:
        return flow_of(self._table["ends"][place].tobytes())

    def _grow(self, now: int) -> None:
        """Make room for a stream: by a larger table, or by closing those that have been silent."""
        if self._used < min(len(self._table), self._most):
            self._rehash(len(self._slots) * 4)
        elif self._used < self._most:
            self._table = larger(self._table)
            self._rehash(len(self._table) * 4)
        else:
            self._evict(now)

    def _evict(self, now: int) -> None:
        """Close streams that have been silent for a minute; where these are few, the longest silent quarter."""
        last = self._table["last_time"][: self._used]
        over = np.flatnonzero(now - last > IDLE_NS)
        if len(over) < self._used // 4:
            over = np.argsort(last, kind="stable")[: max(1, self._used // 4)]
        self._closed += self._close(over.tolist())
        stay = np.setdiff1d(np.arange(self._used), over)
        moved = {old: new for new, old in enumerate(stay.tolist())}
        self._table[: len(stay)] = self._table[stay]
        self._table[len(stay) :] = 0
        self._used = len(stay)
        self._formats = {moved[place]: each for place, each in self._formats.items() if place in moved}
        for notes in self._kept_notes:
            notes["row"] = [moved[place] for place in notes["row"].tolist()]
        self._rehash(len(self._slots))

    def closed(self) -> list[Closed]:
        """The streams that had to be closed since the last call."""
        closed, self._closed = self._closed, []
        return closed

    def _rehash(self, size: int) -> None:
        self._slots, self._rows = np.zeros(size, np.uint64), np.full(size, _NOBODY, np.int32)
        self._look()
        keys = self._table["flow"][: self._used].copy()
        self._code.index(*at(keys), *self._index)

    def _hold(self) -> int:
        if not self._held_free:
            before = len(self._held)
            self._held = larger(self._held)
            self._held_free = list(range(before, 2 * before))
            self._look()
        return self._held_free.pop()

    def _add_type(self, place: int, payload_type: int, known: Known) -> None:
        self._formats.setdefault(place, {})[payload_type] = known
        format_ = known[0]
        unit_ns = 1e9 / format_.clock_rate_hz if format_ and format_.clock_rate_hz > 0 else 0.0
        kind = kind_of(format_.name) if format_ else MEDIA
        g711 = format_ is not None and format_.name in G711
        self._code.add_type(*self._rows_at, place, payload_type, kind, unit_ns, g711)

    def _learn(self, place: int, packets: NDArray[np.void]) -> None:
        """Find the formats of payload types that the stream has not had before."""
        flow = self._flow(place)
        formats = self._formats.setdefault(place, {})
        types = [each for each in dict.fromkeys(packets["type"].tolist()) if each not in formats]
        known = {each: known_format(self._media, flow, each) for each in types}
        guessed = guessed_formats(packets, [each for each in types if known[each] is None])
        for each in types[: TYPES - len(formats)]:
            self._add_type(place, each, known[each] or guessed[each])

    def _release(self, place: int) -> None:
        held, kept = int(self._table["held"][place]), int(self._table["held_count"][place])
        self._learn(place, self._held[held][:kept])
        (self._noted,) = self._code.replay(*self._rows_at, place, *self._held_at, *self._notes_at, self._noted)
        self._held_free.append(held)
        if self._noted > NOTES - MOST_WINDOWS - 8:
            self._keep_notes()

    def finish(self) -> Iterator[Closed]:
        """All streams that are still open, and those of one packet that signalling has announced."""
        self._adopt()
        self._candidates = self._candidates[:1].copy()  # their memory is wanted for what is told of the streams
        self._look()
        yield from self._close(list(range(self._used)))
        self._used = 0

    def _adopt(self) -> None:
        """Make candidates streams whose destination an SDP has named."""
        if self._media is None:
            return
        for candidate in np.flatnonzero(self._candidates["used"]).tolist():
            flow = flow_of(self._candidates["ends"][candidate].tobytes())
            if not self._media.announced(flow):
                continue
            if self._used == len(self._table) or (self._used + 1) * 4 > len(self._slots):
                self._table = larger(self._table)
                self._rehash(len(self._table) * 4)
            place, self._used = self._used, self._used + 1
            if self._code.open_row(*self._rows_at, place, *self._candidates_at, candidate, *self._index)[0]:
                self._first(place, candidate)
            else:
                self._begin(candidate)

    def _close(self, places: list[int]) -> Iterator[Closed]:
        """Settle the streams of these rows and hand them out in the order of their beginnings, some at a time."""
        for place in np.flatnonzero(self._table["held"][places] >= 0).tolist():
            self._release(places[place])
        chosen, settled = np.array(places, np.int64), 0
        while settled < len(chosen):
            settled, self._noted = self._code.settle(*self._rows_at, *at(chosen), settled, *self._notes_at, self._noted)
            self._keep_notes()
        self._keep_notes()
        notes = np.concatenate(self._kept_notes)
        over = np.isin(notes["row"], chosen)
        self._kept_notes = [notes[~over]]
        notes = notes[over]
        notes = notes[np.argsort(notes["row"], kind="stable")]
        chosen = chosen[np.argsort(self._table["first_time"][chosen], kind="stable")]
        for begin in range(0, len(chosen), AT_A_TIME):
            yield self._closed_rows(chosen[begin : begin + AT_A_TIME], notes)

    def _closed_rows(self, places: NDArray[np.int64], notes: NDArray[np.void]) -> Closed:
        """`notes` in the order of rows."""
        flows = flows_of(self._table["ends"][places])
        stay = [
            number
            for number, (flow, sure) in enumerate(zip(flows, self._table["in_sequence"][places].tolist(), strict=True))
            if sure or (self._media and self._media.announced(flow))
        ]
        places, flows = places[stay], [flows[number] for number in stay]
        rows = np.empty(len(places), COUNTERS)
        for name in Counters._fields:
            rows[name] = self._table[name][places]
        begins, ends = (np.searchsorted(notes["row"], places, side) for side in ("left", "right"))
        own = notes[_ranges(begins, ends)]
        own["row"] = np.repeat(np.arange(len(places)), ends - begins)
        known = zip(places.tolist(), flows, rows["types"].tolist(), rows["type_of"].tolist(), strict=True)
        formats = [self._formats_of(place, flow, types[:count]) for place, flow, count, types in known]
        return Closed(flows, rows, own, formats)

    def _formats_of(self, place: int, flow: Flow, types: list[int]) -> dict[int, Known]:
        dynamic = self._formats.get(place, _NONE)
        return {
            each: known_format(self._media, flow, each) or dynamic.get(each, (STATIC.get(each), "static"))
            for each in types
        }


def _ranges(begins: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """All numbers from each begin to before its end."""
    sizes = ends - begins
    return np.repeat(begins - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())


def flows_of(ends: NDArray[np.void]) -> list[Flow]:
    """Of records of `ADDRESSES`."""
    return [_flow(*each) for each in _ENDS.iter_unpack(ends.tobytes())]


def flow_of(ends: bytes) -> Flow:
    """Of a record of `ADDRESSES`."""
    return _flow(*_ENDS.unpack(ends))


def _flow(family: int, src: bytes, dst: bytes, sport: int, dport: int) -> Flow:
    """Addresses as text."""
    if family == 4:
        return Flow(address_text(src[:4]), sport, address_text(dst[:4]), dport)
    return Flow(address_text(src), sport, address_text(dst), dport)
