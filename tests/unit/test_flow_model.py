"""The flow language: what loads, and the place and words of what does not."""

import os
from pathlib import Path

import pytest

from ivr_flows import SHIPPED, FlowError, load, source
from ivr_flows.conditions import Condition, Operator
from ivr_flows.model import targets
from ivr_flows.nodes import BranchNode, HangUpNode, LineNode, MenuNode, SetNode

HEAD = """\
flow: test
start: menu
person: person
menu_words: {closing: "Konsultant: zero.", wrong_key: "Nie ma takiej opcji."}
nodes:
"""
MENU = """\
  menu:
    type: menu
    choices:
      1: {say: "Jeden.", next: person}
"""
PERSON = """\
  person: {type: line, queue: support}
"""


def fails(tmp_path: Path, text: str | bytes) -> str:
    path = tmp_path / "flow.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(FlowError) as raised:
        load(path)
    return str(raised.value)


def test_the_smallest_flow_has_the_built_in_defaults(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text(HEAD + MENU + PERSON, encoding="utf-8")
    flow = load(path)
    menu = flow.nodes["menu"]
    assert isinstance(menu, MenuNode)
    assert (menu.timeout_s, menu.attempts, menu.on_timeout) == (6.0, 2, None)
    assert flow.nodes["person"] == LineNode(type="line", queue="support")
    assert menu.choices["1"].say.in_language("en") == ("pl", "Jeden.")
    assert str(flow.places["person"]) == "flow.yaml:10:3"


def test_every_kind_of_node_loads(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text(
        HEAD.replace("start: menu", "start: ask\nlanguage: pl\naccessibility: no")
        + """\
  ask: {type: branch, when: [{if: {caller_known: yes}, next: slow}], otherwise: menu}
  slow: {type: set, accessibility: true, next: menu}
  menu:
    type: menu
    say: {pl: "Wybierz.", en: "Choose."}
    choices:
      "#": {say: "Koniec.", next: bye}
    on_timeout: person
  bye: {type: hang_up, say: "Do widzenia.", reason: closed}
  person: {type: line, queue: support, requires: {english: 2}}
""",
        encoding="utf-8",
    )
    flow = load(path)
    ask, bye, menu, person = (flow.nodes[name] for name in ("ask", "bye", "menu", "person"))
    assert isinstance(ask, BranchNode)
    assert ask.when[0].if_ == (Condition("caller_known", Operator.IS, value=True),)
    assert list(targets(flow, ask)) == [(("when", 0, "next"), "slow"), (("otherwise",), "menu")]
    assert flow.nodes["slow"] == SetNode(type="set", accessibility=True, next="menu")
    assert isinstance(bye, HangUpNode)
    assert bye.reason == "closed"
    assert isinstance(menu, MenuNode)
    assert menu.say is not None
    assert menu.say.in_language("en") == ("en", "Choose.")
    assert isinstance(person, LineNode)
    assert person.requires == {"english": 2}
    assert {target for _, target in targets(flow, menu)} == {"bye", "person"}


@pytest.mark.parametrize("name", ["general", "accessibility"])
def test_the_operators_own_flows_load(name: str) -> None:
    assert load(SHIPPED / f"{name}.yaml").id == name


def test_the_revision_follows_the_text(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text(HEAD + MENU + PERSON, encoding="utf-8")
    first = load(path).revision
    assert load(path).revision == first
    path.write_text(HEAD + MENU.replace("Jeden", "Raz") + PERSON, encoding="utf-8")
    assert load(path).revision != first


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + MENU.replace("next: person", "next: nowhere") + PERSON, "flow.yaml:9:32: there is no node `nowhere`"),
        (
            HEAD + MENU.replace("    choices", "    on_timeout: nowhere\n    choices") + PERSON,
            "flow.yaml:8:17: there is no node `nowhere`",
        ),
        (HEAD.replace("start: menu", "start: nowhere") + MENU + PERSON, "flow.yaml:2:8: there is no node `nowhere`"),
        (HEAD.replace("person: person", "person: ghost") + MENU + PERSON, "flow.yaml:3:9: there is no node `ghost`"),
        (
            HEAD.replace("person: person", "person: menu") + MENU + PERSON,
            "flow.yaml:3:9: `person` must name a line, but `menu` is none",
        ),
        (
            HEAD + MENU + PERSON + "  lost: {type: hang_up}\n",
            "flow.yaml:11:3: node `lost` is never reached",
        ),
        (
            HEAD
            + MENU.replace("    choices", "    on_timeout: bye\n    choices")
            + PERSON
            + "  bye: {type: hang_up}\n",
            "flow.yaml:8:17: silence must lead to a person, not to a hang-up",
        ),
    ],
)
def test_a_wrong_graph_is_named_by_place(tmp_path: Path, text: str, message: str) -> None:
    assert fails(tmp_path, text) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + MENU + PERSON.replace("queue", "kueue"), "flow.yaml:10:11: nodes.person.queue: Field required"),
        (HEAD + MENU + PERSON.replace("}", ", extra: 1}"), "flow.yaml:10:40: unknown key `extra`"),
        (HEAD + MENU.replace("type: menu", "type: menue") + PERSON, "flow.yaml:7:5: nodes.menu: Input tag 'menue'"),
        (
            HEAD + MENU.replace("1:", "0:") + PERSON,
            "flow.yaml:9:7: nodes.menu.choices.0: 0 (a person) and * (repeat) are built into every menu",
        ),
        (HEAD + MENU.replace("1:", "12:") + PERSON, "flow.yaml:9:7: nodes.menu.choices.12: String should"),
        (
            HEAD + MENU + "    timeout_s: 1\n" + PERSON,
            "flow.yaml:10:16: nodes.menu.timeout_s: Input should be greater than or equal to 3",
        ),
        (HEAD + MENU + "    timeout_s: nan\n" + PERSON, "flow.yaml:10:16: nodes.menu.timeout_s: Input should be"),
        (
            HEAD + MENU.replace('"Jeden."', '"Jeden\\x07."') + PERSON,
            "flow.yaml:9:16: nodes.menu.choices.1.say: contains a control character",
        ),
        (
            HEAD + MENU.replace('"Jeden."', '{en: "One."}') + PERSON,
            "flow.yaml:9:16: nodes.menu.choices.1.say: no text in the flow's own language (pl)",
        ),
        (HEAD + MENU + PERSON.replace("support", "a&b"), "flow.yaml:10:31: nodes.person.queue: String should"),
    ],
)
def test_a_wrong_value_is_named_by_place(tmp_path: Path, text: str, message: str) -> None:
    assert fails(tmp_path, text).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "flow.yaml:1:1: a flow is a mapping"),
        ("- a\n", "flow.yaml:1:1: a flow is a mapping"),
        ("flow: [a]\n", "flow.yaml:1:7: flow: Input should be a valid string"),
        ("a: [1,\n", "flow.yaml:2:1: not valid YAML"),
        ("a: 1\n--- \nb: 2\n", "flow.yaml:2:1: not valid YAML"),
        ("a: \x01\n", "flow.yaml:1:1: not valid YAML"),
        (b"a: 1\nb: \xff\n", "flow.yaml:2:4: not UTF-8 text"),
        ("a: &x [1]\nb: *x\n", "flow.yaml:1:4: anchors and aliases"),
        ("a: *\n", "flow.yaml:1:5: not valid YAML"),
        ("a: !!python/object/apply:os.system [ls]\n", "flow.yaml:1:4: tags (!) are not allowed"),
        ("a: 1\nb: 2\na: 3\n", "flow.yaml:3:1: `a` stands here twice"),
        ("? [a]\n: b\n", "flow.yaml:1:3: a key must be a plain word"),
        ("a: " + "[" * 5000, "flow.yaml:1:15: nested deeper than 12 levels"),
        ("a: " + "x" * source.MAX_BYTES, "flow.yaml:1:1: larger than 256 KiB"),
    ],
)
def test_hostile_or_broken_text_is_refused_by_place(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert fails(tmp_path, text).startswith(message)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match="cannot be read: No such file"):
        load(tmp_path / "absent.yaml")


def test_a_pipe_or_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    for path in (tmp_path / "pipe.yaml", tmp_path):
        with pytest.raises(FlowError, match="cannot be read: not a file"):
            load(path)
