"""The tables that go from reading to statistics: frames, RTP packets, streams. NumPy records, so that compiled code
works on them.

Times are nanoseconds since the epoch; `at` and its like are places in the block of bytes being looked at.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

MEDIA, EVENT, COMFORT_NOISE = 0, 1, 2  # what a payload type is to the statistics
SIP, RTCP, DTLS, FRAGMENT = 1, 2, 3, 4  # what an `ODD` frame is
TYPES = 8  # payload types that one stream is followed with; further ones count with the last
HELD = 64  # packets of a stream held back until its clock rate is known
RECENT = 128  # sequence numbers that are remembered one by one [more than RFC 3550's MAX_MISORDER]
MAX_DROPOUT, MAX_MISORDER = 3000, 100  # [RFC 3550 §A.1]

F1_NS, F2_NS = 50e6, 200e6  # the fixed jitter buffers
AD_LEAST_NS, AD_MOST_NS, AD_MARGIN_NS = 40e6, 500e6, 10e6  # the adaptive one (docs/quality.md)
LEAP_NS = 3e9  # between arrival and timestamps: no network, the sender has begun anew
WINDOW_NS = 10_000_000_000
LATEST_NS = (1 << 62) - 1  # in 2116; what a damaged file claims beyond wraps, so that sums of times do not
PDV_EDGES_NS = (50e6, 70e6, 90e6, 120e6, 150e6, 200e6, 300e6)
PROBATION_NS, PROBATION_UNITS = 10_000_000_000, 1_920_000  # between the first two packets of a stream
SILENT = 10_737  # mean square of 16-bit samples: -50 dBov, 0 dBov being a square wave at the ends of the scale
MOST_WINDOWS = 4096  # over which one outage is spread

FRAME = np.dtype([("time", "i8"), ("at", "i4"), ("captured", "i4"), ("length", "i4"), ("link", "i4")], align=True)

PACKET = np.dtype(
    [
        ("time", "i8"),
        ("flow", "u8"),  # hash of addresses, ports and SSRC under a secret of the run
        ("timestamp", "u4"),
        ("ssrc", "u4"),
        ("head", "u4"),  # the first four bytes of the payload, an event's content
        ("frame_at", "i4"),  # of the IP header
        ("payload_at", "i4"),
        ("sequence", "u2"),
        ("length", "u2"),  # of the payload without padding
        ("present", "u2"),  # of it in the capture
        ("type", "u1"),
        ("marker", "u1"),
        ("dscp", "u1"),
        ("family", "u1"),
        ("ports_at", "u2"),  # of the UDP header behind the IP header's beginning
    ],
    align=True,
)


class Packet(NamedTuple):
    """A row of `PACKET`."""

    time: int
    flow: int
    timestamp: int
    ssrc: int
    head: int
    frame_at: int
    payload_at: int
    sequence: int
    length: int
    present: int
    type: int
    marker: int
    dscp: int
    family: int
    ports_at: int


# Not for the statistics: a frame's number in its block, its kind, where IP, UDP or TCP and their payload begin, its
# size.
ODD = np.dtype(
    [
        ("frame", "i4"),
        ("kind", "i4"),
        ("family", "i4"),
        ("ip", "i4"),
        ("transport", "i4"),
        ("payload", "i4"),
        ("size", "i4"),  # in the capture
        ("cut", "i4"),  # and not in it
    ],
    align=True,
)

ADDRESSES = np.dtype([("family", "u1"), ("src", "u1", 16), ("dst", "u1", 16), ("sport", "u2"), ("dport", "u2")])

CANDIDATE = np.dtype([("packet", PACKET), ("ends", ADDRESSES), ("used", "u1")], align=True)

NOTE_WINDOW, NOTE_EVENT = 0, 1
# A window: its number, expected, lost, late. An event: begin, end (ns), code's kind, 0.
NOTE = np.dtype([("row", "i4"), ("kind", "i4"), ("a", "i8"), ("b", "i8"), ("c", "i8"), ("d", "i8")], align=True)

BUFFER = np.dtype([("gone", "i8"), ("late", "i8"), ("runs", "i8"), ("last", "i8")], align=True)

STREAM = np.dtype(
    [
        # looked at with every packet
        ("last_time", "i8"),
        ("media_time", "i8"),
        ("window_ends", "i8"),
        ("jitter", "f8"),
        ("jitter_sum", "f8"),  # its mean times `jitter_count`
        ("jitter_max", "f8"),
        ("unit_ns", "f8"),  # of the clock; 0 while unknown
        ("origin", "i8"),  # arrival that transit times are counted from
        ("run", "i8"),  # timestamp units since then
        ("least", "f8"),  # transit time of this window
        ("least_before", "f8"),
        ("depth", "f8"),  # of the AD buffer
        ("most", "f8"),  # delay above the least in this window, as far as a buffer may follow it
        ("most_before", "f8"),
        ("delta_max", "i8"),
        ("missing", "u8"),  # bit n: the number n before the highest has not come
        ("missing_before", "u8"),  # and those before
        ("highest", "i8"),  # extended sequence number
        ("received", "i8"),
        ("jitter_count", "i8"),  # packets received before the last one that counted
        ("timed", "i8"),  # packets whose delay was measured
        ("last_timestamp", "u4"),
        ("step", "u4"),  # voted the usual one
        ("votes", "i4"),
        ("sequence", "u2"),
        ("type", "u1"),
        ("kind", "u1"),
        ("slot", "u1"),
        ("previous_kind", "u1"),
        ("dscp_now", "u1"),
        ("late_any", "u1"),
        ("g711", "u1"),
        ("clock_set", "u1"),  # transit times have an origin
        ("in_sequence", "u1"),  # two numbers came one after the other
        ("held", "i4"),  # row of the packets held back, -1 without
        # looked at now and then
        ("flow", "u8"),
        ("held_count", "i4"),
        ("bad", "i4"),  # the number after a leap [RFC 3550 §A.1], -1 without
        ("first_time", "i8"),
        ("base", "i8"),
        ("duplicates", "i8"),
        ("reordered", "i8"),
        ("counted", "i8"),  # packets that are counted by type already
        ("markers", "i8"),
        ("dtx", "i8"),
        ("codec_changes", "i8"),
        ("media_type", "i4"),  # the last one that was media, -1 before
        ("dscp", "i4"),
        ("dscp_changes", "i8"),
        ("tagged", "i8"),  # G.711 packets with an authentication tag's length too much
        ("histogram", "i8", 8),
        ("late1", "u8", 2),
        ("late2", "u8", 2),
        ("late_ad", "u8", 2),
        ("f1", BUFFER),
        ("f2", BUFFER),
        ("ad", BUFFER),
        ("window", "i8"),
        ("window_highest", "i8"),
        ("window_distinct", "i8"),
        ("window_late", "i8"),
        ("late_seen", "i8"),  # by the AD buffer, as they came
        # bursts by the prose of RFC 3611 §4.7.2
        ("group_first", "i8"),
        ("group_last", "i8"),
        ("group_count", "i8"),
        ("bursts", "i8"),
        ("burst_packets", "i8"),
        ("burst_gone", "i8"),
        # and by the counters of its Appendix A.2
        ("a2_last", "i8"),
        ("a2_lost", "i8"),
        ("c11", "i8"),
        ("c13", "i8"),
        ("c14", "i8"),
        ("c22", "i8"),
        ("c23", "i8"),
        ("c33", "i8"),
        # telephone events
        ("event_open", "i4"),
        ("event_timestamp", "u4"),
        ("event_begin", "i8"),
        ("event_units", "i8"),
        ("event_code", "i4"),
        # payload analysis
        ("analysed", "i8"),
        ("silent", "i8"),
        ("samples", "i8"),
        ("clipped", "i8"),
        # payload types
        ("types", "i4"),
        ("type_of", "i4", TYPES),
        ("kind_of", "i4", TYPES),
        ("unit_of", "f8", TYPES),
        ("count_of", "i8", TYPES),
        ("g711_of", "i4", TYPES),
        ("ends", ADDRESSES),
        ("ssrc", "u4"),
    ],
    align=True,
)

# Why compiled `track` came back, and why `take_reports` did.
DONE, NEW_STREAM, NEW_TYPE, HOLD_FULL, NOTES_FULL, TABLE_FULL = range(6)
ALL_TAKEN, NO_ROOM, EXTENDED = range(3)
MOST_BLOCKS = 31  # of one RTCP report: so many sources it may add

# What RTCP tells (`rtcp_digest`): by receivers of sources, and by senders of themselves.
TOLD = np.dtype(
    [
        ("key", "u8"),
        ("reports", "i8"),
        ("first_at", "f8"),
        ("last_at", "f8"),
        ("first_highest", "i8"),
        ("last_highest", "i8"),
        ("first_lost", "i8"),
        ("last_lost", "i8"),
        ("worst_fraction", "i8"),
        ("jitter_sum", "i8"),
        ("jitter_max", "i8"),
        ("rtt_sum_s", "f8"),
        ("rtt_max_s", "f8"),
        ("rtts", "i8"),
        ("ends", ADDRESSES),
        ("ssrc", "u4"),
    ],
    align=True,
)
SENDER_REPORTS = 8  # of a sender that an answer may still refer to
SENDER = np.dtype(
    [
        ("key", "u8"),
        ("packet_count", "i8"),
        ("at", "f8"),
        ("count", "i8"),
        ("middles", "i8", SENDER_REPORTS),  # of NTP times
        ("times", "f8", SENDER_REPORTS),
        ("ends", ADDRESSES),
        ("ssrc", "u4"),
    ],
    align=True,
)
