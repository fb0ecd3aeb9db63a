"""Compiled: RTP packets to the state of their stream, one after the other.

The same as `plain_stream`, which is the readable one.
"""

from __future__ import annotations

import numpy as np

from quality.compiled import compiled
from quality.fast_events import advance, roll_windows, set_depth, telephone_event
from quality.packet_records import (
    AD_LEAST_NS,
    AD_MOST_NS,
    COMFORT_NOISE,
    EVENT,
    F1_NS,
    F2_NS,
    LEAP_NS,
    MAX_DROPOUT,
    MAX_MISORDER,
    MEDIA,
    PDV_EDGES_NS,
    TYPES,
    WINDOW_NS,
)
from quality.payload_formats import STATIC_KIND, STATIC_UNIT_NS

_INFINITE = float("inf")


@compiled
def _begin(row, packet):
    """The first packet of a stream; its type is known."""
    row.received = 1
    row.sequence = packet.sequence
    row.base = row.highest = packet.sequence
    row.first_time = row.last_time = packet.time
    row.window_ends = packet.time + WINDOW_NS
    row.window_highest = row.highest - 1
    row.least = row.least_before = _INFINITE
    row.depth = AD_LEAST_NS
    row.bad = row.media_type = -1
    row.dscp = row.dscp_now = packet.dscp
    row.f1.last = row.f2.last = row.ad.last = row.base - 2
    row.a2_last = row.base - 1


@compiled
def count_types(row):
    """Enter the packets since the last change of type."""
    row.count_of[row.slot] += row.received - row.counted
    row.counted = row.received


@compiled
def enter_type(row, payload_type, kind, unit_ns, g711):
    row.type_of[row.types] = payload_type
    row.kind_of[row.types] = kind
    row.unit_of[row.types] = unit_ns
    row.g711_of[row.types] = g711
    row.types += 1


@compiled
def enter_static(row, payload_type):
    """Enter a payload type of RFC 3551: whether it is one."""
    unit_ns = STATIC_UNIT_NS[payload_type]
    if unit_ns > 0.0:
        enter_type(row, payload_type, STATIC_KIND[payload_type], unit_ns, payload_type == 0 or payload_type == 8)  # noqa: PLR1714
        return True
    return False


@compiled
def _change_type(row, packet):
    """Take the stream's other payload type up: False where it is not known yet."""
    payload_type = packet.type
    place = 0
    while True:
        if place == row.types and not enter_static(row, payload_type):
            return False
        if row.type_of[place] == payload_type or place == TYPES - 1:
            count_types(row)
            row.slot = place
            row.type = packet.type
            row.kind = row.kind_of[place]
            row.g711 = row.g711_of[place]
            if row.kind == MEDIA:
                row.codec_changes += row.media_type >= 0 and row.media_type != packet.type
                row.media_type = packet.type
            if row.kind != EVENT and row.unit_ns != row.unit_of[place]:
                row.unit_ns = row.unit_of[place]
                row.clock_set = 0
            return True
        place += 1


@compiled
def _timing(row, packet):
    """Jitter and delay of a packet that is no event: its delay above the least (ns), or 0 without a measure."""
    time, timestamp = packet.time, packet.timestamp
    step = ((np.int64(timestamp) - np.int64(row.last_timestamp) + 0x80000000) & 0xFFFFFFFF) - 0x80000000
    row.last_timestamp = timestamp
    arrived = time - row.media_time
    row.media_time = time
    unit = row.unit_ns
    if unit == 0.0:
        return 0.0
    if row.clock_set:
        off = arrived - step * unit
        row.jitter += (abs(off) - row.jitter) / 16.0
        row.run += step
        if abs(off) > LEAP_NS:
            row.clock_set = 0
    if not row.clock_set:
        row.clock_set = 1
        row.origin = time
        row.run = 0
        row.least = row.least_before = _INFINITE
    transit = (time - row.origin) - row.run * unit
    row.least = min(row.least, transit)
    row.timed += 1
    return transit - min(row.least, row.least_before)


@compiled
def _delayed(row, delay, bit):
    """A packet whose number lies `bit` before the highest and that came this late: histogram and jitter buffers."""
    if delay >= F1_NS:
        place = 0
        for edge in PDV_EDGES_NS:
            place += delay >= edge
        row.histogram[place] += 1
    word, mask = bit >> 6, np.uint64(1) << np.uint64(bit & 63)
    if delay > F1_NS:
        row.late1[word] |= mask
        row.late_any = 1
    if delay > F2_NS:
        row.late2[word] |= mask
    if delay > row.depth:
        row.late_ad[word] |= mask
        row.late_any = 1
        row.late_seen += 1
    if row.most < delay <= AD_MOST_NS:
        row.most = delay
        set_depth(row)


@compiled
def _mark(row, age):
    mask = np.uint64(1) << np.uint64(age & 63)
    if age < 64:
        row.missing |= mask
    else:
        row.missing_before |= mask


