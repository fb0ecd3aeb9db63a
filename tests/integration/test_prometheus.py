"""What Prometheus, its rules and Grafana's dashboards make of our figures: by promtool, and a real Prometheus.

The figures are those of a whole server, put together as it always is; only its calls are told, not made.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from quality.interval_verdicts import Finding
from telephony.app import App
from telephony.core.commands import AgentChanged, CallChanged, CallEnded, PopLate
from telephony.core.ids import InteractionId, QueueName
from telephony.core.ticket import OpenTicket
from telephony.core.views import AgentState, CallState, Outcome
from telephony.metrics import Metrics, metrics_app
from telephony.settings import load
from telephony.shipped import CONFIG_FOLDER
from telephony.store.memory import Memory
from telephony.store.store import Store
from tests import tools
from tests.ports import free_port
from tests.unit.console_story import ANNA, WAITING
from tests.unit.test_metrics import INTERVAL, SCORE

RULES = CONFIG_FOLDER / "prometheus"
DASHBOARDS = sorted((CONFIG_FOLDER / "grafana").glob("*.json"))
TESTS = sorted((Path(__file__).parents[1] / "fixtures/prometheus").glob("*.test.yml"))
VARIABLES = {"$__rate_interval": "10s", "$trunk": ".*"}
WAIT_S = 40.0


async def ran(*argv: str | Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, printed.decode()
    return printed.decode()


async def test_alerts_say_what_they_shall_and_when() -> None:
    await ran(tools.promtool(), "check", "config", RULES / "prometheus.example.yml")
    assert (await ran(tools.promtool(), "test", "rules", *TESTS)).count("SUCCESS") == len(TESTS) == 2


def calls(metrics: Metrics) -> Iterator[None]:
    """One call of each kind at a time, for ever."""
    metrics.publish(AgentChanged(ANNA, AgentState.AVAILABLE, "", 1000.0, None))
    for number in itertools.count():
        call = replace(WAITING, interaction=InteractionId(f"i{number}"))
        offered = replace(call, state=CallState.OFFERED, attempt=1, offered_at=1010.0)
        talking = replace(offered, state=CallState.TALKING, painted_at=1010.1, answered_at=1020.0)
        for view in (call, offered, talking):
            metrics.publish(CallChanged(view))
        metrics.publish(PopLate(call.interaction, ANNA, 1))
        metrics.ticket(OpenTicket(call.interaction, QueueName("support"), "…", "…"))
        score = replace(SCORE, interaction=call.interaction, verdict=("good", "bad")[number % 2])
        metrics.quality.call([score, replace(score, codec="opus", scale=None, mos_cq=None, mos_lq=None)])
        for finding in Finding:
            metrics.quality.interval(replace(INTERVAL, verdict="bad", verdicts=(finding,)))
        metrics.quality.interval(INTERVAL)
        metrics.publish(CallEnded(replace(talking, ended_at=1060.0, outcome=Outcome.ANSWERED)))
        yield


@pytest.fixture
async def prometheus(
    tmp_path: Path, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[str]:
    """The address of one that reads a server's figures every second."""
    program, port = tools.prometheus(), free_port()
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HOTLINE_QUALITY__INTERFACE", "lo")
    metrics = App(load([CONFIG_FOLDER / "hotline.toml"]), Store(Memory())).metrics
    async with TestServer(metrics_app(metrics.registry)) as server, asyncio.TaskGroup() as tasks:
        text = (RULES / "prometheus.example.yml").read_text("utf-8")
        text = text.replace("15s", "1s").replace("127.0.0.1:9464", f"127.0.0.1:{server.port}")
        (tmp_path / "prometheus.yml").write_text(text.replace("hotline.rules", f"{RULES}/hotline.rules"), "utf-8")
        process = await asyncio.create_subprocess_exec(
            program, f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/tsdb",
            f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
        )  # fmt: skip
        telling = tasks.create_task(_tell(calls(metrics)))
        yield f"http://127.0.0.1:{port}/api/v1"
        telling.cancel()
        process.terminate()
        await process.wait()


async def _tell(story: Iterator[None]) -> None:
    for _ in story:
        await asyncio.sleep(0.25)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def expressions() -> Iterator[str]:
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text("utf-8"))["panels"]:
            for target in panel["targets"]:
                expression = str(target["expr"])
                for name, value in VARIABLES.items():
                    expression = expression.replace(name, value)
                assert "$" not in expression
                yield expression


async def test_every_expression_of_every_dashboard_has_data_from_a_real_prometheus(
    prometheus: str, http: aiohttp.ClientSession
) -> None:
    async def asked(path: str, **query: str) -> Any:
        with suppress(aiohttp.ClientConnectionError):
            async with http.get(f"{prometheus}/{path}", params=query) as answer:
                told = await answer.json()
                assert told["status"] == "success", told
                return told["data"]

    missing = list(expressions())
    assert len(missing) > 30
    async with asyncio.timeout(WAIT_S):
        while missing:
            await asyncio.sleep(0.5)
            found = [await asked("query", query=expression) for expression in missing]
            missing = [each for each, data in zip(missing, found, strict=True) if not data or not has_data(data)]
    assert set(await asked("label/trunk/values")) == {"none", "other"}
    rules = [rule for group in (await asked("rules"))["groups"] for rule in group["rules"]]
    assert {rule["health"] for rule in rules} == {"ok"}
    series = await asked("series", **{"match[]": '{job="hotline"}'})
    values = {value for each in series for name, value in each.items() if name not in {"instance", "__name__"}}
    assert not {each for each in values if WAITING.interaction in each or str(WAITING.caller) in each}


def has_data(data: Any) -> bool:
    return any(not math.isnan(float(each["value"][1])) for each in data["result"])
