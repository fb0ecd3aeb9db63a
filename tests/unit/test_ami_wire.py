"""The AMI parser: captured bytes, cuts at every place, and what a caller's text may try."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.asterisk.ami_wire import (
    FRAME_LIMIT,
    SHAPES,
    AmiEvent,
    AmiResponse,
    Banner,
    Item,
    Parser,
    Taint,
    TaintReason,
    WireError,
    checked,
)
from telephony.asterisk.translate import WANTED

RECORDED = Path(__file__).parents[1] / "fixtures" / "ami"
GREETING = b"Asterisk Call Manager/9.0.0\r\n"


def parser(wanted: dict[str, tuple[str, ...]] | None = None) -> Parser:
    made = Parser(WANTED if wanted is None else wanted)
    assert made.feed(GREETING) == [Banner("9.0.0")]
    return made


def message(*lines: str) -> bytes:
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def newchannel(number: str = "48221000000", uniqueid: str = "n1-1.1") -> bytes:
    """An event nobody asked for, with a caller's text before its ids, as Asterisk orders them."""
    return message(
        "Event: Newchannel",
        "Channel: PJSIP/trunk-00000001",
        f"CallerIDNum: {number}",
        "CallerIDName: <unknown>",
        f"Uniqueid: {uniqueid}",
        f"Linkedid: {uniqueid}",
    )


HANGUP = message("Event: Hangup", "Channel: PJSIP/a-1", "Uniqueid: n1-1.2", "Linkedid: n1-1.1", "Cause: 16")


def names(items: list[Item]) -> list[str]:
    return [item.name for item in items if isinstance(item, AmiEvent)]


def taints(items: list[Item]) -> list[TaintReason]:
    return [item.reason for item in items if isinstance(item, Taint)]


@pytest.mark.parametrize("file", sorted(RECORDED.glob("*.bin")), ids=lambda file: file.stem)
def test_a_recorded_call_has_no_taint_and_every_used_event_with_its_fields(file: Path) -> None:
    data = file.read_bytes()
    made = Parser(WANTED)
    items = made.feed(data)
    assert taints(items) == []
    assert made.messages == data.count(b"\r\n\r\n")
    for name in ("DialBegin", "DialEnd", "Hangup", "DeviceStateChange", "RTCPReceived"):
        assert names(items).count(name) == data.count(f"Event: {name}\r\n".encode()), name
    assert all(
        "PJSIP" in item.fields["DestChannel"]
        for item in items
        if isinstance(item, AmiEvent) and item.name == "DialBegin"
    )


@given(st.lists(st.integers(1, 400), max_size=40))
def test_cuts_between_reads_change_nothing(cuts: list[int]) -> None:
    data = newchannel() * 2 + HANGUP + message("Response: Success", "ActionID: x", "Ping: Pong") + HANGUP
    whole, pieces = parser().feed(data), []
    cut = parser()
    for length in [*cuts, len(data)]:
        pieces += cut.feed(data[:length])
        data = data[length:]
    assert pieces == whole


def test_an_event_comes_with_the_fields_asked_for_and_no_others() -> None:
    made = parser({"Newchannel": ("Uniqueid",)})
    for _ in range(2):  # examined, then recognised
        assert made.feed(newchannel("48501000001")) == [AmiEvent("Newchannel", {"Uniqueid": "n1-1.1"})]


def test_a_response_comes_with_all_its_fields() -> None:
    items = parser().feed(message("Response: Error", "ActionID: 7", "Message: No such channel"))
    assert items == [AmiResponse("Error", {"ActionID": "7", "Message": "No such channel"})]


def test_polish_letters_survive_any_cut_and_bytes_that_are_not_utf8_are_counted() -> None:
    made = parser({"UserEvent": ("Text",)})
    data = message("Event: UserEvent", "Text: Zażółć gęślą jaźń")
    items = [item for byte in data for item in made.feed(bytes([byte]))]
    assert items == [AmiEvent("UserEvent", {"Text": "Zażółć gęślą jaźń"})]
    assert made.replaced == 0
    assert made.feed(b"Event: UserEvent\r\nText: \xc5\r\n\r\n") == [AmiEvent("UserEvent", {"Text": "\ufffd"})]
    assert made.replaced == 1