@compiled
def _old(row, age):
    """A number before the highest: whether it is new."""
    number = row.highest - age
    if number < row.base:
        # Overtaken by the first packet of all: the stream begins with it, and with those between.
        for between in range(number + 1, row.base):
            gap = row.highest - between
            _mark(row, gap)
        row.window_highest -= row.base - number
        row.base = number
        row.f1.last = row.f2.last = row.ad.last = number - 2
        row.a2_last = number - 1
        return True
    mask = np.uint64(1) << np.uint64(age & 63)
    if age < 64 and row.missing & mask:
        row.missing &= ~mask
        return True
    if age >= 64 and row.missing_before & mask:
        row.missing_before &= ~mask
        return True
    return False


@compiled
def _leapt(row, packet):
    """A number far off: two in sequence are a restart of the sender [RFC 3550 §A.1], a single one is none of ours."""
    if packet.sequence != row.bad:
        row.bad = (packet.sequence + 1) & 0xFFFF
        return False
    row.bad = -1
    advance(row, 2)
    row.missing &= ~np.uint64(2)
    row.sequence = packet.sequence
    row.received += 1
    row.clock_set = 0
    return True


@compiled
def _number(row, packet, ahead):
    """Enter the number of a packet that is so far ahead of the highest: how far before the highest it lies then, or -1
    where the packet is a duplicate or none of the stream's.
    """
    if ahead == 1:
        row.in_sequence = 1
        if row.late_any or row.missing_before >> np.uint64(63):
            advance(row, 1)
        else:
            row.missing_before = (row.missing_before << np.uint64(1)) | (row.missing >> np.uint64(63))
            row.missing <<= np.uint64(1)
            row.highest += 1
    elif 0 < ahead < MAX_DROPOUT:
        advance(row, ahead)
    elif ahead == 0 or ahead >= 0x10000 - MAX_MISORDER:
        age = (0x10000 - ahead) & 0xFFFF
        if ahead == 0 or not _old(row, age):
            row.received += 1
            row.duplicates += 1
            return -1
        row.reordered += 1
        return age
    elif not _leapt(row, packet):
        return -1
    row.sequence = packet.sequence
    return 0


@compiled
def take(row, place, packet, notes, count):
    """One packet of a stream that has begun and whose type is known: the new count of notes, or -1 where the type is
    not.
    """
    if packet.type != row.type and not _change_type(row, packet):
        return -1
    time = packet.time
    ahead = (np.int64(packet.sequence) - np.int64(row.sequence)) & 0xFFFF
    if time >= row.window_ends:
        count = roll_windows(row, place, time, ahead if ahead < MAX_DROPOUT else 0, notes, count)
    age = _number(row, packet, ahead)
    if age < 0:
        return count
    before = row.received
    row.received += 1
    if packet.marker:
        row.markers += 1
    if packet.dscp != row.dscp_now:
        row.dscp_now = packet.dscp
        row.dscp_changes += 1
    kind, after = row.kind, row.previous_kind
    regular = age == 0 and not packet.marker and COMFORT_NOISE not in (kind, after)
    if regular:
        row.delta_max = max(row.delta_max, time - row.last_time)
    row.last_time = time
    row.previous_kind = kind
    if kind == EVENT:
        return telephone_event(row, place, packet, notes, count)
    if ahead == 1 and kind == MEDIA and after != EVENT:
        _steps(row, packet)
    delay = _timing(row, packet)
    if regular:
        _enter_jitter(row, before)
        row.jitter_max = max(row.jitter_max, row.jitter)
    if delay > row.most or delay >= F1_NS or delay > row.depth:
        _delayed(row, delay, age)
    return count


@compiled
def _enter_jitter(row, before):
    """The mean goes on by (jitter - mean) / before; kept as a sum, so that only what did not count costs a division."""
    if row.jitter_count != before - 1:
        mean = row.jitter_sum / row.jitter_count if row.jitter_count else 0.0
        row.jitter_sum = mean * (before - 1)
    row.jitter_sum += row.jitter
    row.jitter_count = before


@compiled
def _steps(row, packet):
    """Timestamps from one number to the next: the usual step by majority vote, pauses, authentication tags."""
    step = (np.int64(packet.timestamp) - np.int64(row.last_timestamp)) & 0xFFFFFFFF
    if step == 0 or step > 0x7FFFFFFF:
        return
    if step == row.step:
        row.votes += 1
    elif row.votes == 0:
        row.step = step
        row.votes = 1
    else:
        row.votes -= 1
        row.dtx += step >= 2 * np.int64(row.step)
    if row.g711 and packet.length != step:
        row.tagged += packet.length == step + 4 or packet.length == step + 10


@compiled
def first(row, place, packet, notes, count):
    _begin(row, packet)
    row.counted = 1
    _change_type(row, packet)
    row.count_of[row.slot] += 1
    row.markers += packet.marker
    row.previous_kind = row.kind
    if row.kind == EVENT:
        return telephone_event(row, place, packet, notes, count)
    row.last_timestamp = packet.timestamp
    row.media_time = packet.time
    _timing(row, packet)
    return count
