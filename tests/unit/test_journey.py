"""A caller's way through a session, command by command; Asterisk's side is a list of replies, time a number."""

from __future__ import annotations

import math
import random
from pathlib import Path
from types import MappingProxyType

import pytest

from ivr_flows import Flow, load
from ivr_flows.standing import Standing
from telephony.asterisk.agi import SessionEndedError
from telephony.asterisk.agi_wire import Environment, Reply
from telephony.asterisk.handset import LIMIT_S, SPARE_S
from telephony.asterisk.interaction_id import new_interaction_id
from telephony.asterisk.journey import Arrival
from telephony.core import events as core
from telephony.core.ids import QueueName, Uniqueid
from telephony.core.rules import Boost
from telephony.core.views import Lane
from tests.unit.journey_scene import ENVIRONMENT, FLOW, Case, flow_in, key


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    return flow_in(tmp_path)


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
