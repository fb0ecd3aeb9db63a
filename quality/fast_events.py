"""Compiled: what happens to a stream's state when a number is lost or late, at the end of a window, and in a
telephone event.

Rare beside the packets themselves (`fast_streams`); `plain_streams` does the same readably.
"""

from __future__ import annotations

import numpy as np

from quality.compiled import compiled
from quality.packet_records import (
    AD_LEAST_NS,
    AD_MARGIN_NS,
    AD_MOST_NS,
    MOST_WINDOWS,
    NOTE_EVENT,
    NOTE_WINDOW,
    WINDOW_NS,
)
from quality.stream_figures import GMIN


@compiled
def _run(buffer, number, late):
    """One more number that a jitter buffer cannot play."""
    buffer.gone += 1
    if late:
        buffer.late += 1
    if number != buffer.last + 1:
        buffer.runs += 1
    buffer.last = number


@compiled
def close_group(row):
    """What lay close together is over: a burst, unless it was a single packet [RFC 3611 §4.7.2]."""
    if row.group_count > 1:
        row.bursts += 1
        row.burst_packets += row.group_last - row.group_first + 1
        row.burst_gone += row.group_count
    row.group_count = 0


@compiled
def _gap_or_burst(row, number):
    if row.group_count == 0 or number - row.group_last - 1 >= GMIN:
        close_group(row)
        row.group_first = number
    row.group_last = number
    row.group_count += 1
    # The counters of Appendix A.2; `a2_last` begins before the first packet.
    received = number - row.a2_last - 1
    if received >= GMIN:
        if row.a2_lost == 1:
            row.c14 += 1
        else:
            row.c13 += 1
        row.a2_lost = 1
        row.c11 += received
    else:
        row.a2_lost += 1
        if received == 0:
            row.c33 += 1
        else:
            row.c23 += 1
            row.c22 += received - 1
    row.a2_last = number


@compiled
def _gone(row, number, missing, late1, late2, late_ad):
    """A number left those that are remembered: it never came, or was late for some of the buffers."""
    if missing or late1:
        _run(row.f1, number, late1)
    if missing or late2:
        _run(row.f2, number, late2)
    if missing or late_ad:
        _run(row.ad, number, late_ad)
        _gap_or_burst(row, number)


@compiled
def advance(row, by):
    """The highest number goes on by so many, all of which are missing but the last; older ones are settled."""
    for _ in range(by):
        oldest = row.missing_before >> 63
        if row.late_any:
            late1, late2, late_ad = row.late1[1] >> 63, row.late2[1] >> 63, row.late_ad[1] >> 63
            if oldest or late1 or late2 or late_ad:
                _gone(row, row.highest - 127, oldest != 0, late1 != 0, late2 != 0, late_ad != 0)
            for late in (row.late1, row.late2, row.late_ad):
                late[1] = (late[1] << 1) | (late[0] >> 63)
                late[0] <<= 1
            left = row.late1[0] | row.late1[1] | row.late2[0] | row.late2[1] | row.late_ad[0] | row.late_ad[1]
            row.late_any = left != 0
        elif oldest:
            _gone(row, row.highest - 127, True, False, False, False)  # noqa: FBT003
        row.missing_before = (row.missing_before << 1) | (row.missing >> 63)
        row.missing = (row.missing << 1) | 1
        row.highest += 1
    row.missing &= ~np.uint64(1)


@compiled
def set_depth(row):
    """The AD buffer is as deep as the last 10 to 20 s needed, and a margin."""
    row.depth = min(max(AD_LEAST_NS, max(row.most, row.most_before) + AD_MARGIN_NS), AD_MOST_NS)


@compiled
def roll_windows(row, place, time, by, notes, count):
    """Close the windows that ended before `time`, when the highest number is about to go on by `by`: the new count of
    notes.
    """
    crossed = (time - row.window_ends) // WINDOW_NS + 1
    spread = by > 1 and time > row.last_time and crossed <= MOST_WINDOWS
    done = 0
    while row.window_ends <= time:
        due = 0
        if spread and row.window_ends > row.last_time:
            share, whole = by * (row.window_ends - row.last_time), time - row.last_time
            due = min(by - 1, (share + whole - 1) // whole - 1)
        expected = row.highest + due - row.window_highest
        received = row.received - row.duplicates - row.window_distinct
        if (expected > 0 or received > 0) and count < len(notes):
            note = notes[count]
            note.row, note.kind = place, NOTE_WINDOW
            note.a, note.b = row.window, expected
            note.c, note.d = max(0, expected - received), row.late_seen - row.window_late
            count += 1
        row.window_highest = row.highest + due
        row.window_distinct = row.received - row.duplicates
        row.window_late = row.late_seen
        skip = 1 if spread else crossed
        row.window += skip
        row.window_ends += skip * WINDOW_NS
        done += skip
    row.least_before = row.least if done == 1 else float("inf")
    row.least = float("inf")
    row.most_before = row.most if done == 1 else 0.0
    row.most = 0.0
    set_depth(row)
    return count


@compiled
def close_event(row, place, notes, count):
    """Note the telephone event that is open, without its digit: the new count of notes."""
    if row.event_open and count < len(notes):
        note = notes[count]
        note.row, note.kind = place, NOTE_EVENT
        note.a, note.b = row.event_begin, row.event_units
        note.c, note.d = 0 if row.event_code < 16 else 1 if row.event_code == 16 else 2, 0
        row.event_open = 0
        count += 1
    return count


@compiled
def telephone_event(row, place, packet, notes, count):
    """A packet of an event; all of one event share its timestamp [RFC 4733 §2.3]."""
    if packet.present < 4:
        return count
    if not row.event_open or row.event_timestamp != packet.timestamp:
        count = close_event(row, place, notes, count)
        row.event_open = 1
        row.event_timestamp = packet.timestamp
        row.event_begin = packet.time
        row.event_units = 0
        row.event_code = packet.head >> 24
    row.event_units = max(row.event_units, packet.head & 0xFFFF)
    return count
