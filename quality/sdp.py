"""What a session description says of media [RFC 8866]: where to, in which encodings and directions, encrypted or not.

A description is kept as its lines, so it serialises to the same bytes; what is asked of it is read off them. It comes
from strangers: its size, its lines and its media are bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

MOST_REMEMBERED = 2_000  # octets of a section whose meaning is kept for the next call
MOST_OCTETS, MOST_LINES, MOST_MEDIA, MOST_FORMATS = 65_536, 2_000, 32, 64
_SECURING = frozenset({"crypto", "fingerprint"})

# Static payload types: encoding and clock rate [RFC 3551 §6]. G.722's clock is 8000 by an old mistake that stays.
STATIC_TYPES: dict[int, tuple[str, int]] = {
    0: ("pcmu", 8000), 3: ("gsm", 8000), 4: ("g723", 8000), 5: ("dvi4", 8000), 6: ("dvi4", 16000), 7: ("lpc", 8000),
    8: ("pcma", 8000), 9: ("g722", 8000), 10: ("l16", 44100), 11: ("l16", 44100), 12: ("qcelp", 8000), 13: ("cn", 8000),
    14: ("mpa", 90000), 15: ("g728", 8000), 16: ("dvi4", 11025), 17: ("dvi4", 22050), 18: ("g729", 8000),
    19: ("cn", 8000),  # reserved; older phones send comfort noise so
    25: ("celb", 90000), 26: ("jpeg", 90000), 28: ("nv", 90000), 31: ("h261", 90000), 32: ("mpv", 90000),
    33: ("mp2t", 90000), 34: ("h263", 90000),
}  # fmt: skip


class Direction(StrEnum):
    """Seen from whoever wrote the description [RFC 8866 §6.7]."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @property
    def sends(self) -> bool:
        return self in {Direction.SENDRECV, Direction.SENDONLY}

    @property
    def receives(self) -> bool:
        return self in {Direction.SENDRECV, Direction.RECVONLY}


_DIRECTIONS = {direction.value: direction for direction in Direction}


@dataclass(frozen=True, slots=True)
class Encoding:
    """What a payload type stands for; the name in lower case, the clock that of RTP timestamps."""

    name: str
    clock_rate_hz: int
    parameters: str = ""  # of a=fmtp


@dataclass(frozen=True, slots=True)
class Media:
    """One m= section. `address` is where its author wants to receive; port 0 means refused or ended.

    `encodings`: payload types in the order of preference. `rtcp`: address and port for RTCP, the same ones as RTP's
    with rtcp-mux. `secured`: SRTP, by its profile, a=crypto or a DTLS fingerprint.
    """

    kind: str  # audio, video, image …
    port: int
    protocol: str
    address: str
    encodings: tuple[tuple[int, Encoding], ...]
    direction: Direction
    ptime_ms: float | None
    rtcp: tuple[str, int]
    secured: bool
    candidates: tuple[tuple[str, int], ...] = ()  # addresses of a=candidate lines of RTP [RFC 8839]

    @property
    def is_t38(self) -> bool:
        """Fax over UDPTL: no RTP from here on [T.38 Annex D]."""
        return self.kind == "image" and self.port > 0

    @property
    def on_hold(self) -> bool:
        """Its author hears nobody: by direction, or by the address of old [RFC 3264 §8.4]."""
        return not self.direction.receives or self.address == "0.0.0.0"  # noqa: S104

    def encoding(self, payload_type: int) -> Encoding | None:
        return next((found for number, found in self.encodings if number == payload_type), None)


@dataclass(frozen=True, slots=True)
class Line:
    """`type=value`; `ending` is how it ended on the wire."""

    type_: str
    value: str
    ending: str = "\r\n"


@dataclass(frozen=True, slots=True)
class Description:
    """A description as its lines."""

    lines: tuple[Line, ...]

    @property
    def media(self) -> tuple[Media, ...]:
        return media_of(serialise_sdp(self))

    @property
    def origin(self) -> str:
        """The o= line: with a greater version in it the description is a new one."""
        return next((line.value for line in self.lines if line.type_ == "o"), "")


def parse_sdp(body: bytes) -> Description:
    """A description. Errors: ValueError."""
    if len(body) > MOST_OCTETS:
        raise ValueError(f"SDP of {len(body)} octets is longer than {MOST_OCTETS}")
    rows = body.decode("utf-8", "surrogateescape").split("\n")
    if len(rows) > MOST_LINES:
        raise ValueError(f"SDP of {len(rows)} lines is longer than {MOST_LINES}")
    lines = tuple(_lines(rows))
    if not lines or (lines[0].type_, lines[0].value) != ("v", "0"):
        raise ValueError("SDP does not begin with v=0")
    description = Description(lines)
    _ = description.media  # raises for what it cannot read
    return description


def _lines(rows: list[str]) -> Iterator[Line]:
    for number, row in enumerate(rows, 1):
        last = number == len(rows)
        text, ending = (row[:-1], "\r") if row.endswith("\r") else (row, "")
        if last and not text and not ending:
            return
        if len(text) < 2 or text[1] != "=":
            raise ValueError(f"SDP line {number} is no type=value")
        yield Line(text[0], text[2:], ending + ("" if last else "\n"))


def serialise_sdp(description: Description) -> bytes:
    return "".join(f"{line.type_}={line.value}{line.ending}" for line in description.lines).encode(
        "utf-8", "surrogateescape"
    )


