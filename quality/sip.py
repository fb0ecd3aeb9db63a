"""SIP messages [RFC 3261] as far as a call's media need them, from datagrams and from pieces of TCP connections.

A message is kept as its start line, headers and body and serialises to the same bytes. Whoever sends is a stranger:
sizes are bounded, and what cannot be read is a `ValueError` that says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

MOST_HEADER_OCTETS, MOST_HEADERS, MOST_BODY_OCTETS = 65_536, 512, 1_048_576
MOST_START_OCTETS = 2048
MOST_WAITING = 64  # segments of a connection that came before those they follow
SEQUENCE_CYCLE = 1 << 32
VERSION = "SIP/2.0"

# Compact forms [RFC 3261 §7.3.3].
_FULL_NAMES = {
    "i": "call-id",
    "f": "from",
    "t": "to",
    "v": "via",
    "m": "contact",
    "c": "content-type",
    "l": "content-length",
}
_USUAL = {
    each.decode().lower(): (b"\n" + each + b":", len(each) + 2)
    for each in (b"Call-ID", b"From", b"To", b"CSeq", b"Content-Type", b"Content-Length")
}
_DIGESTED = frozenset(_USUAL)
MOST_NAME = 32  # octets of a header's name that may be one of those
_FOLD = re.compile(r"\r?\n[ \t]+")
_TAG, _URI = re.compile(r";\s*tag\s*=\s*([^;\s>]+)"), re.compile(r"<([^>]*)>")
_START = re.compile(rb"(?:SIP/2\.0 \d{3}[^\r\n]*|[A-Z]{2,16} [^\r\n ]+ SIP/2\.0)\r?\n")
_LENGTH = re.compile(rb"\n(?:content-length|l)[ \t]*:[ \t]*(\d{1,9})[ \t]*\r?\n", re.IGNORECASE)
_END = re.compile(rb"\r?\n\r?\n")


class _Headed:
    """What is asked of a message, by its start line, `header` and body."""

    __slots__ = ()
    start: str
    body: bytes

    def header(self, name: str) -> str:
        """The first of that name, in its long form; empty where there is none."""
        raise NotImplementedError

    @property
    def status(self) -> int | None:
        return int(self.start[8:11]) if self.start.startswith("SIP/2.0 ") else None

    @property
    def method(self) -> str:
        """Of a request, or of what a response answers."""
        return self.start.partition(" ")[0] if self.status is None else self.cseq[1]

    @property
    def cseq(self) -> tuple[int, str]:
        number, _, method = self.header("cseq").partition(" ")
        return (int(number) if number.isascii() and number.isdigit() and len(number) < 11 else 0), method.strip()

    @property
    def call_id(self) -> str:
        return self.header("call-id")

    def tag(self, name: str) -> str:
        """The tag of the From or To header."""
        found = _TAG.search(self.header(name))
        return found[1] if found else ""

    def uri(self, name: str) -> str:
        """The address in a From or To header."""
        value = self.header(name)
        found = _URI.search(value)
        return (found[1] if found else value.partition(";")[0]).strip()

    @property
    def sdp(self) -> bytes | None:
        """The session description it carries, also as one part of several [RFC 2046 §5.1]."""
        if not self.body:
            return None
        kind = self.header("content-type").lower()
        if kind.startswith("application/sdp"):
            return self.body
        if kind.startswith("multipart/"):
            return _part(self.body)
        return None


@dataclass(frozen=True, slots=True)
class SipMessage(_Headed):
    """A request (with `method`) or a response (with `status`). Headers in their order, names as they were written."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str:
        for written, value in self.headers:
            key = written.strip().lower()
            if _FULL_NAMES.get(key, key) == name:
                return value.strip()
        return ""


