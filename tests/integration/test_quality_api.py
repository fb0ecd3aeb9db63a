"""What network engineers ask over the console's interface: figures, one call, evidence and records, each audited."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import asdict, replace
from typing import Any

import aiohttp
import pytest

from telephony.audit import AuditTrail
from telephony.call_evidence import SipStep
from telephony.console.api.endpoint import Asked, Endpoint
from telephony.console.rules import ConsoleRules
from telephony.core.account import Role
from telephony.core.audit import pseudonym
from telephony.core.ids import InteractionId
from telephony.core.views import Span, SpanKind
from telephony.quality_api import QualityApi
from telephony.quality_wire import CallSound
from telephony.store.errors import StoreError
from telephony.store.memory import Memory
from telephony.store.store import Store
from tests.integration.console_house import ACCOUNTS, House
from tests.integration.test_console_api import Page, page_of
from tests.integration.test_store import CUSTOMER, ENDED, QUALITY
from tests.unit.test_metrics import INTERVAL

NOW = 1_790_003_600.0
BEGUN = NOW - 600
CALL = replace(
    ENDED, interaction=InteractionId("i-1"), arrived_at=BEGUN, spans=(Span(SpanKind.HOLD, BEGUN, BEGUN + 5),)
)
NUMBER = str(ENDED.caller)
BAD = replace(
    INTERVAL, interaction=CALL.interaction, starts_at=BEGUN, verdict="bad", verdicts=("loss_burst", "new_one"),
    capture_drops=7, codec="<b>",
)  # fmt: skip
EVIL = "=cmd|' /C calc'!A0"


class Away(Memory):
    """Goes away when it is told to."""

    away = False

    async def rows(self, query: str, **values: object) -> Any:
        if self.away and query != "audit_head":
            raise StoreError("away")
        return await super().rows(query, **values)


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules()


@pytest.fixture
def memory() -> Away:
    return Away()


@pytest.fixture
def trail(memory: Away, tmp_path: Any) -> AuditTrail:
    return AuditTrail(b"key", tmp_path / "spool", Store(memory), lambda: NOW)


@pytest.fixture
def endpoints(memory: Away, trail: AuditTrail) -> tuple[Endpoint, ...]:
    return tuple(QualityApi(Store(memory), trail.quality_shown, lambda: NOW).endpoints())


@pytest.fixture
async def piotr(http: aiohttp.ClientSession, house: House, memory: Away, monkeypatch: pytest.MonkeyPatch) -> Page:
    """A network engineer, and a call that was bad."""
    store = Store(memory)
    await store.customers.add([CUSTOMER])
    await store.record_call(CALL)
    await store.quality.record([replace(QUALITY, interaction=CALL.interaction, trunk="north", ungrounded_reason=EVIL)])
    await store.quality.record_intervals([BAD, replace(BAD, direction="sent", verdict="good", verdicts=())])
    monkeypatch.setitem(ACCOUNTS, "piotr", replace(ACCOUNTS["piotr"], role=Role.ENGINEER))
    return await page_of(http, house, "piotr")


def audited(trail: AuditTrail) -> list[tuple[str, str, tuple[str, ...], str]]:
    return [(each.actor, each.subject, each.fields, each.why) for each in trail._waiting]


async def test_figures_name_no_caller_and_the_worst_call_is_audited(piotr: Page, trail: AuditTrail) -> None:
    status, time = await piotr.ask("GET", "/quality/time", params={"hours": "1"})
    assert (status, time["step_s"], {each["direction"] for each in time["points"]}) == (200, 60.0, {"received", "sent"})
    status, spread = await piotr.ask("GET", "/quality/spread", params={"measure": "loss", "trunk": "north"})
    assert (status, [sum(each["intervals"]) for each in spread["scales"]]) == (200, [2])
    assert len(spread["scales"][0]["intervals"]) == len(spread["edges"]) + 1
    assert audited(trail) == []
    status, worst = await piotr.ask("GET", "/quality/calls", params={"trunk": "north"})
    assert (status, [each["interaction"] for each in worst["calls"]]) == (200, ["i-1"])
    assert audited(trail) == [("piotr", "", ("worst_calls",), "hours=6.0 trunk=north")]
    assert NUMBER not in json.dumps([time, spread, worst])
    assert (await piotr.ask("GET", "/quality/calls", params={"hours": "0"}))[0] == 422
    assert (await piotr.ask("GET", "/quality/spread", params={"measure": "colour"}))[0] == 422


async def test_one_call_is_told_step_by_step_and_stands_in_the_audit(piotr: Page, trail: AuditTrail) -> None:
    status, call = await piotr.ask("GET", "/quality/calls/i-1")
    assert (status, call["trunk"], len(call["intervals"]), len(call["legs"])) == (200, "north", 2, 1)
    steps = [(each["step"], each["until"]) for each in call["steps"]]
    assert {("arrived", None), ("hold", BEGUN + 5), ("answered", None), ("ended", None)} <= set(steps)
    told = json.dumps(call)
    assert not [secret for secret in (NUMBER, CALL.channel, str(CALL.agent), CUSTOMER.number) if secret in told]
    assert audited(trail) == [("piotr", pseudonym(CUSTOMER.number, b"key"), ("call",), "i-1")]
    assert (await piotr.ask("GET", "/quality/calls/i-9"))[0] == 404
    assert len(audited(trail)) == 1


async def test_the_ladder_is_told_where_it_is_known() -> None:
    store, step = Store(Memory()), SipStep(BEGUN, "192.0.2.1:5060", "192.0.2.2:5060", "INVITE")
    known: dict[str, tuple[SipStep, ...] | None] = {CALL.interaction: (step,), "i-2": (), "i-3": None}
    api = QualityApi(store, lambda *_: None, lambda: NOW, lambda call: known[call.interaction])
    (one,) = [each for each in api.endpoints() if each.path == "/quality/calls/{interaction}"]
    told: dict[str, object] = {}
    for name in known:
        await store.record_call(replace(CALL, interaction=InteractionId(name)))
        given = await one.handle(Asked("piotr", {"interaction": name}))
        assert isinstance(given, CallSound)
        told[name] = given.model_dump()["ladder"]
    assert told == {CALL.interaction: (asdict(step),), "i-2": (), "i-3": None}


async def test_evidence_is_a_report_and_figures_without_number_or_word(
    piotr: Page, trail: AuditTrail, http: aiohttp.ClientSession
) -> None:
    packed = []
    for _ in range(2):
        async with http.get("/api/console/quality/calls/i-1/evidence") as answer:
            assert (answer.status, answer.content_type) == (200, "application/zip")
            assert answer.headers["Content-Disposition"] == 'attachment; filename="evidence-i-1.zip"'
            packed.append(await answer.read())
    assert packed[0] == packed[1], "the same call is the same file"
    assert [each[2:] for each in audited(trail)] == [(("evidence",), "i-1")] * 2
    with zipfile.ZipFile(io.BytesIO(packed[0])) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert set(files) == {"README.txt", "report.html", "call.json", "legs.csv", "intervals.csv"}
    for name, text in files.items():
        for secret in (NUMBER, NUMBER.removeprefix("+"), CALL.channel, CUSTOMER.number):
            assert secret not in text, name
    assert "packets were lost, new_one (but the capture itself lost packets)" in files["report.html"]
    assert "<b>" not in files["report.html"]
    assert json.loads(files["call.json"])["outcome"] == "answered"
    assert "rtp were measured on the packets" in files["README.txt"]
    (interval, _) = csv.DictReader(io.StringIO(files["intervals.csv"]))
    assert (interval["verdicts"], interval["loss_ratio"], interval["capture_drops"]) == (
        "loss_burst new_one",
        "0.01",
        "7",
    )


async def test_records_stream_as_csv_in_which_nothing_is_a_formula(
    piotr: Page, http: aiohttp.ClientSession, memory: Away, trail: AuditTrail
) -> None:
    store = Store(memory)
    for number in range(600):
        name = InteractionId(f"call-{number}")
        await store.record_call(replace(CALL, interaction=name, arrived_at=BEGUN + number / 1000))
        await store.quality.record([replace(QUALITY, interaction=name, trunk="south")])
    async with http.get("/api/console/quality/records", params={"hours": "1"}) as answer:
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert "Content-Length" not in answer.headers
        rows = list(csv.DictReader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
    assert len(rows) == 601
    (odd,) = [row for row in rows if row["interaction"] == "i-1"]
    assert odd["ungrounded_reason"] == f"'{EVIL}"
    assert (odd["arrived_at"], odd["mos_cq"], odd["queue"]) == ("2026-09-21T17:03:20.000+02:00", "4.36", "support")
    assert NUMBER not in json.dumps(rows)
    assert audited(trail) == [("piotr", "", ("records",), "hours=1.0")]
    async with http.get("/api/console/quality/records", params={"hours": "1", "trunk": "east"}) as answer:
        assert (await answer.read()).decode("utf-8-sig").startswith("interaction,node,queue,outcome,arrived_at")


async def test_while_the_database_is_away_it_says_so_and_never_gives_half(
    piotr: Page, http: aiohttp.ClientSession, memory: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.away = True
    for path in ("time", "spread", "calls", "calls/i-1", "calls/i-1/evidence", "records"):
        assert (await piotr.ask("GET", f"/quality/{path}"))[0] == 503
    memory.away = False
    monkeypatch.setattr("telephony.store.quality_views.PIECE", 1)
    real = memory.scored_legs

    def last(**wanted: Any) -> Any:
        memory.away = True
        return real(**wanted)

    monkeypatch.setattr(memory, "scored_legs", last)
    with pytest.raises(aiohttp.ClientError):
        async with http.get("/api/console/quality/records") as answer:
            await answer.read()
