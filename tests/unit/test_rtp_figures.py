"""Figures of streams whose truth is known, because they were made here; the plain way."""

from __future__ import annotations

import io
import random
from dataclasses import replace

import pytest

from quality.jitter_buffer import Buffers
from quality.plain_engine import PlainEngine
from quality.read_capture import read_capture
from quality.stream_figures import Bursts, Flow, PayloadFormat, StreamFigures, Window
from tests.rtp_story import EPOCH_NS, PTIME_NS, UNITS, Pcap, Route, Sent, delayed, events, gilbert, steady, without

MS = 1_000_000


def streams(packets: list[Sent]) -> tuple[StreamFigures, ...]:
    return read_capture(io.BytesIO(Pcap().stream(packets).data), engine=PlainEngine()).streams


def only(packets: list[Sent]) -> StreamFigures:
    (stream,) = streams(packets)
    return stream


def test_a_clean_stream() -> None:
    stream = only(steady(1000))
    assert stream.flow == Flow("10.0.0.1", 10_000, "10.0.0.2", 20_000)
    assert (stream.ssrc, stream.payload_type, stream.payload_types) == (0x1234, 8, ((8, 1000),))
    assert (stream.format, stream.clock_rate_source) == (PayloadFormat("pcma", 8000), "static")
    assert (stream.packets_received, stream.packets_expected, stream.packets_lost, stream.rfc3550_lost) == (
        1000,
        1000,
        0,
        0,
    )
    assert (stream.jitter_mean_ms, stream.jitter_max_ms, stream.delta_max_ms, stream.ptime_ms) == (0, 0, 20, 20)
    assert stream.pdv_histogram == (1000, 0, 0, 0, 0, 0, 0, 0)
    assert (stream.f1.lost_or_late, stream.ad.burst_ratio, stream.ad.mean_burst_length) == (0, 1.0, None)
    assert (stream.dscp, stream.dscp_changes, stream.encrypted) == (46, 0, False)
    assert stream.end - stream.start == pytest.approx(19.98)
    assert [(each.expected, each.lost, each.late) for each in stream.windows] == [(500, 0, 0), (500, 0, 0)]


@pytest.mark.parametrize("seed", range(5))
def test_losses_of_a_gilbert_model_are_counted_exactly(seed: int) -> None:
    lost = gilbert(2000, 0.03, 0.4, random.Random(seed))
    runs = sum(number - 1 not in set(lost) for number in lost)
    stream = only(without(steady(2000, first=64_000), lost))
    assert (stream.packets_expected, stream.packets_lost, stream.rfc3550_lost) == (2000, len(lost), len(lost))
    for buffer in (stream.f1, stream.f2, stream.ad):
        assert (buffer.lost_or_late, buffer.late) == (len(lost), 0)
        assert buffer.mean_burst_length == pytest.approx(len(lost) / runs)
        assert buffer.burst_ratio == pytest.approx(len(lost) / runs * (1 - len(lost) / 2000))
    assert sum(each.lost for each in stream.windows) == len(lost)
    assert sum(each.expected for each in stream.windows) == 2000
    assert stream.jitter_max_ms == 0


def test_the_example_of_rfc_3611_by_prose_and_by_the_counters_of_its_appendix() -> None:
    """X is late, 0 is lost: loss 12 and discard 12 of 256; 10 ms a packet."""
    fate = "11110111111111111111111X111X1011110111111111111111111X1111111111"
    late = {
        23: 70 * MS,
        27: 90 * MS,
        53: 110 * MS,
    }  # each later than the adaptive buffer has learnt from the one before
    assert set(late) == {number for number, each in enumerate(fate) if each == "X"}
    packets = [
        Sent(EPOCH_NS + number * 10 * MS + late.get(number, 0), 1000 + number, number * 80)
        for number, each in enumerate(fate)
        if each != "0"
    ]
    stream = only(sorted(packets, key=lambda each: each.time))
    assert stream.packets_lost * 256 // 64 == stream.ad.late * 256 // 64 == 12
    assert stream.ad.lost_or_late == stream.f1.lost_or_late == 6
    prose, a2 = stream.bursts_prose, stream.bursts_a2
    assert (prose.burst_duration_ms, prose.burst_count) == (120, 1)
    assert (int(prose.burst_density * 256), int(prose.gap_density * 256)) == (85, 9)
    assert a2.burst_duration_ms == pytest.approx(170)
    assert a2.gap_duration_ms == pytest.approx(380)
    assert round(a2.burst_density, 3) == 0.294


