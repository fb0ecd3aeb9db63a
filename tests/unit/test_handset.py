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
from telephony.asterisk.handset import Handset
from tests.unit.test_journey import ScriptedSession, Ticking

PLAIN = WaitDigits(4, 6.0, "#", KEYPAD, "*")


def handset(pressed: Sequence[str]) -> tuple[Handset, ScriptedSession]:
    """A caller who presses these keys, one for each wait; an empty one is silence for a while."""
    replies = [("WAIT FOR DIGIT", Reply(ord(key) if key else 0)) for key in pressed]
    clock = Ticking()
    session = ScriptedSession(replies, clock)

    async def speak(prompt: Prompt) -> Path:
        if prompt.text == "balance":
            raise SpeechError("a prompt was not ready within 3 s")
        return Path("/sounds") / prompt.text

    return Handset(session, speak, clock), session


@pytest.mark.parametrize(
    ("pressed", "first", "given"),
    [
        ("12#", "", Digits("12")),
        ("2#", "1", Digits("12")),  # the key that ended the question counts
        ("1234", "", Digits("1234")),  # as many as there can be
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
    prompts = [Prompt(words, "pl", slow=False) for words in ("one", "balance", "two")]
    with structlog.testing.capture_logs() as logs:
        assert await caller.say(prompts, "0") == ""
    played = [line for line in session.commands if line.startswith("STREAM FILE")]
    assert played == ["STREAM FILE /sounds/one 0", "STREAM FILE /sounds/two 0"]
    assert [each["event"] for each in logs] == ["prompt.unspoken"]
    assert "balance" not in str(logs)
