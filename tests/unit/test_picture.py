"""Pictures of flows: nothing upon anything else, every way drawn, the same each time, and no text becomes markup."""

from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr_flows import SHIPPED, Flow, load
from ivr_flows.loading import flow_files
from ivr_flows.model import targets
from ivr_flows.picture import Language, TangledError, mermaid, svg
from ivr_flows.picture.across import rising
from ivr_flows.picture.layout import Layout, Link, Rect, layout
from ivr_flows.picture.lettering import width, wrapped
from ivr_flows.picture.view import NOTE, view
from ivr_flows.picture.words import word
from telephony import cli

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</text><script>alert("1")</script> & "]-->'

WIDE = f"""\
flow: wide
start: greeting
person: person
menu_words: {{closing: "Zero.", wrong_key: "Nie.", collecting: "Krzyżyk."}}
variables: {{balance: amount, number: digits}}
nodes:
  greeting: {{type: say, say: '{HOSTILE}', next: open}}
  open: {{type: hours, department: support, open: ask, closed: closed, emergency: ask}}
  ask:
    type: menu
    choices:
      1: {{say: "Zażółć gęślą jaźń: jeden.", next: number}}
      2: {{say: "To samo: dwa.", next: ask}}
    on_timeout: person
  number: {{type: collect, say: "Numer.", into: number, max_digits: 8, next: balance}}
  balance: {{type: lookup, what: balance, into: {{amount: balance}}, next: rich}}
  rich:
    type: branch
    when:
      - {{if: {{balance: {{more: 0}}, identity: {{not: none}}}}, next: slow}}
      - {{if: {{caller_known: false}}, next: closed}}
    otherwise: person
  slow: {{type: set, accessibility: true, values: {{balance: 200}}, next: ask}}
  person: {{type: line, queue: support}}
  closed: {{type: hang_up, say: "Zamknięte.", reason: closed}}
"""


@pytest.fixture
def wide(tmp_path: Path) -> Flow:
    path = tmp_path / "wide.yaml"
    path.write_text(WIDE, "utf-8")
    return load(path)


def apart(one: Rect, other: Rect) -> bool:
    beside = one.x + one.width <= other.x or other.x + other.width <= one.x
    return beside or one.y + one.height <= other.y or other.y + other.height <= one.y


def sound(placed: Layout, links: list[Link]) -> None:
    """Nothing overlaps, nothing lies outside, every line begins and ends at its boxes and crosses no other."""
    words = [route.words for route in placed.routes if route.words]
    for one, other in combinations([*placed.boxes.values(), *words], 2):
        assert apart(one, other)
    for each in [*placed.boxes.values(), *words]:
        assert min(each.x, each.y) >= 0
        assert each.x + each.width <= placed.width
        assert each.y + each.height <= placed.height
    assert len(placed.routes) == len(links)
    for link, route in zip(links, placed.routes, strict=True):
        ends = (route.points[0], placed.boxes[link.source]), (route.points[-1], placed.boxes[link.target])
        for (x, y), box in ends:
            assert box.x - 0.01 <= x <= box.x + box.width + 0.01
            assert box.y - 0.01 <= y <= box.y + box.height + 0.01
        assert (route.words is not None) == (link.words is not None)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_graph_has_room(data: st.DataObject) -> None:
    names = [f"n{number}" for number in range(data.draw(st.integers(1, 12)))]
    sizes = {name: (data.draw(st.floats(40, 200)), data.draw(st.floats(20, 90))) for name in names}
    pairs = data.draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=24, unique=True))
    words = st.one_of(st.none(), st.tuples(st.floats(10, 120), st.floats(16, 60)))
    links = [Link(source, target, data.draw(words)) for source, target in pairs]
    placed = layout(sizes, links, names[0])
    sound(placed, links)
    assert placed == layout(sizes, links, names[0])


def test_what_nobody_could_follow_is_refused_at_once() -> None:
    names = [f"n{number}" for number in range(500)]
    chain = [Link(one, other, None) for one, other in pairwise(names)]
    back = [Link(other, one, None) for one in names[:100] for other in names[400:404]]
    with pytest.raises(TangledError, match="sub-flows"):
        layout(dict.fromkeys(names, (100.0, 40.0)), [*chain, *back], "n0")


