"""Random flows and random callers: whatever is written and pressed, the engine ends or waits, and a person is near."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr_flows import (
    Digits,
    Facts,
    Flow,
    FlowError,
    Given,
    HangUp,
    HungUp,
    LineResult,
    Result,
    Session,
    Status,
    Step,
    TimedOut,
    WaitDigits,
    WaitLine,
    load,
    resume,
    start,
)
from ivr_flows.calendar import Calendar, Closure, Department
from ivr_flows.nodes import CollectNode, MenuNode

# Other tests cover what these run, and counting takes longer than running.
pytestmark = pytest.mark.no_cover

NAMES = [f"n{number}" for number in range(8)]
CALENDAR = Calendar({"sales": Department(((),) * 7, ())}, {"sales": Closure("pożar")})
next_node = st.sampled_from([*NAMES, "person"])
text = st.sampled_from(["Tak.", "Numer {number}.", "{amount} do {due}.", "Zapraszamy {opening}."])


def node(type_: str, **fields: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({"type": st.just(type_), **fields})


NODES = st.one_of(
    node("say", say=text, next=next_node),
    node("menu", choices=st.dictionaries(st.sampled_from("123456789#"), st.fixed_dictionaries(
        {"say": text, "next": next_node}), min_size=1, max_size=3)),
    node("collect", say=text, into=st.just("number"), max_digits=st.just("6"), next=next_node),
    node("collect", say=text, into=st.just("pin"), max_digits=st.just("6"), next=next_node),
    node("collect", say=text, into=st.just("number"), max_digits=st.just("6"), next=next_node, confirm=text),
    node("identify", by=st.just("number"), next=next_node),
    node("identify", by=st.just("pin"), customer_number=text, pin=text, next=next_node, on_unknown=next_node),
    node("branch", when=st.lists(st.fixed_dictionaries({"if": st.sampled_from(
        [{"identity": "pin"}, {"amount": {"more": "5"}}, {"number": {"known": "true"}}]), "next": next_node}),
        min_size=1, max_size=2), otherwise=next_node),
    node("hours", department=st.just("sales"), open=next_node, closed=next_node),
    node("announce", of=st.just("outages"), next=next_node),
    node("line", queue=st.just("sales"), after=next_node, on_overflow=next_node),
    node("callback", queue=st.just("sales"), next=next_node),
    node("voicemail", say=text, next=next_node),
    node("complaint", elements=st.just({"what": "number"}), into=st.just("ticket"), next=next_node),
    node("survey", kind=st.sampled_from(["csat", "nps"]), say=text, next=next_node),
    node("lookup", what=st.just("balance"), into=st.just({"amount": "amount", "due": "due"}), next=next_node),
    node("set", values=st.just({"number": "12"}), next=next_node),
    node("record", say=text, refuse_key=st.just("9"), next=next_node),
    node("hang_up", say=text),
)  # fmt: skip
FLOWS = st.lists(NODES, min_size=8, max_size=8)
ANSWERS = st.one_of(
    st.text("0123456789*#", max_size=8).map(Digits),
    st.just(TimedOut()),
    st.sampled_from(["answered", "overflow", "failed"]).map(LineResult),
    st.builds(
        Result,
        st.sampled_from(Status),
        st.sampled_from([{}, {"amount": 700, "due": "2026-12-24"}, {"number": "4711"}, {"blocked": True}]),
        st.sampled_from([(), ({"pl": "Awaria."},)]),
    ),
)


FACTS = st.builds(Facts, st.just("+48221000100"), st.booleans(), st.sampled_from([None, "1002"]))


def loaded(nodes: list[dict[str, object]]) -> Flow | None:
    """The flow with what is never reached cut away; None where it is refused all the same."""
    tree: dict[str, object] = {
        "flow": "random",
        "start": "n0",
        "person": "person",
        "menu_words": {"closing": "Zero.", "wrong_key": "Nie.", "collecting": "Krzyżyk."},
        "variables": {"number": "digits", "amount": "amount", "due": "date", "ticket": "ticket", "pin": "secret"},
    }
    written = {**dict(zip(NAMES, nodes, strict=True)), "person": {"type": "line", "queue": "support"}}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "random.yaml"
        for _ in NAMES:
            path.write_text(yaml.safe_dump({**tree, "nodes": written}, allow_unicode=True), encoding="utf-8")
            try:
                return load(path)
            except FlowError as error:
                if error.rule != "unreachable-node":
                    return None
                written.pop(error.message.split("`")[1])
    return None


def answering(step: Step, given: Given) -> Given:
    """The answer, or silence, or none, where the step does not wait for one of its kind."""
    match step.wait, given:
        case WaitDigits(), (Digits() | TimedOut()):
            return given
        case WaitDigits(), _:
            return TimedOut()
        case WaitLine(), LineResult():
            return given
        case WaitLine(), _:
            return HungUp()
        case _, Result():
            return given
    return Result(Status.UNAVAILABLE)


@settings(max_examples=300, deadline=None)
@given(nodes=FLOWS, answers=st.lists(ANSWERS, max_size=30), facts=FACTS)
def test_a_random_flow_ends_or_waits_and_zero_reaches_a_person(
    nodes: list[dict[str, object]], answers: list[Given], facts: Facts
) -> None:
    flow = loaded(nodes)
    if flow is None:
        return
    with suppress(FlowError):  # a loop without a wait, which `hotline flow check` tells beforehand
        step = start(flow, facts, 1000.0, CALENDAR)
        for answer in answers:
            if step.wait is None:
                break
            assert Session.from_json(step.session.to_json()) == replace(step.session, secrets={})
            _zero_reaches_a_person(flow, step)
            step = resume(flow, step.session, answering(step, answer), 1001.0, CALENDAR)
            assert step.session.variables.keys() <= flow.variables.keys()
        assert step.wait is not None or step.session.ended


def _zero_reaches_a_person(flow: Flow, step: Step) -> None:
    playing = flow.nodes[step.session.node]
    if isinstance(step.wait, WaitDigits) and isinstance(playing, MenuNode | CollectNode):
        helped = resume(flow, step.session, Digits("0"), 1001.0, CALENDAR)
        assert helped.wait == WaitLine()
        assert not any(isinstance(action, HangUp) for action in helped.actions)
