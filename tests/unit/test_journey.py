"""A caller's way through a session, command by command; Asterisk's side is a list of replies, time a number."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest

from ivr_flows import Facts, Flow, Prompt, load
from ivr_flows.standing import Standing
from telephony.asterisk.agi import AgiSession, SessionEndedError
from telephony.asterisk.agi_wire import AgiError, Environment, Reply
from telephony.asterisk.handset import LIMIT_S, SPARE_S
from telephony.asterisk.in_line import Instruction
from telephony.asterisk.interaction_id import new_interaction_id
from telephony.asterisk.journey import Arrival, Journey
from telephony.asterisk.services import Services
from telephony.core import events as core
from telephony.core.commands import Dial, LeaveLine
from telephony.core.estimate import Minutes
from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid
from telephony.core.rules import Boost, OverflowWhy
from telephony.core.views import Lane

FLOW = """\
flow: test
language: pl
start: menu
person: person
menu_words: {closing: "Zero.", wrong_key: "Nie."}
nodes:
  menu:
    type: menu
    choices:
      1: {say: "Jeden.", next: bye}
      2: {say: "Dwa.", next: person}
      3: {say: "Trzy.", next: gentle}
    timeout_s: 12
    attempts: 1
  bye: {type: hang_up, say: "Do usłyszenia.", reason: self_served}
  person: {type: line, say: "Proszę czekać.", queue: support, requires: {voip: 2}, wishes: {english: 1},
           boost: complaint}
  gentle: {type: set, accessibility: true, next: person}
"""

Answer = Reply | BaseException
ENVIRONMENT = {
    "agi_channel": "PJSIP/trunk-00000001",
    "agi_uniqueid": "n1-1.1",
    "agi_arg_1": "+48221000000",
    "agi_arg_2": "+48501000001",
}


class ScriptedSession(AgiSession):
    """Answers `0` to everything that the script does not name; the script is eaten from the front."""

    def __init__(self, script: Sequence[tuple[str, Answer]], clock: Callable[[], float]) -> None:
        self.environment = Environment(MappingProxyType(ENVIRONMENT), 0)
        self.hung_up = False
        self.ending = False
        self.script = deque(script)
        self.commands: list[str] = []
        self.on_command: Callable[[str], None] = lambda line: None

    async def run(self, words: str, *arguments: str, takes_s: float | None = 0.0) -> Reply:
        line = " ".join([words, *arguments])
        self.commands.append(line)
        self.on_command(line)
        if self.script and line.startswith(self.script[0][0]):
            answer = self.script.popleft()[1]
            if isinstance(answer, BaseException):
                raise answer
            return answer
        return Reply(1, "(alaw)") if words == "GET VARIABLE" else Reply(0)

    async def listen_for_end(self) -> None:
        self.hung_up = self.ending


class Ticking:
    """Each look at the clock is a step later."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.step_s = 1.0

    def __call__(self) -> float:
        self.now += self.step_s
        return self.now


