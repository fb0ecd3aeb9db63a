"""From the counters of a stream to its figures; the last step of both ways through a capture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from quality.packet_records import MEDIA, NOTE_WINDOW, WINDOW_NS
from quality.payload_formats import Known, kind_of
from quality.stream_figures import BufferFigures, Bursts, Flow, StreamFigures, ToneEvent, Window

Note = tuple[int, int, int, int, int, int]  # a row of `NOTE`
_TAGGED_SHARE = 0.5


class Counters(NamedTuple):
    """Those fields of `STREAM` that figures are made of, under the same names."""

    first_time: int
    last_time: int
    jitter_mean: float
    jitter_max: float
    unit_ns: float
    delta_max: int
    highest: int
    base: int
    received: int
    timed: int
    duplicates: int
    reordered: int
    in_sequence: int
    markers: int
    dtx: int
    codec_changes: int
    dscp: int
    dscp_changes: int
    tagged: int
    step: int
    histogram: Sequence[int]
    f1: tuple[int, int, int, int]
    f2: tuple[int, int, int, int]
    ad: tuple[int, int, int, int]
    bursts: int
    burst_packets: int
    burst_gone: int
    c11: int
    c13: int
    c14: int
    c22: int
    c23: int
    c33: int
    analysed: int
    silent: int
    samples: int
    clipped: int
    types: int
    type_of: Sequence[int]
    count_of: Sequence[int]
    ssrc: int


Closed = tuple[Flow, Counters, Sequence[Note], dict[int, Known]]  # a stream that is over, as trackers hand it out


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of a stream beside its counters. `formats` by payload type, in the order of the first packets."""

    flow: Flow
    formats: dict[int, Known]
    earlier_ssrcs: int
    encrypted: bool
    capture_drops: int | None


def figures_of(row: Counters, notes: Sequence[Note], context: Context) -> StreamFigures:
    expected, distinct = row.highest - row.base + 1, row.received - row.duplicates
    payload_type = _main_type(context.formats)
    format_, source = context.formats[payload_type]
    clocked = format_ is not None and row.timed > 0
    encrypted = context.encrypted or row.tagged > _TAGGED_SHARE * distinct
    ptime_ms = row.step * 1000 / format_.clock_rate_hz if format_ and row.step else None
    packet_ms = ptime_ms or (row.last_time - row.first_time) / 1e6 / max(1, expected - 1)
    shown = row.analysed > 0 and not encrypted
    return StreamFigures(
        flow=context.flow,
        ssrc=row.ssrc,
        payload_type=payload_type,
        payload_types=tuple(zip(row.type_of[: row.types], row.count_of[: row.types], strict=True)),
        format=format_,
        clock_rate_source=source,
        start=row.first_time / 1e9,
        end=row.last_time / 1e9,
        packets_received=row.received,
        packets_expected=expected,
        packets_lost=expected - distinct,
        rfc3550_lost=expected - row.received,
        duplicates=row.duplicates,
        reordered=row.reordered,
        jitter_mean_ms=row.jitter_mean / 1e6 if clocked else None,
        jitter_max_ms=row.jitter_max / 1e6 if clocked else None,
        delta_max_ms=row.delta_max / 1e6,
        ptime_ms=ptime_ms,
        pdv_histogram=(row.timed - sum(row.histogram), *row.histogram[1:]),
        f1=_buffer(row.f1, expected),
        f2=_buffer(row.f2, expected),
        ad=_buffer(row.ad, expected),
        bursts_prose=_prose(row, expected, packet_ms),
        bursts_a2=_a2(row, expected, packet_ms),
        windows=tuple(
            Window((row.first_time + number * WINDOW_NS) / 1e9, due, lost, late)
            for _, kind, number, due, lost, late in notes
            if kind == NOTE_WINDOW
        ),
        dscp=row.dscp,
        dscp_changes=row.dscp_changes,
        markers=row.markers,
        dtx=row.dtx,
        events=_events(notes, context.formats),
        codec_changes=row.codec_changes,
        earlier_ssrcs=context.earlier_ssrcs,
        encrypted=encrypted,
        silence_ratio=row.silent / row.analysed if shown else None,
        clipping_ratio=row.clipped / row.samples if shown else None,
        capture_drops=context.capture_drops,
    )


def _main_type(formats: dict[int, Known]) -> int:
    for payload_type, (format_, _) in formats.items():
        if format_ is None or kind_of(format_.name) == MEDIA:
            return payload_type
    return next(iter(formats))


def _buffer(counted: tuple[int, int, int, int], expected: int) -> BufferFigures:
    gone, late, runs, _ = counted
    if not gone:
        return BufferFigures(0, 0, None, 1.0)
    mean = gone / runs
    return BufferFigures(gone, late, mean, mean * (1 - gone / expected))


def _prose(row: Counters, expected: int, packet_ms: float) -> Bursts:
    """[RFC 3611 §4.7.2]; a gap lies before and after each burst."""
    gone, in_gaps = row.ad[0] - row.burst_gone, expected - row.burst_packets
    return Bursts(
        row.burst_gone / row.burst_packets if row.bursts else 0.0,
        gone / in_gaps if in_gaps else 0.0,
        row.burst_packets / row.bursts * packet_ms if row.bursts else 0.0,
        in_gaps / (row.bursts + 1) * packet_ms,
        row.bursts,
    )


def _a2(row: Counters, expected: int, packet_ms: float) -> Bursts:
    """[RFC 3611 §A.2], its last step; without a finished burst all is one gap."""
    in_gap = row.c11 + row.c14
    gap_density = row.c14 / in_gap if in_gap else 0.0
    if not row.c13:
        return Bursts(0.0, gap_density, 0.0, expected * packet_ms, 0)
    c31, c32 = row.c13, row.c23
    total = row.c11 + row.c14 + row.c13 + row.c22 + row.c23 + c31 + c32 + row.c33
    p32 = c32 / (c31 + c32 + row.c33) if c32 else 0.0
    p23 = 1 - row.c22 / (row.c22 + row.c23) if row.c22 + row.c23 else 1.0
    gap_ms = (row.c11 + row.c14 + row.c13) * packet_ms / row.c13
    return Bursts(
        p23 / (p23 + p32) if p23 + p32 else 0.0, gap_density, total * packet_ms / row.c13 - gap_ms, gap_ms, row.c13
    )


def _events(notes: Sequence[Note], formats: dict[int, Known]) -> tuple[ToneEvent, ...]:
    rates = [known[0].clock_rate_hz for known in formats.values() if known[0] and known[0].name == "telephone-event"]
    rate = rates[0] if rates else 8000
    return tuple(
        ToneEvent(begin / 1e9, units * 1000 / rate, ("digit", "flash", "other")[code])
        for _, kind, begin, units, code, _ in notes
        if kind != NOTE_WINDOW
    )
