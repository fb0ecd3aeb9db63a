"""RTP packets [RFC 3550 §5.1], their header extensions [RFC 8285] and telephone events [RFC 4733].

Parsing and serialising come in pairs: what was parsed serialises to the same bytes. What is wrong on the wire is a
`ValueError` that says what.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

VERSION = 2
FIXED_HEADER = 12  # octets
ONE_BYTE_PROFILE = 0xBEDE  # [RFC 8285 §4.2]
TWO_BYTE_PROFILE = 0x1000  # the upper twelve bits; four are the application's [RFC 8285 §4.3]

# Digits and events by their code [RFC 4733 §3.2]; the rest of the registry is not heard on telephone lines of ours.
EVENT_NAMES: dict[int, str] = dict(enumerate((*"0123456789*#ABCD", "flash")))


@dataclass(frozen=True, slots=True)
class Extension:
    """A header extension as it stands on the wire: 16 bits of profile, and whole words of data."""

    profile: int
    data: bytes


@dataclass(frozen=True, slots=True)
class ExtensionElement:
    """One element of a header extension [RFC 8285]; `id_` 0 is one octet of padding and has no data."""

    id_: int
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One packet. `timestamp` is in units of the payload's clock; `padding` are its octets, their count in the last."""

    payload_type: int
    sequence_number: int
    timestamp: int
    ssrc: int
    payload: bytes = b""
    marker: bool = False
    csrc: tuple[int, ...] = ()
    extension: Extension | None = None
    padding: bytes = b""


def parse_rtp(data: bytes) -> RtpPacket:
    """One packet of one datagram. Errors: ValueError."""
    if len(data) < FIXED_HEADER:
        raise ValueError(f"RTP packet of {len(data)} octets is shorter than its header of {FIXED_HEADER}")
    first, second, sequence_number, timestamp, ssrc = struct.unpack_from("!BBHII", data)
    if first >> 6 != VERSION:
        raise ValueError(f"RTP version is {first >> 6}, not {VERSION}")
    at = FIXED_HEADER + 4 * (first & 0x0F)
    if len(data) < at:
        raise ValueError(f"RTP packet ends within its {first & 0x0F} CSRC")
    csrc = struct.unpack_from(f"!{first & 0x0F}I", data, FIXED_HEADER)
    extension = None
    if first & 0x10:
        extension, at = _extension(data, at)
    end = len(data) - (_padding(data, at) if first & 0x20 else 0)
    return RtpPacket(
        second & 0x7F, sequence_number, timestamp, ssrc, data[at:end], bool(second & 0x80), csrc, extension, data[end:]
    )


def _extension(data: bytes, at: int) -> tuple[Extension, int]:
    if len(data) < at + 4:
        raise ValueError("RTP packet ends within the head of its extension")
    profile, words = struct.unpack_from("!HH", data, at)
    end = at + 4 + 4 * words
    if len(data) < end:
        raise ValueError(f"RTP extension of {words} words reaches beyond the packet")
    return Extension(profile, data[at + 4 : end]), end


def _padding(data: bytes, at: int) -> int:
    count = data[-1] if len(data) > at else 0
    if not 0 < count <= len(data) - at:
        raise ValueError(f"RTP padding of {count} octets does not fit a payload of {len(data) - at}")
    return count


def serialise_rtp(packet: RtpPacket) -> bytes:
    """The packet's bytes. Errors: ValueError for what a header cannot say."""
    if len(packet.csrc) > 15:
        raise ValueError(f"RTP header has room for 15 CSRC, not for {len(packet.csrc)}")
    if packet.padding and packet.padding[-1] != len(packet.padding):
        raise ValueError(f"RTP padding of {len(packet.padding)} octets has to end with its count")
    first = VERSION << 6 | bool(packet.padding) << 5 | (packet.extension is not None) << 4 | len(packet.csrc)
    head = struct.pack(
        f"!BBHII{len(packet.csrc)}I",
        first,
        packet.marker << 7 | packet.payload_type,
        packet.sequence_number,
        packet.timestamp,
        packet.ssrc,
        *packet.csrc,
    )
    extension = _serialised(packet.extension) if packet.extension is not None else b""
    return head + extension + packet.payload + packet.padding


