"""The flow that documents the language loads and shows every kind of node; the rules are the checker's own."""

import re
from pathlib import Path
from typing import get_args

from ivr_flows import SHIPPED, load
from ivr_flows.check import check
from ivr_flows.loading import flow_files
from ivr_flows.nodes import Node, ReturnNode, SubFlowNode
from ivr_flows.rules import table
from telephony import settings

SHIPPED_PAGE = Path(__file__).parents[2] / "docs" / "flows-shipped.md"
CHECKS = Path(__file__).parents[2] / "docs" / "flow-checks.md"
PAGE = Path(__file__).parents[2] / "docs" / "flows.md"


def test_the_documented_flow_loads_without_a_finding(tmp_path: Path) -> None:
    flow, numbers = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (tmp_path / "numbers.yaml").write_text(numbers, "utf-8")
    (tmp_path / "example.yaml").write_text(flow, "utf-8")
    shown = {type(node) for node in load(tmp_path / "example.yaml").nodes.values()}
    assert set(get_args(Node)) - shown == {SubFlowNode, ReturnNode}, "these need a second file"
    assert [finding.message for finding in check(tmp_path / "example.yaml") if finding.severity == "error"] == []


def test_every_kind_of_node_has_its_line() -> None:
    lines = re.findall(r"^\| `([a-z_]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert lines == [kind.model_fields["type"].annotation.__args__[0] for kind in get_args(Node)]


def test_the_table_of_rules_is_the_checkers_own() -> None:
    lines = CHECKS.read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("|")] == list(table())


def test_every_shipped_flow_and_its_number_is_described() -> None:
    lines = re.findall(r"^\| (?:(\+\d+) \| )?`([a-z_]+)` \|", SHIPPED_PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(flow for _, flow in lines) == [path.stem for path in flow_files(SHIPPED)]
    numbers = settings.load([Path(__file__).parents[2] / "config" / "hotline.toml"]).numbers
    assert [(number, flow) for number, flow in lines if number] == [(key, each.flow) for key, each in numbers.items()]