def media_of(body: bytes) -> tuple[Media, ...]:
    """The media of a description, without the rest of it. Errors: ValueError."""
    if len(body) > MOST_OCTETS:
        raise ValueError(f"SDP of {len(body)} octets is longer than {MOST_OCTETS}")
    text = body.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    if not text.startswith("v=0\n"):
        raise ValueError("SDP does not begin with v=0")
    session, *sections = text.split("\nm=")
    if len(sections) > MOST_MEDIA:
        raise ValueError(f"SDP has more than {MOST_MEDIA} media")
    of_session = _attributes(session.split("\n")) if "\na=" in session else ()
    address = _address(session) or ""
    return tuple(_media(section, address, of_session) for section in sections)


_Attributes = tuple[tuple[str, str], ...]


def _media(section: str, address: str, of_session: _Attributes) -> Media:
    head, _, rest = section.partition("\n")
    kind, port, protocol, *formats = _words(head)
    said = _said if len(section) < MOST_REMEMBERED else _said.__wrapped__
    of_media = said(protocol, tuple(formats[:MOST_FORMATS]), rest)
    of_session_secured = bool(of_session) and any(name in _SECURING for name, _ in of_session)
    address = _address("\n" + rest) or address
    number = _port(port)
    return Media(
        kind,
        number,
        protocol,
        address,
        of_media.encodings,
        of_media.direction or _direction(of_session) or Direction.SENDRECV,
        of_media.ptime_ms,
        of_media.rtcp_of(address, number),
        of_media.secured or of_session_secured,
        of_media.candidates,
    )


class _Said(NamedTuple):
    """What a section says that does not depend on its address and port."""

    encodings: tuple[tuple[int, Encoding], ...]
    direction: Direction | None
    ptime_ms: float | None
    secured: bool
    muxed: bool
    rtcp: tuple[str | None, int | None]  # address and port, as far as they are named
    candidates: tuple[tuple[str, int], ...]

    def rtcp_of(self, address: str, port: int) -> tuple[str, int]:
        """Where RTCP goes [RFC 3605, RFC 5761]."""
        named_address, named_port = self.rtcp
        if self.muxed:
            return address, port
        if named_port is None:
            return address, port + 1 if port else 0
        return named_address or address, named_port


@lru_cache(maxsize=1024)
def _said(protocol: str, formats: tuple[str, ...], rest: str) -> _Said:
    """The same in call after call of the same equipment, so it is remembered."""
    attributes = _attributes(rest.split("\n"))
    profile = protocol.upper()
    return _Said(
        tuple(_encodings(formats, attributes)) if "RTP" in profile else (),
        _direction(attributes),
        _positive(dict(attributes).get("ptime", "")),
        "SAVP" in profile or any(name in _SECURING for name, _ in attributes),
        any(name == "rtcp-mux" for name, _ in attributes),
        _rtcp(dict(attributes).get("rtcp", "").split()),
        tuple(_candidates(attributes)),
    )


def _attributes(rows: list[str]) -> _Attributes:
    return tuple(_attribute(row[2:]) for row in rows[:MOST_LINES] if row.startswith("a="))


def _words(head: str) -> list[str]:
    words = head.split()
    if len(words) < 3:
        raise ValueError("SDP line m= has less than 3 words")
    return words


def _attribute(value: str) -> tuple[str, str]:
    name, _, rest = value.partition(":")
    return name.strip().lower(), rest.strip()


def _address(section: str) -> str | None:
    """Of the first c= line, without what multicast adds."""
    _, found, rest = section.partition("\nc=")
    if not found:
        return None
    words = rest.partition("\n")[0].split()
    if len(words) < 3:
        raise ValueError("SDP line c= has less than 3 words")
    return words[2].partition("/")[0]


def _port(word: str) -> int:
    text = word.partition("/")[0]
    if not text.isascii() or not text.isdigit() or len(text) > 5 or int(text) > 65535:
        raise ValueError("SDP line m= has no port between 0 and 65535")
    return int(text)


def _positive(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value <= 1000 else None


def _direction(attributes: _Attributes) -> Direction | None:
    return next((_DIRECTIONS[name] for name, _ in attributes if name in _DIRECTIONS), None)


def _encodings(formats: tuple[str, ...], attributes: _Attributes) -> Iterator[tuple[int, Encoding]]:
    names = dict(_by_type(attributes, "rtpmap"))
    parameters = dict(_by_type(attributes, "fmtp"))
    for text in formats:
        if not text.isascii() or not text.isdigit() or len(text) > 3 or int(text) > 127:
            continue
        number = int(text)
        known = _mapped(names[number]) if number in names else STATIC_TYPES.get(number)
        if known is not None:
            yield number, Encoding(*known, parameters.get(number, ""))


def _by_type(attributes: _Attributes, wanted: str) -> Iterator[tuple[int, str]]:
    for name, value in attributes:
        number, _, rest = value.partition(" ")
        if name == wanted and number.isascii() and number.isdigit() and len(number) <= 3:
            yield int(number), rest.strip()


def _mapped(value: str) -> tuple[str, int] | None:
    """`PCMA/8000` or `opus/48000/2`; None where no clock rate can be read."""
    name, _, rest = value.partition("/")
    rate = rest.partition("/")[0]
    if not name or not rate.isascii() or not rate.isdigit() or not 0 < len(rate) <= 6 or int(rate) == 0:
        return None
    return name.lower(), int(rate)


def _rtcp(words: list[str]) -> tuple[str | None, int | None]:
    """Of an a=rtcp line [RFC 3605]."""
    if words and words[0].isascii() and words[0].isdigit() and len(words[0]) <= 5:
        return (words[3] if len(words) > 3 else None), int(words[0])
    return None, None


def _candidates(attributes: _Attributes) -> Iterator[tuple[str, int]]:
    for name, value in attributes:
        words = value.split()
        if name == "candidate" and len(words) > 5 and words[1] == "1" and words[5].isascii() and words[5].isdigit():
            yield words[4], int(words[5])
