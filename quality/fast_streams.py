"""Compiled: RTP packets to the state of their streams, one after the other.

The same as `plain_streams`, which is the readable one. A call goes on until all packets are through, or something is
to be decided outside: then it says where it stands and why.
"""

from __future__ import annotations

import numpy as np

from quality.compiled import compiled
from quality.fast_events import advance, close_event, close_group, roll_windows, telephone_event
from quality.packet_records import (
    AD_CALM,
    AD_LEAST_NS,
    AD_MOST_NS,
    COMFORT_NOISE,
    EVENT,
    F1_NS,
    F2_NS,
    HELD,
    LEAP_NS,
    MAX_DROPOUT,
    MAX_MISORDER,
    MEDIA,
    MOST_WINDOWS,
    NOTE_WINDOW,
    PDV_EDGES_NS,
    PROBATION_NS,
    PROBATION_UNITS,
    RECENT,
    SILENT,
    TYPES,
    WINDOW_NS,
)
from quality.payload_formats import STATIC_KIND, STATIC_UNIT_NS

DONE, NEW_STREAM, NEW_TYPE, HOLD_FULL, NOTES_FULL, TABLE_FULL = range(6)
PROBES = 4  # places where a candidate may be
_INFINITE = float("inf")


@compiled
def find(slots, rows, flow):
    """The row of a flow, or -1."""
    mask = np.uint64(len(slots) - 1)
    at = flow & mask
    while True:
        row = rows[at]
        if row < 0:
            return -1
        if slots[at] == flow:
            return row
        at = (at + np.uint64(1)) & mask


@compiled
def insert(slots, rows, flow, row):
    mask = np.uint64(len(slots) - 1)
    at = flow & mask
    while rows[at] >= 0:
        at = (at + np.uint64(1)) & mask
    slots[at] = flow
    rows[at] = row


@compiled
def _ends(block, packet, ends):
    """Copy addresses and ports."""
    ip = packet.frame_at
    ends.family = packet.family
    size = 4 if packet.family == 4 else 16
    first = ip + 12 if packet.family == 4 else ip + 8
    for place in range(size):
        ends.src[place] = block[first + place]
        ends.dst[place] = block[first + size + place]
    udp = ip + packet.ports_at
    ends.sport = (np.int64(block[udp]) << 8) | block[udp + 1]
    ends.dport = (np.int64(block[udp + 2]) << 8) | block[udp + 3]


@compiled
def _candidate(block, packet, candidates):
    """The place of the candidate that this packet confirms, or -1; then the packet is a candidate itself [RFC 3550
    §A.1].
    """
    mask = len(candidates) - 1
    first = np.int64(packet.flow >> np.uint64(32)) & mask
    oldest = first
    for step in range(PROBES):
        place = (first + step) & mask
        candidate = candidates[place]
        if not candidate.used:
            oldest = place
            break
        before = candidate.packet
        if before.flow == packet.flow:
            ahead = (np.int64(packet.sequence) - np.int64(before.sequence)) & 0xFFFF
            units = (np.int64(packet.timestamp) - np.int64(before.timestamp)) & 0xFFFFFFFF
            if ahead > 0x7FFF:
                ahead, units = 0x10000 - ahead, (0x100000000 - units) & 0xFFFFFFFF
            near = abs(packet.time - before.time) <= PROBATION_NS and units <= PROBATION_UNITS
            if ahead == 0 and near:
                return -1
            if ahead <= MAX_MISORDER and near:
                return place
            oldest = place
            break
        if before.time < candidates[oldest].packet.time:
            oldest = place
    candidate = candidates[oldest]
    candidate.used = 1
    _copy(packet, candidate.packet)
    _ends(block, packet, candidate.ends)
    return -1


@compiled
def _copy(packet, to):
    to.time = packet.time
    to.flow = packet.flow
    to.timestamp = packet.timestamp
    to.ssrc = packet.ssrc
    to.head = packet.head
    to.sequence = packet.sequence
    to.length = packet.length
    to.present = packet.present
    to.type = packet.type
    to.marker = packet.marker
    to.dscp = packet.dscp


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
def _add_type(row, payload_type, kind, unit_ns, g711):
    row.type_of[row.types] = payload_type
    row.kind_of[row.types] = kind
    row.unit_of[row.types] = unit_ns
    row.g711_of[row.types] = g711
    row.types += 1


