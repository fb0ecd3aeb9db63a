"""Telephone events as RTP packets [RFC 4733]."""

from __future__ import annotations

import struct
from collections.abc import Iterator

CODES = {digit: code for code, digit in enumerate("0123456789*#ABCD")}  # [RFC 4733 §3.2]
PACKET_S, SAMPLES_PER_PACKET = 0.02, 160  # 20 ms on a clock of 8000 Hz
ENDS = 3  # the end is told three times, for it may get lost [§2.5.1.4]
VOLUME = 10  # dBm0 under the highest level


def event_packets(
    digit: str, duration_s: float, *, payload_type: int, sequence: int, timestamp: int, ssrc: int
) -> Iterator[bytes]:
    """The packets of one digit, 20 ms apart; `sequence` is that of the first. All share the digit's timestamp.

    Errors: KeyError for what is no DTMF digit.
    """
    code = CODES[digit]
    packets = max(2, round(duration_s / PACKET_S))
    for number in range(packets + ENDS):
        marker = 0x80 if number == 0 else 0
        end = 0x80 if number >= packets else 0
        samples = min(number + 1, packets) * SAMPLES_PER_PACKET
        header = struct.pack(
            "!BBHII", 0x80, marker | payload_type, (sequence + number) & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc
        )
        yield header + struct.pack("!BBH", code, end | VOLUME, samples)
