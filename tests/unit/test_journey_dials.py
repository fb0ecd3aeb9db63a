"""What a waiting caller's session is told to do: dials, announcements, withdrawals, ends."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from ivr_flows import Flow
from telephony.asterisk.agi import SessionEndedError
from telephony.asterisk.agi_wire import AgiError, Environment, Reply
from telephony.asterisk.in_line import Instruction
from telephony.asterisk.journey import Arrival
from telephony.core import events as core
from telephony.core.commands import Dial, LeaveLine
from telephony.core.estimate import Minutes
from telephony.core.ids import AgentId, QueueName
from telephony.core.rules import OverflowWhy
from tests.unit.journey_scene import ENVIRONMENT, Answer, Case, flow_in, key


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    return flow_in(tmp_path)


async def test_a_wake_alone_is_only_a_hint(flow: Flow) -> None:
    script: list[tuple[str, Answer]] = [
        ("STREAM FILE", key("2")),
        ("WAIT FOR DIGIT", key("D")),
        ("WAIT FOR DIGIT", key("D")),
        ("WAIT FOR DIGIT", Reply(-1)),
    ]
    case = Case(flow, script)
    await case.journey.run()
    assert not any(line.startswith("EXEC") for line in case.session.commands)
    assert len(case.waits()) == 3


async def test_who_waits_hears_for_how_long_and_the_music_goes_on(flow: Flow) -> None:
    pieces = [("WAIT FOR DIGIT", Reply(0))] * 20
    case = Case(flow, [("STREAM FILE", key("2")), *pieces, ("WAIT FOR DIGIT", Reply(-1))])
    case.wait = Minutes(3, 5)
    case.clock.step_s = 5.0
    await case.journey.run()
    said = "przewidywany-czas-oczekiwania:-od-trzech-do-pięciu-minut"
    heard = [each.removeprefix("/sounds/") for each in case.said()]
    assert heard.count(said) == case.asked > 1
    lines = [line.split()[:3] for line in case.session.commands if "TIMEOUT" not in line]
    at = lines.index(["STREAM", "FILE", f"/sounds/{said}"])
    assert lines[at - 1] == ["SET", "MUSIC", "OFF"]
    assert lines[at + 1] == ["SET", "MUSIC", "ON"]


async def test_who_cannot_be_told_anything_hears_the_music_alone(flow: Flow) -> None:
    pieces = [("WAIT FOR DIGIT", Reply(0))] * 20
    case = Case(flow, [("STREAM FILE", key("2")), *pieces, ("WAIT FOR DIGIT", Reply(-1))])
    case.clock.step_s = 5.0
    await case.journey.run()
    assert case.asked > 1
    assert case.session.commands.count("SET MUSIC OFF") == 0


async def test_a_dial_that_comes_during_an_announcement_follows_it(flow: Flow) -> None:
    pieces = [("WAIT FOR DIGIT", Reply(0))] * 20
    script = [("STREAM FILE", key("2")), *pieces, ("GET VARIABLE DIALSTATUS", Reply(1, "ANSWER"))]
    case = Case(flow, script)
    case.wait = Minutes(0, 1)
    case.clock.step_s = 5.0
    case.dial_at("STREAM FILE /sounds/przewidywany")
    await case.journey.run()
    said = next(at for at, line in enumerate(case.session.commands) if "przewidywany" in line)
    dial = next(at for at, line in enumerate(case.session.commands) if line.startswith("EXEC Dial"))
    assert said < dial
    assert not [line for line in case.session.commands[said:dial] if line.startswith("WAIT FOR DIGIT")]


async def test_an_instruction_is_carried_out_and_the_talk_ends_the_call(flow: Flow) -> None:
    case = Case(flow, [("STREAM FILE", key("2")), ("GET VARIABLE DIALSTATUS", Reply(1, "ANSWER"))])
    case.dial_at("WAIT FOR DIGIT")
    await case.journey.run()
    lines = case.session.commands
    dial = lines.index("EXEC Dial PJSIP/phone-anna,20,gmU(hotline-answered)")
    assert lines[dial - 1] == "SET VARIABLE TIMEOUT(absolute) 35"
    assert lines[-2:] == ["SET VARIABLE HOTLINE_STAGE done", "HANGUP"]
    assert case.events[-1] == core.DialEnded(case.journey.interaction, 1, "ANSWER")
    assert case.journey.line.attempt is None


async def test_what_was_meant_for_who_waits_is_forgotten_after_a_talk(flow: Flow) -> None:
    case = Case(flow, [("STREAM FILE", key("2")), ("GET VARIABLE DIALSTATUS", Reply(1, "ANSWER"))])
    line = case.journey.line
    dial = Dial(case.journey.interaction, 1, AgentId("anna"), "phone-anna", 20.0, "n1")
    leave = LeaveLine(case.journey.interaction, QueueName("support"), OverflowWhy.WAITED)
    told: dict[str, Instruction] = {"WAIT FOR DIGIT": dial, "EXEC Dial": leave}

    def each(command: str) -> None:
        for begin, instruction in told.items():
            if command.startswith(begin):
                line.instruct(instruction)

    case.session.on_command = each
    await case.journey.run()
    assert case.of(core.DialEnded)
    assert line.instruction is None


@pytest.mark.parametrize(
    ("status", "told"),
    [("NOANSWER", "NOANSWER"), ("BUSY", "BUSY"), ("", "CHANUNAVAIL"), ("6)\nX-Inj", "CHANUNAVAIL")],
)
async def test_a_dial_without_an_answer_leads_back_to_the_music(flow: Flow, status: str, told: str) -> None:
    script: list[tuple[str, Answer]] = [
        ("STREAM FILE", key("2")),
        ("GET VARIABLE DIALSTATUS", Reply(1, status)),
        ("SET MUSIC", SessionEndedError()),
    ]
    case = Case(flow, script)
    case.dial_at("SET MUSIC")
    case.session.script.insert(1, ("SET MUSIC", Reply(0)))
    await case.journey.run()
    assert case.of(core.DialEnded) == [core.DialEnded(case.journey.interaction, 1, told)]
    assert case.session.commands.count("SET MUSIC ON") == 2


async def test_an_unknown_application_is_no_answer_of_an_earlier_dial(flow: Flow) -> None:
    case = Case(
        flow,
        [("STREAM FILE", key("2")), ("SET MUSIC", Reply(0)), ("EXEC", Reply(-2)), ("SET MUSIC", SessionEndedError())],
    )
    case.dial_at("SET MUSIC")
    await case.journey.run()
    assert case.of(core.DialEnded) == [core.DialEnded(case.journey.interaction, 1, "CHANUNAVAIL")]


async def test_an_endpoint_that_would_add_to_the_dial_is_never_dialled(flow: Flow) -> None:
    case = Case(flow, [("STREAM FILE", key("2"))])
    evil = Dial(case.journey.interaction, 1, AgentId("anna"), "anna&PJSIP/trunk", 20.0, "n1")
    case.session.on_command = lambda line: case.journey.line.instruct(evil) if line.startswith("SET MUSIC") else None
    with pytest.raises(ValueError, match="endpoint"):
        await case.journey.run()
    assert case.of(core.SessionLost)  # the dialplan has the caller


async def test_a_withdrawn_instruction_is_not_carried_out(flow: Flow) -> None:
    case = Case(flow, [])
    case.journey.line.instruct(Dial(case.journey.interaction, 2, AgentId("anna"), "phone-anna", 20.0, "n1"))
    case.journey.line.withdraw(1)
    assert case.journey.line.instruction
    case.journey.line.withdraw(2)
    assert case.journey.line.instruction is None


async def test_the_end_of_the_session_without_a_hang_up_is_told(flow: Flow) -> None:
    case = Case(flow, [("STREAM FILE", SessionEndedError())])
    await case.journey.run()
    assert case.events[-1] == core.SessionLost(case.journey.interaction)


async def test_a_hang_up_is_left_to_ami(flow: Flow) -> None:
    case = Case(flow, [("STREAM FILE", key("2")), ("WAIT FOR DIGIT", Reply(-1))])
    await case.journey.run()
    assert case.session.hung_up
    assert case.of(core.SessionLost) == []


async def test_a_reply_out_of_step_gives_the_caller_to_the_dialplan(flow: Flow) -> None:
    case = Case(flow, [("STREAM FILE", AgiError("the reply is out of step"))])
    with pytest.raises(AgiError):
        await case.journey.run()
    assert case.events[-1] == core.SessionLost(case.journey.interaction)
    assert "SET VARIABLE HOTLINE_STAGE done" not in case.session.commands


async def test_without_a_directory_the_call_goes_on(flow: Flow) -> None:
    case = Case(flow, [("STREAM FILE", key("1"))])
    case.facts_fail = True
    await case.journey.run()
    assert case.said()[0] == "/sounds/jeden"


@pytest.mark.parametrize(
    "wrong",
    [
        {"agi_arg_1": ""},
        {"agi_arg_1": "500&PJSIP/x"},
        {"agi_arg_1": "48221000000"},
        {"agi_channel": ""},
        {"agi_uniqueid": ""},
    ],
)
def test_a_call_the_dialplan_did_not_clean_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(AgiError, match="named no number"):
        Arrival.of(Environment(MappingProxyType(ENVIRONMENT | wrong), 0))
