"""The compiled way through a capture against the plain one, on random packets: equal to the last bit."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quality import compiled, engines, rtcp_table
from quality.engines import Engine, best_engine
from quality.fast_tracker import FastTracker
from quality.packet_records import HELD
from quality.plain_engine import PlainEngine, PlainTracker
from quality.read_capture import read_capture
from quality.rtcp import Goodbye, ReceiverReport, ReportBlock, RtcpPacket, SenderReport, serialise_compound
from quality.rtcp_xr import ExtendedReport, VoipMetrics
from quality.sip_calls import SipCalls
from quality.stream_figures import Capture, Flow, MediaMap, PayloadFormat
from tests.rtp_story import EPOCH_NS, PTIME_NS, Pcap, Route, Sent, framed, steady

MS = 1_000_000


class Sdp:
    """Opus and events by SDP for one destination, whose streams are encrypted."""

    def signalling(self, datagram: object) -> None:
        return

    def payload_format(self, flow: Flow, payload_type: int) -> PayloadFormat | None:
        known = {96: PayloadFormat("OPUS", 48_000), 101: PayloadFormat("telephone-event", 8000)}
        return known.get(payload_type) if flow.dport == 20_000 else None

    def announced(self, flow: Flow) -> bool:
        return flow.dport == 20_000

    def encrypted(self, flow: Flow) -> bool:
        return flow.dport == 20_000


steps = st.tuples(
    st.sampled_from((1,) * 12 + (0, 2, 3, 17, 40, 130, 200, 3000, 40_000, -1, -2, -5, -60, -99, -100, -101, -130)),
    st.sampled_from((20,) * 8 + (0, 1, 5, 60, 90, 130, 240, 900, 4000, 12_000, 30_000, 200_000, -5)),
    st.sampled_from((160,) * 8 + (0, 320, 1600, 48_000, -160, 2**31, 123_456_789)),
    st.sampled_from((8,) * 8 + (0, 13, 18, 96, 101, 111)),
    st.booleans(),
    st.sampled_from((160,) * 4 + (4, 170, 0, 20)),
    st.integers(0, 2),
)
calls = st.lists(steps, min_size=2, max_size=250)
ROUTES = (Route(), Route(sport=10_002, dport=20_002, dscp=0), Route("2001:db8::1", "2001:db8::2"))


def capture(call: list[tuple[int, int, int, int, bool, int, int]]) -> bytes:
    time, sequence, timestamp = EPOCH_NS, [10, 65_500, 1], [0, 2**32 - 5000, 7]
    file = Pcap()
    for ahead, passed, units, payload_type, marker, size, route in call:
        time += passed * MS + 12_345
        sequence[route] += ahead
        timestamp[route] += units
        payload = bytes([sequence[route] & 0xFF, *range(7)] * 25)[:size]
        packet = Sent(time, sequence[route], timestamp[route], 7 + route, payload_type, marker and units > 160, payload)
        file.add(time, framed(ROUTES[route].udp(packet.rtp())))
    return bytes(file.data)


def both(data: bytes, media: MediaMap | None = None) -> tuple[Capture, Capture]:
    fast, plain = (
        read_capture(io.BytesIO(data), media, payload=True, engine=each) for each in (best_engine(), PlainEngine())
    )
    return fast, plain


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(call=calls, sdp=st.booleans())
def test_both_ways_tell_the_same_of_random_packets(
    call: list[tuple[int, int, int, int, bool, int, int]],
    sdp: bool,  # noqa: FBT001
) -> None:
    assert best_engine().name == "compiled"
    fast, plain = both(capture(call), Sdp() if sdp else None)
    assert fast == plain


@pytest.mark.long
@settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
@given(call=calls, sdp=st.booleans())
def test_both_ways_tell_the_same_of_many_random_packets(
    call: list[tuple[int, int, int, int, bool, int, int]],
    sdp: bool,  # noqa: FBT001
) -> None:
    fast, plain = both(capture(call), Sdp() if sdp else None)
    assert fast == plain


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(frames=st.lists(st.binary(max_size=90), max_size=40), link=st.sampled_from((0, 1, 101, 113, 276)))
def test_both_ways_tell_the_same_of_random_bytes(frames: list[bytes], link: int) -> None:
    file = Pcap(link=link)
    for number, frame in enumerate(frames):
        file.add(EPOCH_NS + number, frame)
        file.add(EPOCH_NS + number, framed(Route().udp(b"\x80" + frame), link))
    fast, plain = both(bytes(file.data))
    assert fast == plain


ssrcs, small = st.integers(1, 3), st.integers(0, 2)
blocks = st.builds(
    ReportBlock,
    ssrcs,
    st.integers(0, 255),
    st.integers(-5, 2**23 - 1),
    small,
    small,
    st.sampled_from((0, 1 << 16)),
    small,
)
metrics = st.builds(lambda ssrc: ExtendedReport(9, (VoipMetrics(ssrc, *range(21)),)), ssrcs)
reports = st.one_of(
    st.builds(SenderReport, ssrcs, st.sampled_from((1 << 32, 2 << 32)), small, small, small, st.tuples(blocks)),
    st.builds(ReceiverReport, ssrcs, st.lists(blocks, max_size=3).map(tuple)),
    st.builds(Goodbye, st.tuples(ssrcs)),
    metrics,
)
datagrams = st.tuples(
    st.lists(reports, min_size=1, max_size=3),
    st.sampled_from((*ROUTES, Route(src="10.0.0.2", dst="10.0.0.1", sport=20_001, dport=10_001))),
    st.sampled_from((None,) * 6 + (4, 20, 30, 41, 70)),  # cut there
    st.integers(0, 400),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(told=st.lists(datagrams, max_size=40))
def test_both_ways_hear_the_same_of_random_rtcp(
    told: list[tuple[list[SenderReport | ReceiverReport], Route, int | None, int]],
) -> None:
    file, time = Pcap(), EPOCH_NS
    for bodies, route, cut, passed in told:
        time += passed * MS
        data = serialise_compound([RtcpPacket(body) for body in bodies])[:cut]
        file.add(time, framed(route.udp(data.ljust(12, b"\0"))))
    heard = []
    for engine in (best_engine(), PlainEngine()):
        calls = SipCalls()
        read_capture(io.BytesIO(file.data), calls, engine=engine)
        heard.append((calls.rtcp, calls.faults))
    flows = [Flow("10.0.0.1", 10_000 + by, "10.0.0.2", 20_000 + by) for by in (0, 2)]
    for ssrc in range(1, 4):
        for flow in flows:
            assert heard[0][0].told(flow, ssrc) == heard[1][0].told(flow, ssrc)
            assert heard[0][0].sender(flow, ssrc) == heard[1][0].sender(flow, ssrc)
    assert heard[0] == heard[1]


def test_reports_of_more_sources_than_there_is_room_for_forget_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtcp_table, "MOST_SOURCES", 400)
    file = Pcap()
    for ssrc in range(1, 1001):
        block = ReportBlock(ssrc, 0, 0, 1, 1, 0, 0)
        bodies = (SenderReport(ssrc, 1, 1, 1, 1, (block,)), ExtendedReport(9, (VoipMetrics(ssrc, *range(21)),)))
        data = serialise_compound([RtcpPacket(body) for body in bodies])
        file.add(EPOCH_NS + ssrc, framed(Route().udp(data)))
    calls = SipCalls()
    read_capture(io.BytesIO(file.data), calls)
    there, back = Flow("10.0.0.1", 10_000, "10.0.0.2", 20_000), Flow("10.0.0.2", 20_000, "10.0.0.1", 10_000)
    latest, oldest = calls.rtcp.told(back, 1000), calls.rtcp.told(back, 1)
    assert latest is not None
    assert (latest.reports, latest.voip) == (1, VoipMetrics(1000, *range(21)))
    assert oldest is None
    assert calls.rtcp.sender(there, 1000) is not None
    assert calls.rtcp.sender(there, 1) is None
    assert (calls.rtcp.datagrams, calls.faults) == (1000, 0)


@pytest.mark.parametrize("tracker", [FastTracker, PlainTracker])
def test_more_streams_than_there_is_room_for_are_closed_when_they_fall_silent(
    tracker: type[FastTracker | PlainTracker],
) -> None:
    class Small:
        name = "small"

        def __getattr__(self, name: str) -> object:
            return getattr(best_engine() if tracker is FastTracker else PlainEngine(), name)

        def tracker(self, media: MediaMap | None) -> FastTracker | PlainTracker:
            return tracker(media, most_streams=256)

    file = Pcap()
    for number in range(600):
        moved = [replace(each, time=each.time + number * 200 * MS, ssrc=number) for each in steady(10)]
        file.stream(moved, Route(sport=10_000 + number * 2))
    small: Engine = Small()  # type: ignore[assignment]
    found = read_capture(io.BytesIO(file.data), engine=small)
    assert len(found.streams) == 600
    assert all((each.packets_received, each.packets_lost) == (10, 0) for each in found.streams)
    assert [each.start for each in found.streams] == sorted(each.start for each in found.streams)


def test_what_is_noted_of_a_stream_stays_its_own_when_others_are_closed() -> None:
    """Fifty long streams go on while hundreds of short ones come and go; windows and events belong to whom they did."""
    tracker_of = FastTracker

    class Small:
        def __getattr__(self, name: str) -> object:
            return getattr(best_engine(), name)

        def tracker(self, media: MediaMap | None) -> FastTracker:
            return tracker_of(media, most_streams=256)

    sent: list[tuple[Sent, Route]] = []
    for number in range(50):
        talk = [
            Sent(
                EPOCH_NS + second * 1000 * MS + number,
                second,
                second * 8000,
                number,
                101 if second == 12 else 8,
                payload=bytes(4),
            )
            for second in range(35)
        ]
        sent += [(each, Route(sport=30_000 + number)) for each in talk]
    for number in range(900):
        begin = (number * 35 // 900) * 1000 * MS + number
        sent += [
            (replace(each, time=each.time + begin, ssrc=1000 + number), Route(sport=10_000 + number))
            for each in steady(4)
        ]
    file = Pcap()
    for packet, route in sorted(sent, key=lambda each: each[0].time):
        file.add(packet.time, framed(route.udp(packet.rtp())))
    small: Engine = Small()  # type: ignore[assignment]
    found = read_capture(io.BytesIO(file.data), engine=small).streams
    long = [each for each in found if each.ssrc < 1000]
    assert len(found) == 950
    assert [len(each.windows) for each in long] == [4] * 50
    assert all(sum(part.expected for part in each.windows) == each.packets_expected for each in found)
    assert all(len(each.events) == (each.ssrc < 1000) for each in found)


def test_many_streams_of_unknown_clocks_at_once() -> None:
    file = Pcap()
    for step in range(40):
        for number in range(60):
            packet = Sent(EPOCH_NS + step * PTIME_NS + number, step, step * 320, number, 110)
            file.add(packet.time, framed(Route(sport=10_000 + number).udp(packet.rtp())))
    fast, plain = both(bytes(file.data))
    assert fast == plain
    assert [each.format for each in fast.streams] == [PayloadFormat("type-110", 16_000)] * 60


def test_single_packets_that_sdp_announced_are_streams_whatever_their_number_and_type() -> None:
    file = Pcap()
    for number in range(700):
        packet = Sent(EPOCH_NS + number * MS, 5, 5, number, (8, 96, 111)[number % 3])
        file.add(packet.time, framed(Route(sport=10_000 + number).udp(packet.rtp())))
    fast, plain = both(bytes(file.data), Sdp())
    assert fast == plain
    assert len(fast.streams) == 700


def test_streams_that_begin_at_once_are_counted_once_though_their_first_packets_share_places() -> None:
    class Seeded:
        """With a secret of its own the same flows share places in every run."""

        def __getattr__(self, name: str) -> object:
            return getattr(best_engine(), name)

        def tracker(self, media: MediaMap | None) -> FastTracker:
            made = FastTracker(media)
            made.secret = 1
            return made

    file = Pcap()
    for step in range(3):
        for number in range(1500):
            packet = Sent(EPOCH_NS + step * PTIME_NS + number, step, step * 160, number)
            file.add(packet.time, framed(Route(sport=10_000 + number).udp(packet.rtp())))
    seeded: Engine = Seeded()  # type: ignore[assignment]
    fast, plain = (read_capture(io.BytesIO(file.data), Sdp(), engine=each) for each in (seeded, PlainEngine()))
    assert len(fast.streams) == 1500
    assert fast == plain


def test_a_clock_that_nobody_tells_is_estimated_from_the_first_packets() -> None:
    packets = [replace(each, payload_type=97, timestamp=number * 320) for number, each in enumerate(steady(HELD * 2))]
    for each in both(bytes(Pcap().stream(packets).data)):
        (stream,) = each.streams
        assert (stream.format, stream.clock_rate_source) == (PayloadFormat("type-97", 16_000), "estimated")
        assert (stream.packets_received, stream.jitter_max_ms, stream.ptime_ms) == (HELD * 2, 0, 20)


def test_a_clock_like_none_stays_unknown() -> None:
    packets = [replace(each, payload_type=97, timestamp=number * 5) for number, each in enumerate(steady(20))]
    for each in both(bytes(Pcap().stream(packets).data)):
        (stream,) = each.streams
        assert (stream.format, stream.clock_rate_source, stream.jitter_max_ms) == (None, "unknown", None)


def test_what_sdp_tells_comes_first() -> None:
    packets = [replace(each, payload_type=96, timestamp=number * 960) for number, each in enumerate(steady(20))]
    for each in both(bytes(Pcap().stream(packets).data), Sdp()):
        (stream,) = each.streams
        assert (stream.format, stream.clock_rate_source) == (PayloadFormat("opus", 48_000), "sdp")
        assert (stream.encrypted, stream.ptime_ms) == (True, 20)


@pytest.mark.parametrize("told", [PayloadFormat("PCMA", 48_000), PayloadFormat("telephone-event", 8000)])
def test_an_sdp_that_contradicts_a_static_type_is_not_believed(told: PayloadFormat) -> None:
    class Wrong(Sdp):
        def payload_format(self, flow: Flow, payload_type: int) -> PayloadFormat | None:
            return told

    fast, plain = both(bytes(Pcap().stream(steady(20)).data), Wrong())
    assert fast == plain
    assert (fast.streams[0].format, fast.streams[0].clock_rate_source) == (PayloadFormat("pcma", 8000), "static")


ENGINE = "import quality.engines as e; print(e.best_engine().name)"


def in_a_process(code: str, **environment: str) -> str:
    """What it prints; a warning is printed, too. Machine code is loaded once in a process."""
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
    )
    return done.stdout + done.stderr


def test_without_numba_captures_are_read_all_the_same_and_it_says_so_once(tmp_path: Path) -> None:
    code = f"import sys; sys.modules['numba'] = None; {ENGINE}; {ENGINE}"
    told = in_a_process(code, HOTLINE_DATA=str(tmp_path))
    assert told.startswith("plain\nplain\n")
    assert told.count("captures are read slowly: Numba is not installed") == 1


def test_what_was_compiled_is_loaded_without_numba() -> None:
    best_engine()
    code = f"import sys; sys.modules['numba'] = None; {ENGINE}"
    assert in_a_process(code) == "compiled\n"


def test_what_breaks_in_the_cache_is_made_anew_and_else_the_plain_way_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path))
    folder = compiled.cache_folder()
    folder.mkdir(parents=True)
    good, tries = best_engine(), iter([EOFError("truncated"), None, EOFError("truncated"), EOFError("again")])

    def load() -> Engine:
        if error := next(tries):
            raise error
        return good

    monkeypatch.setattr(engines, "_compiled", load)
    assert engines.best_engine.__wrapped__() is good
    assert not folder.exists()
    with pytest.warns(RuntimeWarning, match="Numba does not work here \\(EOFError\\)"):
        assert engines.best_engine.__wrapped__().name == "plain"


def test_the_cache_follows_the_data_folder_and_the_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path))
    assert compiled.cache_folder().parent == tmp_path / "cache"
    monkeypatch.delenv("HOTLINE_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "c"))
    assert compiled.cache_folder().parent == tmp_path / "c" / "hotline"


@pytest.mark.long
def test_a_truncated_cache_and_one_that_cannot_be_written(tmp_path: Path) -> None:
    assert in_a_process(ENGINE, HOTLINE_DATA=str(tmp_path)) == "compiled\n"
    (kept,) = tmp_path.rglob("*.o")
    whole = kept.read_bytes()
    kept.write_bytes(whole[:5000])
    assert in_a_process(ENGINE, HOTLINE_DATA=str(tmp_path)) == "compiled\n"
    assert len(kept.read_bytes()) == len(whole)
    assert in_a_process(ENGINE, HOTLINE_DATA="/proc/nowhere", HOME="/proc/nowhere") == "compiled\n"