@compiled
def _add_static(row, payload_type):
    """Enter a payload type of RFC 3551: whether it is one."""
    unit_ns = STATIC_UNIT_NS[payload_type]
    if unit_ns > 0.0:
        _add_type(row, payload_type, STATIC_KIND[payload_type], unit_ns, payload_type == 0 or payload_type == 8)  # noqa: PLR1714
        return True
    return False


@compiled
def _change_type(row, packet):
    """Take the stream's other payload type up: False where it is not known yet."""
    payload_type = packet.type
    place = 0
    while True:
        if place == row.types and not _add_static(row, payload_type):
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
        row.depth = min(delay, AD_MOST_NS)
    else:
        _calm(row)


@compiled
def _calm(row):
    row.depth -= (row.depth - AD_LEAST_NS) * AD_CALM
    if row.depth - AD_LEAST_NS < 1.0:
        row.depth = AD_LEAST_NS


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
    bit = 0
    before = row.received
    forward = True
    if ahead == 1:
        row.in_sequence = 1
        if row.late_any or row.missing_before >> np.uint64(63):
            advance(row, 1)
        else:
            row.missing_before = (row.missing_before << np.uint64(1)) | (row.missing >> np.uint64(63))
            row.missing <<= np.uint64(1)
            row.highest += 1
        row.sequence = packet.sequence
    elif ahead == 0:
        row.received += 1
        row.duplicates += 1
        return count
    elif ahead < MAX_DROPOUT:
        advance(row, ahead)
        row.sequence = packet.sequence
    elif ahead >= 0x10000 - MAX_MISORDER:
        bit = 0x10000 - ahead
        forward = False
        if not _old(row, bit):
            row.received += 1
            row.duplicates += 1
            return count
        row.reordered += 1
    elif not _leapt(row, packet):
        return count
    else:
        before = row.received
    row.received += 1
    if packet.marker:
        row.markers += 1
    if packet.dscp != row.dscp_now:
        row.dscp_now = packet.dscp
        row.dscp_changes += 1
    kind = row.kind
    regular = forward and not packet.marker and COMFORT_NOISE not in (kind, row.previous_kind)
    if regular:
        row.delta_max = max(row.delta_max, time - row.last_time)
    row.last_time = time
    after = row.previous_kind
    row.previous_kind = kind
    if kind == EVENT:
        return telephone_event(row, place, packet, notes, count)
    if ahead == 1 and kind == MEDIA and after != EVENT:
        _steps(row, packet)
    delay = _timing(row, packet)
    if regular:
        row.jitter_mean += (row.jitter - row.jitter_mean) / before
        row.jitter_max = max(row.jitter_max, row.jitter)
    if delay >= F1_NS:
        _delayed(row, delay, bit)
    elif row.depth > AD_LEAST_NS:
        _calm(row)
    return count


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
def hold(row, packet, held):
    """Keep a packet back: whether there is room for another."""
    _copy(packet, held[row.held][row.held_count])
    row.held_count += 1
    return row.held_count < HELD


@compiled
def locate(packets, slots, rows, places):
    """The rows of all packets of a block, -1 for those without; apart from `track`, for then the memory is asked
    early.
    """
    for number in range(len(packets)):
        places[number] = find(slots, rows, packets[number].flow)


@compiled
def _first(row, place, packet, notes, count):
    _begin(row, packet)
    _change_type(row, packet)
    row.markers += packet.marker
    row.previous_kind = row.kind
    if row.kind == EVENT:
        return telephone_event(row, place, packet, notes, count)
    row.last_timestamp = packet.timestamp
    row.media_time = packet.time
    _timing(row, packet)
    return count


@compiled
def _open_row(row, place, found, slots, rows):
    """A candidate becomes the stream of that row; its first packet is still to be taken or held."""
    row.flow = found.packet.flow
    row.ssrc = found.packet.ssrc
    row.held = -1
    for side in range(16):
        row.ends.src[side] = found.ends.src[side]
        row.ends.dst[side] = found.ends.dst[side]
    row.ends.family, row.ends.sport, row.ends.dport = found.ends.family, found.ends.sport, found.ends.dport
    found.used = 0
    insert(slots, rows, row.flow, place)


