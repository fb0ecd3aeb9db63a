"""Signalling of a call, told in datagrams: what a capture of it would hold."""

from __future__ import annotations

from quality.rtcp import ReceiverReport, ReportBlock, RtcpPacket, SenderReport, serialise_compound
from quality.stream_figures import Datagram, Flow

CALLER, CALLEE = ("10.0.0.1", 4000), ("10.0.0.2", 6000)
SIP = Flow("10.0.0.1", 5060, "10.0.0.2", 5060)


def back(flow: Flow) -> Flow:
    return Flow(flow.dst, flow.dport, flow.src, flow.sport)


def sdp(address: tuple[str, int], *, audio: str = "RTP/AVP 8 101", more: str = "") -> bytes:
    host, port = address
    return (
        f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} {audio}\r\n"
        f"a=rtpmap:101 telephone-event/8000\r\n{more}"
    ).encode()


def request(time: float, method: str, cseq: int = 1, body: bytes = b"", *, by_callee: bool = False) -> Datagram:
    start = f"{method} sip:echo@10.0.0.2 SIP/2.0"
    return _datagram(time, start, f"{cseq} {method}", body, by_callee=by_callee, from_callee=by_callee)


def answer(
    time: float, status: int, body: bytes = b"", cseq: int = 1, method: str = "INVITE", *, to_callee: bool = False
) -> Datagram:
    """An answer to a request of the caller; `to_callee`: to one of the callee."""
    return _datagram(
        time, f"SIP/2.0 {status} Words", f"{cseq} {method}", body, by_callee=not to_callee, from_callee=to_callee
    )


def _datagram(
    time: float, start: str, cseq: str, body: bytes, *, by_callee: bool, from_callee: bool
) -> Datagram:  # fmt: skip
    ends = ("<sip:anna@10.0.0.1>;tag=a", "<sip:echo@10.0.0.2>;tag=b")
    from_, to = reversed(ends) if from_callee else ends
    kind = "Content-Type: application/sdp\r\n" if body else ""
    head = f"{start}\r\nFrom: {from_}\r\nTo: {to}\r\nCall-ID: 1@x\r\nCSeq: {cseq}\r\n{kind}Content-Length: {len(body)}"
    payload = head.encode() + b"\r\n\r\n" + body
    return Datagram("sip", time, back(SIP) if by_callee else SIP, "udp", payload)


def call(start: float, seconds: float) -> list[Datagram]:
    """One that rings after 1 s and is answered after 2."""
    return [
        request(start, "INVITE", body=sdp(CALLER)),
        answer(start + 0.1, 100),
        answer(start + 1, 180),
        answer(start + 2, 200, sdp(CALLEE)),
        request(start + 2.1, "ACK"),
        request(start + 2 + seconds, "BYE", 2, by_callee=True),
        answer(start + 2.1 + seconds, 200, b"", 2, "BYE", to_callee=True),
    ]


def rtcp(time: float, flow: Flow, *bodies: SenderReport | ReceiverReport) -> Datagram:
    """On the ports above those of the media flow."""
    ports = Flow(flow.src, flow.sport + 1, flow.dst, flow.dport + 1)
    return Datagram("rtcp", time, ports, "udp", serialise_compound([RtcpPacket(body) for body in bodies]))


def sender_report(ssrc: int, ntp_s: float, packets: int, *reports: ReportBlock) -> SenderReport:
    return SenderReport(ssrc, int(ntp_s * 65536) << 16, 0, packets, packets * 160, reports)
