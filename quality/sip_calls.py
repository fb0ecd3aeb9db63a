"""Calls as SIP tells them: parties, times, and who wants which media where, by offer and answer [RFC 3261, RFC 3264].

Fed with signalling in the order of a capture, it answers what a `MediaMap` is asked. It believes nobody: what cannot be
read is left out, and the number of calls, connections and descriptions is bounded.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from quality.rtcp_digest import RtcpDigest
from quality.sdp import Encoding, Media, media_of
from quality.sip import SipConnection, SipDigest, digest_sip
from quality.stream_figures import Datagram, Flow, PayloadFormat

MOST_CALLS, MOST_CONNECTIONS, MOST_DESCRIPTIONS = 100_000, 2_000, 64
_TELLING = re.compile(rb"SIP/2\.0 (?!100 )|INVITE |BYE |CANCEL |ACK |UPDATE |PRACK ")
_BODILY = (b"ACK ", b"UPDATE ", b"PRACK ")  # they tell of media or of nothing
_DESCRIBING = frozenset({"INVITE", "ACK", "UPDATE", "PRACK"})


def _tells_nothing(data: bytes) -> bool:
    """Of a message without a body: an answer to anything but an INVITE, or what is only of interest with one."""
    return data.startswith(_BODILY) or (data.startswith(b"SIP") and b"INVITE" not in data)


class Side(StrEnum):
    CALLER = "caller"
    CALLEE = "callee"

    @property
    def other(self) -> Side:
        return Side.CALLEE if self is Side.CALLER else Side.CALLER


@dataclass(frozen=True, slots=True)
class Described:
    """What one side asked for, and when."""

    time: float
    side: Side
    media: tuple[Media, ...]
    audio: Media | None = field(init=False)  # the first of them that is

    def __post_init__(self) -> None:
        """Asked for often: found once."""
        audio = next((each for each in self.media if each.kind == "audio" and each.port), None)
        object.__setattr__(self, "audio", audio)


@dataclass(slots=True)
class SipCall:
    """One dialog. Times in seconds since the epoch, None while it has not happened; `status` the last final answer."""

    call_id: str
    caller: str
    callee: str
    caller_tag: str
    started: float
    ringing: float | None = None
    answered: float | None = None
    ended: float | None = None
    ended_by: Side | None = None
    status: int | None = None
    early_media: bool = False
    reinvites: int = 0
    t38: float | None = None
    descriptions: list[Described] = field(default_factory=list)
    invites: set[tuple[Side, int]] = field(default_factory=set)

    def side_of(self, message: SipDigest) -> Side:
        """Who wrote the message."""
        asking = Side.CALLER if message.tag("from") == self.caller_tag else Side.CALLEE
        return asking.other if message.start.startswith("SIP") else asking

    def of(self, side: Side, until: float | None = None) -> Described | None:
        """What that side asked for last (by then)."""
        for described in reversed(self.descriptions):
            if described.side is side and (until is None or described.time <= until):
                return described
        return None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address at which a side of a call wants media."""

    time: float
    call: SipCall
    side: Side
    media: Media


