"""Where a caller stands: in the node that plays, and in every node whose sub-flow leads there."""

from pathlib import Path

from ivr_flows import Facts, Session, load, start
from ivr_flows.standing import Standing, standings

OUTER = """\
flow: outer
start: hello
person: person
menu_words: {closing: "Zero.", wrong_key: "Nie."}
nodes:
  hello: {type: say, say: "Dzień dobry.", next: inside}
  inside: {type: sub_flow, flow: inner, next: person}
  person: {type: line, queue: support}
"""
INNER = """\
flow: inner
start: ask
person: person
menu_words: {closing: "Zero.", wrong_key: "Nie."}
nodes:
  ask: {type: menu, choices: {1: {say: "Dalej: jeden.", next: back}}}
  back: {type: return}
  person: {type: line, queue: support}
"""


def test_a_caller_in_a_sub_flow_stands_in_both(tmp_path: Path) -> None:
    for name, text in (("outer", OUTER), ("inner", INNER)):
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    flow = load(tmp_path / "outer.yaml")
    session = start(flow, Facts("+48220000100"), 0.0).session
    here = (
        Standing("outer", flow.revision, "inside"),
        Standing("inner", flow.subs["inner"].revision, "ask"),
    )
    assert standings(flow, session) == here
    assert standings(flow, Session.from_json(session.to_json())) == here
