"""A capture without anything that was said: headers of RTP packets and RTCP, to be handed on as evidence.

Of an RTP packet all before its payload stays, so that loss, lateness and jitter are those of the original; telephone
events lose their digits with it. RTCP stays with its figures, texts of SDES, BYE and APP [RFC 3550 §6.5] are blotted
out. All else (SIP with its numbers, DTLS, fragments, other traffic) is left out.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from quality.capture_frames import CaptureFrames
from quality.capture_source import CaptureSource
from quality.engines import Decoded, DecodingWalker, Engine, best_engine
from quality.packet_records import RTCP

NANOSECONDS, RAW_IP = 0xA1B23C4D, 101  # the file's mark, and its link type: packets begin with their IP header
SDES, BYE, APP = 202, 203, 204  # [RFC 3550 §12.1]
BLOT = 0x78


def write_headers(source: Path | BinaryIO, into: BinaryIO, engine: Engine | None = None) -> int:
    """A pcap file of what may be handed on: how many packets. Errors: CaptureError; OSError."""
    opened = CaptureSource(source)
    decoded, engine = Decoded(0), engine or best_engine()
    written = 0
    try:
        frames = CaptureFrames(opened, DecodingWalker(engine, decoded))
        into.write(struct.pack("<IHHiIII", NANOSECONDS, 2, 4, 0, 0, 65535, RAW_IP))
        for found in frames:
            packets = [*_rtp(frames.block, decoded), *_rtcp(frames.block, decoded, found)]
            into.writelines(record for _, record in sorted(packets))
            written += len(packets)
        return written
    finally:
        opened.close()


def _record(time: int, packet: bytes) -> bytes:
    """Of the file: a head with nanoseconds and the length on the wire, and the packet."""
    length = max(_length(packet), len(packet))
    return struct.pack("<IIII", *divmod(time, 1_000_000_000), len(packet), length) + packet


def _rtp(block: NDArray[np.uint8], decoded: Decoded) -> list[tuple[int, bytes]]:
    """Place in the block, and the record with all before the payload."""
    rows = decoded.packets[: decoded.found]
    kept = []
    for time, begin, end in zip(
        rows["time"].tolist(), rows["frame_at"].tolist(), rows["payload_at"].tolist(), strict=True
    ):
        kept.append((begin, _record(time, block[begin:end].tobytes())))
    return kept


def _rtcp(block: NDArray[np.uint8], decoded: Decoded, frames: NDArray[np.void]) -> list[tuple[int, bytes]]:
    rows = decoded.odd[: decoded.others]
    kept = []
    for row in rows[rows["kind"] == RTCP].tolist():
        frame, _, _, ip, _, payload, size, _ = row
        told = blotted(block[payload : payload + size].tobytes())
        if told is None:
            continue
        kept.append((ip, _record(int(frames["time"][frame]), block[ip:payload].tobytes() + told)))
    return kept


def blotted(datagram: bytes) -> bytes | None:
    """RTCP with the same figures and lengths; None where it cannot be walked to its end: SRTCP, or damaged."""
    told, at = bytearray(datagram), 0
    while at < len(told):
        if at + 4 > len(told) or told[at] >> 6 != 2:
            return None
        kind, end = told[at + 1], at + 4 * (1 + int.from_bytes(told[at + 2 : at + 4]))
        if end > len(told):
            return None
        if kind == SDES:
            _blot_items(told, at + 4, end, told[at] & 0x1F)
        elif kind in {BYE, APP}:
            begin = at + 12 if kind == APP else at + 5 + 4 * (told[at] & 0x1F)  # behind the name, or the length
            told[begin:end] = bytes([BLOT]) * max(0, end - begin)
        at = end
    return bytes(told)


def _blot_items(told: bytearray, at: int, end: int, chunks: int) -> None:
    for _ in range(chunks):
        at += 4  # SSRC
        while at + 2 <= end and told[at]:
            length = min(told[at + 1], end - at - 2)
            told[at + 2 : at + 2 + length] = bytes([BLOT]) * length
            at += 2 + length
        at = (at // 4 + 1) * 4  # an item of type 0 and zeros to the next word


def _length(packet: bytes) -> int:
    """On the wire, by the IP header [RFC 791 §3.1; RFC 8200 §3]."""
    if packet[0] >> 4 == 4:
        return int.from_bytes(packet[2:4])
    return 40 + int.from_bytes(packet[4:6])
