"""Frames of a block, and RTP packets among them: the readable twin of `fast_decode`, to the bit."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quality.capture_frames import MOST
from quality.packet_records import DTLS, FRAGMENT, LATEST_NS, RTCP, SIP

_ETHERNET, _SLL, _SLL2, _LOOPS, _RAW = 1, 113, 276, (0, 108), (12, 14, 101, 228, 229)
_IP, _TAGS = (0x0800, 0x86DD), (0x8100, 0x88A8, 0x9100)
_SIP_PORT = 5060
_SIP_STARTS = frozenset(
    (
        b"SIP/", b"INVI", b"ACK ", b"BYE ", b"CANC", b"OPTI", b"REGI", b"PRAC",
        b"UPDA", b"INFO", b"SUBS", b"NOTI", b"MESS", b"REFE", b"PUBL",
    )
)  # fmt: skip


def walk_pcap(
    block: NDArray[np.uint8], size: int, link: int, frames: NDArray[np.void], *, swapped: bool, nano: bool
) -> tuple[int, int, int]:
    """See `capture_frames.Walker`."""
    head = struct.Struct((">" if swapped else "<") + "IIII")
    data = memoryview(block)  # type: ignore[arg-type]
    found: list[tuple[int, int, int, int, int]] = []
    at, stop = 0, 0
    while at + 16 <= size and len(found) < len(frames):
        seconds, fraction, captured, length = head.unpack_from(data, at)
        if captured > MOST:
            stop = 1
            break
        if at + 16 + captured > size:
            break
        time = seconds * 1_000_000_000 + fraction * (1 if nano else 1000)
        found.append((time, at + 16, captured, min(length, 0x7FFFFFFF), link))
        at += 16 + captured
    frames[: len(found)] = found
    return len(found), at, stop


def walk_pcapng(
    block: NDArray[np.uint8], size: int, interfaces: NDArray[np.int64], frames: NDArray[np.void], *, swapped: bool
) -> tuple[int, int, int, int]:
    """See `capture_frames.Walker`."""
    order = ">" if swapped else "<"
    head, packet = struct.Struct(order + "II"), struct.Struct(order + "IIIII")
    data = memoryview(block)  # type: ignore[arg-type]
    known = interfaces.tolist()
    found: list[tuple[int, int, int, int, int]] = []
    at, stop, dropped = 0, 0, 0
    while at + 12 <= size and len(found) < len(frames):
        kind, total = head.unpack_from(data, at)
        if kind != 6:
            stop = 2
            break
        if total > MOST or total < 32 or total % 4:
            stop = 1
            break
        if at + total > size:
            break
        interface, high, low, captured, length = packet.unpack_from(data, at + 8)
        if captured > total - 32 or interface >= len(known):
            stop = 1
            break
        dropped += _dropped(bytes(data[at + 28 + (captured + 3) // 4 * 4 : at + total - 4]), order)
        unit, offset, link, shift = known[interface]
        ticks = high << 32 | low
        part = (ticks % unit >> shift) * 1_000_000_000 // (unit >> shift)
        time = (ticks // unit + offset) * 1_000_000_000 + part
        found.append((time & LATEST_NS, at + 28, captured, min(length, 0x7FFFFFFF), link))
        at += total
    frames[: len(found)] = found
    return len(found), at, stop, dropped


def _dropped(options: bytes, order: str) -> int:
    """What option epb_dropcount of a packet says."""
    at, dropped = 0, 0
    while at + 4 <= len(options):
        code, length = struct.unpack_from(order + "HH", options, at)
        if code == 0:
            break
        if code == 4 and length == 8 and at + 12 <= len(options):
            dropped += struct.unpack_from(order + "Q", options, at + 4)[0] & 0xFFFFFFFF
        at += 4 + (length + 3) // 4 * 4
    return dropped


@dataclass(frozen=True, slots=True)
class _Ip:
    """An IP header: where it begins and how long it is with its extensions, and where the packet ends."""

    at: int
    family: int
    header: int
    dscp: int
    end: int
    protocol: int
    fragment: bool


def decode(
    block: NDArray[np.uint8], frames: NDArray[np.void], secret: int, packets: NDArray[np.void], odd: NDArray[np.void]
) -> tuple[int, int]:
    """See `engines.Engine.decode`."""
    data = memoryview(block)  # type: ignore[arg-type]
    found: list[tuple[int, ...]] = []
    others: list[tuple[int, ...]] = []
    for number, (time, at, captured, _, link) in enumerate(frames.tolist()):
        end = at + captured
        start = _network(data, at, end, link)
        ip = _ip(data, start, end) if start is not None else None
        if ip is None:
            continue
        if ip.fragment:
            if ip.protocol == 17 or ip.family == 6:
                others.append((number, FRAGMENT, ip.family, ip.at, 0, 0, 0, 0))
        elif ip.protocol == 6:
            others += _tcp(data, number, ip, end)
        elif ip.protocol == 17:
            _udp(data, number, ip, end, time, secret, found, others)
    packets[: len(found)] = found
    odd[: len(others)] = others
    return len(found), len(others)


def _network(data: memoryview, at: int, end: int, link: int) -> int | None:
    """Where the IP header begins."""
    if link in _LOOPS:
        return at + 4
    if link in _RAW:
        return at
    if link == _SLL2:
        return at + 20 if at + 20 <= end and _short(data, at) in _IP else None
    kind_at = {_ETHERNET: at + 12, _SLL: at + 14}.get(link)
    for _ in range(5):
        if kind_at is None or kind_at + 2 > end:
            break
        kind = _short(data, kind_at)
        if kind in _IP:
            return kind_at + 2
        kind_at = kind_at + 4 if kind in _TAGS else None
    return None


def _short(data: memoryview, at: int) -> int:
    return data[at] << 8 | data[at + 1]


def _ip(data: memoryview, at: int, end: int) -> _Ip | None:
    if at + 20 > end:
        return None
    if data[at] >> 4 == 4:
        header, whole = (data[at] & 15) * 4, _short(data, at + 2)
        if header < 20 or whole < header:
            return None
        fragment = bool(_short(data, at + 6) & 0x3FFF)
        return _Ip(at, 4, header, data[at + 1] >> 2, at + whole, data[at + 9], fragment)
    if data[at] >> 4 == 6 and at + 40 <= end:
        return _ip6(data, at, end)
    return None


def _ip6(data: memoryview, at: int, end: int) -> _Ip:
    """With the extension headers that may stand before a transport's [RFC 8200 §4]."""
    header, protocol = 40, data[at + 6]
    for _ in range(8):
        if protocol not in {0, 43, 51, 60} or at + header + 8 > end:
            break
        extra = data[at + header + 1]
        following = data[at + header]
        header += (extra + 2) * 4 if protocol == 51 else (extra + 1) * 8
        protocol = following
    return _Ip(at, 6, header, _short(data, at) >> 6 & 63, at + 40 + _short(data, at + 4), protocol, protocol == 44)


