"""HEP version 3: what capture agents tell of signalling over UDP, parsed and serialised.

[HEP/EEP Network Protocol Specification, revision 36]: a length, then chunks of vendor, type, length and content.
Asterisk's res_hep and the agents of Homer speak it. Chunks that are not known are passed over; what is wrong on the
wire is a `ValueError` that says what.
"""

from __future__ import annotations

import ipaddress
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

MAGIC = b"HEP3"
MOST_CHUNKS = 64
MOST_BYTES = 65_535
MOST_PAYLOAD = 262_144  # of a compressed one, unpacked

_HEAD, _CHUNK = struct.Struct("!4sH"), struct.Struct("!HHH")
_GENERIC = 0  # the vendor of the types below
_FAMILY, _PROTOCOL, _SRC4, _DST4, _SRC6, _DST6, _SPORT, _DPORT = range(1, 9)
_SECONDS, _MICROSECONDS, _KIND, _AGENT = 9, 10, 11, 12
_KEY, _PAYLOAD, _COMPRESSED, _CORRELATION, _NODE = 14, 15, 16, 17, 19
_SIZES = {_FAMILY: 1, _PROTOCOL: 1, _SRC4: 4, _DST4: 4, _SRC6: 16, _DST6: 16, _SPORT: 2, _DPORT: 2,
          _SECONDS: 4, _MICROSECONDS: 4, _KIND: 1, _AGENT: 4}  # fmt: skip
_NAMES = {_SECONDS: "time", _KIND: "kind of payload", _PAYLOAD: "payload"}


class HepKind(IntEnum):
    """What the payload is; others are kept by their number."""

    SIP = 1
    RTCP_RAW = 4  # sent by some agents where the list says RTP
    RTCP_JSON = 5


@dataclass(frozen=True, slots=True)
class HepPacket:
    """`time` in seconds since the epoch; `correlation` is what the agent joins packets of a call by."""

    src: str
    sport: int
    dst: str
    dport: int
    time: float
    kind: int
    payload: bytes
    correlation: str = ""
    agent: int = 0
    node: str = ""
    key: str = ""


def parse_hep(data: bytes) -> HepPacket:
    """Errors: ValueError."""
    if len(data) < _HEAD.size or data[:4] != MAGIC:
        raise ValueError("not HEP version 3")
    length = _HEAD.unpack_from(data)[1]
    if length != len(data):
        raise ValueError(f"{len(data)} octets, of which HEP speaks of {length}")
    chunks: dict[int, bytes] = {}
    for vendor, kind, content in _chunks(data):
        if vendor == _GENERIC and _SIZES.get(kind, len(content)) != len(content):
            raise ValueError(f"chunk {kind} has {len(content)} octets")
        if vendor == _GENERIC:
            chunks.setdefault(kind, content)
    return _packet(chunks)


def serialise_hep(packet: HepPacket) -> bytes:
    """Without compression; `parse_hep` gives the same packet back, to the microsecond."""
    src, dst = ipaddress.ip_address(packet.src), ipaddress.ip_address(packet.dst)
    seconds, micros = divmod(round(packet.time * 1_000_000), 1_000_000)
    six = src.version == 6
    chunks = [
        (_FAMILY, bytes([10 if six else 2])), (_PROTOCOL, b"\x11"), (_SRC6 if six else _SRC4, src.packed),
        (_DST6 if six else _DST4, dst.packed), (_SPORT, packet.sport.to_bytes(2, "big")),
        (_DPORT, packet.dport.to_bytes(2, "big")), (_SECONDS, seconds.to_bytes(4, "big")),
        (_MICROSECONDS, micros.to_bytes(4, "big")), (_KIND, bytes([packet.kind])),
        (_AGENT, packet.agent.to_bytes(4, "big")),
    ]  # fmt: skip
    texts = ((_KEY, packet.key), (_CORRELATION, packet.correlation), (_NODE, packet.node))
    chunks += [(kind, text.encode()) for kind, text in texts if text]
    chunks.append((_PAYLOAD, packet.payload))
    body = b"".join(_CHUNK.pack(_GENERIC, kind, _CHUNK.size + len(content)) + content for kind, content in chunks)
    return _HEAD.pack(MAGIC, _HEAD.size + len(body)) + body


def _chunks(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = _HEAD.size
    for _ in range(MOST_CHUNKS):
        if at == len(data):
            return
        if at + _CHUNK.size > len(data):
            raise ValueError("a chunk is cut short")
        vendor, kind, length = _CHUNK.unpack_from(data, at)
        if length < _CHUNK.size or at + length > len(data):
            raise ValueError(f"chunk {kind} has a length of {length}")
        yield vendor, kind, data[at + _CHUNK.size : at + length]
        at += length
    raise ValueError(f"more than {MOST_CHUNKS} chunks")


def _packet(chunks: dict[int, bytes]) -> HepPacket:
    if _COMPRESSED in chunks and _PAYLOAD not in chunks:
        chunks[_PAYLOAD] = _unpacked(chunks[_COMPRESSED])
    for kind, name in _NAMES.items():
        if kind not in chunks:
            raise ValueError(f"no {name}")
    return HepPacket(
        src=_address(chunks, _SRC4, _SRC6),
        sport=_number(chunks, _SPORT),
        dst=_address(chunks, _DST4, _DST6),
        dport=_number(chunks, _DPORT),
        time=_number(chunks, _SECONDS) + _number(chunks, _MICROSECONDS) % 1_000_000 / 1_000_000,
        kind=_number(chunks, _KIND),
        payload=chunks[_PAYLOAD],
        correlation=_text(chunks, _CORRELATION),
        agent=_number(chunks, _AGENT),
        node=_text(chunks, _NODE),
        key=_text(chunks, _KEY),
    )


def _unpacked(content: bytes) -> bytes:
    try:
        unpacking = zlib.decompressobj(wbits=47)  # zlib or gzip
        found = unpacking.decompress(content, MOST_PAYLOAD)
    except zlib.error:
        raise ValueError("the payload cannot be unpacked") from None
    if unpacking.unconsumed_tail or not unpacking.eof:
        raise ValueError(f"a payload of more than {MOST_PAYLOAD} octets, or cut short")
    return found


def _address(chunks: dict[int, bytes], four: int, six: int) -> str:
    packed = chunks.get(four) or chunks.get(six)
    if packed is None:
        raise ValueError("no address")
    return str(ipaddress.ip_address(packed))


def _number(chunks: dict[int, bytes], kind: int) -> int:
    return int.from_bytes(chunks.get(kind, b""), "big")


def _text(chunks: dict[int, bytes], kind: int) -> str:
    return chunks.get(kind, b"").rstrip(b"\0").decode("utf-8", "replace")[:256]
