"""Compiled: which stream a packet belongs to, and all packets of a block taken one after the other.

A call goes on until all packets are through, or something is to be decided outside (`fast_tracker`): then it says where
it stands and why.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from quality.compiled import compiled
from quality.fast_events import advance, close_event, close_group
from quality.fast_streams import count_types, enter_static, enter_type, first, take
from quality.packet_records import (
    DONE,
    HELD,
    HOLD_FULL,
    MAX_MISORDER,
    MOST_WINDOWS,
    NEW_STREAM,
    NEW_TYPE,
    NOTE_WINDOW,
    NOTES_FULL,
    PROBATION_NS,
    PROBATION_UNITS,
    RECENT,
    SILENT,
    TABLE_FULL,
)

EVERY_PACKET, EARLY = 192, 4  # bytes of a row, and for how many packets ahead they are asked for
PROBES = 4  # places where a candidate may be


@intrinsic
def _ask_early(_context: object, _row: Any) -> Any:
    """Ask the memory for what of a row is looked at with every packet: there are more streams than a cache holds."""

    def generate(target: Any, builder: Any, _signature: object, arguments: Any) -> Any:
        octet, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [octet, number, number, number])
        insert_function: Any = cgutils.get_or_insert_function
        prefetch = insert_function(builder.module, kind, "llvm.prefetch.p0")
        row = builder.bitcast(arguments[0], octet)
        for place in range(0, EVERY_PACKET, 64):
            at = builder.gep(row, [number(place)])
            builder.call(prefetch, [at, number(1), number(3), number(1)])
        return target.get_dummy_value()

    return types.none(_row), generate


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
def index(keys, slots, rows):
    """Enter the keys of rows in use into empty places."""
    for row in range(len(keys)):
        insert(slots, rows, keys[row], row)


@compiled
def _ends(block, packet, ends):
    """Copy addresses and ports."""
    ip = packet.frame_at
    ends.family = packet.family
    size = 4 if packet.family == 4 else 16
    start = ip + 12 if packet.family == 4 else ip + 8
    for place in range(size):
        ends.src[place] = block[start + place]
        ends.dst[place] = block[start + size + place]
    udp = ip + packet.ports_at
    ends.sport = (np.int64(block[udp]) << 8) | block[udp + 1]
    ends.dport = (np.int64(block[udp + 2]) << 8) | block[udp + 3]


@compiled
def _candidate(block, packet, candidates):
    """The place of the candidate that this packet confirms, or -1; then the packet is a candidate itself [RFC 3550
    §A.1].
    """
    mask = len(candidates) - 1
    start = np.int64(packet.flow >> np.uint64(32)) & mask
    chosen = -1  # a free place, or that of the oldest
    free = False
    for step in range(PROBES):  # all of them: a place becomes free when another before this one is confirmed
        place = (start + step) & mask
        candidate = candidates[place]
        if not candidate.used:
            if not free:
                chosen = place
                free = True
            continue
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
            chosen = place
            break
        if not free and (chosen < 0 or before.time < candidates[chosen].packet.time):
            chosen = place
    candidate = candidates[chosen]
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
    return enter_static(table[place], candidates[candidate].packet.type)


@compiled
def add_type(table, place, payload_type, kind, unit_ns, g711):
    """What a payload type of the stream means."""
    enter_type(table[place], payload_type, kind, unit_ns, g711)


@compiled
def begin(table, place, candidates, candidate, notes, count):
    """Take the first packet of a stream, whose type is known: the new count of notes."""
    return first(table[place], place, candidates[candidate].packet, notes, count)


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
    count = first(row, place, kept[0], notes, count)
    for number in range(1, row.held_count):
        count = take(row, place, kept[number], notes, count)
    row.held = -1
    return count


@compiled
def _settle(row, place, notes, count):
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
def settle(table, places, start, notes, count):
    """These streams are over: settle what was remembered, close window, event and burst. Where it stands (the notes may
    be full), and the new count of notes.
    """
    for number in range(start, len(places)):
        if count + 2 > len(notes):
            return number, count
        count = _settle(table[places[number]], places[number], notes, count)
    return len(places), count


@compiled
def track(block, packets, places, start, used, slots, rows, table, candidates, held, notes, count):
    """Take packets from `start`: (where it stands, why, row or candidate's place, rows in use, count of notes)."""
    room = len(notes) - MOST_WINDOWS - 8
    for number in range(start, len(packets)):
        packet = packets[number]
        if count > room:
            return number, NOTES_FULL, -1, used, count
        if number + EARLY < len(packets) and places[number + EARLY] >= 0:
            _ask_early(table[places[number + EARLY]])
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
            if not enter_static(table[place], found.packet.type):
                return number, NEW_STREAM, candidate, used, count
            count = first(table[place], place, found.packet, notes, count)
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
        row = table[place]
        if row.held >= 0:
            continue
        law = packet.type >> 3
        energy = 0
        clipped = 0
        for at in range(packet.payload_at, packet.payload_at + packet.present):
            code = block[at]
            energy += power[law, code]
            clipped += ends[law, code]
        row.analysed += 1
        row.silent += energy < SILENT * packet.present
        row.samples += packet.present
        row.clipped += clipped