class SipDigest(_Headed):
    """A message as far as calls need it. A capture holds millions: headers are looked for when they are asked for."""

    __slots__ = ("_fields", "_head", "body", "start")

    def __init__(self, start: str, head: bytes, body: bytes) -> None:
        self.start = start
        self.body = body
        self._head = head + b"\n"  # from the end of the start line on, each line ended
        self._fields: dict[str, str] | None = _fields_of(head) if b"\n " in head or b"\n\t" in head else None

    def header(self, name: str) -> str:
        if self._fields is None:
            head, (usual, size) = self._head, _USUAL[name]
            at = head.find(usual)
            if at >= 0:  # as nearly everybody writes it
                at += size
                return head[at : head.find(b"\n", at)].decode("utf-8", "surrogateescape").strip()
            self._fields = _fields_of(head)
        return self._fields.get(name, "")

    @property
    def method(self) -> str:
        """As `_Headed` has it, without looking at the number before."""
        if self.start.startswith("SIP/2.0 "):
            return self.header("cseq").partition(" ")[2].strip()
        return self.start.partition(" ")[0]


def _fields_of(head: bytes) -> dict[str, str]:
    """The few headers that tell of a call, by their long names."""
    text = head.decode("utf-8", "surrogateescape")
    if "\n " in text or "\n\t" in text:
        text = _FOLD.sub(" ", text)
    fields: dict[str, str] = {}
    for row in text.split("\n"):
        name, colon, value = row.partition(":")
        if colon and len(name) < MOST_NAME and (key := _digested_name(name)) is not None and key not in fields:
            fields[key] = value.strip()
    return fields


def digest_sip(data: bytes) -> SipDigest:
    """A message by the few headers that tell of a call. Errors: ValueError, as `parse_sip` has it for those headers."""
    head, body = _parted(data)
    end = head.find(b"\n")
    start = head if end < 0 else head[:end]
    message = SipDigest(start.decode("utf-8", "surrogateescape").rstrip("\r"), head[len(start) :], body)
    length = message.header("content-length")
    if length and (not length.isascii() or not length.isdigit() or len(length) > 9):
        raise ValueError("SIP Content-Length is no number")
    if length and int(length) > len(body):
        raise ValueError(f"SIP body has {len(body)} octets of {length}")
    if length:
        message.body = body[: int(length)]
    return message


def _parted(data: bytes) -> tuple[bytes, bytes]:
    """Head and body of a message. Errors: ValueError."""
    head, blank, body = data.partition(b"\r\n\r\n")  # as nearly everybody writes it; looking for all forms takes longer
    if blank and len(head) <= MOST_HEADER_OCTETS and b"\n\n" not in head and b"\n\r\n" not in head + b"\r\n":
        return head, body
    end = _END.search(data, 0, MOST_HEADER_OCTETS + 4)
    if end is None:
        raise ValueError(f"SIP headers do not end within {MOST_HEADER_OCTETS} octets")
    return data[: end.start()], data[end.end() :]


@lru_cache(maxsize=512)
def _digested_name(written: str) -> str | None:
    """The long form of a header's name, if it is one of those."""
    key = written.rstrip(" \t").lower()
    key = _FULL_NAMES.get(key, key)
    return key if key in _DIGESTED else None


def _part(body: bytes) -> bytes | None:
    """The first part that is a session description."""
    boundary = body.partition(b"\n")[0].strip()
    if not boundary.startswith(b"--"):
        return None
    for part in body.split(boundary)[1:MOST_HEADERS]:
        end = _END.search(part)
        if end and b"application/sdp" in part[: end.start()].lower():
            return part[end.end() :].removesuffix(b"\r\n") + b"\r\n"
    return None


def looks_like_sip(payload: bytes) -> bool:
    return _START.match(payload) is not None


def parse_sip(data: bytes) -> SipMessage:
    """One message of one datagram. Errors: ValueError."""
    if not looks_like_sip(data):
        raise ValueError("no start line of SIP/2.0")
    end = _END.search(data, 0, MOST_HEADER_OCTETS + 4)
    if end is None:
        raise ValueError(f"SIP headers do not end within {MOST_HEADER_OCTETS} octets")
    start, *rows = _unfolded(data[: end.start()].decode("utf-8", "surrogateescape"))
    if len(rows) > MOST_HEADERS:
        raise ValueError(f"SIP message has more than {MOST_HEADERS} headers")
    headers = tuple(_header(row) for row in rows)
    message = SipMessage(start, headers, data[end.end() :])
    length = message.header("content-length")
    if not length:
        return message
    if not length.isascii() or not length.isdigit() or len(length) > 9:
        raise ValueError("SIP Content-Length is no number")
    if int(length) > len(message.body):
        raise ValueError(f"SIP body has {len(message.body)} octets of {length}")
    return SipMessage(start, headers, message.body[: int(length)])


