"""Compiled: from a block of a capture's bytes to its frames, and from frames to RTP packets.

The same as `plain_decode`, which is the readable one; imported only where Numba is (see `compiled`). Bytes are loaded
by address, so each load is checked against the end of its frame beforehand.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from quality.compiled import compiled
from quality.packet_records import DTLS, FRAGMENT, LATEST_NS, RTCP, SIP

_INT64 = ir.IntType(64)
SIP_PORT = 5060


def _loader(bits: int, *, swapped: bool) -> Any:
    """A function that loads an unsigned number from an address, in the machine's order or the other."""

    def load(_context: object, _address: object) -> Any:
        def generate(_target: object, builder: Any, _signature: object, arguments: Any) -> Any:
            pointer = builder.inttoptr(arguments[0], ir.IntType(bits).as_pointer())
            value = builder.load(pointer, align=1)
            if swapped:
                value = builder.bswap(value)
            return builder.zext(value, _INT64) if bits < 64 else value

        return (types.uint64 if bits == 64 else types.int64)(types.int64), generate

    return intrinsic(load)


_byte = _loader(8, swapped=False)
_little16, _big16 = _loader(16, swapped=False), _loader(16, swapped=True)
_little32, _big32 = _loader(32, swapped=False), _loader(32, swapped=True)
_word = _loader(64, swapped=False)


@compiled
def _head(record, swapped):
    """Of a pcap record: seconds, the part of a second, how much was captured and how much there was."""
    if swapped:
        return _big32(record), _big32(record + 4), _big32(record + 8), _big32(record + 12)
    return _little32(record), _little32(record + 4), _little32(record + 8), _little32(record + 12)


@compiled
def _fill(frame, time, at, captured, length, link):
    frame.time = time
    frame.at = at
    frame.captured = captured
    frame.length = min(2147483647, length)
    frame.link = link


@compiled
def walk_pcap(address, size, swapped, nanoseconds, link, most, frames):
    """Frames of a pcap block: (how many, bytes they took, fault at the next one: 0 or 1 giant)."""
    at = 0
    count = 0
    room = len(frames)
    unit = 1 if nanoseconds else 1000
    while at + 16 <= size and count < room:
        seconds, fraction, captured, length = _head(address + at, swapped)
        if captured > most:
            return count, at, 1
        if at + 16 + captured > size:
            break
        frame = frames[count]
        _fill(frame, seconds * 1_000_000_000 + fraction * unit, at + 16, captured, length, link)
        count += 1
        at += 16 + captured
    return count, at, 0


