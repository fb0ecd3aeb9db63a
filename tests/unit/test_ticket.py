from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.core.ticket import ticket_number, ticket_sequence

SEQUENCES = st.integers(min_value=1, max_value=10**9)


def test_known_values() -> None:
    # 5724 is the published example of Damm's scheme (its check digit is 4); zeros in front change nothing.
    assert ticket_number(572) == "005724"
    assert ticket_number(1) == "000013"


def test_numbers_have_six_digits_and_grow_when_they_must() -> None:
    assert len(ticket_number(1)) == len(ticket_number(99_999)) == 6
    assert len(ticket_number(100_000)) == 7


@given(SEQUENCES)
def test_a_number_leads_back_to_its_sequence(sequence: int) -> None:
    assert ticket_sequence(ticket_number(sequence)) == sequence


@pytest.mark.parametrize("sequence", [1, 57, 4_711, 99_999, 1_234_567])
def test_every_wrong_digit_is_found(sequence: int) -> None:
    number = ticket_number(sequence)
    for place, right in enumerate(number):
        for wrong in set("0123456789") - {right}:
            with pytest.raises(ValueError, match="a digit is wrong or missing"):
                ticket_sequence(number[:place] + wrong + number[place + 1 :])


@given(SEQUENCES, st.data())
def test_every_swap_of_neighbours_is_found(sequence: int, data: st.DataObject) -> None:
    number = ticket_number(sequence)
    place = data.draw(st.integers(min_value=0, max_value=len(number) - 2))
    left, right = number[place], number[place + 1]
    if left != right:
        with pytest.raises(ValueError, match="a digit is wrong or missing"):
            ticket_sequence(number[:place] + right + left + number[place + 2 :])


@pytest.mark.parametrize("text", ["", "0", "00013", "00001\uff13", "0000a3", " 000013", "-00013", "+00013"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="that is no ticket number of ours"):
        ticket_sequence(text)
