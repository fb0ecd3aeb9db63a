from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.core.audit import Act, Entry, Head, Line, Verifier, chained, pseudonym

TEXT = st.text(max_size=12)
ENTRIES = st.builds(
    Entry, st.uuids().map(str), st.floats(0, 4e9), TEXT, st.sampled_from(Act), TEXT, st.lists(TEXT).map(tuple), TEXT
)
CHAINS = st.lists(ENTRIES, min_size=2, max_size=12).map(lambda entries: chained(Head(), entries))


def fault(lines: Sequence[Line], *noted: Head) -> str:
    verifier = Verifier(noted)
    for line in lines:
        verifier.read([line])
    return verifier.end()


def test_a_known_chain() -> None:
    entry = Entry("e-1", 5.0, "anna", Act.CARD_SHOWN, "p-1", ("address", "name"), "i-1")
    first, second = chained(Head(), [entry, replace(entry, id="e-2")])
    # sha256(32 zero bytes + '[1,"e-1",5.0,"anna","card_shown","p-1",["address","name"],"i-1"]'), by sha256sum
    assert first == Line(1, entry, "475fae36aaa08d0fd799c20cca9093a7605ed501daeb3a857728eb2eb2e73c0a")
    assert second.sequence == 2
    assert chained(Head(1, first.seal), [second.entry]) == [second]


def test_a_pseudonym_needs_the_key() -> None:
    assert pseudonym("1004217", b"key") == pseudonym("1004217", b"key")
    assert len(pseudonym("1004217", b"key")) == 20
    assert pseudonym("1004217", b"other") != pseudonym("1004217", b"key") != pseudonym("1004218", b"key")


def test_nothing_is_a_whole_chain() -> None:
    assert fault([]) == ""


@given(CHAINS)
def test_what_nobody_has_touched_is_whole(lines: list[Line]) -> None:
    heads = [Head(line.sequence, line.seal) for line in lines]
    assert fault(lines, *heads, Head()) == ""


@given(CHAINS, st.data())
def test_every_change_of_a_line_is_found_at_its_place(lines: list[Line], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(lines) - 1))
    entry = lines[at].entry
    change = data.draw(
        st.sampled_from(
            [
                replace(entry, id=f"{entry.id}x"),
                replace(entry, at=entry.at + 1),
                replace(entry, actor=f"{entry.actor}x"),
                replace(entry, act="another"),
                replace(entry, subject=f"x{entry.subject}"),
                replace(entry, fields=(*entry.fields, "x")),
                replace(entry, why=f"{entry.why}x"),
            ]
        )
    )
    touched = [*lines[:at], replace(lines[at], entry=change), *lines[at + 1 :]]
    assert fault(touched) == f"line {at + 1} was changed, moved or put in: its seal does not fit"


@given(CHAINS, st.data())
def test_every_line_that_is_taken_away_is_found(lines: list[Line], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(lines) - 2))
    left = lines[:at] + lines[at + 1 :]
    assert fault(left) == f"line {at + 1} is missing: {at + 2} stands in its place"
    closed_up = [replace(line, sequence=place) for place, line in enumerate(left, 1)]
    assert fault(closed_up) == f"line {at + 1} was changed, moved or put in: its seal does not fit"


@given(CHAINS, st.data())
def test_every_swap_is_found(lines: list[Line], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(lines) - 2))
    one, other = replace(lines[at + 1], sequence=at + 1), replace(lines[at], sequence=at + 2)
    assert fault([*lines[:at], one, other, *lines[at + 2 :]]).startswith(f"line {at + 1} ")


@given(CHAINS, st.integers(1, 11))
def test_a_cut_end_is_found_by_who_has_noted_a_later_head(lines: list[Line], cut: int) -> None:
    left = lines[: -min(cut, len(lines))]
    assert fault(left) == ""
    head = Head(lines[-1].sequence, lines[-1].seal)
    assert fault(left, head) == f"lines {len(left) + 1} to {len(lines)} are gone: the chain is shorter than was noted"


@given(CHAINS)
def test_a_chain_that_is_written_anew_is_found_by_who_has_noted_a_head(lines: list[Line]) -> None:
    anew = chained(Head(), [replace(line.entry, actor=f"x{line.entry.actor}") for line in lines])
    assert fault(anew) == ""
    assert fault(anew, Head(1, lines[0].seal)) == "line 1 is another one than was noted: the chain was written anew"


def test_nothing_is_said_of_what_follows_a_fault() -> None:
    lines = chained(Head(), [Entry(f"e-{at}", 5.0, "anna", Act.CARD_SHOWN) for at in range(3)])
    verifier = Verifier()
    verifier.read([replace(lines[0], seal="0" * 64), *lines[1:]])
    assert verifier.head == Head()
    assert verifier.end().startswith("line 1 ")


def test_a_head_is_read_as_it_is_written() -> None:
    head = Head(7, "ab" * 32)
    assert Head.parse(str(head)) == head


@pytest.mark.parametrize("text", ["", "7", f"7:{'g' * 64}", "7:abc", f"x:{'0' * 64}", f"\u0667:{'0' * 64}"])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        Head.parse(text)
