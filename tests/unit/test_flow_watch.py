"""Callers counted by node: for pages by the text they follow, for metrics by the nodes there are."""

from pathlib import Path

from prometheus_client import CollectorRegistry

from ivr_flows.standing import Standing
from telephony.flow_watch import by_node, by_text
from telephony.metrics import Metrics
from tests.unit.watched_flow import watched_flow

HERE = [
    Standing("general", "r1", "departments"),
    Standing("general", "r1", "departments"),
    Standing("general", "r1", "gone"),
    Standing("general", "r0", "departments"),
    Standing("lost", "r9", "departments"),
]


def test_each_text_is_counted_by_itself() -> None:
    assert by_text(HERE) == {
        ("general", "r1"): {"departments": 2, "gone": 1},
        ("general", "r0"): {"departments": 1},
        ("lost", "r9"): {"departments": 1},
    }


def test_the_series_of_the_metric_are_the_nodes_that_are_served(tmp_path: Path) -> None:
    flow = watched_flow(tmp_path)
    metrics = Metrics((), CollectorRegistry())
    metrics.table("flow_callers", "Callers.", lambda: by_node([flow], HERE), ("flow", "node"))
    [family] = [each for each in metrics.registry.collect() if each.name == "hotline_flow_callers"]
    found = {sample.labels["node"]: sample.value for sample in family.samples}
    assert found.pop("departments") == 3
    assert found == dict.fromkeys(set(flow.nodes) - {"departments"}, 0)
    assert {sample.labels["flow"] for sample in family.samples} == {"general"}