def test_without_losses_all_is_one_gap() -> None:
    stream = only(steady(100))
    assert stream.bursts_prose == stream.bursts_a2 == Bursts(0.0, 0.0, 0.0, 2000.0, 0)


def test_a_duplicate_is_neither_lost_nor_late_nor_jitter() -> None:
    packets = steady(200)
    doubled = sorted(
        [*packets, *(replace(each, time=each.time + 5 * MS) for each in packets[50:60])], key=lambda p: p.time
    )
    stream = only(doubled)
    assert (stream.packets_received, stream.duplicates, stream.reordered) == (210, 10, 0)
    assert (stream.packets_lost, stream.rfc3550_lost, stream.ad.lost_or_late) == (0, -10, 0)
    assert stream.jitter_max_ms == 0


def test_a_reordered_packet_is_not_lost_and_late_only_where_a_buffer_has_no_time_for_it() -> None:
    delays = [0] * 300
    delays[100], delays[200] = 30 * MS, 120 * MS
    stream = only(delayed(steady(300), delays))
    assert (stream.reordered, stream.packets_lost, stream.duplicates) == (2, 0, 0)
    assert (stream.f1.late, stream.f2.late, stream.ad.late) == (1, 0, 1)
    assert stream.pdv_histogram == (299, 0, 0, 0, 1, 0, 0, 0)


def test_the_first_packet_overtaken_is_the_beginning_of_the_stream() -> None:
    packets = steady(100)
    stream = only(delayed(packets, [50 * MS, *[0] * 99]))
    assert (stream.packets_expected, stream.packets_received, stream.packets_lost) == (100, 100, 0)
    assert stream.reordered == 1


def test_jitter_is_that_of_the_definition() -> None:
    rng = random.Random(3)
    delays = [rng.randrange(0, 15 * MS) for _ in range(500)]
    stream = only(delayed(steady(500), delays))
    jitter, seen = 0.0, []
    for number in range(1, 500):
        jitter += (abs(delays[number] - delays[number - 1]) - jitter) / 16
        seen.append(jitter)
    assert stream.reordered == 0
    assert stream.jitter_max_ms == pytest.approx(max(seen) / MS)
    assert stream.jitter_mean_ms == pytest.approx(sum(seen) / len(seen) / MS)


def test_late_packets_fall_into_their_bins_and_buffers() -> None:
    delays = [0] * 4000
    for number, delay in enumerate((50, 70, 89, 130, 160, 220, 400)):
        delays[500 + number * 400] = delay * MS
    stream = only(delayed(steady(4000), delays))
    assert stream.pdv_histogram == (3993, 1, 2, 0, 1, 1, 1, 1)
    assert (stream.f1.late, stream.f2.late) == (6, 2)
    assert sum(each.late for each in stream.windows) == stream.ad.late


@pytest.mark.parametrize("seed", range(3))
def test_late_packets_are_those_of_the_models(seed: int) -> None:
    rng = random.Random(seed)
    delays = [round(rng.expovariate(1 / 25) * MS) for _ in range(4000)]
    arrived = sorted((number * PTIME_NS + delay, delay) for number, delay in enumerate(delays))
    buffers = Buffers()
    verdicts = [buffers.take((time - arrived[0][0]) / 1e9, delay / 1e6) for time, delay in arrived]
    stream = only(delayed(steady(4000), delays))
    assert stream.f1.late == sum(each.late_f1 for each in verdicts) > 0
    assert stream.f2.late == sum(each.late_f2 for each in verdicts)
    assert stream.ad.late == sum(each.late_ad for each in verdicts) > 0


def test_numbers_and_timestamps_wrap() -> None:
    stream = only(steady(3000, first=64_500, timestamp=2**32 - 100_000))
    assert (stream.packets_expected, stream.packets_lost, stream.jitter_max_ms, stream.dtx) == (3000, 0, 0, 0)


