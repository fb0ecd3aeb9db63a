"""AGI on the wire: the header's limits and forgeries, the replies' grammar, and quotes nobody leaves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.asterisk import agi_wire as wire
from telephony.asterisk.agi_wire import AgiError, Environment, EnvironmentReader, Refused, Reply

# What Asterisk 22 sends, in its order; the caller's own text stands in the middle.
HEADER = [
    "agi_network: yes", "agi_network_script: call", "agi_request: agi://127.0.0.1:4573/call",
    "agi_channel: PJSIP/trunk-00000001", "agi_language: pl", "agi_type: PJSIP", "agi_uniqueid: n1-1.1",
    "agi_version: 22.10.1", "agi_callerid: {number}", "agi_calleridname: unknown", "agi_callingpres: 0",
    "agi_context: hotline-call", "agi_extension: s", "agi_priority: 7", "agi_enhanced: 0.0", "agi_accountcode: ",
    "agi_threadid: 140", "agi_arg_1: +48221000000", "agi_arg_2: +48501000001", "agi_arg_3: PHNpcDp4QHk+",
]  # fmt: skip


def read(number: str = "unknown") -> Environment:
    reader = EnvironmentReader()
    text = "\n".join(HEADER).replace("{number}", number) + "\n\n"
    for line in text.encode().splitlines(keepends=True):
        if environment := reader.line(line):
            return environment
    raise AssertionError("the header has no end")


def test_the_header_of_a_call() -> None:
    environment = read()
    assert environment["uniqueid"] == "n1-1.1"
    assert environment["arg_1"] == "+48221000000"
    assert environment["accountcode"] == ""
    assert environment["arg_9"] == ""
    assert environment.duplicates == 0


def test_the_first_of_two_equal_keys_wins_and_the_second_is_counted() -> None:
    environment = read("6\nagi_network_script: evil\nagi_type: evil\nX-Inj: yes")
    assert environment["network_script"] == "call"
    assert environment["type"] == "PJSIP"
    assert environment.duplicates == 3


@pytest.mark.parametrize("key", ["agi_arg_1", "agi_arg_2", "agi_uniqueid", "agi_channel"])
def test_what_we_act_on_may_not_come_twice(key: str) -> None:
    with pytest.raises(AgiError, match="came twice"):
        read(f"6\n{key}: +48700000000")


def test_an_end_forged_into_the_header_leaves_out_the_arguments() -> None:
    environment = read("6\n\n200 result=1")
    assert environment["arg_1"] == ""  # without it the call goes to the fallback


def test_the_header_is_limited_in_bytes_lines_and_line_length() -> None:
    for line, count in ((b"agi_x: " + b"y" * wire.HEADER_LINE_LIMIT + b"\n", 1), (b"agi_x: " + b"y" * 5000 + b"\n", 7),
                        (b"agi_x: y\n", wire.HEADER_LINES + 1)):  # fmt: skip
        reader = EnvironmentReader()
        for _ in range(count - 1):
            assert reader.line(line) is None
        with pytest.raises(AgiError, match="too long"):
            reader.line(line)


def test_what_does_not_begin_like_a_header_is_none() -> None:
    with pytest.raises(AgiError, match="no AGI header"):
        EnvironmentReader().line(b"GET / HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"200 result=0\n", Reply(0)),
        (b"200 result=-1\n", Reply(-1)),
        (b"200 result=50 endpos=12800\n", Reply(50, None, 12800)),
        (b"200 result=1 (n1-1.1)\n", Reply(1, "n1-1.1")),
        (b"200 result=1 ((alaw|ulaw))\r\n", Reply(1, "(alaw|ulaw)")),
        (b"200 result=1 ()\n", Reply(1, "")),
        (b"200 result=0 Gosub complete\n", Reply(0)),
        (b"200 result=-1 Gosub failed\n", Reply(-1)),
        (b"200 result=0 Gosub complete (abnormal exit)\n", Reply(0, "abnormal exit")),
        (b"510 Invalid or unknown command\n", Refused(510)),
        (b"511 Command Not Permitted on a dead channel\n", Refused(511)),
        (b"520 Invalid command syntax.\n", Refused(520)),
    ],
)
def test_the_replies_of_res_agi(line: bytes, reply: Reply | Refused) -> None:
    assert wire.parse_reply(line) == reply


@pytest.mark.parametrize(
    ("line", "result"),
    [
        (b"200 result=5\n", ord("5")),
        (b"200 result=0\r\n", ord("0")),
        (b"200 result=*\n", ord("*")),
        (b"200 result=\n", ord("#")),  # it ends the input and is not given
        (b"200 result= (timeout)\n", 0),
        (b"200 result=-1\n", -1),
    ],
)
def test_the_answer_to_a_question_for_one_key(line: bytes, result: int) -> None:
    assert wire.parse_key_reply(line) == Reply(result)


@pytest.mark.parametrize("line", [b"200 result=# \n", b"200 result=x\n", b"200 result=1 (time\n", b"result=\n"])
def test_any_other_answer_to_it_is_out_of_step(line: bytes) -> None:
    with pytest.raises(AgiError, match="out of step"):
        wire.parse_key_reply(line)


def test_lines_that_are_no_reply_yet() -> None:
    assert isinstance(wire.parse_reply(b"HANGUP\n"), wire.Hangup)
    assert isinstance(wire.parse_reply(b"100 result=0 Trying...\n"), wire.Trying)
    assert isinstance(wire.parse_reply(b"520-Invalid command syntax.  Proper usage follows:\n"), wire.UsageBegins)
    assert wire.is_end_of_usage(b"520 End of proper usage.\n")


@pytest.mark.parametrize(
    "line",
    [b"\n", b"200 result=\n", b"200 result=1 (6\n", b"X-Inj: yes)\n", b" 200 result=0\n",
     b"200 result=99999999999\n", b"201 result=0\n", b"HANGUP now\n", b"200 result=0\r\r\n"],
)  # fmt: skip
def test_anything_else_is_out_of_step(line: bytes) -> None:
    with pytest.raises(AgiError, match="out of step"):
        wire.parse_reply(line)


@given(st.binary(max_size=80))
def test_any_line_is_a_reply_or_out_of_step(line: bytes) -> None:
    try:
        wire.parse_reply(line)
    except AgiError:
        return
    assert line[:3] in {b"200", b"510", b"511", b"520", b"100", b"HAN"}


def asterisk_arguments(line: str) -> list[str]:
    """res_agi.c, parse_args: a backslash takes the next character as it is, bare quotes open and close, spaces part."""
    found: list[str] = []
    current, quoted, escaped, fresh = "", False, False, True
    for character in line:
        if escaped:
            current, escaped, fresh = current + character, False, False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted, fresh = not quoted, False
        elif character == " " and not quoted:
            if not fresh:
                found.append(current)
            current, fresh = "", True
        else:
            current, fresh = current + character, False
    assert not quoted
    return found if fresh else [*found, current]


@given(
    st.lists(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=40), max_size=4)
)
def test_asterisk_reads_the_arguments_we_meant(arguments: list[str]) -> None:
    line = wire.command("EXEC", *arguments).decode()
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert asterisk_arguments(line[:-1]) == ["EXEC", *arguments]


@pytest.mark.parametrize("end", ["\r", "\n", "\0"])
def test_a_line_end_in_an_argument_is_an_error_of_ours(end: str) -> None:
    with pytest.raises(ValueError, match="line end or NUL"):
        wire.command("SET VARIABLE", "X", f"a{end}HANGUP")


def test_a_command_longer_than_asterisk_reads_is_an_error_of_ours() -> None:
    assert wire.command("EXEC", "x" * 1900)
    with pytest.raises(ValueError, match="AGI takes 2000"):
        wire.command("EXEC", "ż" * 1000)
    with pytest.raises(ValueError, match="not an AGI command"):
        wire.command("exec\nHANGUP")
