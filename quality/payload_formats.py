"""Clock rates of payload types: static ones of RFC 3551, and what can be told of a dynamic one without SDP."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quality.packet_records import COMFORT_NOISE, EVENT, MEDIA
from quality.sdp import STATIC_TYPES
from quality.stream_figures import Flow, MediaMap, PayloadFormat, RateSource

STATIC: dict[int, PayloadFormat] = {number: PayloadFormat(*encoding) for number, encoding in STATIC_TYPES.items()}
# The same as tables for compiled code; a unit of 0 ns stands for a type that is not static.
STATIC_UNIT_NS = np.array([1e9 / STATIC[each].clock_rate_hz if each in STATIC else 0.0 for each in range(128)])
STATIC_KIND = np.array([COMFORT_NOISE if each in (13, 19) else MEDIA for each in range(128)])
G711 = ("pcmu", "pcma")
RATES_HZ = (8000, 16000, 32000, 44100, 48000, 90000)
TOLERANCE = 0.2  # of an estimate
_TELEPHONE_EVENT = PayloadFormat("telephone-event", 8000)
EVENT_BYTES = 4  # [RFC 4733 §2.3]

Known = tuple[PayloadFormat | None, RateSource]


def kind_of(name: str) -> int:
    """What packets of that encoding are to the statistics."""
    if name == "telephone-event":
        return EVENT
    return COMFORT_NOISE if name == "cn" else MEDIA


def known_format(media: MediaMap | None, flow: Flow, payload_type: int) -> Known | None:
    """By SDP, else by RFC 3551; None: neither speaks of it.

    What a static type is to the statistics stands in RFC 3551: an SDP that contradicts it is not believed.
    """
    static = STATIC.get(payload_type)
    if media and (told := media.payload_format(flow, payload_type)):
        named = PayloadFormat(told.name.lower(), told.clock_rate_hz)
        if static is None or _alike(named, static):
            return named, "sdp"
    return (static, "static") if static else None


def _alike(one: PayloadFormat, other: PayloadFormat) -> bool:
    """To the statistics."""
    same_clock = one.clock_rate_hz == other.clock_rate_hz
    return same_clock and kind_of(one.name) == kind_of(other.name) and (one.name in G711) == (other.name in G711)


def guessed_formats(packets: NDArray[np.void], unknown: Sequence[int]) -> dict[int, Known]:
    """What the first packets of a stream tell about dynamic payload types of it, by type.

    Four bytes of payload in each packet are telephone events. For the others there is one clock, of the rate that
    timestamps had over arrival times, if a usual one is near.
    """
    events = {
        each for each in unknown if each >= 96 and np.all(packets["length"][packets["type"] == each] == EVENT_BYTES)
    }
    media = packets[~np.isin(packets["type"], [*events, 13, 19])]
    rate = _rate_hz(media)
    return {
        each: (_TELEPHONE_EVENT, "estimated")
        if each in events
        else (PayloadFormat(f"type-{each}", rate), "estimated")
        if rate
        else (None, "unknown")
        for each in unknown
    }


def _rate_hz(packets: NDArray[np.void]) -> int | None:
    """The usual clock rate near that of these packets."""
    sequence, timestamp = packets["sequence"].astype(np.int64), packets["timestamp"].astype(np.int64)
    ahead = (sequence[1:] - sequence[:-1]) & 0xFFFF
    units = (timestamp[1:] - timestamp[:-1]) & 0xFFFFFFFF
    passed_s = np.diff(packets["time"]) / 1e9
    good = (ahead == 1) & (units < 0x7FFFFFFF)
    if not good.any() or passed_s[good].sum() <= 0:
        return None
    measured = units[good].sum() / passed_s[good].sum()
    nearest = min(RATES_HZ, key=lambda rate: abs(rate - measured) / rate)
    return nearest if abs(nearest - measured) <= TOLERANCE * nearest else None
