"""Loss, validation and jitter of RFC 3550's appendices, over wraps, duplicates and reordering."""

import random

import pytest

from quality.rfc3550 import Arrivals, Jitter, Source, signed_32


def taken(*numbers: int, min_sequential: int = 2) -> Source:
    source = Source.starting_with(numbers[0], min_sequential=min_sequential)
    for number in numbers:
        source.update(number)
    return source


def test_a_source_is_believed_after_two_in_sequence() -> None:
    source = Source.starting_with(10)
    assert [source.update(number) for number in (10, 11, 12)] == [False, True, True]
    assert (source.expected, source.received, source.lost) == (2, 2, 0)


def test_probation_begins_anew_where_the_sequence_breaks() -> None:
    source = Source.starting_with(10)
    assert [source.update(number) for number in (10, 50, 51, 52)] == [False, False, True, True]


def test_loss_over_a_wrap() -> None:
    source = taken(65533, 65534, 65535, 1, 2, min_sequential=1)
    assert source.extended_max == 65536 + 2
    assert (source.expected, source.received, source.lost) == (6, 5, 1)


def test_duplicates_make_loss_negative() -> None:
    assert taken(1, 2, 2, 2, 3, min_sequential=1).lost == -2


def test_a_packet_before_the_wrap_that_comes_after_it_is_only_reordered() -> None:
    source = taken(65534, 0, 65535, 1, min_sequential=1)
    assert (source.expected, source.lost) == (4, 0)


def test_a_far_jump_counts_only_when_it_goes_on() -> None:
    source = taken(1, 2, 3, min_sequential=1)
    assert not source.update(30000)
    assert source.update(4)
    assert not source.update(40000)
    assert source.update(40001)
    assert (source.expected, source.received) == (1, 1)  # begun anew


def test_fraction_lost_is_of_the_interval() -> None:
    source = taken(0, 1, 2, 3, min_sequential=1)
    assert source.fraction_lost() == 0
    source.update(7)  # 4, 5, 6 are missing
    assert source.fraction_lost() == 3 * 256 // 4
    assert source.fraction_lost() == 0  # nothing expected since
    source.update(7)
    source.update(8)
    assert source.fraction_lost() == 0  # more received than expected


def test_jitter_by_hand() -> None:
    jitter = Jitter()
    assert jitter.update(0.0, 0, 8000) == 0
    assert jitter.update(0.030, 160, 8000) == pytest.approx(80 / 16)  # 10 ms late: 80 units
    assert jitter.update(0.040, 320, 8000) == pytest.approx(5 + (80 - 5) / 16)
    assert jitter.maximum == jitter.value
    assert jitter.mean == pytest.approx((5 + 5 + 75 / 16) / 2)
    assert Jitter().mean == 0


def test_jitter_does_not_see_a_timestamp_wrap() -> None:
    jitter = Jitter()
    for number in range(10):
        jitter.update(number * 0.02, (2**32 - 800 + number * 160) % 2**32, 8000)
    assert jitter.maximum == pytest.approx(0, abs=1e-6)


def test_differences_are_the_nearest() -> None:
    assert signed_32(5 - (2**32 - 5)) == 10
    assert signed_32((2**32 - 5) - 5) == -10


def test_what_never_came_is_lost_and_nothing_else() -> None:
    arrivals = Arrivals()
    for number in (65534, 65535, 1, 0, 0, 4):
        arrivals.update(number)
    assert arrivals.expected == 7
    assert (arrivals.packets_lost, arrivals.rfc3550_lost) == (2, 1)
    assert (arrivals.duplicates, arrivals.reordered) == (1, 1)
    assert arrivals.lost_numbers() == [65536 + 2, 65536 + 3]


def test_nothing_came() -> None:
    arrivals = Arrivals()
    assert (arrivals.expected, arrivals.packets_lost, arrivals.rfc3550_lost) == (0, 0, 0)
    assert arrivals.lost_numbers() == []


def test_the_first_packet_may_be_overtaken() -> None:
    arrivals = Arrivals()
    assert [arrivals.update(number) for number in (1, 0, 65535)] == [1, 0, -1]
    assert (arrivals.expected, arrivals.packets_lost, arrivals.reordered) == (3, 0, 2)


def test_both_countings_agree_without_duplicates() -> None:
    chance = random.Random(7)
    for _ in range(50):
        first = chance.randrange(65536)
        numbers = [(first + at) % 65536 for at in range(300) if at in {0, 299} or chance.random() > 0.1]
        source, arrivals = taken(*numbers, min_sequential=1), Arrivals()
        for number in numbers:
            arrivals.update(number)
        assert source.lost == arrivals.rfc3550_lost == arrivals.packets_lost == 300 - len(numbers)
        assert source.expected == arrivals.expected == 300