@pytest.mark.parametrize("learnt", [False, True], ids=["first sight", "known shape"])
@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("6\r\nX-Inj: yes\r\nUniqueid: n1-9.9", TaintReason.DUPLICATE_KEY),
        ("6\r\nCallerIDName: Kowalski", TaintReason.DUPLICATE_KEY),
        ("6\r\ncalleridname: Kowalski", TaintReason.DUPLICATE_KEY),
        ("6\nX-Inj: yes", TaintReason.BAD_LINE),
        ("6\r\nno colon", TaintReason.BAD_LINE),
        ("6\r\n\r\nEvent: Shutdown", TaintReason.NO_CHANNEL_ID),
        ("6\r\n\r\nEvent: Hangup\r\nChannel: PJSIP/a-1\r\nUniqueid: n1-1.2\r\nLinkedid: n1-1.1\r\nCause: 16",
         TaintReason.NO_CHANNEL_ID),
        ("6\r\n\r\nEvent: UserEvent\r\nUserEvent: x", TaintReason.NO_CHANNEL_ID),
        ("6\r\n\r\nsomething else", TaintReason.BAD_LINE),
        ("6\r\n\r\nX: y", TaintReason.NO_KIND),
        ("6\r\n\r\n", TaintReason.BAD_LINE),
    ],
)  # fmt: skip
def test_line_ends_in_a_callers_number_taint(number: str, reason: TaintReason, *, learnt: bool) -> None:
    made = parser()
    if learnt:
        assert made.feed(newchannel()) == []
    items = made.feed(newchannel(number))
    assert reason in taints(items)
    assert isinstance(items[0], Taint)  # it speaks before any event of the same write


def test_a_perfect_imitation_is_given_away_by_what_is_left_over() -> None:
    """The caller copies the cut event to its last key; the rest of the true one has no beginning."""
    forged = "6\r\nCallerIDName: x\r\nUniqueid: n1-1.1\r\nLinkedid: n1-1.1\r\n\r\n" + HANGUP.decode()
    made = parser()
    made.feed(newchannel())
    items = made.feed(newchannel(forged))
    assert isinstance(items[0], Taint)
    assert names(items) == ["Hangup"]  # comes after its taint, so nobody believes it


@pytest.mark.parametrize("chunk_bytes", [1, 7, 1400, 100_000])
@pytest.mark.parametrize("name", ["line", "lf", "event", "imitation"])
def test_what_a_real_caller_forged_is_never_believed(name: str, chunk_bytes: int) -> None:
    """As the client does it: after the first taint, and before it in the same read, nothing counts."""
    data = (RECORDED / "forged" / f"{name}.bin").read_bytes()
    made = Parser(WANTED | {"Newchannel": ("Uniqueid",)})
    believed: list[str] = []
    for at in range(0, len(data), chunk_bytes):
        items = made.feed(data[at : at + chunk_bytes])
        if taints(items):
            break
        believed += names(items)
    else:
        pytest.fail("no taint")
    assert set(believed) <= {"FullyBooted"}


def test_a_line_more_in_a_channels_snapshot_taints_whatever_it_says() -> None:
    """It might hide an event from us (`ActionID`) or add a field that this one lacks."""
    lines = ["Event: Newstate", "Channel: PJSIP/t-1", "ChannelStateDesc: Up", "CallerIDNum: 6", "CallerIDName: x",
             "ConnectedLineNum: x", "ConnectedLineName: x", "Language: pl", "AccountCode: ", "Context: x", "Exten: x",
             "Priority: 1", "Uniqueid: n1-1.1", "Linkedid: n1-1.1"]  # fmt: skip
    assert taints(parser().feed(message(*lines))) == []
    for place in range(4, len(lines)):
        forged = [*lines[:place], "ActionID: x", *lines[place:]]
        assert taints(parser().feed(message(*forged))) == [TaintReason.BROKEN_SNAPSHOT]


def test_an_event_we_act_on_names_its_channel() -> None:
    cut = message("Event: Hangup", "Uniqueid: n1-1.1", "Linkedid: n1-1.1", "Cause: 16")
    assert taints(parser().feed(cut)) == [TaintReason.NO_CHANNEL_ID]


def test_a_fragment_is_seen_before_it_is_whole() -> None:
    made = parser()
    assert taints(made.feed(HANGUP + b"CallerIDName: <unk")) == [TaintReason.NO_KIND]


