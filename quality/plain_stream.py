"""One RTP stream, packet by packet: the readable twin of `fast_streams` and `fast_events`, and the truth they are
tested against.

Numbers are extended sequence numbers [RFC 3550 §A.1], times nanoseconds, timestamps modulo 2³² throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from quality.figures import Counters, Note
from quality.packet_records import (
    AD_LEAST_NS,
    AD_MARGIN_NS,
    AD_MOST_NS,
    COMFORT_NOISE,
    EVENT,
    F1_NS,
    F2_NS,
    LEAP_NS,
    MAX_DROPOUT,
    MAX_MISORDER,
    MEDIA,
    MOST_WINDOWS,
    NOTE_EVENT,
    NOTE_WINDOW,
    PDV_EDGES_NS,
    RECENT,
    TYPES,
    WINDOW_NS,
    Packet,
)
from quality.plain_bursts import AfterBuffer, GapsAndBursts


class Meaning(NamedTuple):
    """Of a payload type: `MEDIA`, `EVENT` or `COMFORT_NOISE`, a unit of its clock in ns (0.0 while unknown), G.711 or
    not.
    """

    kind: int
    unit_ns: float
    g711: bool


@dataclass(slots=True)
class _Fate:
    """Of a number that is still remembered."""

    came: bool = False
    late1: bool = False
    late2: bool = False
    late_ad: bool = False


@dataclass(slots=True)
class _Event:
    timestamp: int
    begin: int
    code: int
    units: int = 0


@dataclass(slots=True)
class PlainStream:
    """`meaning_of` is asked once for each payload type."""

    first: Packet
    meaning_of: Callable[[Packet], Meaning]
    received: int = 1
    timed: int = 0
    duplicates: int = 0
    reordered: int = 0
    in_sequence: int = 0
    markers: int = 0
    dtx: int = 0
    codec_changes: int = 0
    dscp_changes: int = 0
    tagged: int = 0
    jitter: float = 0.0
    jitter_sum: float = 0.0  # its mean times `jitter_count`
    jitter_count: int = 0  # packets received before the last one that counted
    jitter_max: float = 0.0
    delta_max: int = 0
    notes: list[Note] = field(default_factory=list)
    counts: dict[int, int] = field(default_factory=dict)
    analysed: int = 0
    silent: int = 0
    samples: int = 0
    clipped: int = 0
    _meanings: dict[int, Meaning] = field(default_factory=dict)
    _recent: dict[int, _Fate] = field(default_factory=dict)
    _histogram: list[int] = field(default_factory=lambda: [0] * 8)
    _event: _Event | None = None
    _media_type: int | None = None
    _bad: int | None = None
    _origin: tuple[int, int] | None = None  # arrival, and timestamp units since
    _unit: float = 0.0
    _least: float = inf
    _least_before: float = inf
    _most: float = 0.0
    _most_before: float = 0.0
    _step: int = 0
    _votes: int = 0
    _late_seen: int = 0
    _type: int = -1
    _slot: int = -1  # the type that its packets are counted with
    _sequence: int = 0  # of the highest number, as it came
    _dscp: int = 0
    _window: int = 0
    _window_from: tuple[int, int, int] = (0, 0, 0)  # highest number, distinct packets, late ones at its beginning
    _highest: int = 0
    _base: int = 0
    last_time: int = 0
    _media: tuple[int, int] = (0, 0)  # arrival and timestamp of the last packet that was no event
    _previous: int = MEDIA
    _f1: AfterBuffer = field(default_factory=AfterBuffer)
    _f2: AfterBuffer = field(default_factory=AfterBuffer)
    _ad: AfterBuffer = field(default_factory=AfterBuffer)
    _bursts: GapsAndBursts = field(default_factory=GapsAndBursts)

    def __post_init__(self) -> None:
        packet = self.first
        self._highest = self._base = self._sequence = packet.sequence
        self._recent[packet.sequence] = _Fate(came=True)
        self._window_from = (packet.sequence - 1, 0, 0)
        self.last_time, self._dscp = packet.time, packet.dscp
        self.markers = packet.marker
        meaning = self._take_type(packet)
        self.counts[self._slot] += 1
        self._previous = meaning.kind
        if meaning.kind == EVENT:
            self._telephone_event(packet)
        else:
            self._media = packet.time, packet.timestamp
            self._timing(packet)

    def take(self, packet: Packet) -> None:
        """The next packet of the stream in the order of arrival."""
        meaning = self._take_type(packet)
        ahead = packet.sequence - self._sequence & 0xFFFF
        self._roll_windows(packet.time, ahead if ahead < MAX_DROPOUT else 0)
        before = self.received
        number = self._highest + ahead if ahead < MAX_DROPOUT else self._highest - (0x10000 - ahead)
        forward = True
        if 0 < ahead < MAX_DROPOUT:
            self._advance(ahead)
            self.in_sequence |= ahead == 1
        elif ahead == 0 or ahead >= 0x10000 - MAX_MISORDER:
            forward = False
            if ahead == 0 or not self._is_new(number):
                self._count(duplicates=1)
                return
            self.reordered += 1
        elif not self._restarts(packet):
            return
        else:
            before, number = self.received, self._highest
        if forward:
            self._sequence = packet.sequence
        self._recent[number].came = True
        self._count()
        self.markers += packet.marker
        self.dscp_changes += packet.dscp != self._dscp
        self._dscp = packet.dscp
        after, self._previous = self._previous, meaning.kind
        regular = forward and not packet.marker and COMFORT_NOISE not in {meaning.kind, after}
        if regular:
            self.delta_max = max(self.delta_max, packet.time - self.last_time)
        self.last_time = packet.time
        if meaning.kind == EVENT:
            self._telephone_event(packet)
            return
        if ahead == 1 and meaning.kind == MEDIA and after != EVENT:
            self._steps(packet, meaning)
        delay = self._timing(packet)
        if regular:
            self._enter_jitter(before)
            self.jitter_max = max(self.jitter_max, self.jitter)
        self._play(delay, self._recent[number])

    def _enter_jitter(self, before: int) -> None:
        """The mean goes on by (jitter - mean) / before, packets that did not count included as tshark includes them."""
        if self.jitter_count != before - 1:
            mean = self.jitter_sum / self.jitter_count if self.jitter_count else 0.0
            self.jitter_sum = mean * (before - 1)
        self.jitter_sum += self.jitter
        self.jitter_count = before

    def _count(self, *, duplicates: int = 0) -> None:
        self.received += 1
        self.duplicates += duplicates
        self.counts[self._slot] += 1

    def _take_type(self, packet: Packet) -> Meaning:
        if packet.type == self._type:
            return self._meanings[self._slot]
        self._type = self._slot = packet.type
        if packet.type not in self._meanings:
            if len(self._meanings) < TYPES:
                self._meanings[packet.type] = self.meaning_of(packet)
                self.counts[packet.type] = 0
            else:
                self._slot = list(self._meanings)[-1]
        meaning = self._meanings[self._slot]
        if meaning.kind == MEDIA:
            self.codec_changes += self._media_type not in {None, packet.type}
            self._media_type = packet.type
        if meaning.kind != EVENT and meaning.unit_ns != self._unit:
            self._unit = meaning.unit_ns
            self._origin = None
        return meaning

    def _advance(self, by: int) -> None:
        for number in range(self._highest + 1, self._highest + by + 1):
            self._recent[number] = _Fate()
            self._settle(number - RECENT)
        self._highest += by

    def _settle(self, number: int) -> None:
        """A number is not remembered any longer: what has become of it stands."""
        fate = self._recent.pop(number, None)
        if fate is None:
            return
        if not fate.came or fate.late1:
            self._f1.gone(number, late=fate.came)
        if not fate.came or fate.late2:
            self._f2.gone(number, late=fate.came)
        if not fate.came or fate.late_ad:
            self._ad.gone(number, late=fate.came)
            self._bursts.gone(number, self._base)

    def _is_new(self, number: int) -> bool:
        if number < self._base:
            # Overtaken by the first packet of all: the stream begins with it.
            for between in range(number, self._base):
                self._recent[between] = _Fate()
            highest, distinct, late = self._window_from
            self._window_from = highest - (self._base - number), distinct, late
            self._base = number
        return not self._recent[number].came

    def _restarts(self, packet: Packet) -> bool:
        """A number far off: two in sequence are a restart of the sender, a single one is none of ours."""
        if packet.sequence != self._bad:
            self._bad = packet.sequence + 1 & 0xFFFF
            return False
        self._bad = None
        self._advance(2)
        self._recent[self._highest - 1].came = True
        self._count()
        self._origin = None
        return True

    def _timing(self, packet: Packet) -> float:
        """Jitter [RFC 3550 §A.8], and the delay above the least one lately [RFC 5481]."""
        time, timestamp = self._media
        step = (packet.timestamp - timestamp + 2**31) % 2**32 - 2**31
        arrived = packet.time - time
        self._media = packet.time, packet.timestamp
        if not self._unit:
            return 0.0
        if self._origin:
            off = arrived - step * self._unit
            self.jitter += (abs(off) - self.jitter) / 16.0
            self._origin = None if abs(off) > LEAP_NS else (self._origin[0], self._origin[1] + step)
        if not self._origin:
            self._origin = packet.time, 0
            self._least = self._least_before = inf
        transit = (packet.time - self._origin[0]) - self._origin[1] * self._unit
        self._least = min(self._least, transit)
        self.timed += 1
        return transit - min(self._least, self._least_before)

    def _play(self, delay: float, fate: _Fate) -> None:
        """What the jitter buffers make of a packet that came this late."""
        if delay >= PDV_EDGES_NS[0]:
            self._histogram[sum(delay >= edge for edge in PDV_EDGES_NS)] += 1
        # What came before has taught the adaptive buffer: the first late packet of a kind is lost.
        depth = min(max(AD_LEAST_NS, max(self._most, self._most_before) + AD_MARGIN_NS), AD_MOST_NS)
        fate.late1, fate.late2, fate.late_ad = delay > F1_NS, delay > F2_NS, delay > depth
        self._late_seen += fate.late_ad
        if delay <= AD_MOST_NS:
            self._most = max(self._most, delay)

    def _steps(self, packet: Packet, meaning: Meaning) -> None:
        step = packet.timestamp - self._media[1] & 0xFFFFFFFF
        if not 0 < step < 2**31:
            return
        if step == self._step:
            self._votes += 1
        elif self._votes == 0:
            self._step, self._votes = step, 1
        else:
            self._votes -= 1
            self.dtx += step >= 2 * self._step
        self.tagged += meaning.g711 and packet.length - step in {4, 10}

    def _roll_windows(self, time: int, by: int) -> None:
        """Close the windows that ended before `time`; an outage of `by` numbers is spread evenly over it."""
        ends = self.first.time + (self._window + 1) * WINDOW_NS
        if time < ends:
            return
        crossed = (time - ends) // WINDOW_NS + 1
        spread = by > 1 and time > self.last_time and crossed <= MOST_WINDOWS
        for number in range(crossed) if spread else (0,):
            edge = ends + number * WINDOW_NS
            due = 0
            if spread and edge > self.last_time:
                due = min(by - 1, -(-by * (edge - self.last_time) // (time - self.last_time)) - 1)
            self._close_window(self._highest + due)
            self._window += 1
        self._window += 0 if spread else crossed - 1
        self._least_before = self._least if crossed == 1 else inf
        self._least = inf
        self._most_before, self._most = (self._most if crossed == 1 else 0.0), 0.0

    def _close_window(self, highest: int) -> None:
        before = self._window_from
        self._window_from = highest, self.received - self.duplicates, self._late_seen
        expected, received, late = (now - then for now, then in zip(self._window_from, before, strict=True))
        if expected > 0 or received > 0:
            self.notes.append((0, NOTE_WINDOW, self._window, expected, max(0, expected - received), late))

    def _telephone_event(self, packet: Packet) -> None:
        """All packets of an event share its timestamp [RFC 4733 §2.3]."""
        if packet.present < 4:
            return
        if self._event is None or self._event.timestamp != packet.timestamp:
            self._close_event()
            self._event = _Event(packet.timestamp, packet.time, packet.head >> 24)
        self._event.units = max(self._event.units, packet.head & 0xFFFF)

    def _close_event(self) -> None:
        if event := self._event:
            kind = 0 if event.code < 16 else 1 if event.code == 16 else 2
            self.notes.append((0, NOTE_EVENT, event.begin, event.units, kind, 0))

    def finish(self) -> Counters:
        """The stream is over."""
        self._close_event()
        self._close_window(self._highest)
        for number in range(self._highest - RECENT + 1, self._highest + 1):
            self._settle(number)
        bursts = self._bursts
        bursts.close()
        unused = [0] * (TYPES - len(self.counts))
        return Counters(
            first_time=self.first.time,
            last_time=self.last_time,
            jitter_sum=self.jitter_sum,
            jitter_count=self.jitter_count,
            jitter_max=self.jitter_max,
            delta_max=self.delta_max,
            highest=self._highest,
            base=self._base,
            received=self.received,
            timed=self.timed,
            duplicates=self.duplicates,
            reordered=self.reordered,
            in_sequence=self.in_sequence,
            markers=self.markers,
            dtx=self.dtx,
            codec_changes=self.codec_changes,
            dscp=self.first.dscp,
            dscp_changes=self.dscp_changes,
            tagged=self.tagged,
            step=self._step,
            histogram=self._histogram,
            f1=self._f1.counted(),
            f2=self._f2.counted(),
            ad=self._ad.counted(),
            bursts=bursts.bursts,
            burst_packets=bursts.burst_packets,
            burst_gone=bursts.burst_gone,
            c11=bursts.c11,
            c13=bursts.c13,
            c14=bursts.c14,
            c22=bursts.c22,
            c23=bursts.c23,
            c33=bursts.c33,
            analysed=self.analysed,
            silent=self.silent,
            samples=self.samples,
            clipped=self.clipped,
            types=len(self.counts),
            type_of=[*self.counts, *unused],
            count_of=[*self.counts.values(), *unused],
            ssrc=self.first.ssrc,
        )
