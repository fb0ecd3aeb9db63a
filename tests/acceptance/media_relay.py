"""A relay between a phone and Asterisk that does to RTP what bad networks do: loses, delays, remarks, swallows.

SIP goes through it, too, so that each side is told the relay's own ports; each call gets the next of the impairments.
"""

from __future__ import annotations

import asyncio
import functools
import re
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

Address = tuple[str, int]
HOST = "127.0.0.1"
EXPEDITED = 46 << 2  # EF as the TOS byte

_CALL_ID = re.compile(rb"^Call-ID:[ \t]*(\S+)", re.MULTILINE | re.IGNORECASE)
_MEDIA = re.compile(rb"^m=audio (\d+) ", re.MULTILINE)
_RTCP = re.compile(rb"^a=rtcp:.*\r\n", re.MULTILINE)
_LENGTH = re.compile(rb"^Content-Length:[ \t]*\d+", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Way:
    """One direction. `lost` and `delay_s` are asked with a packet's number; `payload_type` takes another's place."""

    lost: Callable[[int], bool] = lambda _number: False
    delay_s: Callable[[int], float] = lambda _number: 0.0
    tos: int = EXPEDITED
    payload_type: int | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """What lies between the phone and Asterisk."""

    name: str
    to_asterisk: Way = field(default_factory=Way)
    to_phone: Way = field(default_factory=Way)


class _Port(asyncio.DatagramProtocol):
    """A socket of the relay; what comes is handed to `took` with its sender."""

    def __init__(self, took: Callable[[bytes, Address], None]) -> None:
        self._took = took
        self.transport: asyncio.DatagramTransport | None = None

    def itself(self) -> _Port:
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._took(data, addr)

    def send(self, data: bytes, to: Address) -> None:
        if self.transport and not self.transport.is_closing():
            self.transport.sendto(data, to)

    def close(self) -> None:
        if self.transport:
            self.transport.close()


class _Media:
    """RTP and RTCP of one call. `near` is what Asterisk sees, `far` what the phone sees."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.phone = self.asterisk = 0
        self.near_port = self.far_port = 0
        self._ports: list[_Port] = []
        self._numbers = {True: 0, False: 0}

    async def open(self) -> None:
        near, self.near_port = await self._pair(to_asterisk=False, tos=self.network.to_asterisk.tos)
        far, self.far_port = await self._pair(to_asterisk=True, tos=self.network.to_phone.tos)
        self._near, self._far = near, far

    async def _pair(self, *, to_asterisk: bool, tos: int) -> tuple[list[_Port], int]:
        while True:
            first = _bound(0, tos)
            port = first.getsockname()[1]
            try:
                second = _bound(port + 1, tos) if port % 2 == 0 else None
            except OSError:
                second = None
            if second is not None:
                break
            first.close()
        ports: list[_Port] = []
        for offset, each in enumerate((first, second)):
            took = functools.partial(self._took, offset=offset, to_asterisk=to_asterisk)
            ports.append(_Port(took))
            await asyncio.get_running_loop().create_datagram_endpoint(ports[-1].itself, sock=each)
        self._ports += ports
        return ports, port

    def _took(self, data: bytes, _sender: Address, *, offset: int, to_asterisk: bool) -> None:
        out, to = (self._near[offset], self.asterisk) if to_asterisk else (self._far[offset], self.phone)
        way = self.network.to_asterisk if to_asterisk else self.network.to_phone
        if not to:
            return
        if offset:  # RTCP goes through
            out.send(data, (HOST, to + 1))
            return
        self._numbers[to_asterisk] += 1
        number = self._numbers[to_asterisk]
        if way.lost(number):
            return
        if way.payload_type is not None:
            data = bytes((data[0], (data[1] & 0x80) | way.payload_type)) + data[2:]
        if delay_s := way.delay_s(number):
            asyncio.get_running_loop().call_later(delay_s, out.send, data, (HOST, to))
        else:
            out.send(data, (HOST, to))

    def close(self) -> None:
        for each in self._ports:
            each.close()


class MediaRelay:
    """`port` is where the phone calls and where calls reach Asterisk from. `stall_s`: for how long we ourselves did
    nothing at worst, which delays every call.
    """

    def __init__(self, port: int, asterisk_port: int, networks: Sequence[Network]) -> None:
        self.port = port
        self.stall_s = 0.0
        self._asterisk = (HOST, asterisk_port)
        self._phones: dict[bytes, Address] = {}  # by Call-ID
        self._networks = list(networks)
        self._media: dict[bytes, _Media] = {}
        self._sip = _Port(self._took_sip)
        self._waiting: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        await asyncio.get_running_loop().create_datagram_endpoint(self._sip.itself, (HOST, self.port))

    def close(self) -> None:
        self._sip.close()
        for media in self._media.values():
            media.close()

    async def watch(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            self.stall_s = max(self.stall_s, time.monotonic() - before - 0.01)

    def _took_sip(self, data: bytes, sender: Address) -> None:
        task = asyncio.create_task(self._forward(data, sender))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _forward(self, data: bytes, sender: Address) -> None:
        call_id = _CALL_ID.search(data)
        if call_id is None:
            return
        if sender != self._asterisk:
            self._phones[call_id[1]] = sender
        to = self._phones[call_id[1]] if sender == self._asterisk else self._asterisk
        if offered := _MEDIA.search(data):
            media = await self._media_of(call_id[1])
            if to == self._asterisk:
                media.phone, told = int(offered[1]), media.near_port
            else:
                media.asterisk, told = int(offered[1]), media.far_port
            data = _with_port(data, told)
        self._sip.send(data, to)

    async def _media_of(self, call_id: bytes) -> _Media:
        if call_id not in self._media:
            media = self._media[call_id] = _Media(self._networks[len(self._media)])
            await media.open()
        return self._media[call_id]


def _with_port(message: bytes, port: int) -> bytes:
    head, _, body = message.partition(b"\r\n\r\n")
    body = _RTCP.sub(b"", _MEDIA.sub(b"m=audio %d " % port, body))
    return _LENGTH.sub(b"Content-Length: %d" % len(body), head) + b"\r\n\r\n" + body


def _bound(port: int, tos: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
        made.settimeout(0)
        made.bind((HOST, port))
    except OSError:
        made.close()
        raise
    return made


@asynccontextmanager
async def media_relay(port: int, asterisk_port: int, networks: Sequence[Network]) -> AsyncIterator[MediaRelay]:
    relay = MediaRelay(port, asterisk_port, networks)
    await relay.open()
    watching = asyncio.create_task(relay.watch())
    try:
        yield relay
    finally:
        watching.cancel()
        relay.close()
        await asyncio.sleep(0)  # closed in the loop's next turn