class Case:
    def __init__(
        self, flow: Flow, script: Sequence[tuple[str, Answer]], flow_for: Callable[[str], Flow] | None = None
    ) -> None:
        self.clock = clock = Ticking()
        self.events: list[core.Event] = []
        self.facts_fail = False
        self.repeat = False
        self.long: Path | None = None
        self.wait: Minutes | None = None  # what may be announced
        self.asked = 0
        self.session = ScriptedSession(script, clock)
        services = Services(
            "n1",
            self.events.append,
            flow_for or {"+48221000000": flow}.__getitem__,
            self.speak,
            self.facts,
            clock,
            random.Random(7),
            announce=self.announce,
        )
        self.journey = Journey(self.session, Arrival.of(self.session.environment), services)

    async def speak(self, prompt: Prompt) -> Path:
        return self.long or Path("/sounds") / prompt.text.strip(".").lower().replace(" ", "-")

    def announce(self, interaction: InteractionId) -> Minutes | None:
        assert interaction == self.journey.interaction
        self.asked += 1
        return self.wait

    async def facts(self, did: str, caller: str | None) -> Facts:
        if self.facts_fail:
            raise OSError("no directory")
        return Facts(did, customer="1002", accessibility=False, repeat=self.repeat)

    def of(self, kind: type[core.Event]) -> list[core.Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def said(self) -> list[str]:
        return [line.split()[2] for line in self.session.commands if line.startswith("STREAM FILE")]

    def waits(self) -> list[str]:
        return [line for line in self.session.commands if line.startswith("WAIT FOR DIGIT")]

    def dial_at(self, line: str, attempt: int = 1) -> None:
        """Let the core's command come in while this command runs."""
        dial = Dial(self.journey.interaction, attempt, AgentId("anna"), "phone-anna", 20.0, "n1")
        self.session.on_command = lambda each: self.journey.line.instruct(dial) if each.startswith(line) else None


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    path = tmp_path / "test.yaml"
    path.write_text(FLOW)
    return load(path)


def key(character: str) -> Reply:
    return Reply(ord(character))


async def test_a_key_during_the_menu_ends_the_talking_and_leads_on(flow: Flow) -> None:
    case = Case(flow, [("STREAM FILE", key("1"))])
    await case.journey.run()
    assert case.said() == ["/sounds/jeden", "/sounds/do-usłyszenia"]
    assert case.session.commands[-2:] == ["SET VARIABLE HOTLINE_STAGE done", "HANGUP"]
    assert [type(event).__name__ for event in case.events] == ["CallArrived", "CallServed"]


async def test_where_the_caller_is_can_be_seen_all_the_while(flow: Flow) -> None:
    case = Case(flow, [("STREAM FILE", key("2")), ("WAIT FOR DIGIT", Reply(-1))])
    seen: list[tuple[str, str]] = []
    case.session.on_command = lambda line: seen.extend(
        (line.split()[0], standing.node) for standing in case.journey.standings
    )
    await case.journey.run()
    assert seen[0] == ("SET", "menu")
    assert ("STREAM", "menu") in seen
    assert seen[-1] == ("WAIT", "person")
    assert case.journey.standings == (Standing("test", flow.revision, "person"),)


async def test_the_arrival_is_told_with_id_line_and_codec_before_a_word_is_said(flow: Flow) -> None:
    case = Case(flow, [("GET VARIABLE CHANNEL(linkedid)", Reply(1, "n1-1.0")), ("STREAM FILE", key("1"))])
    await case.journey.run()
    assert case.session.commands[0] == f"SET VARIABLE __HOTLINE_INTERACTION {case.journey.interaction}"
    assert case.events[0] == core.CallArrived(
        case.journey.interaction, "n1", "PJSIP/trunk-00000001", Uniqueid("n1-1.1"), "n1-1.0", "+48221000000",
        "+48501000001", "alaw",
    )  # fmt: skip


async def test_what_the_dialplan_has_told_is_not_asked_for(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    for key_, value in {"agi_arg_5": "n1-1.0", "agi_arg_6": "(alaw|ulaw)"}.items():
        monkeypatch.setitem(ENVIRONMENT, key_, value)
    case = Case(flow, [("STREAM FILE", key("1"))])
    await case.journey.run()
    assert not any(line.startswith("GET VARIABLE") for line in case.session.commands)
    (arrived,) = case.of(core.CallArrived)
    assert isinstance(arrived, core.CallArrived)
    assert (arrived.linkedid, arrived.codec) == ("n1-1.0", "alaw")


@pytest.mark.parametrize("told", ["", "n1-1.0\n", "n1 1", "x" * 81])
def test_a_linkedid_that_is_none_is_not_taken(told: str) -> None:
    assert Arrival.of(Environment(MappingProxyType(ENVIRONMENT | {"agi_arg_5": told}), 0)).linkedid == ""


async def test_silence_is_waited_out_in_pieces_of_5_s_and_ends_with_a_person(flow: Flow) -> None:
    case = Case(flow, [("SET MUSIC", SessionEndedError())])
    await case.journey.run()
    assert case.waits()[0] == "WAIT FOR DIGIT 5000"
    assert [event.queue for event in case.events if isinstance(event, core.CallQueued)] == ["support"]


async def test_the_switch_is_renewed_before_a_command_could_outlive_it(flow: Flow) -> None:
    case = Case(flow, [*[("WAIT FOR DIGIT", Reply(0))] * 12, ("WAIT FOR DIGIT", Reply(-1))])
    set_at_s = [-math.inf]

    def each(line: str) -> None:
        if line.startswith("SET VARIABLE TIMEOUT(absolute)"):
            assert line.endswith(f" {LIMIT_S}")
            set_at_s.append(case.clock.now)
        elif line.startswith("WAIT FOR DIGIT"):
            case.clock.now += int(line.split()[3]) / 1000
            assert case.clock.now - set_at_s[-1] <= LIMIT_S - SPARE_S + 1  # a look at this clock takes a second

    case.session.on_command = each
    case.clock.step_s = 0.2
    await case.journey.run()
    assert 3 < len(set_at_s) < len(case.waits())


async def test_a_long_prompt_gets_the_time_it_needs(flow: Flow, tmp_path: Path) -> None:
    (tmp_path / "long.sln16").write_bytes(bytes(2 * 16_000 * 20))
    case = Case(flow, [("STREAM FILE", key("1"))])
    case.long = tmp_path / "long"
    await case.journey.run()
    first = case.session.commands.index(f"STREAM FILE {tmp_path / 'long'} 0123456789*#")
    assert case.session.commands[first - 1] == "SET VARIABLE TIMEOUT(absolute) 30"


@pytest.mark.parametrize(
    ("pressed", "lane", "repeat", "boosts"),
    [
        ("2", Lane.STANDARD, False, {Boost.COMPLAINT}),
        ("3", Lane.ACCESSIBILITY, False, {Boost.COMPLAINT}),
        ("2", Lane.STANDARD, True, {Boost.COMPLAINT, Boost.REPEAT}),
    ],
)
async def test_the_line_is_entered_with_queue_lane_skills_and_boosts(
    flow: Flow, pressed: str, lane: Lane, *, repeat: bool, boosts: set[Boost]
) -> None:
    case = Case(flow, [("STREAM FILE", key(pressed)), ("WAIT FOR DIGIT", Reply(-1))])
    case.repeat = repeat
    await case.journey.run()
    assert case.of(core.CallQueued) == [
        core.CallQueued(
            case.journey.interaction,
            QueueName("support"),
            lane,
            {"voip": 2},
            {"english": 1},
            frozenset(boosts),
            path=("test.menu", "test.person"),
        )
    ]
    stage = case.session.commands.index("SET VARIABLE HOTLINE_STAGE line")
    assert case.session.commands.index("SET MUSIC ON") > stage


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


@pytest.mark.parametrize(
    "caller", ["", "anonymous", "+48501000001\n", "48501000001", "+48 501", "+0501000001", "+٤٨٥٠١٠٠٠٠٠١"]
)
def test_a_caller_who_is_no_clean_number_is_nobody(caller: str) -> None:
    assert Arrival.of(Environment(MappingProxyType(ENVIRONMENT | {"agi_arg_2": caller}), 0)).caller is None


def test_interaction_ids_sort_by_time_and_are_random_within_a_millisecond() -> None:
    rng = random.Random(1)
    ids = [new_interaction_id(now, rng) for now in (1.0, 1.001, 1_795_000_000.0)]
    assert ids == sorted(ids)
    assert len({new_interaction_id(5.0, rng) for _ in range(1000)}) == 1000
    assert all(each[14] == "7" and each[19] in "89ab" for each in ids)


async def test_a_call_goes_on_with_the_flow_it_began_with(tmp_path: Path, flow: Flow) -> None:
    path = tmp_path / "new.yaml"
    path.write_text(FLOW.replace("flow: test", "flow: new").replace("Do usłyszenia.", "Inaczej."))
    newer = load(path)
    served = {"+48221000000": flow}

    def publish(line: str) -> None:
        if line.startswith("STREAM FILE"):  # in the menu
            served["+48221000000"] = newer

    for expected in ("do-usłyszenia", "inaczej"):
        case = Case(flow, [("STREAM FILE", key("1"))], flow_for=served.__getitem__)
        case.session.on_command = publish
        await case.journey.run()
        assert case.said()[-1] == f"/sounds/{expected}"