@compiled
def open_row(table, place, candidates, candidate, slots, rows):
    """Make a candidate a stream though no second packet came: whether its type is a static one, and so it is begun."""
    _open_row(table[place], place, candidates[candidate], slots, rows)
    return _add_static(table[place], candidates[candidate].packet.type)


@compiled
def add_type(table, place, payload_type, kind, unit_ns, g711):
    """What a payload type of the stream means."""
    _add_type(table[place], payload_type, kind, unit_ns, g711)


@compiled
def begin(table, place, candidates, candidate, notes, count):
    """Take the first packet of a stream, whose type is known: the new count of notes."""
    return _first(table[place], place, candidates[candidate].packet, notes, count)


@compiled
def hold_first(table, place, candidates, candidate, held, free):
    """Hold the first packet of a stream back, and those that follow."""
    row = table[place]
    row.held = free
    hold(row, candidates[candidate].packet, held)


@compiled
def replay(table, place, held, notes, count):
    """Take the packets that were held back, now that all their types are known: the new count of notes."""
    row = table[place]
    kept = held[row.held]
    count = _first(row, place, kept[0], notes, count)
    for number in range(1, row.held_count):
        count = take(row, place, kept[number], notes, count)
    row.held = -1
    return count


@compiled
def settle(table, place, notes, count):
    """The stream is over: settle what was remembered, close window, event and burst; the new count of notes."""
    row = table[place]
    count = close_event(row, place, notes, count)
    expected, received = row.highest - row.window_highest, row.received - row.duplicates - row.window_distinct
    if (expected > 0 or received > 0) and count < len(notes):
        note = notes[count]
        note.row, note.kind = place, NOTE_WINDOW
        note.a, note.b = row.window, expected
        note.c, note.d = max(0, expected - received), row.late_seen - row.window_late
        count += 1
    advance(row, RECENT)
    row.highest -= RECENT
    close_group(row)
    count_types(row)
    return count


@compiled
def track(block, packets, places, start, used, slots, rows, table, candidates, held, notes, count):
    """Take packets from `start`: (where it stands, why, row or candidate's place, rows in use, count of notes)."""
    room = len(notes) - MOST_WINDOWS - 8
    for number in range(start, len(packets)):
        packet = packets[number]
        if count > room:
            return number, NOTES_FULL, -1, used, count
        place = places[number]
        if place < 0:
            place = find(slots, rows, packet.flow)
        if place < 0:
            if used == len(table) or (used + 1) * 4 > len(slots):
                return number, TABLE_FULL, -1, used, count
            candidate = _candidate(block, packet, candidates)
            if candidate < 0:
                continue
            place = used
            used += 1
            found = candidates[candidate]
            _open_row(table[place], place, found, slots, rows)
            if not _add_static(table[place], found.packet.type):
                return number, NEW_STREAM, candidate, used, count
            count = _first(table[place], place, found.packet, notes, count)
        row = table[place]
        if row.held >= 0:
            if not hold(row, packet, held):
                return number + 1, HOLD_FULL, place, used, count
            continue
        noted = take(row, place, packet, notes, count)
        if noted < 0:
            return number, NEW_TYPE, place, used, count
        count = noted
    return len(packets), DONE, -1, used, count


@compiled
def analyse(block, packets, places, table, power, ends):
    """G.711 samples: silent packets, and samples at the ends of the scale. `power`, `ends`: by law (0 mu, 1 A) and
    code.
    """
    for number in range(len(packets)):
        packet = packets[number]
        place = places[number]
        if place < 0 or packet.present == 0 or (packet.type != 0 and packet.type != 8):  # noqa: PLR1714
            continue
        law = packet.type >> 3
        energy = 0
        clipped = 0
        for at in range(packet.payload_at, packet.payload_at + packet.present):
            code = block[at]
            energy += power[law, code]
            clipped += ends[law, code]
        row = table[place]
        row.analysed += 1
        row.silent += energy < SILENT * packet.present
        row.samples += packet.present
        row.clipped += clipped
