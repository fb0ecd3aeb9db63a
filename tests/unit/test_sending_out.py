"""A flow's transfer, command by command: what is dialled, what is refused before a byte of it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ivr_flows import Prompt, Status, Transfer
from telephony.asterisk.agi import SessionEndedError
from telephony.asterisk.agi_wire import Reply
from telephony.asterisk.handset import Handset
from telephony.asterisk.sending_out import SendingOut
from telephony.core.ids import InteractionId
from tests.unit.journey_scene import Answer, ScriptedSession, Ticking

NUMBER = "+48220000900"
KNOWN = ("GET VARIABLE DIALPLAN_EXISTS", Reply(1, "1"))


class Case:
    def __init__(self, script: Sequence[tuple[str, Answer]]) -> None:
        clock = Ticking()
        self.session = ScriptedSession(script, clock)
        self.reached = 0
        handset = Handset(self.session, self.speak, clock)
        self.out = SendingOut(self.session, handset, InteractionId("i"), self.count)

    async def speak(self, prompt: Prompt) -> Path:
        raise AssertionError(prompt)

    def count(self) -> None:
        self.reached += 1

    @property
    def dialled(self) -> list[str]:
        return [line for line in self.session.commands if line.startswith("GOSUB")]


async def test_a_talk_outside_is_told_once_though_both_connections_tell_it() -> None:
    case = Case([KNOWN, ("GOSUB", Reply(0)), ("GET VARIABLE DIALSTATUS", Reply(1, "ANSWER"))])
    case.session.on_command = lambda line: case.out.answered() if line.startswith("GOSUB") else None
    assert (await case.out.send(Transfer(NUMBER))).status is Status.OK
    assert case.dialled == [f"GOSUB hotline-out {NUMBER} 1"]
    assert case.reached == 1


async def test_without_a_manager_connection_it_is_told_at_the_end() -> None:
    case = Case([KNOWN, ("GET VARIABLE DIALSTATUS", Reply(1, "ANSWER"))])
    await case.out.send(Transfer(NUMBER))
    assert case.reached == 1


@pytest.mark.parametrize("status", ["NOANSWER", "BUSY", "CHANUNAVAIL", "CONGESTION", ""])
async def test_whom_nobody_answers_goes_on(status: str) -> None:
    case = Case([KNOWN, ("GET VARIABLE DIALSTATUS", Reply(1, status))])
    assert (await case.out.send(Transfer(NUMBER))).status is Status.REFUSED
    assert case.reached == 0


@pytest.mark.parametrize("number", ["+48112", "112", "+48701234567", "+4420700000000", "+48220000900&PJSIP/x", ""])
async def test_what_may_not_be_called_is_not_dialled(number: str) -> None:
    case = Case([])
    assert (await case.out.send(Transfer(number))).status is Status.REFUSED
    assert case.session.commands == []


async def test_a_number_that_the_dialplan_has_not_is_not_dialled() -> None:
    case = Case([("GET VARIABLE DIALPLAN_EXISTS", Reply(1, "0"))])
    assert (await case.out.send(Transfer(NUMBER))).status is Status.REFUSED
    assert case.dialled == []


async def test_a_caller_who_hangs_up_meanwhile_is_not_asked_how_it_was() -> None:
    case = Case([KNOWN, ("GOSUB", Reply(0, "abnormal exit"))])
    with pytest.raises(SessionEndedError):
        await case.out.send(Transfer(NUMBER))
    assert case.session.ending
    assert case.session.commands[-1] == f"GOSUB hotline-out {NUMBER} 1"


async def test_an_answer_to_another_dial_is_none_of_this() -> None:
    case = Case([KNOWN, ("GOSUB", SessionEndedError())])
    case.out.answered()  # an agent's, before
    with pytest.raises(SessionEndedError):
        await case.out.send(Transfer(NUMBER))
    case.out.answered()  # and after
    assert case.reached == 0