@dataclass(slots=True)
class SipCalls:
    """All calls of a capture; a `MediaMap`."""

    calls: OrderedDict[str, SipCall] = field(default_factory=OrderedDict)
    rtcp: RtcpDigest = field(default_factory=RtcpDigest)
    dtls: set[Flow] = field(default_factory=set)
    faults: int = 0  # datagrams that could not be read
    _endpoints: dict[tuple[str, int], list[Endpoint]] = field(default_factory=dict)
    _connections: OrderedDict[Flow, SipConnection] = field(default_factory=OrderedDict)

    def signalling(self, datagram: Datagram) -> None:
        """Take one datagram or segment; what cannot be read is counted."""
        try:
            if datagram.kind == "rtcp":
                self.rtcp.take(datagram.time, datagram.flow, datagram.payload)
            elif datagram.kind == "sip" and datagram.transport == "udp":
                self._message(datagram.time, datagram.payload)
            elif datagram.kind == "sip":
                for message in self._messages(datagram):
                    self._message(datagram.time, message)
        except ValueError:
            self.faults += 1

    def sip(self, time: float, message: bytes) -> None:
        """The same for a message of one UDP datagram."""
        try:
            self._message(time, message)
        except ValueError:
            self.faults += 1

    def _messages(self, datagram: Datagram) -> Iterator[bytes]:
        """Of a TCP connection."""
        connection = self._connections.get(datagram.flow)
        if connection is None:
            connection = self._connections[datagram.flow] = SipConnection()
            if len(self._connections) > MOST_CONNECTIONS:
                self._connections.popitem(last=False)
        yield from connection.take(datagram.tcp_sequence, datagram.payload)

    def _message(self, time: float, data: bytes) -> None:
        if _TELLING.match(data) is None or (data.endswith(b"\n\r\n") and _tells_nothing(data)):
            return
        message = digest_sip(data)
        status, method = message.status, message.method
        call = self.calls.get(message.call_id)
        if call is None:
            if message.start.startswith("INVITE "):
                self._begin(time, message)
            return
        if status is None:
            self._request(call, time, method, message)
        elif method == "INVITE":
            self._answer(call, time, status, message)
        if message.body and method in _DESCRIBING and (body := message.sdp):
            self._describe(call, time, call.side_of(message), media_of(body))

    def _begin(self, time: float, message: SipDigest) -> None:
        if not message.call_id:
            return
        call = SipCall(message.call_id, message.uri("from"), message.uri("to"), message.tag("from"), time)
        call.invites.add((Side.CALLER, message.cseq[0]))
        self.calls[call.call_id] = call
        if len(self.calls) > MOST_CALLS:
            self._forget(self.calls.popitem(last=False)[1])
        if body := message.sdp:
            self._describe(call, time, Side.CALLER, media_of(body))

    def _request(self, call: SipCall, time: float, method: str, message: SipDigest) -> None:
        side = call.side_of(message)
        if method == "INVITE" and (side, message.cseq[0]) not in call.invites and len(call.invites) < MOST_CALLS:
            call.invites.add((side, message.cseq[0]))
            # Without an answer yet it is the first INVITE again, with credentials [RFC 3261 §22.2].
            call.reinvites += call.answered is not None
        elif method in {"BYE", "CANCEL"} and call.ended is None:
            call.ended, call.ended_by = time, side

    def _answer(self, call: SipCall, time: float, status: int, message: SipDigest) -> None:
        if status < 200:
            if status >= 180 and call.ringing is None:
                call.ringing = time
            call.early_media |= call.answered is None and message.sdp is not None
        elif status < 300:
            call.status = status if call.answered is None else call.status
            call.answered = time if call.answered is None else call.answered
        elif call.answered is None and status not in {401, 407}:
            call.status = status
            call.ended = time if call.ended is None else call.ended

    def _describe(self, call: SipCall, time: float, side: Side, media: tuple[Media, ...]) -> None:
        last = call.of(side)
        if (last is not None and last.media == media) or len(call.descriptions) >= MOST_DESCRIPTIONS:
            return
        call.descriptions.append(Described(time, side, media))
        if call.t38 is None and any(each.is_t38 for each in media):
            call.t38 = time
        for each in media:
            if each.port and each.encodings:
                for address in ((each.address, each.port), *each.candidates):
                    self._endpoints.setdefault(address, []).append(Endpoint(time, call, side, each))

    def _forget(self, call: SipCall) -> None:
        for described in call.descriptions:
            for each in described.media:
                for address in ((each.address, each.port), *each.candidates):
                    kept = [end for end in self._endpoints.get(address, ()) if end.call is not call]
                    if kept:
                        self._endpoints[address] = kept
                    else:
                        self._endpoints.pop(address, None)

    def endpoint(self, address: str, port: int, time: float | None = None) -> Endpoint | None:
        """Who wants media there: the last who has said so (by then, if anybody had)."""
        found = self._endpoints.get((address, port), ())
        if time is not None:
            for endpoint in reversed(found):
                if endpoint.time <= time:
                    return endpoint
            return found[0] if found else None
        return found[-1] if found else None

    def payload_format(self, flow: Flow, payload_type: int) -> PayloadFormat | None:
        """By the receiver's description, then by the sender's, the latest first."""
        encoding = self.encoding(flow, payload_type)
        return PayloadFormat(encoding.name, encoding.clock_rate_hz) if encoding is not None else None

    def encoding(self, flow: Flow, payload_type: int) -> Encoding | None:
        for address in ((flow.dst, flow.dport), (flow.src, flow.sport)):
            for endpoint in reversed(self._endpoints.get(address, ())):
                if (encoding := endpoint.media.encoding(payload_type)) is not None:
                    return encoding
        return None

    def announced(self, flow: Flow) -> bool:
        return (flow.dst, flow.dport) in self._endpoints

    def encrypted(self, flow: Flow) -> bool:
        """Both sides have to want it, where both are known."""
        ends = (self.endpoint(flow.dst, flow.dport), self.endpoint(flow.src, flow.sport))
        known = [end.media.secured for end in ends if end is not None]
        return bool(known) and all(known)