def _unfolded(head: str) -> list[str]:
    """Its lines; one that begins with a blank goes on from the one before [RFC 3261 §7.3.1]."""
    lines: list[str] = []
    for line in head.split("\n"):
        line = line.removesuffix("\r")  # noqa: PLW2901
        if line[:1] in {" ", "\t"} and len(lines) > 1:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    return lines


def _header(row: str) -> tuple[str, str]:
    name, colon, value = row.partition(":")
    if not colon or not name.strip():
        raise ValueError("SIP header without a colon")
    return name, value


def serialise_sip(message: SipMessage) -> bytes:
    head = "\r\n".join((message.start, *(f"{name}:{value}" for name, value in message.headers)))
    return head.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + message.body


@dataclass(slots=True)
class SipConnection:
    """One direction of a TCP connection: segments in any order become whole messages.

    Segments that repeat are cut to what is new; those that overtook wait for what is missing, and when too many wait it
    is given up: reading goes on at the next start line. The longest message and all that waits are bounded.
    """

    _next: int | None = None
    _buffer: bytearray = field(default_factory=bytearray)
    _waiting: dict[int, bytes] = field(default_factory=dict)

    def take(self, sequence: int, payload: bytes) -> Iterator[bytes]:
        """The messages that this segment made whole."""
        if not payload:
            return
        if self._next is None:
            self._next = sequence
        self._place(sequence, payload)
        if len(self._waiting) > MOST_WAITING:
            self._give_up()
        yield from self._messages()

    def _place(self, sequence: int, payload: bytes) -> None:
        assert self._next is not None
        ahead = (sequence - self._next) % SEQUENCE_CYCLE
        if ahead == 0:
            self._append(payload)
        elif ahead >= SEQUENCE_CYCLE // 2:
            self._append(payload[SEQUENCE_CYCLE - ahead :])  # a part was here before
        elif len(payload) > len(self._waiting.get(sequence, b"")):
            self._waiting[sequence] = payload
        self._catch_up()

    def _append(self, payload: bytes) -> None:
        assert self._next is not None
        self._next = (self._next + len(payload)) % SEQUENCE_CYCLE
        self._buffer += payload

    def _catch_up(self) -> None:
        """Put in what has waited for this."""
        assert self._next is not None
        while self._waiting:
            sequence = min(self._waiting, key=self._distance)
            ahead = self._distance(sequence)
            if 0 < ahead < SEQUENCE_CYCLE // 2:
                return
            payload = self._waiting.pop(sequence)
            self._append(payload[(self._next - sequence) % SEQUENCE_CYCLE :])

    def _distance(self, sequence: int) -> int:
        """How far it lies ahead; what lies behind comes first, as 0."""
        assert self._next is not None
        ahead = (sequence - self._next) % SEQUENCE_CYCLE
        return 0 if ahead >= SEQUENCE_CYCLE // 2 else ahead

    def _give_up(self) -> None:
        self._buffer.clear()
        self._next = min(self._waiting, key=self._distance)
        self._catch_up()

    def _messages(self) -> Iterator[bytes]:
        while (message := self._message()) is not None:
            yield message

    def _message(self) -> bytes | None:
        while (begin := _START.search(self._buffer)) is not None:
            del self._buffer[: begin.start()]
            end = _END.search(self._buffer, 0, MOST_HEADER_OCTETS + 4)
            if end is None and len(self._buffer) > MOST_HEADER_OCTETS:
                self._buffer.clear()
            if end is None:
                return None
            length = _LENGTH.search(self._buffer, 0, end.end())
            whole = end.end() + (int(length[1]) if length else 0)
            if whole - end.end() <= MOST_BODY_OCTETS:
                return self._cut(whole)
            del self._buffer[: end.end()]  # nobody sends so much: look for the next start line
        del self._buffer[: max(0, len(self._buffer) - MOST_START_OCTETS)]  # the first half of one may be here
        return None

    def _cut(self, whole: int) -> bytes | None:
        if len(self._buffer) < whole:
            return None
        message = bytes(self._buffer[:whole])
        del self._buffer[:whole]
        return message