@pytest.mark.parametrize("role", ["", "Dest", "Spyee", "Transferee", "SecondTransferer", "LocalTwo"])
def test_each_channel_of_an_event_needs_both_its_ids(role: str) -> None:
    ids = [f"{role}Uniqueid: n1-1.1", f"{role}Linkedid: n1-1.1"]
    head = ["Event: Whatever", f"{role}Channel: PJSIP/a-1"]
    assert taints(parser().feed(message(*head, *ids))) == []
    for cut in ([], ids[:1], ids[1:]):
        assert taints(parser().feed(message(*head, *cut))) == [TaintReason.NO_CHANNEL_ID]


def test_events_that_asterisk_writes_without_a_linkedid_are_no_forgery() -> None:
    for lines in (
        ("Event: Rename", "Channel: PJSIP/a-1", "Newname: PJSIP/b-1", "Uniqueid: n1-1.1"),
        ("Event: OriginateResponse", "ActionID: 1", "Response: Failure", "Channel: Local/1@x"),
        ("Event: ContactStatus", "URI: sip:a@127.0.0.1", "ContactStatus: Reachable"),
    ):
        assert taints(parser().feed(message(*lines))) == [], lines


def test_test_events_of_debians_build_are_noise() -> None:
    noise = b"Event: TestEvent\r\nState: A\r\nState: B\r\nChannel: PJSIP/a-1\r\n\r\n\r\n"
    assert names(parser().feed(noise + HANGUP + noise + noise + HANGUP)) == ["Hangup", "Hangup"]
    assert taints(parser().feed(noise + HANGUP)) == []


def test_an_empty_line_elsewhere_is_no_noise() -> None:
    assert taints(parser().feed(newchannel() + b"\r\n" + HANGUP)) == [TaintReason.BAD_LINE]


def test_an_inventor_of_keys_costs_no_memory() -> None:
    made = parser()
    for number in range(SHAPES + 50):
        made.feed(message(f"Event: E{number:05}{'x' * 30}", f"Key{number}: 1"))
    assert sum(map(len, made._shapes.values())) == SHAPES


def test_what_is_not_ami_ends_the_connection() -> None:
    with pytest.raises(WireError, match="no Asterisk manager port"):
        Parser({}).feed(b"SSH-2.0-OpenSSH_9.2\r\n")
    with pytest.raises(WireError, match="without the end"):
        Parser({}).feed(b"A" * (FRAME_LIMIT + 1))
    with pytest.raises(WireError, match="without the end"):
        parser().feed(b"Event: X\r\n" + b"Y: 1\r\n" * FRAME_LIMIT)


SCRAPS = st.one_of(
    st.binary(max_size=20),
    st.sampled_from([b"\r\n", b"\r\n\r\n", b"\n", b"\r", b": ", b"Event: TestEvent\r\n", b"Event: Hangup\r\n",
                     b"Response: x\r\n", b"Uniqueid: 1\r\n", b"\xc5", HANGUP, newchannel()]),
)  # fmt: skip


@given(st.lists(SCRAPS, max_size=30), st.integers(1, 50))
def test_any_bytes_in_any_pieces_give_the_same_events(scraps: list[bytes], length: int) -> None:
    data = b"".join(scraps)
    whole, cut = parser(), parser()
    items = whole.feed(data)
    pieces = [item for at in range(0, len(data), length) for item in cut.feed(data[at : at + length])]
    assert names(pieces) == names(items)
    assert bool(taints(pieces)) >= bool(taints(items))
    assert cut.messages == whole.messages


@given(st.text(max_size=30), st.sampled_from("\r\n\0"), st.text(max_size=30))
def test_a_line_end_in_a_value_is_an_error_of_ours(before: str, end: str, after: str) -> None:
    with pytest.raises(ValueError, match="line end or NUL"):
        list(checked([("Channel", before + end + after)]))


@pytest.mark.parametrize("key", ["", "Action ID", "A: b\r\nB", "Ż", "1a"])
def test_a_bad_key_is_an_error_of_ours(key: str) -> None:
    with pytest.raises(ValueError, match="name of an AMI field"):
        list(checked([(key, "x")]))


def test_a_line_longer_than_asterisk_reads_is_an_error_of_ours() -> None:
    assert list(checked([("A", "x" * 997)]))
    with pytest.raises(ValueError, match="longer than a line"):
        list(checked([("A", "x" * 998)]))
    with pytest.raises(ValueError, match="longer than a line"):
        list(checked([("A", "ż" * 500)]))
