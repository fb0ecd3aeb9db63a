"""Statistics of one RTP stream, packet by packet, as the appendices of RFC 3550 have them: readable, and the reference
that the fast implementation is held against.

Sequence numbers count modulo 2¹⁶, timestamps and jitter modulo 2³² [§A.1, §A.3, §A.8].
"""

from __future__ import annotations

from dataclasses import dataclass

RTP_SEQ_MOD = 1 << 16
TIMESTAMP_MOD = 1 << 32
MIN_SEQUENTIAL, MAX_DROPOUT, MAX_MISORDER = 2, 3000, 100  # [§A.1]


@dataclass(slots=True)
class Source:
    """Validation of sequence numbers and the counters of loss [§A.1, §A.3]; `min_sequential` 1 believes at once."""

    max_seq: int = 0
    cycles: int = 0  # of RTP_SEQ_MOD, already multiplied
    base_seq: int = 0
    bad_seq: int = RTP_SEQ_MOD + 1
    probation: int = MIN_SEQUENTIAL
    received: int = 0
    expected_prior: int = 0
    received_prior: int = 0

    @classmethod
    def starting_with(cls, seq: int, *, min_sequential: int = MIN_SEQUENTIAL) -> Source:
        """A source before its first packet, whose sequence number is `seq`; give the packet to `update` then."""
        source = cls()
        source.restart(seq)
        source.max_seq = (seq - 1) % RTP_SEQ_MOD
        source.probation = min_sequential
        return source

    def restart(self, seq: int) -> None:
        """The appendix's init_seq."""
        self.base_seq = self.max_seq = seq
        self.bad_seq = RTP_SEQ_MOD + 1  # no sequence number is that
        self.cycles = self.received = self.received_prior = self.expected_prior = 0

    def update(self, seq: int) -> bool:
        """The appendix's update_seq: whether the packet is valid and was counted."""
        if self.probation:
            return self._on_probation(seq)
        forward = (seq - self.max_seq) % RTP_SEQ_MOD
        if forward < MAX_DROPOUT:
            if seq < self.max_seq:
                self.cycles += RTP_SEQ_MOD
            self.max_seq = seq
        elif forward <= RTP_SEQ_MOD - MAX_MISORDER:
            if seq != self.bad_seq:
                self.bad_seq = (seq + 1) % RTP_SEQ_MOD
                return False
            self.restart(seq)  # two in sequence: the other side has begun anew
        self.received += 1  # in order, duplicate or reordered
        return True

    def _on_probation(self, seq: int) -> bool:
        if seq != (self.max_seq + 1) % RTP_SEQ_MOD:
            self.probation = MIN_SEQUENTIAL - 1
            self.max_seq = seq
            return False
        self.probation -= 1
        self.max_seq = seq
        if self.probation:
            return False
        self.restart(seq)
        self.received = 1
        return True

    @property
    def extended_max(self) -> int:
        return self.cycles + self.max_seq

    @property
    def expected(self) -> int:
        return self.extended_max - self.base_seq + 1

    @property
    def lost(self) -> int:
        """Expected less received, duplicates counted as received: may be negative [§A.3]."""
        return self.expected - self.received

    def fraction_lost(self) -> int:
        """Of 256, since the last call [§A.3]. Begins a new interval."""
        expected, self.expected_prior = self.expected - self.expected_prior, self.expected
        received, self.received_prior = self.received - self.received_prior, self.received
        lost = expected - received
        return (lost << 8) // expected if expected and lost > 0 else 0


@dataclass(slots=True)
class Jitter:
    """Interarrival jitter in timestamp units [§6.4.1, §A.8]: J += (|D| - J) / 16."""

    value: float = 0.0
    maximum: float = 0.0
    total: float = 0.0
    samples: int = 0
    _arrival: float | None = None  # in timestamp units
    _timestamp: int = 0

    def update(self, arrival_s: float, timestamp: int, clock_rate_hz: int) -> float:
        """Take one packet; the value after it. The first packet has nothing to be compared with."""
        arrival = arrival_s * clock_rate_hz
        if self._arrival is not None:
            d = abs((arrival - self._arrival) - signed_32(timestamp - self._timestamp))
            self.value += (d - self.value) / 16
            self.maximum = max(self.maximum, self.value)
            self.total += self.value
            self.samples += 1
        self._arrival, self._timestamp = arrival, timestamp
        return self.value

    @property
    def mean(self) -> float:
        return self.total / self.samples if self.samples else 0.0


def signed_32(difference: int) -> int:
    """A difference of timestamps modulo 2³² as the nearest one, forwards or back."""
    difference %= TIMESTAMP_MOD
    return difference - TIMESTAMP_MOD if difference >= TIMESTAMP_MOD // 2 else difference


@dataclass(slots=True)
class Arrivals:
    """Which sequence numbers came: each once, twice, late or never.

    `packets_lost` counts distinct numbers that never came and is never negative; `rfc3550_lost` counts duplicates as
    received [§A.3]. A packet is reordered when a later one came before it.
    """

    duplicates: int = 0
    reordered: int = 0
    received: int = 0
    _seen: set[int] | None = None
    _first: int = 0
    _highest: int = 0

    def update(self, sequence_number: int) -> int:
        """Take one packet. Its sequence number, extended beyond 16 bits (negative: before the first cycle)."""
        if self._seen is None:
            self._seen, self._first = set(), 0
            self._highest = extended = sequence_number
        else:
            step = (sequence_number - self._highest) % RTP_SEQ_MOD
            extended = self._highest + (step if step < RTP_SEQ_MOD // 2 else step - RTP_SEQ_MOD)
        self.received += 1
        if extended in self._seen:
            self.duplicates += 1
            return extended
        self._first = min(self._first, extended) if self._seen else extended
        self.reordered += extended < self._highest
        self._highest = max(self._highest, extended)
        self._seen.add(extended)
        return extended

    @property
    def expected(self) -> int:
        return self._highest - self._first + 1 if self._seen else 0

    @property
    def packets_lost(self) -> int:
        return self.expected - len(self._seen or ())

    @property
    def rfc3550_lost(self) -> int:
        return self.expected - self.received

    def lost_numbers(self) -> list[int]:
        """The extended numbers that never came, in order."""
        seen = self._seen or set()
        return [number for number in range(self._first, self._highest + 1) if number not in seen] if seen else []
