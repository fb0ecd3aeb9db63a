"""RFC 4733 packets, field by field."""

import struct

import pytest

from quality.dtmf import event_packets


def test_a_digit_begins_with_a_marker_and_ends_three_times() -> None:
    packets = list(event_packets("#", 0.1, payload_type=101, sequence=65_534, timestamp=2**32 + 7, ssrc=9))
    heads = [struct.unpack("!BBHIIBBH", packet) for packet in packets]
    assert [head[1] for head in heads] == [0x80 | 101] + [101] * 7
    assert [head[2] for head in heads] == [65_534, 65_535, 0, 1, 2, 3, 4, 5]
    assert {head[3] for head in heads} == {7}
    assert {head[4] for head in heads} == {9}
    assert {head[5] for head in heads} == {11}
    assert [head[6] >> 7 for head in heads] == [0] * 5 + [1] * 3
    assert [head[7] for head in heads] == [160, 320, 480, 640, 800, 800, 800, 800]


def test_what_is_no_digit_is_refused() -> None:
    with pytest.raises(KeyError):
        list(event_packets("x", 0.1, payload_type=101, sequence=0, timestamp=0, ssrc=0))
