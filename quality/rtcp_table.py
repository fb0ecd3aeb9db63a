"""What RTCP of a capture tells on the compiled path: tables, and what is decided between the calls of `fast_rtcp`."""

from __future__ import annotations

import secrets
import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from quality.fast_tracker import flows_of
from quality.machine_code import at, larger, machine_code
from quality.packet_records import ALL_TAKEN, EXTENDED, MOST_BLOCKS, NO_ROOM, RTCP, SENDER, TOLD
from quality.rtcp_digest import MOST_SOURCES, RtcpDigest, Sender, Told
from quality.rtcp_xr import VoipMetrics, parse_xr
from quality.stream_figures import Flow

_BEGIN = 256
_TOLD = tuple(name for name in TOLD.names or () if name not in {"key", "ends", "ssrc"})
_WORDS = struct.Struct("!H")


class _Rows:
    """A table with the places of its rows by their keys; beyond the bound the older half is forgotten."""

    def __init__(self, kind: np.dtype[np.void]) -> None:
        self.table = np.zeros(_BEGIN, kind)
        self.used = 0
        self._index()

    def _index(self) -> None:
        size = len(self.table) * 4
        self.slots, self.rows = np.zeros(size, np.uint64), np.full(size, -1, np.int32)
        keys = self.table["key"][: self.used].copy()
        machine_code().index(*at(keys), *at(self.slots), *at(self.rows))
        self.places = (*at(self.slots), *at(self.rows))
        self.at = at(self.table)

    def grow(self) -> int:
        """Make room: how many of the oldest rows are gone."""
        gone = 0
        if self.used + MOST_BLOCKS > MOST_SOURCES:
            gone = self.used // 2
            self.table[: self.used - gone] = self.table[gone : self.used].copy()
            self.table[self.used - gone :] = 0
            self.used -= gone
        else:
            self.table = larger(self.table)
        self._index()
        return gone


class RtcpTable:
    """Give it the odd frames of each block in their order, and take all of it into a digest at the end."""

    def __init__(self) -> None:
        self.datagrams = 0
        self._told, self._senders = _Rows(TOLD), _Rows(SENDER)
        self._voip: dict[int, VoipMetrics] = {}  # by row
        self._secret = secrets.randbits(64)
        self._code = machine_code()

    def take(self, block: NDArray[np.uint8], frames: NDArray[np.void], odd: NDArray[np.void]) -> int:
        """RTCP among `odd`: how many datagrams of it could not be read."""
        self.datagrams += int(np.count_nonzero(odd["kind"] == RTCP))
        number, place, why, faults = 0, 0, NO_ROOM, 0
        told, senders = self._told, self._senders
        given = (block.ctypes.data, *at(frames), *at(odd))
        while why != ALL_TAKEN:
            number, place, why, told.used, senders.used, bad = self._code.take_reports(
                *given, number, place, self._secret, *told.at, told.used, *told.places,
                *senders.at, senders.used, *senders.places,
            )  # fmt: skip
            faults += bad
            if why == NO_ROOM:
                self._make_room()
            elif why == EXTENDED:
                after = place + 4 + 4 * _WORDS.unpack(block[place + 2 : place + 4].tobytes())[0]
                try:
                    self._extended(given, number, block[place + 4 : after].tobytes())
                except ValueError:
                    faults += 1
                    after = 1 << 30  # nothing else of this datagram is read
                place = after
        return faults

    def _make_room(self) -> None:
        if self._told.used + MOST_BLOCKS > len(self._told.table):
            gone = self._told.grow()
            self._voip = {row - gone: each for row, each in self._voip.items() if row >= gone}
        if self._senders.used == len(self._senders.table):
            self._senders.grow()

    def _extended(self, given: tuple[int, ...], number: int, content: bytes) -> None:
        """An extended report of one datagram. Errors: ValueError."""
        told, (block, _, _, *odd) = self._told, given
        for each in parse_xr(content).blocks:
            if isinstance(each, VoipMetrics):
                while told.used + MOST_BLOCKS > len(told.table):
                    self._make_room()
                row, told.used = self._code.told_row(
                    block, *odd, number, each.ssrc, self._secret, *told.at, told.used, *told.places
                )
                self._voip[row] = each

    def enter_into(self, digest: RtcpDigest) -> None:
        digest.datagrams += self.datagrams
        digest.enter(self._all_told(), self._all_senders())

    def _all_told(self) -> Iterator[tuple[Flow, int, Told]]:
        table = self._told.table[: self._told.used]
        columns = (table[name].tolist() for name in _TOLD)
        all_told = map(Told, *columns)
        for row, (flow, ssrc, told) in enumerate(
            zip(flows_of(table["ends"]), table["ssrc"].tolist(), all_told, strict=True)
        ):
            told.voip = self._voip.get(row)
            yield flow, ssrc, told

    def _all_senders(self) -> Iterator[tuple[Flow, int, Sender]]:
        table = self._senders.table[: self._senders.used]
        columns = (table[name].tolist() for name in ("ssrc", "packet_count", "at", "count", "middles", "times"))
        for flow, ssrc, packets, last, count, middles, times in zip(flows_of(table["ends"]), *columns, strict=True):
            yield flow, ssrc, Sender(packets, last, dict(zip(middles[:count], times, strict=False)))
