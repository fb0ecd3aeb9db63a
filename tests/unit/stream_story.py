"""Figures of a stream as a test needs them: one of G.711 that went well, and what is to be different."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from quality.stream_figures import BufferFigures, Bursts, Flow, PayloadFormat, StreamFigures, Window

PCMA = PayloadFormat("pcma", 8000)
FORTH = Flow("10.0.0.1", 4000, "10.0.0.2", 6000)
BACK = Flow("10.0.0.2", 6000, "10.0.0.1", 4000)
_WELL = BufferFigures(0, 0, None, 1.0)
_NO_BURSTS = Bursts(0.0, 0.0, 0.0, 30_000.0, 0)


def windows(start: float, *shares: float, late: float = 0.0) -> tuple[Window, ...]:
    """Of 500 packets each; of the last share, as many as are lost."""
    return tuple(Window(start + 10 * at, 500, round(500 * share), round(500 * late)) for at, share in enumerate(shares))


def stream(flow: Flow = FORTH, start: float = 100.0, seconds: float = 30.0, **other: Any) -> StreamFigures:
    """One packet each 20 ms, all of them in time, but for what is told otherwise."""
    packets = round(seconds * 50)
    figures = StreamFigures(
        flow=flow,
        ssrc=0xDEADBEEF if flow == FORTH else 0xCAFE,
        payload_type=8,
        payload_types=((8, packets),),
        format=PCMA,
        clock_rate_source="sdp",
        start=start,
        end=start + seconds,
        packets_received=packets,
        packets_expected=packets,
        packets_lost=0,
        rfc3550_lost=0,
        duplicates=0,
        reordered=0,
        jitter_mean_ms=1.0,
        jitter_max_ms=3.0,
        delta_max_ms=25.0,
        ptime_ms=20.0,
        pdv_histogram=(packets, 0, 0, 0, 0, 0, 0, 0),
        f1=_WELL,
        f2=_WELL,
        ad=_WELL,
        bursts_prose=_NO_BURSTS,
        bursts_a2=_NO_BURSTS,
        windows=windows(start, *[0.0] * round(seconds / 10)),
        dscp=0,
        dscp_changes=0,
        markers=1,
        dtx=0,
        events=(),
        codec_changes=0,
        earlier_ssrcs=0,
        encrypted=False,
        silence_ratio=None,
        clipping_ratio=None,
        capture_drops=None,
    )
    return replace(figures, **other)


def lossy(share: float, *, late: float = 0.0, burst_ratio: float = 1.0, **other: Any) -> StreamFigures:
    """So much of 1500 packets lost, and so much late for every buffer."""
    lost, too_late = round(1500 * share), round(1500 * late)
    buffer = BufferFigures(lost + too_late, too_late, burst_ratio / (1 - share - late), burst_ratio)
    return stream(
        **{
            "packets_lost": lost,
            "rfc3550_lost": lost,
            "packets_received": 1500 - lost,
            "f1": buffer,
            "f2": buffer,
            "ad": buffer,
            **other,
        }
    )