@compiled
def walk_pcapng(address, size, swapped, interfaces, most, frames):
    """Frames of enhanced packet blocks: (how many, bytes, what stopped it: 0 the end, 1 nonsense, 2 another
    kind of block; packets the capture lost).
    """
    at = 0
    count = 0
    dropped = 0
    room = len(frames)
    while at + 12 <= size and count < room:
        kind = _big32(address + at) if swapped else _little32(address + at)
        total = _big32(address + at + 4) if swapped else _little32(address + at + 4)
        if kind != 6:
            return count, at, 2, dropped
        if total > most or total < 32 or total % 4:
            return count, at, 1, dropped
        if at + total > size:
            break
        if swapped:
            interface, high, low = _big32(address + at + 8), _big32(address + at + 12), _big32(address + at + 16)
            captured, whole = _big32(address + at + 20), _big32(address + at + 24)
        else:
            interface, high, low = (
                _little32(address + at + 8),
                _little32(address + at + 12),
                _little32(address + at + 16),
            )
            captured, whole = _little32(address + at + 20), _little32(address + at + 24)
        if captured > total - 32 or interface >= len(interfaces):
            return count, at, 1, dropped
        option = at + 28 + (captured + 3) // 4 * 4
        while option + 4 <= at + total - 4:
            if swapped:
                code, length = _big16(address + option), _big16(address + option + 2)
            else:
                code, length = _little16(address + option), _little16(address + option + 2)
            if code == 0:
                break
            if (
                code == 4 and length == 8 and option + 12 <= at + total - 4
            ):  # lost between the packet before and this one
                dropped += _big32(address + option + 8) if swapped else _little32(address + option + 4)
            option += 4 + (length + 3) // 4 * 4
        frame = frames[count]
        ticks = (high << 32) | low
        unit = interfaces[interface, 0]
        shift = interfaces[interface, 3]
        part = (ticks % unit >> shift) * 1_000_000_000 // (unit >> shift)
        frame.time = np.int64((ticks // unit + interfaces[interface, 1]) * 1_000_000_000 + part) & LATEST_NS
        frame.at = at + 28
        frame.captured = captured
        frame.length = min(2147483647, whole)
        frame.link = interfaces[interface, 2]
        count += 1
        at += total
    return count, at, 0, dropped


@compiled
def _network(address, at, end, link):
    """Where the IP header begins, or -1."""
    if link == 1:
        kind_at = at + 12
    elif link == 113:
        kind_at = at + 14
    elif link == 276:
        return at + 20 if at + 20 <= end and (_big16(address + at) in (0x0800, 0x86DD)) else -1
    elif link in (0, 108):
        return at + 4
    elif link in (12, 14, 101, 228, 229):
        return at
    else:
        return -1
    for _ in range(5):
        if kind_at + 2 > end:
            return -1
        kind = _big16(address + kind_at)
        if kind in (0x0800, 0x86DD):
            return kind_at + 2
        if kind not in (0x8100, 0x88A8, 0x9100):
            return -1
        kind_at += 4
    return -1


@compiled
def _mix(value, other):
    value = (value ^ other) * 0x9E3779B97F4A7C15
    return value ^ (value >> 29)


@compiled
def _looks_like_sip(word):
    """By the first four bytes of a request or an answer."""
    return word in (
        0x5349502F, 0x494E5649, 0x41434B20, 0x42594520, 0x43414E43, 0x4F505449, 0x52454749, 0x50524143,
        0x55504441, 0x494E464F, 0x53554253, 0x4E4F5449, 0x4D455353, 0x52454645, 0x5055424C,
    )  # fmt: skip


@compiled
def _odd(odd, others, number, kind, family, ip, transport, payload, size, cut):
    one = odd[others]
    one.frame, one.kind, one.family, one.ip = number, kind, family, ip
    one.transport, one.payload, one.size, one.cut = transport, payload, size, cut
    return others + 1


@compiled
def _ip(address, ip, end):
    """A packet's IP version (0 for none), header length, DSCP, length, protocol, and whether it is a fragment."""
    first = _byte(address + ip)
    if first >> 4 == 4:
        header, whole = (first & 15) * 4, _big16(address + ip + 2)
        if header < 20 or whole < header:
            return 0, 0, 0, 0, 0, False
        fragment = _big16(address + ip + 6) & 0x3FFF != 0
        return 4, header, _byte(address + ip + 1) >> 2, whole, _byte(address + ip + 9), fragment
    if first >> 4 != 6 or ip + 40 > end:
        return 0, 0, 0, 0, 0, False
    header = 40
    protocol = _byte(address + ip + 6)
    for _ in range(8):
        if protocol not in (0, 43, 51, 60) or ip + header + 8 > end:
            break
        following = _byte(address + ip + header)
        extra = _byte(address + ip + header + 1)
        header += (extra + 2) * 4 if protocol == 51 else (extra + 1) * 8
        protocol = following
    dscp = (_big16(address + ip) >> 6) & 63
    return 6, header, dscp, 40 + _big16(address + ip + 4), protocol, protocol == 44


@compiled
def _sip_over_tcp(address, tcp, stop):
    """Where the payload of a TCP segment of SIP begins, or -1."""
    if tcp + 20 > stop:
        return -1
    payload = tcp + (_byte(address + tcp + 12) >> 4) * 4
    if payload >= stop:
        return -1
    if _big16(address + tcp) == SIP_PORT or _big16(address + tcp + 2) == SIP_PORT:
        return payload
    return payload if payload + 4 <= stop and _looks_like_sip(_big32(address + payload)) else -1


@compiled
def _other_kind(address, udp, payload, there, size):
    """What the payload is if not RTP: 0 nothing of ours, -1 perhaps RTP."""
    first, second = _byte(address + payload), _byte(address + payload + 1)
    sport, dport = _big16(address + udp), _big16(address + udp + 2)
    if first >> 6 != 2:
        if SIP_PORT in (sport, dport) or _looks_like_sip(_big32(address + payload)):
            return SIP
        return DTLS if 20 <= first < 64 and there >= 13 and second == 0xFE else 0
    if sport < 1024 or dport < 1024:
        return 0
    if 192 <= second < 224:
        return RTCP if (_big16(address + payload + 2) + 1) * 4 <= size else 0
    return 0 if 64 <= second & 127 < 96 else -1


@compiled
def _flow(address, ip, family, ports, ssrc, secret):
    """The hash of a flow and its SSRC."""
    key = _mix(secret ^ ssrc, ports)
    if family == 4:
        key = _mix(key, _word(address + ip + 12))
    else:
        for part in range(4):
            key = _mix(key, _word(address + ip + 8 + part * 8))
    return key ^ (key >> 32)


@compiled
def _rtp(address, payload, there, size, packet):
    """Fill in what the RTP header says: whether it is one [RFC 3550 §5.1]."""
    first, second = _byte(address + payload), _byte(address + payload + 1)
    body = 12 + (first & 15) * 4
    if first & 0x10 and body + 4 <= there:
        body += 4 + _big16(address + payload + body + 2) * 4
    if body > there or body > size:
        return False
    length = size - body
    if first & 0x20 and there == size:
        padding = _byte(address + payload + size - 1)
        if padding > length or padding == 0:
            return False
        length -= padding
    packet.timestamp = _big32(address + payload + 4)
    packet.ssrc = _big32(address + payload + 8)
    packet.head = _big32(address + payload + body) if body + 4 <= there else 0
    packet.payload_at = payload + body
    packet.sequence = _big16(address + payload + 2)
    packet.length = length
    packet.present = min(length, there - body)
    packet.type = second & 127
    packet.marker = second >> 7
    return True


@compiled
def _udp(address, udp, whole_end, stop):
    """Where the payload of a datagram ends in the capture and on the line, or -1 twice: too short, or nonsense."""
    if udp + 16 > stop:
        return -1, -1
    told = _big16(address + udp + 4)
    if told < 16 or told > whole_end - udp:
        return -1, -1
    return min(stop, udp + told), udp + told


@compiled
def _decode(address, number, frame, secret, packets, found, odd, others):
    """A frame as an RTP packet, an odd frame or neither: how many of the former, of the latter there are then."""
    at = frame.at
    end = at + frame.captured
    ip = at + 14  # what nearly all frames are: Ethernet without tags
    if frame.link != 1 or ip + 20 > end or _big16(address + at + 12) != 0x0800:
        ip = _network(address, at, end, frame.link)
    if ip < 0 or ip + 20 > end:
        return found, others
    family, header, dscp, whole, protocol, fragment = _ip(address, ip, end)
    if family == 0:
        return found, others
    stop, transport = min(end, ip + whole), ip + header
    if fragment:
        if protocol == 17 or family == 6:
            others = _odd(odd, others, number, FRAGMENT, family, ip, 0, 0, 0, 0)
    elif protocol == 6:
        payload = _sip_over_tcp(address, transport, stop)
        if payload >= 0:
            others = _odd(odd, others, number, SIP, family, ip, transport, payload, stop - payload, ip + whole - stop)
    elif protocol == 17:
        there_end, size_end = _udp(address, transport, ip + whole, stop)
        if size_end < 0:
            return found, others
        payload = transport + 8
        there, size = there_end - payload, size_end - payload
        kind = _other_kind(address, transport, payload, there, size)
        if kind > 0:
            others = _odd(odd, others, number, kind, family, ip, transport, payload, there, size - there)
        elif kind < 0:
            packet = packets[found]
            if not _rtp(address, payload, there, size, packet):
                return found, others
            packet.time = frame.time
            ssrc = _word(address + payload + 4) >> 32
            packet.flow = _flow(address, ip, family, _little32(address + transport), ssrc, secret)
            packet.frame_at = ip
            packet.dscp = dscp
            packet.family = family
            packet.ports_at = header
            found += 1
    return found, others


@compiled
def decode(address, frames, secret, packets, odd):
    """RTP packets and odd frames among `frames`: (how many of the former, of the latter)."""
    found = 0
    others = 0
    for number in range(len(frames)):
        found, others = _decode(address, number, frames[number], secret, packets, found, odd, others)
    return found, others


@compiled
def read_pcap(address, size, swapped, nanoseconds, link, most, frames, secret, packets, odd):
    """`walk_pcap` and `decode` in one: while one frame is looked at, the length of the next is on its way."""
    at = 0
    count = 0
    found = 0
    others = 0
    room = len(frames)
    unit = 1 if nanoseconds else 1000
    while at + 16 <= size and count < room:
        seconds, fraction, captured, length = _head(address + at, swapped)
        if captured > most:
            return count, at, 1, found, others
        if at + 16 + captured > size:
            break
        frame = frames[count]
        _fill(frame, seconds * 1_000_000_000 + fraction * unit, at + 16, captured, length, link)
        found, others = _decode(address, count, frame, secret, packets, found, odd, others)
        count += 1
        at += 16 + captured
    return count, at, 0, found, others
