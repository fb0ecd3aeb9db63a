"""Compiled: RTCP datagrams of a block to what they tell of each source; the same as `rtcp_digest`, the readable
one. What an extended report says is left to the caller.
"""

from __future__ import annotations

import numpy as np

from quality.compiled import compiled
from quality.fast_decode import _big16, _big32, _byte, _mix, _word
from quality.fast_table import find, insert
from quality.packet_records import ALL_TAKEN, EXTENDED, MOST_BLOCKS, NO_ROOM, RTCP, SENDER_REPORTS
from quality.rtcp import MOST_LOST, RR, SR, XR
from quality.rtcp_digest import MOST_RTT_S


@compiled
def _ports(address, transport):
    """Source and destination port, RTP's even ones for RTCP's odd ones."""
    return _big16(address + transport) & 0xFFFE, _big16(address + transport + 2) & 0xFFFE


@compiled
def _key(address, one, ssrc, secret, back):
    """The hash of a flow and an SSRC; `back`: of the other direction."""
    size = 4 if one.family == 4 else 16
    src = address + one.ip + (12 if one.family == 4 else 8)
    first, second = (src + size, src) if back else (src, src + size)
    sport, dport = _ports(address, one.transport)
    ports = (dport << 16 | sport) if back else (sport << 16 | dport)
    key = _mix(_mix(secret ^ np.uint64(one.family), np.uint64(ssrc)), np.uint64(ports))
    for place in (first, second):
        key = _mix(key, np.uint64(_big32(place))) if size == 4 else _mix(_mix(key, _word(place)), _word(place + 8))
    return key ^ (key >> np.uint64(32))


@compiled
def _name(address, one, ssrc, key, source):
    """Enter which source it is."""
    source.key = key
    source.ssrc = ssrc
    ends = source.ends
    ends.family = one.family
    size = 4 if one.family == 4 else 16
    src = address + one.ip + (12 if one.family == 4 else 8)
    for place in range(size):
        ends.src[place] = _byte(src + place)
        ends.dst[place] = _byte(src + size + place)
    ends.sport, ends.dport = _ports(address, one.transport)


@compiled
def _told_row(address, one, ssrc, secret, told, used, slots, rows):
    """The row of what that datagram's sender tells of a source, a new one if need be: it, and rows in use."""
    key = _key(address, one, ssrc, secret, False)  # noqa: FBT003
    row = find(slots, rows, key)
    if row >= 0:
        return row, used
    _name(address, one, ssrc, key, told[used])
    insert(slots, rows, key, used)
    return used, used + 1


@compiled
def _sent(sender, middle, time):
    """Remember when a sender report went by."""
    for place in range(sender.count):
        if sender.middles[place] == middle:
            sender.times[place] = time
            return
    if sender.count == SENDER_REPORTS:
        for place in range(1, SENDER_REPORTS):
            sender.middles[place - 1] = sender.middles[place]
            sender.times[place - 1] = sender.times[place]
        sender.count -= 1
    sender.middles[sender.count] = middle
    sender.times[sender.count] = time
    sender.count += 1


@compiled
def _sender(address, one, packet, time, secret, senders, used, slots, rows):
    """A sender report: rows in use."""
    ssrc = _big32(packet + 4)
    key = _key(address, one, ssrc, secret, False)  # noqa: FBT003
    row = find(slots, rows, key)
    if row < 0:
        row = used
        _name(address, one, ssrc, key, senders[row])
        insert(slots, rows, key, row)
        used += 1
    sender = senders[row]
    sender.packet_count = _big32(packet + 20)
    sender.at = time
    _sent(sender, (_big32(packet + 8) & 0xFFFF) << 16 | _big16(packet + 12), time)
    return used


@compiled
def _round_trip(source, sender, time, lsr, dlsr):
    for place in range(sender.count):
        if sender.middles[place] == lsr:
            rtt = time - sender.times[place] - dlsr / 65536
            if -0.001 <= rtt <= MOST_RTT_S:
                source.rtts += 1
                source.rtt_sum_s += max(0.0, rtt)
                source.rtt_max_s = max(source.rtt_max_s, rtt)
            return


@compiled
def _report(source, block, time):
    """Enter what a report block says, but for the round trip."""
    lost, highest, jitter = _big32(block + 4), _big32(block + 8), _big32(block + 12)
    cumulative = lost & 0xFFFFFF
    if cumulative > MOST_LOST:
        cumulative -= 1 << 24
    if source.reports == 0:
        source.first_at, source.first_lost, source.first_highest = time, cumulative, highest
    source.reports += 1
    source.last_at, source.last_lost, source.last_highest = time, cumulative, highest
    source.worst_fraction = max(source.worst_fraction, lost >> 24)
    source.jitter_sum += jitter
    source.jitter_max = max(source.jitter_max, jitter)


@compiled
def take_reports(
    address, frames, odd, start, at, secret, told, told_used, slots, rows,
    senders, senders_used, sender_slots, sender_rows,
):  # fmt: skip
    """Take RTCP from row `start` of `odd`, in it from `at` on: (the row where it stands, where in the block, why, rows
    of both tables in use, how many datagrams could not be read).
    """
    faults = 0
    for number in range(start, len(odd)):
        one = odd[number]
        if one.kind != RTCP:
            continue
        time = frames[one.frame].time / 1e9
        place, end = max(at, np.int64(one.payload)), one.payload + one.size
        while place < end:
            packet = address + place
            after = place + 4 + 4 * _big16(packet + 2) if end >= place + 8 else end + 1
            if after > end or _byte(packet) >> 6 != 2:
                faults += 1
                break
            kind, count = _byte(packet + 1), _byte(packet) & 0x1F
            if told_used + MOST_BLOCKS > len(told) or senders_used == len(senders):
                return number, place, NO_ROOM, told_used, senders_used, faults
            if kind == XR:
                return number, place, EXTENDED, told_used, senders_used, faults
            if kind in (SR, RR):
                blocks = place + (28 if kind == SR else 8)
                if kind == SR and after >= blocks:
                    senders_used = _sender(
                        address, one, packet, time, secret, senders, senders_used, sender_slots, sender_rows
                    )  # fmt: skip
                if (kind == SR and after < blocks) or (after - blocks < 24 * count and count > 0):
                    faults += 1
                    break
                for block in range(address + blocks, address + blocks + 24 * count, 24):
                    lsr = _big32(block + 16)
                    if _big32(block + 8) == 0 and _big32(block + 12) == 0 and lsr == 0:
                        continue
                    ssrc = _big32(block)
                    row, told_used = _told_row(address, one, ssrc, secret, told, told_used, slots, rows)
                    _report(told[row], block, time)
                    if lsr:
                        asked = find(sender_slots, sender_rows, _key(address, one, ssrc, secret, True))  # noqa: FBT003
                        if asked >= 0:
                            _round_trip(told[row], senders[asked], time, lsr, _big32(block + 20))
            place = after
        at = 0
    return len(odd), 0, ALL_TAKEN, told_used, senders_used, faults


@compiled
def told_row(address, odd, number, ssrc, secret, told, used, slots, rows):
    """The row for a source that this datagram tells of: it, and rows in use."""
    return _told_row(address, odd[number], ssrc, secret, told, used, slots, rows)
