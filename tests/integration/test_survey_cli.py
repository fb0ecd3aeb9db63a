"""`hotline survey` and `hotline appointments` as people call them, over a real PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from pathlib import Path

import pytest

from telephony.cli import main
from telephony.core.ids import InteractionId
from telephony.core.periods import day_of, quarter_of
from telephony.core.promises import SurveyAnswer
from telephony.store.store import Store
from tests.integration.test_store_surveys import call


async def test_lists_reports_and_objections(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
    store, now = await Store.open(database_url), time.time()
    await store.record_calls([call("i-1", "+48600100200", now)])
    await store.record_survey_answers([SurveyAnswer(InteractionId("i-1"), "nps", 9, now)])
    await store.close()

    async def hotline(*arguments: str) -> tuple[int, str]:
        status = await asyncio.to_thread(main, arguments)
        told = capsys.readouterr()
        return status, told.out + told.err

    day = (day_of(now) + timedelta(days=2)).isoformat()
    visits = tmp_path / "visits.csv"
    visits.write_text(f"reference,number,date,time,place\nZ-1,600100200,{day},10:30,Polna 5\n", "utf-8")
    assert await hotline("appointments", "load", str(visits)) == (0, "1 loaded, 0 known before\n")
    assert await hotline("appointments", "load", str(visits)) == (0, "0 loaded, 1 known before\n")
    _, listed = await hotline("appointments", "list", "--json")
    (visit,) = json.loads(listed)
    assert (visit["reference"], visit["state"], visit["attempts"]) == ("Z-1", "open", 0)
    assert (await hotline("appointments", "withdraw", "Z-1"))[0] == 0
    status, told = await hotline("appointments", "withdraw", "Z-1")
    assert (status, "no such visit is open" in told) == (1, True)
    assert "withdrawn" in (await hotline("appointments", "list"))[1]
    visits.write_text("reference,number,date,time,place\nZ-2,112,2020-01-01,10:30,Polna 5\n", "utf-8")
    status, told = await hotline("appointments", "load", str(visits))
    assert (status, "line 2: number" in told, "112" in told) == (1, True, False)

    quarter = quarter_of(day_of(now)).name
    _, told = await hotline("survey", "report", "--quarter", quarter, "--json")
    whole, support = json.loads(told)["departments"]
    assert (whole["department"], whole["nps"], support["department"]) == ("*", 100.0, "support")
    _, told = await hotline("survey", "report", "--csv")
    assert told.splitlines()[1].startswith(f"{quarter},*,100.0,")
    assert "Pomoc techniczna" in (await hotline("survey", "report"))[1]
    assert "Najczęstsze wyniki rozmów:\n  brak" in (await hotline("survey", "digest", "--week", "2026-W01"))[1]
    assert (await hotline("survey", "object", "+48600100200"))[0] == 0
    assert (await hotline("survey", "allow", "+48600100200"))[0] == 0
    assert (await hotline("survey", "allow", "+48600100200"))[0] == 1
