"""What the flow language refuses, with place and rule: values, texts, conditions, secrets, numbers, sub-flows."""

from pathlib import Path

import pytest

from ivr_flows import FlowError, Known, load, load_set
from ivr_flows.loading import examine, examine_set
from tests.unit.flow_story import HEAD, flow_of

VARIABLES = "name: text; sum: amount; day: date; count: number; yes: boolean; spoken: recording; pin: secret"
ASK = '  first: {type: collect, say: "Kod.", into: %s, max_digits: 6%s, next: person}\n'


def refused(folder: Path, nodes: str, variables: str = VARIABLES, **others: str) -> FlowError:
    with pytest.raises(FlowError) as raised:
        flow_of(folder, nodes, variables=variables, **others)
    return raised.value


def saying(text: str) -> str:
    return f"  first: {{type: say, say: {text}, next: person}}\n"


def asking(condition: str) -> str:
    return f"  first: {{type: branch, when: [{{if: {condition}, next: person}}], otherwise: person}}\n"


@pytest.mark.parametrize(
    ("nodes", "rule", "message"),
    [
        (saying('"{nobody}"'), "wrong-value", "there is no variable `nobody`"),
        (saying('"{name"'), "wrong-value", "braces are for values only, such as {balance} or {balance|amount}"),
        (saying('"{sum|date}"'), "wrong-value", "`sum` is of type amount, said as amount; not as `date`"),
        (saying('"{spoken}"'), "wrong-value", "`spoken` is of type recording and cannot be said"),
        (saying('"{yes}"'), "wrong-value", "`yes` is of type boolean and cannot be said"),
        (saying('"{opening|date}"'), "wrong-value", "there is no variable `opening`"),
        (saying('"{pin}"'), "secret-leak", "`pin` is a secret and cannot be said"),
        (saying('{pl: "Tak.", de: "Ja."}'), "wrong-value", "nothing can be said in `de`; there are pl, en, uk"),
        (saying('{en: "Yes."}'), "wrong-value", "no text in the flow's own language (pl)"),
        (saying("[]"), "wrong-value", "a text, or a text for each language, is expected"),
        (saying(f'"{"a" * 601}"'), "wrong-value", "a text of 1 to 600 letters is expected"),
        (asking("{}"), "wrong-value", "a condition is written like {identity: pin} or {balance: {more: 0}}"),
        (asking("{nobody: 1}"), "wrong-value", "nothing is known as `nobody`; there are accessibility, "),
        (asking("{pin: 1234}"), "secret-leak", "`pin` is a secret and cannot be compared"),
        (asking("{name: {like: x}}"), "wrong-value", "`name` takes one of is, not, in, less, more, known"),
        (asking("{name: {is: x, not: y}}"), "wrong-value", "`name` takes one of is, not"),
        (asking("{name: {more: x}}"), "wrong-value", "`name` is of type text, which has no more or less"),
        (asking("{sum: {more: much}}"), "wrong-value", "`sum`: a whole number is expected"),
        (asking("{sum: {more: 1.5}}"), "wrong-value", "`sum`: an amount such as 12.50 is expected"),
        (asking("{day: {less: tomorrow}}"), "wrong-value", "`day`: it is written like 2026-12-24"),
        (asking("{yes: maybe}"), "wrong-value", "`yes`: true or false is expected"),
        (asking("{name: {in: x}}"), "wrong-value", "`name`: `in` takes a list"),
        (asking("{name: [x]}"), "wrong-value", "`name`: one text is expected"),
        (asking("{identity: sure}"), "wrong-value", "`identity` is one of none, number, pin"),
        (ASK % ("nobody", ""), "wrong-value", "there is no variable `nobody`"),
        (ASK % ("yes", ""), "wrong-value", "`yes` is of type boolean; digits or number or date or time or amount or "),
        (ASK % ("count", ", min_digits: 7"), "wrong-value", "min_digits is more than max_digits"),
        (ASK % ("count", ", min_digits: 1"), "wrong-value", "a lone 0 reaches a person: ask for 2 digits at least"),
        ((ASK % ("count", "")).replace("max_digits: 6, ", ""), "collect-without-limit", "Field required"),
        (ASK % ("pin", ', confirm: "{pin}"'), "secret-leak", "`pin` is a secret and cannot be said"),
        ("  first: {type: set, values: {pin: 1}, next: person}\n", "wrong-value", "a secret cannot be set or compared"),
        ("  first: {type: set, values: [], next: person}\n", "wrong-value", "variables and their values are expected"),
        (
            "  first: {type: complaint, elements: {x: pin}, into: name, next: person}\n",
            "secret-leak",
            "`pin` is a secret and cannot be used here",
        ),
        (
            "  first: {type: complaint, into: name, next: person}\n",
            "wrong-value",
            "`name` is of type text; ticket is needed here",
        ),
        (
            "  first: {type: lookup, what: balance, into: {height: sum}, next: person}\n",
            "wrong-value",
            "it does not tell `height`; it tells amount, due",
        ),
        (
            "  first: {type: lookup, what: balance, into: {due: sum}, next: person}\n",
            "wrong-value",
            "`due` is of type date, `sum` of type amount",
        ),
        (
            "  first: {type: lookup, what: balance, into: {amount: pin}, next: person}\n",
            "secret-leak",
            "`pin` is a secret and cannot be used here",
        ),
        (
            "  first: {type: lookup, what: balance, into: {amount: sum}, secrets: {x: name}, next: person}\n",
            "wrong-value",
            "`name` is of type text; secret is needed here",
        ),
        ("  first: {type: transfer, to: aunt}\n", "transfer-not-allowed", "there is no permitted transfer `aunt`"),
        ("  first: {type: identify, by: pin, next: person}\n", "wrong-value", "customer_number and pin are needed"),
        ("  first: {type: sub_flow, flow: lost, next: person}\n", "unknown-flow", "there is no flow `lost` beside"),
        ("  first: {type: sub_flow, flow: test, next: person}\n", "sub-flow-cycle", "sub-flows: test → test"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, nodes: str, rule: str, message: str) -> None:
    error = refused(tmp_path, nodes)
    assert message in error.message
    assert error.rule == rule
    assert error.place is not None
    assert (error.place.file, error.place.line > HEAD.count("\n")) == ("test.yaml", True)


def test_a_variable_cannot_take_a_facts_name(tmp_path: Path) -> None:
    error = refused(tmp_path, saying('"Tak."'), "language: text")
    assert str(error) == "test.yaml:6:3: variables.language: this is known of every call by itself; choose another name"


def test_a_question_for_digits_needs_words_that_end_it(tmp_path: Path) -> None:
    path = tmp_path / "test.yaml"
    text = HEAD.format(start="first", variables=VARIABLES.replace("; ", "\n  ")) + ASK % ("count", "")
    path.write_text(text.replace('collecting: "Krzyżyk.", ', ""), encoding="utf-8")
    with pytest.raises(FlowError, match=r"test.yaml:4:13: `collecting` is needed: `first` asks for digits"):
        load(path)


def test_numbers_beside_the_flows_say_who_may_be_called_and_shown(tmp_path: Path) -> None:
    (tmp_path / "numbers.yaml").write_text(
        'transfers: {aunt: "+48221000999"}\nreceive_only: ["+48800100200"]\n', encoding="utf-8"
    )
    flow = flow_of(tmp_path, "  first: {type: transfer, to: aunt}\n")
    assert flow.transfers == {"aunt": "+48221000999"}
    error = refused(tmp_path, '  first: {type: callback, queue: sales, caller_id: "+48800100200", next: person}\n')
    assert error.rule == "dno-caller-id"
    assert "+48800100200 is registered as receive-only" in error.message


@pytest.mark.parametrize("text", ["transfers: {aunt: 112}\n", "aunts: []\n", "- 1\n", 'receive_only: ["x"]\n'])
def test_a_bad_file_of_numbers_loads_no_flow(tmp_path: Path, text: str) -> None:
    (tmp_path / "numbers.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FlowError, match=r"^numbers.yaml:1:"):
        flow_of(tmp_path, saying('"Tak."'))


SUB = """\
flow: sub
start: back
person: person
menu_words: {closing: "Zero.", wrong_key: "Nie."}
variables: {name: %s}
nodes:
  back: {type: return}
  person: {type: line, queue: sales}
"""
USE = "  first: {type: sub_flow, flow: sub, next: person}\n"


def test_the_same_name_means_the_same_in_all_flows_of_a_call(tmp_path: Path) -> None:
    error = refused(tmp_path, USE, sub=SUB % "digits")
    assert error.message == "`name` is of type text here and of type digits in `sub`"
    assert flow_of(tmp_path, USE, variables=VARIABLES, sub=SUB % "text").subs.keys() == {"sub"}


def test_a_cycle_of_sub_flows_is_told_at_the_place_that_closes_it(tmp_path: Path) -> None:
    loop = (SUB % "text").replace("back: {type: return}", "back: {type: sub_flow, flow: test, next: person}")
    error = refused(tmp_path, USE, sub=loop)
    assert str(error) == "sub.yaml:7:32: a cycle of sub-flows: test → sub → test"


def test_what_is_wrong_with_a_sub_flow_is_wrong_with_the_flow(tmp_path: Path) -> None:
    error = refused(tmp_path, USE, sub=(SUB % "text").replace("queue: sales", "queue: 7"))
    assert str(error).startswith("sub.yaml:8:")
    named = refused(tmp_path, USE, sub=(SUB % "text").replace("flow: sub", "flow: other"))
    assert named.message == "the flow is named `other`, its file `sub.yaml`: they have to agree"


def test_the_revision_follows_sub_flows_and_numbers(tmp_path: Path) -> None:
    revisions = {flow_of(tmp_path, USE, variables="spare: text", sub=SUB % "text").revision}
    revisions.add(flow_of(tmp_path, USE, variables="spare: text", sub=SUB % "digits").revision)
    (tmp_path / "numbers.yaml").write_text('transfers: {aunt: "+48221000999"}\n', encoding="utf-8")
    revisions.add(flow_of(tmp_path, USE, variables="spare: text", sub=SUB % "digits").revision)
    assert len(revisions) == 3


def test_a_set_is_all_flows_of_a_folder_or_nothing(tmp_path: Path) -> None:
    flow_of(tmp_path, USE, sub=SUB % "text")
    (tmp_path / "test.flowtest.yaml").write_text("not a flow", encoding="utf-8")
    first = load_set(tmp_path)
    assert first.flows.keys() == {"sub", "test"}
    (tmp_path / "sub.yaml").write_text((SUB % "text").replace("Zero", "Zera"), encoding="utf-8")
    assert load_set(tmp_path).revision != first.revision
    (tmp_path / "other.yaml").write_text("flow: other\n", encoding="utf-8")
    loaded, problems = examine_set(tmp_path)
    assert loaded is None
    assert {str(problem.place)[:10] for problem in problems} == {"other.yaml"}
    with pytest.raises(FlowError, match=r"other\.yaml:1:1"):
        load_set(tmp_path)


def test_an_empty_folder_is_no_set(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match="1 to 200 flows are expected, there are 0"):
        load_set(tmp_path)


def test_what_the_house_has_not_cannot_be_named(tmp_path: Path) -> None:
    flow = flow_of(tmp_path, "  first: {type: hours, department: attic, open: person, closed: person}\n")
    known = Known(queues=frozenset({"sales"}), departments=frozenset({"sales"}))
    _, problems = examine(tmp_path / "test.yaml", known)
    assert flow.nodes
    assert {(problem.rule, problem.message.partition(": ")[2]) for problem in problems} == {
        ("unknown-name", "there is no queue `support`; there are sales"),
        ("unknown-name", "there is no department `attic`; there are sales"),
    }
