"""`hotline route explain` against a real PostgreSQL: the engine decides, the store keeps, a supervisor reads."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from telephony.core.commands import CallChanged, Decided
from telephony.core.views import Lane
from telephony.store.store import Store
from tests.unit.core_story import ANNA, Story

ROOT = Path(__file__).parents[2]


async def hotline(database_url: str, *arguments: str) -> tuple[int | None, str, str]:
    """Exit status, standard output and standard error of `hotline …`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "telephony", *arguments,
        cwd=ROOT, env=os.environ | {"HOTLINE_DATABASE_URL": database_url},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


async def decided(database_url: str) -> None:
    """Two callers, one consultant: one is given to her, the other waits on."""
    story = Story()
    story.queues("standard", 1_790_000_000.0)
    story.queues("accessible", 1_790_000_002.0, Lane.ACCESSIBILITY)
    story.agent(ANNA, 1_790_000_003.0)
    store = await Store.open(database_url)
    try:
        for each in story.said:
            if isinstance(each, CallChanged):
                await store.record_call(each.call)
            elif isinstance(each, Decided):
                await store.record_decisions((each,))
    finally:
        await store.close()


async def test_a_supervisor_asks_why(database_url: str) -> None:
    await decided(database_url)
    status, output, _ = await hotline(database_url, "route", "explain", "accessible")
    assert status == 0
    assert output.startswith("1. 2026-09-21 16:13:23 → anna (accessibility_first, 2 in line)\n")
    assert "Zasada: pierwszeństwo dzwoniących ze wsparciem dostępności.\n" in output
    assert "2. standard (support, zwykłe), czeka 3 s: po dzwoniących ze wsparciem dostępności.\n" in output
    status, output, _ = await hotline(database_url, "route", "explain", "accessible", "--json")
    [decision] = json.loads(output)
    assert (decision["agent"], decision["rule"], decision["waiting"]) == ("anna", "accessibility_first", 2)
    status, output, _ = await hotline(database_url, "route", "explain", "standard")
    assert (status, output) == (0, "standard was never given to a consultant (line)\n")
    status, output, errors = await hotline(database_url, "route", "explain", "nobody's")
    assert status == 1
    assert output == ""
    assert errors == 'hotline: no call "nobody\'s" is known; `interaction` in its record or ticket names it\n'
