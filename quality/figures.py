"""From the counters of streams to their figures, column by column; the last step of both ways through a capture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quality.packet_records import MEDIA, NOTE_WINDOW, STREAM, WINDOW_NS
from quality.payload_formats import Known, kind_of
from quality.stream_figures import BufferFigures, Bursts, Flow, StreamFigures, ToneEvent, Window

Note = tuple[int, int, int, int, int, int]  # a row of `NOTE`
_TAGGED_SHARE = 0.5
_Column = NDArray[Any]


class Counters(NamedTuple):
    """Those fields of `STREAM` that figures are made of, under the same names."""

    first_time: int
    last_time: int
    jitter_sum: float
    jitter_count: int
    jitter_max: float
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
    type_of: Sequence[int]  # of `TYPES`
    count_of: Sequence[int]
    ssrc: int


COUNTERS = np.dtype([(name, STREAM[name]) for name in Counters._fields])


class Closed(NamedTuple):
    """Streams that are over, as trackers hand them out, in the order of their beginnings.

    `rows`: of `COUNTERS`, one for each; `notes`: rows of `NOTE` whose `row` is a stream's place here, those of a
    stream together; `formats` by payload type, in the order of the first packets.
    """

    flows: Sequence[Flow]
    rows: NDArray[np.void]
    notes: NDArray[np.void]
    formats: Sequence[dict[int, Known]]


class Context(NamedTuple):
    """What is known of streams beside their counters, one item for each."""

    earlier_ssrcs: Sequence[int]
    encrypted: Sequence[bool]
    capture_drops: int | None


def figures_of(closed: Closed, context: Context) -> Iterator[StreamFigures]:
    """The figures of each."""
    if not closed.flows:
        return iter(())
    rows, formats = closed.rows, closed.formats
    types = [_main_type(each) for each in formats]
    known = [each[payload_type] for each, payload_type in zip(formats, types, strict=True)]
    clocks = np.array([format_.clock_rate_hz if format_ else 0 for format_, _ in known])
    expected, distinct = rows["highest"] - rows["base"] + 1, rows["received"] - rows["duplicates"]
    encrypted = np.array(context.encrypted) | (rows["tagged"] > _TAGGED_SHARE * distinct)
    clocked = np.array([format_ is not None for format_, _ in known]) & (rows["timed"] > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        paced = (clocks > 0) & (rows["step"] > 0)
        ptime_ms = rows["step"].astype(np.int64) * 1000 / clocks
        span_ms = (rows["last_time"] - rows["first_time"]) / 1e6 / np.maximum(1, expected - 1)
        packet_ms = np.where(paced, ptime_ms, span_ms)
        shown = (rows["analysed"] > 0) & ~encrypted
        columns = (
            closed.flows,
            rows["ssrc"].tolist(),
            types,
            _payload_types(rows),
            [format_ for format_, _ in known],
            [source for _, source in known],
            (rows["first_time"] / 1e9).tolist(),
            (rows["last_time"] / 1e9).tolist(),
            rows["received"].tolist(),
            expected.tolist(),
            (expected - distinct).tolist(),
            (expected - rows["received"]).tolist(),
            rows["duplicates"].tolist(),
            rows["reordered"].tolist(),
            _where(clocked, rows["jitter_sum"] / np.maximum(1, rows["jitter_count"]) / 1e6),
            _where(clocked, rows["jitter_max"] / 1e6),
            (rows["delta_max"] / 1e6).tolist(),
            _where(paced, ptime_ms),
            _histograms(rows),
            *(_buffers(rows[name], expected) for name in ("f1", "f2", "ad")),
            _prose(rows, expected, packet_ms),
            _a2(rows, expected, packet_ms),
            _windows(closed),
            rows["dscp"].tolist(),
            rows["dscp_changes"].tolist(),
            rows["markers"].tolist(),
            rows["dtx"].tolist(),
            _events(closed),
            rows["codec_changes"].tolist(),
            context.earlier_ssrcs,
            encrypted.tolist(),
            _where(shown, rows["silent"] / rows["analysed"]),
            _where(shown, rows["clipped"] / rows["samples"]),
            [context.capture_drops] * len(rows),
        )
    return map(StreamFigures, *columns)


def _where(known: _Column, values: _Column) -> list[float | None]:
    """None where it is not known."""
    return [value if there else None for value, there in zip(values.tolist(), known.tolist(), strict=True)]


def _main_type(formats: dict[int, Known]) -> int:
    for payload_type, (format_, _) in formats.items():
        if format_ is None or kind_of(format_.name) == MEDIA:
            return payload_type
    return next(iter(formats))


def _payload_types(rows: NDArray[np.void]) -> list[tuple[tuple[int, int], ...]]:
    columns = zip(rows["types"].tolist(), rows["type_of"].tolist(), rows["count_of"].tolist(), strict=True)
    return [tuple(zip(types[:count], counts[:count], strict=True)) for count, types, counts in columns]


def _histograms(rows: NDArray[np.void]) -> list[tuple[int, ...]]:
    histograms = rows["histogram"].copy()
    histograms[:, 0] = rows["timed"] - histograms.sum(axis=1)
    return list(map(tuple, histograms.tolist()))


_NOTHING_GONE = BufferFigures(0, 0, None, 1.0)


def _buffers(counted: NDArray[np.void], expected: _Column) -> list[BufferFigures]:
    gone = counted["gone"]
    mean = gone / counted["runs"]
    columns = (gone.tolist(), counted["late"].tolist(), mean.tolist(), (mean * (1 - gone / expected)).tolist())
    return [BufferFigures._make(each) if each[0] else _NOTHING_GONE for each in zip(*columns, strict=True)]


def _bursts(*columns: _Column) -> list[Bursts]:
    return list(map(Bursts._make, zip(*(column.tolist() for column in columns), strict=True)))


def _prose(rows: NDArray[np.void], expected: _Column, packet_ms: _Column) -> list[Bursts]:
    """[RFC 3611 §4.7.2]; a gap lies before and after each burst."""
    bursts, packets, burst_gone = rows["bursts"], rows["burst_packets"], rows["burst_gone"]
    gone, in_gaps = rows["ad"]["gone"] - burst_gone, expected - packets
    return _bursts(
        np.where(bursts > 0, burst_gone / packets, 0.0),
        np.where(in_gaps != 0, gone / in_gaps, 0.0),
        np.where(bursts > 0, packets / bursts * packet_ms, 0.0),
        in_gaps / (bursts + 1) * packet_ms,
        bursts,
    )


def _a2(rows: NDArray[np.void], expected: _Column, packet_ms: _Column) -> list[Bursts]:
    """[RFC 3611 §A.2], its last step; without a finished burst all is one gap."""
    c11, c13, c14, c22, c23, c33 = (rows[name] for name in ("c11", "c13", "c14", "c22", "c23", "c33"))
    in_gap = c11 + c14
    gap_density = np.where(in_gap != 0, c14 / in_gap, 0.0)
    c31, c32 = c13, c23
    total = c11 + c14 + c13 + c22 + c23 + c31 + c32 + c33
    p32 = np.where(c32 != 0, c32 / (c31 + c32 + c33), 0.0)
    p23 = np.where(c22 + c23 != 0, 1 - c22 / (c22 + c23), 1.0)
    gap_ms = (c11 + c14 + c13) * packet_ms / c13
    finished = c13 != 0
    return _bursts(
        np.where(finished & (p23 + p32 != 0), p23 / (p23 + p32), 0.0),
        gap_density,
        np.where(finished, total * packet_ms / c13 - gap_ms, 0.0),
        np.where(finished, gap_ms, expected * packet_ms),
        c13,
    )


def _noted(closed: Closed, chosen: _Column) -> tuple[NDArray[np.void], list[int]]:
    """Those notes, and where each stream's begin and the last one's end."""
    notes = closed.notes[chosen]
    return notes, np.searchsorted(notes["row"], np.arange(len(closed.rows) + 1)).tolist()


def _windows(closed: Closed) -> list[tuple[Window, ...]]:
    notes, edges = _noted(closed, closed.notes["kind"] == NOTE_WINDOW)
    starts = (closed.rows["first_time"][notes["row"]] + notes["a"] * WINDOW_NS) / 1e9
    columns = (starts.tolist(), *(notes[name].tolist() for name in ("b", "c", "d")))
    windows = list(map(Window._make, zip(*columns, strict=True)))
    return [tuple(windows[begin:end]) for begin, end in pairwise(edges)]


def _events(closed: Closed) -> list[tuple[ToneEvent, ...]]:
    notes, edges = _noted(closed, closed.notes["kind"] != NOTE_WINDOW)
    if not len(notes):
        return [()] * len(closed.rows)
    rows = notes.tolist()
    spans = zip(closed.formats, pairwise(edges), strict=True)
    return [_events_of(rows[begin:end], formats) for formats, (begin, end) in spans]


def _events_of(notes: Sequence[Note], formats: dict[int, Known]) -> tuple[ToneEvent, ...]:
    rates = [known[0].clock_rate_hz for known in formats.values() if known[0] and known[0].name == "telephone-event"]
    rate = rates[0] if rates else 8000
    return tuple(
        ToneEvent(begin / 1e9, units * 1000 / rate, ("digit", "flash", "other")[code])
        for _, _, begin, units, code, _ in notes
    )