def _serialised(extension: Extension) -> bytes:
    if len(extension.data) % 4:
        raise ValueError(f"RTP extension of {len(extension.data)} octets is not of whole words")
    return struct.pack("!HH", extension.profile, len(extension.data) // 4) + extension.data


def parse_elements(extension: Extension) -> tuple[ExtensionElement, ...]:
    """The elements of an extension with one-byte or two-byte headers. Errors: ValueError, also for another profile."""
    if extension.profile == ONE_BYTE_PROFILE:
        return _one_byte_elements(extension.data)
    if extension.profile & 0xFFF0 == TWO_BYTE_PROFILE:
        return _two_byte_elements(extension.data)
    raise ValueError(f"RTP extension profile 0x{extension.profile:04x} is not of RFC 8285")


def _one_byte_elements(data: bytes) -> tuple[ExtensionElement, ...]:
    found, at = [], 0
    while at < len(data):
        id_, length = data[at] >> 4, (data[at] & 0x0F) + 1
        if data[at] == 0:
            found.append(ExtensionElement(0))
            at += 1
            continue
        if id_ == 15:  # reserved: processing stops here [§4.2]
            found.append(ExtensionElement(15, data[at:]))
            break
        found.append(ExtensionElement(id_, _within(data, at + 1, length)))
        at += 1 + length
    return tuple(found)


def _two_byte_elements(data: bytes) -> tuple[ExtensionElement, ...]:
    found, at = [], 0
    while at < len(data):
        if data[at] == 0:
            found.append(ExtensionElement(0))
            at += 1
            continue
        length = _within(data, at + 1, 1)[0]
        found.append(ExtensionElement(data[at], _within(data, at + 2, length)))
        at += 2 + length
    return tuple(found)


def _within(data: bytes, at: int, length: int) -> bytes:
    if len(data) < at + length:
        raise ValueError("RTP extension element reaches beyond its extension")
    return data[at : at + length]


def serialise_elements(elements: tuple[ExtensionElement, ...], profile: int = ONE_BYTE_PROFILE) -> Extension:
    """The extension of these elements, padded to whole words. Errors: ValueError for what the profile cannot carry."""
    data = b"".join(_serialised_element(element, profile) for element in elements)
    return Extension(profile, data + bytes(-len(data) % 4))


def _serialised_element(element: ExtensionElement, profile: int) -> bytes:
    if element.id_ == 0:
        return b"\x00"
    if profile != ONE_BYTE_PROFILE:
        return bytes([element.id_, len(element.data)]) + element.data
    if element.id_ == 15:
        return element.data
    if not 1 <= element.id_ <= 14 or not 1 <= len(element.data) <= 16:
        raise ValueError(f"one-byte header cannot carry element {element.id_} of {len(element.data)} octets")
    return bytes([element.id_ << 4 | len(element.data) - 1]) + element.data


@dataclass(frozen=True, slots=True)
class TelephoneEvent:
    """The payload of a telephone event. `volume` in -dBm0, `duration` in timestamp units since the event's begin."""

    event: int
    end: bool
    volume: int
    duration: int
    reserved: bool = False

    @property
    def name(self) -> str:
        return EVENT_NAMES.get(self.event, f"event {self.event}")


def parse_telephone_event(payload: bytes) -> TelephoneEvent:
    """The (first) event of a payload. Errors: ValueError."""
    if len(payload) < 4:
        raise ValueError(f"telephone event of {len(payload)} octets is shorter than 4")
    event, flags, duration = struct.unpack_from("!BBH", payload)
    return TelephoneEvent(event, bool(flags & 0x80), flags & 0x3F, duration, bool(flags & 0x40))


def serialise_telephone_event(event: TelephoneEvent) -> bytes:
    return struct.pack("!BBH", event.event, event.end << 7 | event.reserved << 6 | event.volume, event.duration)
