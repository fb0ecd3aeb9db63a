"""A carrier that sends any bytes: INVITE, ACK, BYE [RFC 3261] and keys [RFC 4733] by hand over UDP.

A SIP library would refuse to send, or would mend, what a hostile caller writes.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

Address = tuple[str, int]

_CALL_ID = re.compile(rb"^Call-ID:[ \t]*(\S+)", re.MULTILINE | re.IGNORECASE)
_TO = re.compile(rb"^To:[^\r\n]*", re.MULTILINE | re.IGNORECASE)
_CONTACT = re.compile(rb"^Contact:[^<\r\n]*<([^>\r\n]+)>", re.MULTILINE | re.IGNORECASE)
_MEDIA = re.compile(rb"^m=audio (\d+) ", re.MULTILINE)
_COPIED = re.compile(rb"^(?:Via|From|To|Call-ID|CSeq):[^\r\n]*\r\n", re.MULTILINE | re.IGNORECASE)
_EVENT_PAYLOAD = 101
_RESEND_S = 0.5
_TRIES = 6


class RawCall:
    """One call; `status` is the final answer's."""

    def __init__(self, carrier: RawCarrier, number: bytes, sender: bytes, more: bytes = b"") -> None:
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()
        self.call_id = b"raw-%d" % next(carrier.numbers)
        self._carrier = carrier
        self._number = number
        self._from = sender
        self._more = more
        self._to = b"To: <sip:%b@127.0.0.1>" % number
        self._target = b"sip:%b@127.0.0.1" % number
        self._media = 0
        self._sequence = itertools.count(1)
        self._time = itertools.count(8000, 8000)

    async def invite(self) -> None:
        """Send until somebody answers; without any answer `status` stays open."""
        for _ in range(_TRIES):
            self._carrier.send(self._request(b"INVITE", 1, self._carrier.sdp))
            done, _ = await asyncio.wait({self.status}, timeout=_RESEND_S)
            if done:
                return

    def took(self, message: bytes) -> None:
        if message.startswith(b"SIP/2.0 "):
            self._answered(int(message[8:11]), message)
        elif message.startswith(b"BYE "):
            self._carrier.send(b"SIP/2.0 200 OK\r\n%bContent-Length: 0\r\n\r\n" % b"".join(_COPIED.findall(message)))
            self.ended.set()

    def press(self, key: int) -> None:
        """One key of 100 ms as RFC 4733 packets."""
        moment = next(self._time)
        steps = [(100 * place, 0) for place in range(1, 8)] + [(800, 0x80)] * 3
        for place, (duration, end) in enumerate(steps):
            kind = _EVENT_PAYLOAD | (0x80 if place == 0 else 0)
            head = struct.pack("!BBHII", 0x80, kind, next(self._sequence), moment, 1)
            self._carrier.send_media(head + struct.pack("!BBH", key, end | 10, duration), self._media)

    def hang_up(self) -> None:
        self._carrier.send(self._request(b"BYE", 2, b""))
        self.ended.set()

    def _answered(self, status: int, message: bytes) -> None:
        if status < 200 or b" INVITE" not in message:
            return
        to, contact, media = _TO.search(message), _CONTACT.search(message), _MEDIA.search(message)
        self._to = to[0] if to else self._to
        self._target = contact[1] if contact and status == 200 else self._target
        self._media = int(media[1]) if media else 0
        self._carrier.send(self._request(b"ACK", 1, b""))
        if not self.status.done():
            self.status.set_result(status)

    def _request(self, method: bytes, sequence: int, body: bytes) -> bytes:
        port = self._carrier.port
        branch = b"z9hG4bK-%b-%b" % (self.call_id, b"INVITE" if method == b"ACK" and not self._media else method)
        kind = b"Content-Type: application/sdp\r\n" if body else b""
        return (
            b"%b %b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=%b\r\nMax-Forwards: 70\r\n%b\r\n"
            b"Call-ID: %b\r\nCSeq: %d %b\r\nContact: <sip:x@127.0.0.1:%d>\r\n%b%bContent-Length: %d\r\n"
            b"From: %b;tag=%b\r\n\r\n%b"
        ) % (
            method, self._target, port, branch, self._to, self.call_id, sequence, method, port, self._more, kind,
            len(body), self._from, self.call_id, body,
        )  # fmt: skip


class _Socket(asyncio.DatagramProtocol):
    def __init__(self, carrier: RawCarrier | None) -> None:
        self._carrier = carrier

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if self._carrier:
            self._carrier.took(data)


class RawCarrier:
    """All calls of one trunk, from its address."""

    def __init__(self, port: int, asterisk_port: int) -> None:
        self.port = port
        self.numbers = itertools.count(1)
        self.sdp = b""
        self._asterisk = ("127.0.0.1", asterisk_port)
        self._calls: dict[bytes, RawCall] = {}
        self._sip: asyncio.DatagramTransport | None = None
        self._media: asyncio.DatagramTransport | None = None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._sip, _ = await loop.create_datagram_endpoint(lambda: _Socket(self), ("127.0.0.1", self.port))
        self._media, _ = await loop.create_datagram_endpoint(lambda: _Socket(None), ("127.0.0.1", 0))
        self.sdp = (
            b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 8 101\r\n"
            b"a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        ) % self._media.get_extra_info("sockname")[1]

    def close(self) -> None:
        for transport in (self._sip, self._media):
            if transport:
                transport.close()

    async def call(self, number: bytes, sender: bytes, more: bytes = b"") -> RawCall:
        """`sender` is the value of From without its tag, `more` further header lines, both sent as they are."""
        call = RawCall(self, number, sender, more)
        self._calls[call.call_id] = call
        await call.invite()
        return call

    def send(self, message: bytes) -> None:
        assert self._sip
        self._sip.sendto(message, self._asterisk)

    def send_media(self, packet: bytes, port: int) -> None:
        assert self._media
        self._media.sendto(packet, ("127.0.0.1", port))

    def took(self, message: bytes) -> None:
        found = _CALL_ID.search(message)
        if found and (call := self._calls.get(found[1])):
            call.took(message)
        elif message.startswith(b"OPTIONS "):
            self.send(b"SIP/2.0 200 OK\r\n%bContent-Length: 0\r\n\r\n" % b"".join(_COPIED.findall(message)))


@asynccontextmanager
async def raw_carrier(port: int, asterisk_port: int) -> AsyncIterator[RawCarrier]:
    carrier = RawCarrier(port, asterisk_port)
    await carrier.open()
    try:
        yield carrier
    finally:
        carrier.close()