def test_clocks_that_drift_make_no_delay() -> None:
    drift = [number * PTIME_NS // 10_000 for number in range(15_000)]  # 100 ppm over five minutes: 30 ms
    stream = only(delayed(steady(15_000), drift))
    assert stream.pdv_histogram[0] == 15_000
    assert stream.ad.late == 0
    assert stream.jitter_max_ms == pytest.approx(0.002, abs=1e-6)


def test_silence_is_no_loss() -> None:
    talk = steady(500)
    pause = [
        replace(each, time=each.time + 3000 * MS, timestamp=each.timestamp + 150 * UNITS, marker=number == 0)
        for number, each in enumerate(talk[250:])
    ]
    stream = only([*talk[:250], *pause])
    assert (stream.dtx, stream.markers, stream.packets_lost, stream.jitter_max_ms) == (1, 1, 0, 0)
    assert stream.delta_max_ms == 20


def test_telephone_events_stay_out_of_the_jitter_and_their_digits_out_of_everything() -> None:
    before, at = steady(100), EPOCH_NS + 100 * PTIME_NS
    digit = list(events(1100, 5000 + 100 * UNITS, at))
    after = [Sent(at + (8 + number) * PTIME_NS, 1110 + number, 5000 + (108 + number) * UNITS) for number in range(100)]
    stream = only([*before, *digit, *after])
    assert stream.payload_types == ((8, 200), (101, 10))
    assert stream.jitter_max_ms == 0
    (event,) = stream.events
    assert event.start == pytest.approx(at / 1e9)
    assert (event.duration_ms, event.kind) == (160.0, "digit")
    assert (stream.packets_lost, stream.dtx, stream.codec_changes) == (0, 0, 0)


def test_another_ssrc_is_another_stream() -> None:
    second = [replace(each, time=each.time + 100 * PTIME_NS, ssrc=0x99) for each in steady(50, first=7)]
    one, two = streams([*steady(100), *second])
    assert (one.ssrc, one.packets_received, one.earlier_ssrcs) == (0x1234, 100, 0)
    assert (two.ssrc, two.packets_received, two.earlier_ssrcs) == (0x99, 50, 1)


def test_a_sender_that_begins_anew_is_followed_and_loses_nothing() -> None:
    anew = [replace(each, time=each.time + 100 * PTIME_NS) for each in steady(100, first=40_000, timestamp=77)]
    stream = only([*steady(100), *anew])
    assert (stream.packets_expected, stream.packets_received, stream.packets_lost) == (200, 200, 0)
    assert stream.jitter_max_ms == 0


def test_a_single_packet_from_far_off_counts_for_nothing() -> None:
    packets = steady(100)
    stream = only([*packets[:50], replace(packets[50], sequence=30_000), *packets[50:]])
    assert (stream.packets_received, stream.packets_lost) == (100, 0)


def test_a_change_of_codec_is_counted_and_its_clock_taken() -> None:
    other = [replace(each, payload_type=18, payload=bytes(20)) for each in steady(200)[100:]]
    stream = only([*steady(100), *other])
    assert (stream.codec_changes, stream.payload_types, stream.jitter_max_ms) == (1, ((8, 100), (18, 100)), 0)


def test_an_outage_is_spread_over_the_windows_it_took() -> None:
    stream = only(without(steady(2000), range(500, 1500)))
    start = EPOCH_NS / 1e9
    assert stream.windows == tuple(
        Window(pytest.approx(start + number * 10), 500, lost, 0)  # type: ignore[arg-type]
        for number, lost in enumerate((0, 500, 500, 0))
    )


def test_after_fax_has_taken_over_the_stream_has_ended() -> None:
    """UDPTL on the same ports is no RTP [T.38]."""
    capture = Pcap().stream(steady(100))
    for number in range(100):
        udptl = (0x8000 + number).to_bytes(2, "big") + bytes([1, 0, 0, number % 7]) + bytes(20)
        capture.add(EPOCH_NS + (100 + number) * PTIME_NS, bytes(12) + b"\x08\x00" + Route().udp(udptl))
    (stream,) = read_capture(io.BytesIO(capture.data), engine=PlainEngine()).streams
    assert (stream.packets_received, stream.packets_lost) == (100, 0)


def test_an_authentication_tag_behind_g711_tells_of_encryption() -> None:
    stream = only([replace(each, payload=bytes(170)) for each in steady(50)])
    assert stream.encrypted


def test_samples_of_g711_are_looked_at_when_asked_for() -> None:
    silence, loud = b"\xd5" * 160, b"\xaa\x2a" * 80
    packets = [replace(each, payload=loud if number % 4 == 0 else silence) for number, each in enumerate(steady(100))]
    capture = io.BytesIO(Pcap().stream(packets).data)
    (stream,) = read_capture(capture, payload=True, engine=PlainEngine()).streams
    # Samples are looked at from the packet on that made it a stream.
    assert stream.silence_ratio == pytest.approx(0.75, abs=0.01)
    assert stream.clipping_ratio == pytest.approx(0.25, abs=0.01)
    assert only(packets).silence_ratio is None