def _tcp(data: memoryview, number: int, ip: _Ip, end: int) -> list[tuple[int, ...]]:
    tcp, stop = ip.at + ip.header, min(end, ip.end)
    if tcp + 20 > stop:
        return []
    payload = tcp + (data[tcp + 12] >> 4) * 4
    if payload >= stop:
        return []
    sip = _SIP_PORT in {_short(data, tcp), _short(data, tcp + 2)}
    if sip or (payload + 4 <= stop and bytes(data[payload : payload + 4]) in _SIP_STARTS):
        return [(number, SIP, ip.family, ip.at, tcp, payload, stop - payload, ip.end - stop)]
    return []


def _udp(
    data: memoryview,
    number: int,
    ip: _Ip,
    end: int,
    time: int,
    secret: int,
    found: list[tuple[int, ...]],
    others: list[tuple[int, ...]],
) -> None:
    udp, stop = ip.at + ip.header, min(end, ip.end)
    if udp + 16 > stop:
        return
    told = _short(data, udp + 4)
    if told < 16 or told > ip.end - udp:
        return
    payload, size = udp + 8, told - 8
    there = min(stop, udp + told) - payload
    kind = _other_kind(data, udp, payload, there, size)
    if kind:
        others.append((number, kind, ip.family, ip.at, udp, payload, there, size - there))
    elif kind is None and (packet := _rtp(data, ip, udp, payload, there, size, time, secret)):
        found.append(packet)


def _other_kind(data: memoryview, udp: int, payload: int, there: int, size: int) -> int | None:
    """What the payload is if not RTP: 0 nothing of ours, None perhaps RTP."""
    first, second = data[payload], data[payload + 1]
    sport, dport = _short(data, udp), _short(data, udp + 2)
    if first >> 6 != 2:
        if _SIP_PORT in {sport, dport} or bytes(data[payload : payload + 4]) in _SIP_STARTS:
            return SIP
        return DTLS if 20 <= first < 64 and there >= 13 and second == 0xFE else 0
    if sport < 1024 or dport < 1024:
        return 0
    if 192 <= second < 224:  # [RFC 5761 §4]
        return RTCP if (_short(data, payload + 2) + 1) * 4 <= size else 0
    return 0 if 64 <= second & 127 < 96 else None


def _rtp(
    data: memoryview, ip: _Ip, udp: int, payload: int, there: int, size: int, time: int, secret: int
) -> tuple[int, ...] | None:
    """A row of `PACKET` [RFC 3550 §5.1]."""
    first, second = data[payload], data[payload + 1]
    body = 12 + (first & 15) * 4
    if first & 0x10 and body + 4 <= there:
        body += 4 + _short(data, payload + body + 2) * 4
    if body > there or body > size:
        return None
    length = size - body
    if first & 0x20 and there == size:
        padding = data[payload + size - 1]
        if padding > length or padding == 0:
            return None
        length -= padding
    sequence, timestamp, ssrc = struct.unpack_from("!HII", data, payload + 2)
    return (
        time,
        _flow(data, ip, udp, payload, secret),
        timestamp,
        ssrc,
        struct.unpack_from("!I", data, payload + body)[0] if body + 4 <= there else 0,
        ip.at,
        payload + body,
        sequence,
        length,
        min(length, there - body),
        second & 127,
        second >> 7,
        ip.dscp,
        ip.family,
        udp - ip.at,
    )


def _flow(data: memoryview, ip: _Ip, udp: int, payload: int, secret: int) -> int:
    """The hash of a flow and its SSRC."""
    ssrc, ports = (struct.unpack_from("<I", data, at)[0] for at in (payload + 8, udp))
    key = _mix(secret ^ ssrc, ports)
    start, words = (ip.at + 12, 1) if ip.family == 4 else (ip.at + 8, 4)
    for word in struct.unpack_from(f"<{words}Q", data, start):
        key = _mix(key, word)
    return key ^ key >> 32


def _mix(value: int, other: int) -> int:
    value = (value ^ other) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    return value ^ value >> 29
