"""HEP over UDP from Asterisk (res_hep, res_hep_rtcp) and the agents of Homer: RTCP for the scores, SIP for the ladders.

Whoever may send is named by address, and where a key is set each packet carries it. What is not HEP costs a counter.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import structlog

from quality.hep import HepKind, HepPacket, parse_hep
from quality.hep_rtcp import ToldReport, reports_of
from quality.sip_ladder import SipLadders
from telephony.settings_types import Listen

log = structlog.get_logger()

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Rtcp = Callable[[HepPacket, ToldReport, str], bool]  # with the reporter's address; whether a call was found
RTCP = frozenset({HepKind.RTCP_JSON, HepKind.RTCP_RAW})


@dataclass(slots=True)
class HepCounters:
    rtcp: int = 0  # reports that were taken
    unplaced: int = 0  # reports of no call we know, or of one that AMI tells of
    sip: int = 0
    other: int = 0
    malformed: int = 0
    refused: int = 0  # by address or key


class HepReceiver(asyncio.DatagramProtocol):
    def __init__(self, rtcp: Rtcp, ladders: SipLadders, peers: Sequence[Network] = (), secret: str = "") -> None:
        """Without `peers` whoever reaches the port may send; without `secret` no key is asked for."""
        self.counters = HepCounters()
        self._rtcp, self._ladders = rtcp, ladders
        self._peers, self._secret = tuple(peers), secret.encode()
        self._transport: asyncio.DatagramTransport | None = None

    async def run(self, listen: Listen) -> None:
        """Until cancelled. Errors: OSError for an address that is taken."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, (listen.host, listen.port))
        try:
            log.info("hep.listens", address=f"{listen.host}:{self.port}")
            await asyncio.Event().wait()
        finally:
            transport.close()

    @property
    def port(self) -> int:
        """0 before it listens."""
        return int(self._transport.get_extra_info("sockname")[1]) if self._transport else 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self._is_peer(addr[0]):
            self.counters.refused += 1
            return
        try:
            packet = parse_hep(data)
            if self._secret and not hmac.compare_digest(packet.key.encode(), self._secret):
                self.counters.refused += 1
            else:
                self._take(packet, addr[0])
        except ValueError as error:
            if not self.counters.malformed:  # the first one is worth a line
                log.warning("hep.malformed", reason=str(error)[:200])
            self.counters.malformed += 1

    def _is_peer(self, host: str) -> bool:
        address = ipaddress.ip_address(host.partition("%")[0])
        return not self._peers or any(address in each for each in self._peers)

    def _take(self, packet: HepPacket, reporter: str) -> None:
        if packet.kind in RTCP:
            for report in reports_of(packet):
                taken = self._rtcp(packet, report, reporter)
                self.counters.rtcp += taken
                self.counters.unplaced += not taken
        elif packet.kind == HepKind.SIP:
            ends = (packet.src, packet.sport), (packet.dst, packet.dport)
            known = self._ladders.take(packet.time, *ends, packet.payload, packet.correlation)
            self.counters.sip += known is not None
            self.counters.malformed += known is None
        else:
            self.counters.other += 1
