"""Captures of all formats and links, whole and damaged, read both ways: the same stream, or why not."""

from __future__ import annotations

import gzip
import io
import random
import struct
from collections.abc import Iterable
from pathlib import Path

import pytest

from quality.capture_source import BLOCK
from quality.engines import Engine, best_engine
from quality.odd_packets import MOST_UNFINISHED, OddPackets
from quality.plain_engine import PlainEngine
from quality.read_capture import read_capture
from quality.stream_figures import Capture, CaptureError, Datagram, Flow, PayloadFormat
from tests.rtp_story import (
    ETHERNET,
    LOOP,
    NULL,
    RAW,
    SLL,
    SLL2,
    USUAL,
    Pcap,
    Route,
    Sent,
    enhanced,
    framed,
    pcapng,
    statistics,
    steady,
)

COUNT = 30
V6 = Route("2001:db8::1", "2001:db8::2")


@pytest.fixture(params=["plain", "best"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return PlainEngine() if request.param == "plain" else best_engine()


def right(capture: Capture, route: Route = USUAL, *, count: int = COUNT) -> None:
    (stream,) = capture.streams
    assert stream.flow == Flow(route.src, route.sport, route.dst, route.dport)
    assert (stream.packets_received, stream.packets_lost, stream.jitter_max_ms) == (count, 0, 0)
    assert stream.start == pytest.approx(1_790_000_000, abs=1e-5)
    assert stream.dscp == route.dscp
    assert capture.fault is None


def frames(link: int = ETHERNET, route: Route = USUAL, *, tags: tuple[int, ...] = ()) -> list[tuple[int, bytes]]:
    return [(each.time, framed(route.udp(each.rtp()), link, tags=tags)) for each in steady(COUNT)]


def pcap(made: Iterable[tuple[int, bytes]], *, link: int = ETHERNET, order: str = "<", nano: bool = True) -> bytes:
    file = Pcap(link=link, order=order, nano=nano)
    for time, frame in made:
        file.add(time, frame)
    return bytes(file.data)


@pytest.mark.parametrize("route", [Route(), V6], ids=["v4", "v6"])
@pytest.mark.parametrize("link", [ETHERNET, SLL, SLL2, NULL, LOOP, RAW, 12])
def test_links(engine: Engine, link: int, route: Route) -> None:
    right(read_capture(io.BytesIO(pcap(frames(link, route), link=link)), engine=engine), route)


@pytest.mark.parametrize("tags", [(0x8100,), (0x88A8, 0x8100), (0x9100, 0x8100, 0x8100)])
def test_vlan_tags(engine: Engine, tags: tuple[int, ...]) -> None:
    right(read_capture(io.BytesIO(pcap(frames(tags=tags))), engine=engine))


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("nano", [True, False])
def test_pcap_of_either_byte_order_and_resolution(engine: Engine, order: str, nano: bool) -> None:  # noqa: FBT001
    right(read_capture(io.BytesIO(pcap(frames(), order=order, nano=nano)), engine=engine))


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("resolution", [3, 6, 9, 128 + 30, 128 + 32])
def test_pcapng_of_either_byte_order_and_any_resolution(engine: Engine, order: str, resolution: int) -> None:
    (stream,) = read_capture(io.BytesIO(pcapng(frames(), order=order, resolution=resolution)), engine=engine).streams
    assert (stream.packets_received, stream.packets_lost) == (COUNT, 0)
    assert stream.start == pytest.approx(1_790_000_000, abs=1e-5)
    assert stream.jitter_max_ms == pytest.approx(0, abs=1e-5)


def test_times_that_no_calendar_has_wrap(engine: Engine) -> None:
    far = [(time + 2**62, frame) for time, frame in frames()]
    (stream,) = read_capture(io.BytesIO(pcapng(far, resolution=9)), engine=engine).streams
    assert stream.start == pytest.approx(1_790_000_000, abs=1e-5)


def test_gzip_a_file_a_pipe_and_progress(engine: Engine, tmp_path: Path) -> None:
    path, heard = tmp_path / "c.pcap.gz", list[int]()
    path.write_bytes(gzip.compress(pcap(frames())))
    right(read_capture(path, engine=engine, progress=heard.append))
    assert heard[-1] == path.stat().st_size
    right(read_capture(io.BytesIO(gzip.compress(pcap(frames()))), engine=engine))


def test_a_capture_of_many_blocks_and_two_sections(engine: Engine) -> None:
    many = [(each.time, framed(Route().udp(each.rtp()))) for each in steady(9000)]
    data = pcapng(many[:5000]) + pcapng(many[5000:], order=">")
    assert len(data) > 2 * BLOCK
    right(read_capture(io.BytesIO(data), engine=engine), count=9000)


def test_what_the_capture_itself_lost_is_told_with_each_stream(engine: Engine) -> None:
    lost = struct.pack("<HHQHH", 4, 8, 3, 0, 0)
    ticks, frame = frames()[-1]
    data = pcapng(frames()[:-1]) + enhanced("<", ticks, frame, lost) + statistics("<", 5) + statistics("<", 7)
    capture = read_capture(io.BytesIO(data), engine=engine)
    assert capture.drops == capture.streams[0].capture_drops == 10
    assert read_capture(io.BytesIO(pcap(frames())), engine=engine).streams[0].capture_drops is None


class Heard:
    """A media map that keeps what it hears."""

    def __init__(self) -> None:
        self.all: list[Datagram] = []

    def signalling(self, datagram: Datagram) -> None:
        self.all.append(datagram)

    def payload_format(self, flow: Flow, payload_type: int) -> PayloadFormat | None:
        return None

    def announced(self, flow: Flow) -> bool:
        return False

    def encrypted(self, flow: Flow) -> bool:
        return False


SIP_TEXT = b"INVITE sip:a@b SIP/2.0\r\nCall-ID: 1\r\n\r\n" + b"v=0\r\n" * 400


def fragments(packet: Route, body: bytes, size: int = 1200) -> list[bytes]:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    made = []
    for number, piece in enumerate(pieces):
        more = number < len(pieces) - 1
        if ":" in packet.src:
            head = struct.pack("!BBHI", 17, 0, number * size | more, 77)
            made.append(packet.ip(44, head + piece))
        else:
            made.append(packet.ip(17, piece, number=77, fragment=number * size // 8 | more << 13))
    return made


@pytest.mark.parametrize("route", [Route(sport=5060, dport=5060), Route("2001:db8::1", "2001:db8::2", 5060, 5070)])
@pytest.mark.parametrize("backwards", [False, True])
def test_signalling_in_fragments_is_put_together(engine: Engine, route: Route, backwards: bool) -> None:  # noqa: FBT001
    udp = struct.pack("!HHHH", route.sport, route.dport, len(SIP_TEXT) + 8, 0) + SIP_TEXT
    pieces = fragments(route, udp)
    heard, made = Heard(), [(5 * 10**9, framed(each)) for each in (pieces[::-1] if backwards else pieces)]
    read_capture(io.BytesIO(pcap([*made, *frames()])), heard, engine=engine)
    (datagram,) = heard.all
    assert datagram == Datagram("sip", 5.0, Flow(route.src, route.sport, route.dst, route.dport), "udp", SIP_TEXT, 0, 0)


def test_rtp_in_fragments_takes_its_place_in_the_stream(engine: Engine) -> None:
    made = []
    for number, packet in enumerate(steady(COUNT, payload=bytes(1600))):
        whole = Route().udp(packet.rtp())
        pieces = fragments(Route(), whole[20:]) if number % 3 == 1 else [whole]
        made += [(packet.time, framed(each)) for each in pieces]
    (stream,) = read_capture(io.BytesIO(pcap(made)), engine=engine).streams
    assert (stream.packets_received, stream.packets_lost, stream.reordered, stream.jitter_max_ms) == (COUNT, 0, 0, 0)


def test_sip_rtcp_and_key_exchanges_are_handed_on_in_their_order(engine: Engine) -> None:
    report = struct.pack("!BBHI", 0x80, 201, 1, 7)
    segment = struct.pack("!HHIIBBHHH", 33_000, 5060, 99, 0, 5 << 4, 0, 0, 0, 0) + b"BYE sip:a SIP/2.0\r\n\r\n"
    hello = b"\x16\xfe\xff" + bytes(40)
    made = [
        Route(sport=5060, dport=5060).udp(b"OPTIONS sip:a SIP/2.0\r\n\r\n"),
        Route(sport=10_001, dport=20_001).udp(report),
        Route().ip(6, segment),
        V6.ip(6, segment),
        Route().udp(hello),
        Route(dport=53).udp(bytes(30)),  # DNS
        Route().udp(b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12)),  # STUN
    ]
    heard = Heard()
    capture = read_capture(io.BytesIO(pcap([(k, framed(each)) for k, each in enumerate(made)])), heard, engine=engine)
    assert [(each.kind, each.transport, each.tcp_sequence) for each in heard.all] == [
        ("sip", "udp", 0),
        ("rtcp", "udp", 0),
        ("sip", "tcp", 99),
        ("sip", "tcp", 99),
        ("dtls", "udp", 0),
    ]
    assert heard.all[1].payload == report
    assert heard.all[3].flow == Flow("2001:db8::1", 33_000, "2001:db8::2", 5060)
    assert not capture.streams


def test_other_traffic_makes_no_stream(engine: Engine) -> None:
    rng = random.Random(5)
    file = Pcap()
    for number in range(2000):
        route = Route(sport=rng.choice((53, 5060, 3478, 40_000, 40_002)), dport=rng.choice((53, 443, 50_000)))
        file.add(number * 1_000_000, framed(route.udp(rng.randbytes(rng.randrange(8, 60)))))
    assert read_capture(io.BytesIO(file.data), engine=engine).streams == ()


def test_headers_before_the_transport_of_ipv6_are_skipped(engine: Engine) -> None:
    made = []
    for each in steady(COUNT):
        udp = V6.udp(each.rtp())[40:]
        extension = bytes([51, 0, *bytes(6)]) + bytes([17, 4, *bytes(22)])  # hop-by-hop, then an authentication header
        made.append((each.time, framed(V6.ip(0, extension + udp))))
    right(read_capture(io.BytesIO(pcap(made)), engine=engine), V6)


def test_padding_extensions_and_a_short_snap_length(engine: Engine) -> None:
    file = Pcap()
    for each in steady(COUNT):
        rtp = bytearray(each.rtp())
        rtp[0] |= 0x31  # padding, extension, one contributing source
        body = bytes(rtp[:12]) + bytes(4) + struct.pack("!HHI", 1, 1, 2) + bytes(160) + b"\x00\x00\x00\x04"
        frame = framed(Route().udp(body))
        file.add(each.time, frame[:80] if each.sequence % 2 else frame, length=len(frame))
    right(read_capture(io.BytesIO(file.data), engine=engine))


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (pcap(frames())[:-7], "packet 30 is cut off"),
        (pcap(frames()[:9]) + struct.pack("<IIII", 1, 1, 2**31, 9) + bytes(50), "packet 10 has an impossible length"),
        (pcapng(frames())[:-7], "packet 30 is cut off"),
        (pcapng(frames()[:9]) + struct.pack("<III", 6, 2**31, 0), "packet 10 has an impossible length"),
        (pcapng(frames()[:9]) + struct.pack("<III", 7, 5, 0), "packet 10 has an impossible length"),
        (gzip.compress(pcap(frames()))[:-20], "the gzip file is cut off"),
        (gzip.compress(pcap(frames()))[:60] + bytes(400), "the gzip file is damaged"),
    ],
)
def test_a_damaged_capture_is_read_up_to_there(engine: Engine, data: bytes, fault: str) -> None:
    try:
        capture = read_capture(io.BytesIO(data), engine=engine)
    except CaptureError as error:
        assert fault in str(error)  # noqa: PT017 - where the damage is so early that nothing is left
    else:
        assert capture.fault is not None
        assert capture.fault.startswith(fault)


@pytest.mark.parametrize("data", [b"", b"\x1f\x8b", b"GET / HTTP/1.1\r\n", pcap([])[:20], bytes(5000)])
def test_what_is_no_capture_is_refused(engine: Engine, data: bytes) -> None:
    with pytest.raises(CaptureError):
        read_capture(io.BytesIO(data), engine=engine)


def test_an_empty_capture(engine: Engine) -> None:
    assert read_capture(io.BytesIO(pcap([])), engine=engine) == Capture((), 0, 0.0, 0.0, None, None)


def test_fragments_without_an_end_take_no_more_than_their_room() -> None:
    odd = OddPackets(None)
    for number in range(5000):
        packet = Route().ip(17, bytes(800), number=number & 0xFFFF, fragment=1 << 13)
        assert odd.take(memoryview(packet), (0, 0, len(packet)), (0, 4, 4, 0, 0, 0, 0, 0)) is None
    assert len(odd._unfinished) <= MOST_UNFINISHED


def test_a_long_block_of_another_kind_is_skipped(engine: Engine) -> None:
    size = struct.pack("<I", 2 * BLOCK + 12)
    other = struct.pack("<I", 0x0BAD) + size + bytes(2 * BLOCK) + size
    whole = pcapng(frames())
    right(read_capture(io.BytesIO(whole[:28] + other + whole[28:]), engine=engine))


@pytest.mark.parametrize(
    "broken",
    [
        struct.pack("<IIHHI", 1, 16, 1, 0, 0)[:12] + struct.pack("<I", 16),  # an interface without its fields
        struct.pack("<III", 0x0A0D0D0A, 28, 7) + bytes(16),  # a section of no byte order
        struct.pack("<IIHHI", 1, 28, 1, 0, 0) + struct.pack("<HHB3xI", 9, 1, 200, 28),  # ticks of 2^-72 s
    ],
)
def test_blocks_that_make_no_sense_end_the_capture(engine: Engine, broken: bytes) -> None:
    capture = read_capture(io.BytesIO(pcapng(frames()) + broken), engine=engine)
    assert capture.fault is not None
    assert capture.streams[0].packets_received == COUNT


def test_impossible_fragments_are_passed_over(engine: Engine) -> None:
    body = bytes(900)
    made = [
        Route().ip(17, body, number=1, fragment=0x1FFF),  # behind the end of any packet
        Route().ip(17, body, number=2, fragment=100),  # the end without a beginning
        V6.ip(44, b"\x11\0\0\1"),  # cut off
        V6.ip(60, bytes([44, 0, *bytes(6)]) + struct.pack("!BBHI", 17, 0, 1, 9) + body),
    ]
    capture = [(number, framed(each)) for number, each in enumerate(made)]
    capture.append((9, framed(Route().ip(17, body, number=3, fragment=1 << 13))[:200]))  # not all of it captured
    right(read_capture(io.BytesIO(pcap([*capture, *frames()])), engine=engine))


def mutated(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(rng.randrange(1, 30)):
        match rng.randrange(4):
            case 0:
                damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
            case 1:
                at = rng.randrange(len(damaged))
                damaged[at : at + 4] = rng.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", rng.randbytes(4)))
            case 2:
                del damaged[rng.randrange(max(1, len(damaged) // 2), len(damaged)) :]
            case _:
                at = rng.randrange(len(damaged))
                damaged[at:at] = damaged[max(0, at - rng.randrange(200)) : at]
        if not damaged:
            break
    return bytes(damaged)


def seeds() -> list[bytes]:
    udp = struct.pack("!HHHH", 5060, 5060, len(SIP_TEXT) + 8, 0) + SIP_TEXT
    pieces = [(7, framed(each)) for each in [*fragments(Route(), udp), *fragments(V6, udp)]]
    many = [*frames(), *pieces, *frames(route=V6), *frames(tags=(0x8100,))]
    return [pcap(many), pcap(many, order=">"), pcapng(many), pcapng(many, order=">"), gzip.compress(pcap(many))]


def fuzz(rounds: int, seed: int) -> None:
    rng, originals = random.Random(seed), seeds()
    for _ in range(rounds):
        data = mutated(rng.choice(originals), rng)
        told = []
        for each in (best_engine(), PlainEngine()):
            try:
                told.append(str(read_capture(io.BytesIO(data), Heard(), payload=True, engine=each)))
            except CaptureError as error:
                told.append(str(error))
        assert told[0] == told[1]


def test_damaged_captures_raise_nothing_but_our_own_error_and_both_ways_agree() -> None:
    fuzz(150, 1)


@pytest.mark.long
def test_damaged_captures_for_a_long_time() -> None:
    fuzz(100_000, 2)


def test_a_stream_of_packets_that_all_claim_the_end_of_time(engine: Engine) -> None:
    """Times that leap by centuries must not cost a window for each ten seconds of them."""
    packets = [
        Sent(4_000_000_000_000_000_000 * (number % 2), 1000 + number * 2, number * 160) for number in range(2, 200)
    ]
    capture = read_capture(io.BytesIO(pcap([(e.time, framed(Route().udp(e.rtp()))) for e in packets])), engine=engine)
    assert len(capture.streams) <= 1
