"""From literal lines of Asterisk's logs to whole calls; hostile, half and impossible lines among them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.asterisk import cel, queue_log
from telephony.asterisk.afterwards import Afterwards, Finished
from telephony.asterisk.log_file import LogFile, Mark
from telephony.core.logged import LogPosition

ONE, CARRIER, ANNA = "node-1-1795421781.0", "PJSIP/carrier-00000000", "PJSIP/anna-00000001"
CALLER, DID = "+48500000101", "+48220000100"
T0 = 1795421781.0
NOW = T0 + 3600
MARK = Mark(1, 0, "f")


def row(
    event: str, at: float, context: str, app: str = "", peer: str = "", *, channel: str = CARRIER,
    uniqueid: str = ONE, linkedid: str = ONE, number: str = CALLER, dialled: str = DID,
) -> str:  # fmt: skip
    fields = (event, f"{T0 + at:.6f}", uniqueid, linkedid, number, dialled, context, channel, app, peer)
    return ",".join(f'"{field}"' for field in fields)


def agent(event: str, at: float, app: str = "AppQueue", peer: str = "", endpoint: str = "anna") -> str:
    return row(
        event, at, "hotline-agents", app, peer, channel=f"PJSIP/{endpoint}-00000001",
        uniqueid=f"node-1-1795421781.{endpoint}", number=endpoint, dialled="",
    )  # fmt: skip


ARRIVES = [
    row("CHAN_START", 0, "hotline-in", number="0", dialled=""),
    row("ANSWER", 0.1, "hotline-call", "Answer", number="0"),
]
QUEUES = row("APP_START", 2, "hotline-fallback", "Queue")
HANGS_UP = [row("HANGUP", 9, "hotline-fallback"), row("CHAN_END", 9, "hotline-fallback")]
LED_END = [row("HANGUP", 9, "hotline-call"), row("CHAN_END", 9, "hotline-call")]
FALLBACK = [
    *ARRIVES, QUEUES, agent("CHAN_START", 2.1), agent("ANSWER", 3), agent("BRIDGE_ENTER", 3.1),
    row("BRIDGE_ENTER", 3.2, "hotline-fallback", "Queue", ANNA), agent("HANGUP", 8.9), agent("CHAN_END", 8.9),
    *HANGS_UP,
]  # fmt: skip


def read(lines: list[str], story: Afterwards | None = None) -> list[Finished]:
    story = story or Afterwards("node-1")
    heard = (story.hear(cel.parse(line.encode()), MARK, NOW) for line in lines)
    return [finished for finished in heard if finished]


def only(lines: list[str]) -> Finished:
    (finished,) = read(lines)
    return finished


def test_a_call_that_the_fallback_answered() -> None:
    log = only(FALLBACK).log
    assert (log.did, log.caller, log.agent, log.by_fallback) == (DID, CALLER, "anna", True)
    assert (log.arrived_at, log.queued_at, log.answered_at, log.ended_at) == (T0, T0 + 2, T0 + 3.2, T0 + 9)
    assert (log.complete, log.left_house) == (True, False)


def test_a_caller_who_gives_up_in_the_fallback() -> None:
    log = only([*ARRIVES, QUEUES, *HANGS_UP]).log
    assert (log.queued_at, log.answered_at, log.agent) == (T0 + 2, None, None)


def test_a_talk_that_we_had_arranged_is_not_the_fallbacks() -> None:
    log = only([*ARRIVES, row("BRIDGE_ENTER", 4, "hotline-call", "Dial", ANNA), *LED_END]).log
    assert (log.by_fallback, log.agent, log.queued_at) == (False, "anna", None)


def test_whoever_enters_the_bridge_first() -> None:
    log = only([*ARRIVES, QUEUES, row("BRIDGE_ENTER", 3, "hotline-fallback"), agent("BRIDGE_ENTER", 4, peer=CARRIER),
                *HANGS_UP]).log  # fmt: skip
    assert (log.answered_at, log.agent, log.by_fallback) == (T0 + 4, "anna", True)


def test_a_caller_who_ends_up_with_somebody_outside() -> None:
    outside = "PJSIP/carrier-00000009"
    leg = row("CHAN_START", 6, "hotline-in", channel=outside, uniqueid="node-1-9.9", number="", dialled="")
    met = row("BRIDGE_ENTER", 7, "hotline-agents", "Dial", outside)
    lines = [*FALLBACK[:-2], leg, met, *HANGS_UP]
    assert only(lines).log.left_house
    assert not only([*lines[:-2], row("BRIDGE_ENTER", 8, "hotline-agents", "Dial", ANNA), *HANGS_UP]).log.left_house


def test_the_number_may_come_without_its_plus() -> None:
    assert only([line.replace(DID, DID[1:]) for line in FALLBACK]).log.did == DID


def test_the_queues_own_log_is_the_second_witness() -> None:
    story = Afterwards("node-1")
    connected = queue_log.parse(f"1795421784|{ONE}|hotline-fallback|PJSIP/piotr|CONNECT|2|node-1-1.1|1".encode())
    assert connected
    story.hear_queue(connected)
    (finished,) = read([*ARRIVES, QUEUES, *HANGS_UP], story)
    assert (finished.log.agent, finished.log.answered_at, finished.log.by_fallback) == ("piotr", T0 + 3, True)


@pytest.mark.parametrize("line", [
    b"", b"1|a|b|c", b"x|node-1|q|NONE|ENTERQUEUE||1|1", b"1|n-1.1|hotline-fallback|PJSIP/a|CONNECT|2",
    b"1|n-1.1|hotline-fallback|PJSIP/a b|CONNECT|2|n-1.2|1",
])  # fmt: skip
def test_a_damaged_line_of_the_queues_log_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="not a line of a queue log"):
        queue_log.parse(line)


def test_other_lines_of_the_queues_log_tell_nothing() -> None:
    for line in (b"1795421777|NONE|NONE|NONE|QUEUESTART|", b"1|n-1.1|hotline-fallback|NONE|ENTERQUEUE||+48500|1"):
        assert queue_log.parse(line) is None


HOSTILE = (
    '6"\n"CHAN_START","1795421781.1","node-1-6.6","node-1-6.6","","+48220000100","hotline-in","PJSIP/x-1","",""\n"'
)


def test_a_callers_text_forges_no_record() -> None:
    """CSV_QUOTE doubles the quotes; the line breaks stay. Each piece is refused."""
    quoted = row("CHAN_START", 0, "hotline-in").replace(CALLER, HOSTILE.replace('"', '""'))
    assert len(quoted.split("\n")) == 3
    for piece in quoted.split("\n"):
        with pytest.raises(ValueError, match="channel event log"):
            cel.parse(piece.encode())


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_whatever_a_caller_writes_is_one_field_or_nothing(text: str) -> None:
    quoted = row("ANSWER", 0, "hotline-call", number=text.replace('"', '""'))
    for line in quoted.encode().split(b"\n"):
        with suppress(ValueError):
            read_back = cel.parse(line)
            assert (read_back.uniqueid, read_back.context, read_back.number) == (
                ONE,
                "hotline-call",
                text.replace('"', '""'),
            )


def test_an_applications_name_may_have_a_digit() -> None:
    assert cel.parse(row("ANSWER", 0, "hotline-in", "AppDial2").encode()).application == "AppDial2"


def test_a_callers_quotes_and_letters_stay_in_their_field() -> None:
    parsed = cel.parse(row("ANSWER", 0, "hotline-call", number='ż"",""x').encode())
    assert (parsed.number, parsed.dialled) == ('ż"",""x', DID)
    assert (
        cel.parse(row("ANSWER", 0, "c").encode().replace(CALLER.encode(), b"\xff")).number
        == "\N{REPLACEMENT CHARACTER}"
    )


@pytest.mark.parametrize("damage", [
    lambda line: line[:-1], lambda line: line + ",", lambda line: line.replace('"ANSWER"', "ANSWER"),
    lambda line: line.replace(".", ","), lambda line: line + line, lambda line: "",
])  # fmt: skip
def test_a_damaged_line_is_refused(damage: Callable[[str], str]) -> None:
    with pytest.raises(ValueError, match="channel event log"):
        cel.parse(damage(row("ANSWER", 0, "hotline-call")).encode())


def test_impossible_rows_are_counted_and_change_nothing() -> None:
    story = Afterwards("node-1")
    other_node = row("CHAN_START", 0, "hotline-in", uniqueid="node-2-1.1", linkedid="node-2-1.1")
    lines = [
        other_node, row("CHAN_START", 7201, "hotline-in", uniqueid="node-1-7.7", linkedid="node-1-7.7"), *ARRIVES,
        ARRIVES[0], row("ANSWER", -5, "hotline-call"), row("CHAN_END", 3, "hotline-call", channel="PJSIP/other-1"),
        *FALLBACK[2:], *HANGS_UP,
    ]  # fmt: skip
    assert [finished.log for finished in read(lines, story)] == [only(FALLBACK).log]
    assert story.impossible == 5


def test_agents_calls_and_unanswered_ones_are_no_interactions() -> None:
    agents_own = [agent("CHAN_START", 0), agent("CHAN_END", 1)]
    never_taken = [ARRIVES[0], row("CHAN_END", 1, "hotline-in")]
    assert read([*agents_own, *never_taken]) == []


def test_a_call_that_asterisks_death_cut_off_is_told_as_incomplete() -> None:
    story = Afterwards("node-1")
    assert read(FALLBACK[:-4], story) == []
    assert story.oldest == MARK
    assert list(story.lost(frozenset({cel.parse(QUEUES.encode()).uniqueid}), NOW)) == []
    assert list(story.lost(frozenset(), T0)) == []  # younger than the picture
    (lost,) = story.lost(frozenset(), NOW)
    assert (lost.log.complete, lost.log.agent, lost.log.ended_at) == (False, "anna", T0 + 3.2)
    assert story.oldest is None


# -- the file -----------------------------------------------------------------------------------------------------


def lines(file: LogFile) -> list[str]:
    return [line.decode() for _, line in file.lines()]


def test_only_whole_lines_are_read_and_each_once(tmp_path: Path) -> None:
    path = tmp_path / "log"
    file = LogFile(path, None)
    assert lines(file) == []
    path.write_text("a\nb\nhal")
    assert lines(file) == ["a", "b"]
    with path.open("a") as more:
        more.write("f\n")
    assert lines(file) == ["half"]
    assert lines(LogFile(path, file.mark.position)) == []
    assert lines(LogFile(path, LogPosition(file.mark.file, 2))) == ["b", "half"]


def test_the_rest_of_a_rotated_file_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("a\n")
    file = LogFile(path, None)
    assert lines(file) == ["a"]
    with path.open("a") as more:
        more.write("b\n")
    path.rename(tmp_path / "log.1")
    path.write_text("c\n")
    marks = [mark for mark, _ in LogFile(path, file.mark.position).lines()]
    assert marks == sorted(marks)
    assert lines(file) == ["b", "c"]
    assert file.gaps == 0


@pytest.mark.parametrize("after", ["c\nd\n", "a\n"])
def test_a_truncated_file_is_read_from_its_start_and_the_gap_is_counted(tmp_path: Path, after: str) -> None:
    path = tmp_path / "log"
    path.write_text("a\nb\n")
    file = LogFile(path, None)
    assert lines(file) == ["a", "b"]
    path.write_text(after)
    assert lines(file) == after.split()
    assert file.gaps == 1


def test_a_line_without_measure_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("a\n" + "x" * 50_000 + "\nb\n" + "y" * 10_000)
    file = LogFile(path, None)
    assert lines(file) == ["a", "b"]
    assert file.overlong == 1
    assert lines(file) == []
