"""A carrier that is called [RFC 3261 §13.3, by hand over UDP]: it rings, answers, refuses or is silent, as it is told.

SIPp plays one scenario for each process; here one process has several carriers, and each may change its mind.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Address = tuple[str, int]
Step = tuple[float, int]  # after so many seconds, this status; HANGS_UP: our BYE

_CALL_ID = re.compile(rb"^Call-ID:[ \t]*(\S+)", re.MULTILINE | re.IGNORECASE)
_COPIED = re.compile(rb"^(?:Via|From|Call-ID|CSeq|Record-Route):[^\r\n]*\r\n", re.MULTILINE | re.IGNORECASE)
_TO = re.compile(rb"^To:([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_FROM = re.compile(rb"^From:([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_CONTACT = re.compile(rb"^Contact:[^<\r\n]*<([^>\r\n]+)>", re.MULTILINE | re.IGNORECASE)
_CALLED = re.compile(rb"^INVITE sips?:([^@>]*)@")

HANGS_UP = 0
ANSWERS: tuple[Step, ...] = ((0.0, 100), (0.0, 180), (0.05, 200))
SILENT: tuple[Step, ...] = ()


@dataclass(slots=True)
class Invited:
    """A call that has arrived here. `at` is on the monotonic clock."""

    number: str
    at: float
    answered: bool = False
    cancelled: bool = False
    ended: bool = False  # by the caller
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


class AnsweringCarrier(asyncio.DatagramProtocol):
    """`does` is what an INVITE gets, `by_number` what one to this number; `options`: whether OPTIONS are answered."""

    def __init__(self, port: int, does: Sequence[Step] = ANSWERS, *, options: bool = True) -> None:
        self.port, self.does, self.options = port, tuple(does), options
        self.by_number: dict[str, Sequence[Step]] = {}
        self.calls: dict[bytes, Invited] = {}
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def invited(self) -> list[str]:
        """The called numbers, in the order in which they came."""
        return [each.number for each in self.calls.values()]

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", self.port))

    def close(self) -> None:
        for task in [task for call in self.calls.values() for task in call.tasks]:
            task.cancel()
        if self._transport:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: Address) -> None:
        method, call_id = data.partition(b" ")[0], _CALL_ID.search(data)
        if call_id is None or data.startswith(b"SIP/2.0"):
            return
        call = self.calls.get(call_id[1])
        if method == b"INVITE" and call is None:
            self._invited(call_id[1], data, addr)
        elif method == b"OPTIONS" and self.options:
            self._answer(data, 200, addr)
        elif method == b"BYE" and call:
            call.ended = True
            self._answer(data, 200, addr)
        elif method == b"CANCEL" and call:
            self._answer(data, 200, addr)
            self._cancelled(call, data, addr)

    def _invited(self, call_id: bytes, data: bytes, addr: Address) -> None:
        called = _CALLED.match(data)
        call = Invited(called[1].decode() if called else "", time.monotonic())
        self.calls[call_id] = call
        if does := self.by_number.get(call.number, self.does):
            call.tasks.append(asyncio.get_running_loop().create_task(self._do(call, does, data, addr)))

    async def _do(self, call: Invited, does: Sequence[Step], data: bytes, addr: Address) -> None:
        for after_s, status in does:
            await asyncio.sleep(after_s)
            if call.cancelled or call.ended:
                return
            if status == HANGS_UP:
                self._hang_up(data, addr)
            else:
                self._answer(data, status, addr)
            call.answered = call.answered or status == 200

    def _cancelled(self, call: Invited, data: bytes, addr: Address) -> None:
        if not call.cancelled and not call.answered:
            call.cancelled = True
            self._answer(data.replace(b" CANCEL\r\n", b" INVITE\r\n"), 487, addr)

    def _hang_up(self, invite: bytes, addr: Address) -> None:
        assert self._transport
        found = [pattern.search(invite) for pattern in (_CONTACT, _TO, _FROM, _CALL_ID)]
        target, ours, theirs, call_id = [each[1] for each in found if each]
        self._transport.sendto(
            b"BYE %b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK-%b\r\nMax-Forwards: 70\r\n"
            b"From:%b;tag=c%d\r\nTo:%b\r\nCall-ID: %b\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n"
            % (target, self.port, call_id, ours, self.port, theirs, call_id),
            addr,
        )

    def _answer(self, request: bytes, status: int, addr: Address) -> None:
        assert self._transport
        to = _TO.search(request)
        assert to
        tag = b"" if status == 100 or b";tag=" in to[0] else b";tag=c%d" % self.port
        body = self._sdp() if status in {183, 200} and b" INVITE\r\n" in request else b""
        kind = b"Content-Type: application/sdp\r\n" if body else b""
        self._transport.sendto(
            b"SIP/2.0 %d As asked\r\n%b%b%b\r\nContact: <sip:c@127.0.0.1:%d>\r\n%bContent-Length: %d\r\n\r\n%b"
            % (status, b"".join(_COPIED.findall(request)), to[0], tag, self.port, kind, len(body), body),
            addr,
        )

    def _sdp(self) -> bytes:
        """Speech goes to the port of discard: nobody listens, and nobody reports."""
        return (
            b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            b"m=audio %d RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n" % (self.port + 1)
        )


@asynccontextmanager
async def answering(*carriers: AnsweringCarrier) -> AsyncIterator[None]:
    try:
        for each in carriers:
            await each.open()
        yield
    finally:
        for each in carriers:
            each.close()