def test_a_line_never_crosses_a_box(wide: Flow) -> None:
    drawn = view(wide, Language.EN)
    sizes = {box.id: (150.0, 60.0) for box in drawn.boxes}
    links = [Link(arrow.source, arrow.target, (60.0, 20.0)) for arrow in drawn.arrows]
    placed = layout(sizes, links, wide.start)
    for link, route in zip(links, placed.routes, strict=True):
        for (x, y), (end_x, end_y) in zip(route.points, route.points[1:], strict=False):
            for name, box in placed.boxes.items():
                if name in (link.source, link.target):
                    continue
                level = min(y, end_y) < box.y + box.height and max(y, end_y) > box.y
                assert not (level and min(x, end_x) < box.x + box.width and max(x, end_x) > box.x), (link, name)


def test_every_way_of_the_flow_is_drawn(wide: Flow) -> None:
    drawn = view(wide, Language.EN)
    written = {(id_, to) for id_, node in wide.nodes.items() for where, to in targets(wide, node) if where}
    assert {(arrow.source, arrow.target) for arrow in drawn.arrows} == written | {(NOTE, "person")}
    labels = {(arrow.source, arrow.target): arrow.labels for arrow in drawn.arrows}
    assert labels["ask", "number"] == ("1 Zażółć gęślą jaźń",)
    assert labels["ask", "ask"] == ("2 To samo",)
    assert labels["ask", "person"] == ("silence",)
    assert labels["open", "ask"] == ("open", "emergency")
    assert labels["rich", "slow"] == ("balance > 0, identity ≠ none",)
    assert labels["rich", "closed"] == ("not caller_known",)
    assert labels["greeting", "open"] == ()
    details = {box.id: box.details for box in drawn.boxes}
    assert details["balance"] == ("what: balance", "into: balance")
    assert details["slow"] == ("accessibility: true", "values: balance")
    assert details["person"] == ("queue: support",)
    assert {box.id: box.person for box in drawn.boxes if box.person} == {"ask": "0", "number": "0", "balance": "!"}


def test_a_flow_text_never_becomes_markup(wide: Flow) -> None:
    for drawn in (svg(wide), svg(wide, Language.PL, within_page=True)):
        root = ET.fromstring(drawn)  # noqa: S314 - drawn here
        assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
            "svg", "title", "desc", "style", "defs", "marker", "path", "rect", "polygon", "circle", "g", "text",
        }  # fmt: skip
        assert "</text><script>" in "".join(root.itertext()).replace(" ", "").replace("\n", "")
        named = [group.get("data-node") for group in root.iter(f"{SVG}g")]
        assert [name for name in named if name is not None] == [*wide.nodes, NOTE]
    assert "script>" not in mermaid(wide)
    assert ("<style>" in svg(wide)) > ("<style>" in svg(wide, within_page=True))


@pytest.mark.parametrize("path", flow_files(SHIPPED), ids=lambda path: path.stem)
def test_shipped_flows_can_be_drawn(path: Path) -> None:
    flow = load(path)
    for language in Language:
        ET.fromstring(svg(flow, language))  # noqa: S314 - drawn here
        assert mermaid(flow, language).count(":::") == len(view(flow, language).boxes)


def test_what_has_no_word_yet_is_called_by_its_name() -> None:
    assert word("on_brand_new", Language.PL) == "brand new"
    assert (word("on_timeout", Language.PL), word("on_timeout", Language.EN)) == ("cisza", "silence")


def test_words_fit_their_lines() -> None:
    assert wrapped("a b", 12, 200, 2) == ["a b"]
    assert wrapped("", 12, 200, 2) == []
    assert wrapped("identify_customer_slowly", 14, 120, 3) == ["identify_", "customer_", "slowly"]
    lines = wrapped("Konstantynopolitańczykowianeczka " * 5, 12, 100, 3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert all(width(line, 12) <= 100 for line in lines)


def test_values_that_never_fall() -> None:
    assert rising([(1, 1), (3, 1), (2, 1)]) == [1, 2.5, 2.5]
    assert rising([(4, 3), (0, 1)]) == [3, 3]


def test_the_command_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["flow", "graph", "general", "-o", str(tmp_path / "g.svg"), "--language", "pl"]) == 0
    assert "KOLEJKA" in (tmp_path / "g.svg").read_text("utf-8")
    assert cli.main(["flow", "graph", "general", "--mermaid"]) == 0
    assert capsys.readouterr().out.startswith("flowchart TD\n")
    assert cli.main(["flow", "graph", "nosuch"]) == 1
    assert "there is no flow `nosuch`; there are accessibility, " in capsys.readouterr().err
    assert cli.main(["flow", "graph", "general", "-o", str(tmp_path / "none" / "g.svg")]) == 1
    assert "No such file" in capsys.readouterr().err
