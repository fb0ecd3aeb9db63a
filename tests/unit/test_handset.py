"""Keys as a caller presses them, and prompts that cannot be made; Asterisk's side is a list of replies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import structlog

from ivr_flows import Digits, Given, Prompt, TimedOut, WaitDigits
from ivr_flows.session import KEYPAD
from ivr_flows.speech import SpeechError
from telephony.asterisk.agi_wire import Reply
from telephony.asterisk.handset import LIMIT_S, Handset
from tests.unit.journey_scene import ScriptedSession, Ticking

PLAIN = WaitDigits(4, 6.0, "#", KEYPAD, "*")


def said(words: str) -> list[Prompt]:
    return [Prompt(each, "pl", slow=False) for each in words.split()]


async def together(paths: Sequence[Path]) -> Path:
    if any(path.name == "broken" for path in paths):
        raise OSError("the disk is full")
    return Path("/joined") / "+".join(path.name for path in paths)


def handset(pressed: Sequence[str]) -> tuple[Handset, ScriptedSession]:
    """A caller who presses these keys, one for each wait; an empty one is silence for a while."""
    replies = [("WAIT FOR DIGIT", Reply(ord(key) if key else 0)) for key in pressed]
    clock = Ticking()
    session = ScriptedSession(replies, clock)

    async def speak(prompt: Prompt) -> Path:
        if prompt.text == "balance":
            raise SpeechError("a prompt was not ready within 3 s")
        return Path("/sounds") / prompt.text

    return Handset(session, speak, clock, together), session


@pytest.mark.parametrize(
    ("pressed", "first", "given"),
    [
        ("12#", "", Digits("12")),
        ("2#", "1", Digits("12")),  # the key that ended the question counts
        ("1234", "", Digits("1234")),  # as many as there can be
        ("1234#", "", Digits("1234")),  # its end does not answer the next question
        ("12345", "", Digits("12345")),  # more than there can be: the flow says that it is wrong
        ("12*", "", Digits("12*")),  # an ender is given
        ("", "*", Digits("*")),
        ("", "#", Digits("")),  # the terminator alone is an answer, not silence
        ("", "", TimedOut()),
        ("12", "", Digits("12")),  # silence after keys
        ("D1D#", "", Digits("1")),  # a wake of ours is no key
    ],
)
async def test_keys(pressed: str, first: str, given: Given) -> None:
    caller, _ = handset(pressed)
    assert await caller.keys(PLAIN, first) == given


async def test_without_an_ender_a_star_is_a_digit() -> None:
    caller, _ = handset("1*2#")
    assert await caller.keys(WaitDigits(8, 6.0, "#", KEYPAD)) == Digits("1*2")


async def test_no_key_is_waited_for_once_all_are_there() -> None:
    caller, session = handset("")
    assert await caller.keys(WaitDigits(1, 6.0, None, KEYPAD), "5") == Digits("5")
    assert session.commands == []


async def test_time_counts_anew_after_each_key() -> None:
    caller, _ = handset(["1", "", "2", "", "3", "", "4"])
    assert await caller.keys(WaitDigits(4, 6.0, "#", KEYPAD)) == Digits("1234")


async def test_keys_of_a_secret_are_in_no_log_and_in_no_text() -> None:
    with structlog.testing.capture_logs() as logs:
        caller, _ = handset("4711")
        given = await caller.keys(WaitDigits(4, 6.0, "#", KEYPAD, secret=True))
    assert logs == []
    assert "4711" not in repr(given)


async def test_a_prompt_that_cannot_be_made_is_left_out_and_its_words_are_in_no_log() -> None:
    caller, session = handset("")
    with structlog.testing.capture_logs() as logs:
        await caller.say(said("one balance two"))
    assert session.commands[1:] == ["STREAM FILE /joined/one+two "]
    assert [each["event"] for each in logs] == ["prompt.unspoken"]
    assert "balance" not in str(logs)


@pytest.mark.parametrize(
    ("words", "played"),
    [
        ("", []),
        ("one", ["/sounds/one"]),
        ("one two", ["/joined/one+two"]),
        ("one broken", ["/sounds/one", "/sounds/broken"]),  # cannot be joined: one after the other
    ],
)
async def test_what_is_said_in_one_go_is_one_sound(words: str, played: list[str]) -> None:
    caller, session = handset("")
    await caller.say(said(words))
    assert [line for line in session.commands if not line.startswith("SET")] == [
        f"STREAM FILE {each} " for each in played
    ]


async def test_a_limit_that_was_made_for_a_long_sound_does_not_outlive_it(tmp_path: Path) -> None:
    (tmp_path / "long.sln16").write_bytes(bytes(2 * 16_000 * 60))
    caller, session = handset("1")

    async def speak(prompt: Prompt) -> Path:
        return tmp_path / "long"

    caller = Handset(session, speak, Ticking())
    session.script.appendleft(("GET DATA", Reply(ord("1"))))
    assert await caller.ask(said("long"), PLAIN) == "1"
    await caller.wait(1.0)
    limits = [line.split()[-1] for line in session.commands if line.startswith("SET")]
    assert limits == [str(LIMIT_S + 60), str(LIMIT_S)]  # 60 s of sound, then a piece of waiting


async def test_after_a_talk_the_switch_is_armed_again() -> None:
    caller, session = handset("12")
    await caller.wait(1.0)
    caller.lifted()
    await caller.wait(1.0)
    assert [line.split()[0] for line in session.commands] == ["SET", "WAIT", "SET", "WAIT"]


async def test_the_first_key_is_waited_for_by_the_command_that_asks() -> None:
    caller, session = handset("")
    session.script.append(("GET DATA", Reply(ord("7"))))
    assert await caller.ask(said("one two"), PLAIN) == "7"
    assert session.commands[1:] == ["GET DATA /joined/one+two 5000 1"]


async def test_where_the_question_cannot_be_one_sound_a_key_ends_it_as_well() -> None:
    caller, session = handset("")
    session.script.append(("STREAM FILE", Reply(ord("7"))))
    assert await caller.ask(said("one broken"), PLAIN) == "7"
    assert session.commands[1:] == ["STREAM FILE /sounds/one 0123456789*#"]


@pytest.mark.parametrize(
    ("timeout_s", "answer", "waits"),
    [
        (4.0, 0, []),  # all of it was waited for
        (9.0, 0, ["WAIT FOR DIGIT 3000"]),  # two looks at this clock take a second each, too
        (4.0, ord("A"), ["WAIT FOR DIGIT 3000"]),  # no key of ours: the question is over, its time is not
        (4.0, -1, ["WAIT FOR DIGIT 3000"]),  # no sound to play, and nothing waited for
    ],
)
async def test_what_the_question_has_waited_is_not_waited_again(
    timeout_s: float, answer: int, waits: list[str]
) -> None:
    caller, session = handset("")
    session.script.append(("GET DATA", Reply(answer)))
    wait = WaitDigits(1, timeout_s, None, KEYPAD)
    assert await caller.ask(said("one"), wait) == ""
    assert await caller.keys(wait) == TimedOut()
    assert [line for line in session.commands if line.startswith("WAIT")][:1] == waits


async def test_a_question_that_cannot_be_said_is_waited_for_all_the_same() -> None:
    caller, session = handset("1")
    assert await caller.ask(said("balance"), PLAIN) == ""
    assert await caller.keys(WaitDigits(1, 6.0, None, KEYPAD)) == Digits("1")
    assert session.commands[-1] == "WAIT FOR DIGIT 5000"
