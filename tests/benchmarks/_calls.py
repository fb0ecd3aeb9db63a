"""Captures of many calls for `rtp`: G.711 both ways for 30 s, with the SIP that sets them up and RTCP every 5 s.

Written second by second, so that a capture may be far larger than the memory. Losses, jitter and reordering are drawn
from a seed; calls begin evenly over a minute.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CALL_S, BEGINS_WITHIN_S, PTIME_S, PER_STREAM = 30.0, 60.0, 0.02, 1475
EPOCH = 1_790_000_000
LOSS_RATIO, JITTER_S, RTCP_EVERY_S = 0.01, 0.002, 5.0
PHONES, SERVER = 0x0A010000, 0x0A020001  # 10.1.x.x call 10.2.0.1
_RECORD = np.dtype(
    [
        ("sec", "<u4"), ("usec", "<u4"), ("captured", "<u4"), ("length", "<u4"),
        ("ethernet", "V14"),
        ("ip", "V12"), ("src", ">u4"), ("dst", ">u4"),
        ("sport", ">u2"), ("dport", ">u2"), ("udp_length", ">u2"), ("udp_checksum", ">u2"),
        ("version", "u1"), ("type", "u1"), ("sequence", ">u2"), ("timestamp", ">u4"), ("ssrc", ">u4"),
        ("payload", "V160"),
    ]
)  # fmt: skip
_ETHERNET = bytes.fromhex("02000000000102000000000208 00".replace(" ", ""))


@dataclass(frozen=True, slots=True)
class Written:
    path: Path
    packets: int
    calls: int


def write_calls(
    path: Path, calls: int, *, per_stream: int = PER_STREAM, begin_within_s: float = BEGINS_WITHIN_S, seed: int = 1
) -> Written:
    """Write the capture; the same arguments give the same bytes."""
    rng = np.random.default_rng(seed)
    begins = np.sort(rng.uniform(0, begin_within_s, calls))
    written = 0
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        signalling = sorted(_signalling(begins), key=lambda each: each[0])
        told = 0
        for second in range(int(begin_within_s + CALL_S) + 2):
            media = _media(begins, second, per_stream, rng)
            until = told
            while until < len(signalling) and signalling[until][0] < second + 1:
                until += 1
            _merge(file.write, media, signalling[told:until])
            written += len(media) + until - told
            told = until
    return Written(path, written, calls)


def _merge(write: object, media: NDArray[np.void], others: list[tuple[float, bytes]]) -> None:
    assert callable(write)
    at = media["sec"].astype(np.float64) - EPOCH + media["usec"] / 1e6
    done = 0
    for moment, packet in others:
        until = int(np.searchsorted(at, moment))
        write(media[done:until].tobytes())
        write(packet)
        done = until
    write(media[done:].tobytes())


def _media(begins: NDArray[np.float64], second: int, per_stream: int, rng: np.random.Generator) -> NDArray[np.void]:
    """The RTP packets sent in one second, in the order of their arrival."""
    first = np.maximum(0, np.ceil((second - begins) / PTIME_S)).astype(np.int64)
    last = np.clip(np.ceil((second + 1 - begins) / PTIME_S), 0, per_stream).astype(np.int64)
    counts = np.maximum(0, last - first)
    call = np.repeat(np.arange(len(begins)), counts)
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
    call, number = np.concatenate((call, call)), np.concatenate((number, number))
    inbound = np.arange(len(call)) < len(call) // 2
    kept = rng.random(len(call)) >= LOSS_RATIO
    call, number, inbound = call[kept], number[kept], inbound[kept]
    sent = begins[call] + number * PTIME_S
    arrives = np.clip(sent + np.abs(rng.normal(0, JITTER_S, len(call))), second, second + 0.999999)
    order = np.argsort(arrives, kind="stable")
    return _records(call[order], number[order], inbound[order], arrives[order])


def _records(
    call: NDArray[np.int64], number: NDArray[np.int64], inbound: NDArray[np.bool_], arrives: NDArray[np.float64]
) -> NDArray[np.void]:
    made = np.zeros(len(call), _RECORD)
    micros = np.round(arrives * 1e6).astype(np.int64)
    made["sec"], made["usec"] = EPOCH + micros // 1_000_000, micros % 1_000_000
    made["captured"] = made["length"] = _RECORD.itemsize - 16
    made["ethernet"] = np.void(_ETHERNET)
    made["ip"] = np.void(struct.pack("!BBHHHBBH", 0x45, 0xB8, 200, 0, 0x4000, 64, 17, 0))
    phone, own = PHONES + call % 60_000, 10_000 + call // 60_000 * 2
    port = 10_000 + (call % 25_000) * 2
    server = SERVER + call // 25_000
    made["src"], made["dst"] = np.where(inbound, phone, server), np.where(inbound, server, phone)
    made["sport"], made["dport"] = np.where(inbound, own, port), np.where(inbound, port, own)
    made["udp_length"], made["version"] = 180, 0x80
    made["type"] = 8 | ((number == 0) << 7)
    made["sequence"], made["timestamp"] = (number + 60_000) & 0xFFFF, number * 160
    made["ssrc"] = call * 2 + inbound + 1
    made["payload"] = np.void(bytes(0x55 ^ (step * 7 % 64) for step in range(160)))
    return made


def _signalling(begins: NDArray[np.float64]) -> Iterator[tuple[float, bytes]]:
    """SIP and RTCP of all calls: arrival in seconds from the beginning, and the record."""
    for call, begin in enumerate(begins.tolist()):
        phone, server, port = PHONES + call % 60_000, SERVER + call // 25_000, 10_000 + call % 25_000 * 2
        own = 10_000 + call // 60_000 * 2
        for after, text, out in _sip(call, phone, server, own, port):
            ends = (phone, 5060, server, 5060) if out else (server, 5060, phone, 5060)
            yield _packet(max(0.0, begin + after), ends, text.encode())
        for report in range(1, int(CALL_S / RTCP_EVERY_S)):
            after = report * RTCP_EVERY_S + (call % 100) / 100
            for inbound in (True, False):
                ends = (phone, own + 1, server, port + 1) if inbound else (server, port + 1, phone, own + 1)
                yield _packet(begin + after, ends, _rtcp(call * 2 + inbound + 1, call * 2 + 2 - inbound, after))


def _packet(moment: float, ends: tuple[int, int, int, int], payload: bytes) -> tuple[float, bytes]:
    src, sport, dst, dport = ends
    micros = round(moment * 1e6)
    udp = struct.pack("!HHHH", sport, dport, len(payload) + 8, 0) + payload
    ip = struct.pack("!BBHHHBBHII", 0x45, 0, len(udp) + 20, 0, 0x4000, 64, 17, 0, src, dst)
    frame = _ETHERNET + ip + udp
    head = struct.pack("<IIII", EPOCH + micros // 1_000_000, micros % 1_000_000, len(frame), len(frame))
    return micros / 1e6, head + frame


def _rtcp(ssrc: int, other: int, after: float) -> bytes:
    packets = int(after / PTIME_S)
    ntp_s = int(after) + 3_900_000_000
    sender = struct.pack("!BBHIIIIII", 0x81, 200, 12, ssrc, ntp_s, 0, packets * 160, packets, packets * 160)
    block = struct.pack("!IIIIII", other, 0x02 << 24 | packets // 100, 60_000 + packets, 16, 0, 0)
    name = b"phone@example"
    chunk = struct.pack("!IBB", ssrc, 1, len(name)) + name
    chunk += bytes(4 - len(chunk) % 4)
    return sender + block + struct.pack("!BBH", 0x81, 202, len(chunk) // 4) + chunk


def _sip(call: int, phone: int, server: int, own: int, port: int) -> Iterator[tuple[float, str, bool]]:
    """When after the first RTP packet, the message, and whether it goes to the server."""
    here, there = (".".join(map(str, address.to_bytes(4))) for address in (phone, server))
    head = (
        f"Via: SIP/2.0/UDP {here}:5060;branch=z9hG4bK{call}\r\nFrom: <sip:{call}@{here}>;tag=f{call}\r\n"
        f"To: <sip:line@{there}>{{to}}\r\nCall-ID: call-{call}@{here}\r\nCSeq: {{cseq}}\r\n"
    )
    invite, bye = head.format(to="", cseq="1 INVITE"), head.format(to=f";tag=t{call}", cseq="2 BYE")
    answer = head.format(to=f";tag=t{call}", cseq="1 INVITE")
    contact = "Contact: <sip:{}:5060>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{}"
    offer, accepted = _sdp(here, own), _sdp(there, port)
    empty = "Content-Length: 0\r\n\r\n"
    yield -2.0, f"INVITE sip:line@{there} SIP/2.0\r\n{invite}{contact.format(here, len(offer), offer)}", True
    yield -1.99, f"SIP/2.0 100 Trying\r\n{invite}{empty}", False
    yield -1.9, f"SIP/2.0 180 Ringing\r\n{answer}{empty}", False
    yield -0.02, f"SIP/2.0 200 OK\r\n{answer}{contact.format(there, len(accepted), accepted)}", False
    yield -0.01, f"ACK sip:line@{there} SIP/2.0\r\n{answer.replace('INVITE', 'ACK')}{empty}", True
    yield CALL_S, f"BYE sip:line@{there} SIP/2.0\r\n{bye}{empty}", True
    yield CALL_S + 0.01, f"SIP/2.0 200 OK\r\n{bye}{empty}", False


def _sdp(address: str, port: int) -> str:
    return (
        f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\n"
        "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n"
    )
