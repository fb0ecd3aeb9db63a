"""The console's API keeps to its own description [OpenAPI 3.1]: schemathesis asks the real server anything.

Real Asterisk and PostgreSQL behind it. Each operation is asked as described and otherwise, with a session and its
token, by a supervisor and by a consultant: no answer is a server's error, none is of an undescribed status or shape.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from telephony.demo.house import GENERAL, SUPERVISOR
from tests.acceptance.world import AGENT, world

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
)
REFUSED = {"checks": {"negative_data_rejection": {"expected-statuses": ["4XX"]}}}
TRIES = 25  # of each operation in each way
CALLER = "+48500000101"


@dataclass
class Browser:
    """A session that logs in again when one of the questions has ended it."""

    url: str
    login: str
    password: str
    token: str = ""

    def __post_init__(self) -> None:
        self.http = requests.Session()
        self.http.headers["Origin"] = self.url

    def logged_in(self) -> None:
        page = self._page("/")
        if 'name="login"' in page:
            form = {"login": self.login, "password": self.password, "csrf": _token(page)}
            self.http.post(f"{self.url}/login", data=form, timeout=10).raise_for_status()
            page = self._page("/")
        self.token = _token(page)

    def _page(self, path: str) -> str:
        answer = self.http.get(f"{self.url}{path}", timeout=10)
        answer.raise_for_status()
        return answer.text


def _token(page: str) -> str:
    return page.split('name="csrf" value="')[1].partition('"')[0]


def asks_everything(browser: Browser, interaction: str) -> set[str]:
    """All that the document describes, and its operations' names."""
    browser.logged_in()
    document = _without_guards(browser.http.get(f"{browser.url}/api/openapi.json", timeout=10).json())
    schema = schemathesis.openapi.from_dict(document, config=schemathesis.Config.from_dict(REFUSED))
    asked = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found.err()
        operation = found.ok()
        for mode in schemathesis.GenerationMode:
            browser.logged_in()
            _examples(operation, mode, interaction, lambda case: _ask(browser, case))
        asked.add(operation.label)
    return asked


def _without_guards(document: dict[str, Any]) -> dict[str, Any]:
    """The session is the browser's own here; what is answered without one is test_console_rights' matter."""
    for operations in document["paths"].values():
        for operation in operations.values():
            del operation["security"]
    return document


def _examples(operation: Any, mode: schemathesis.GenerationMode, interaction: str, ask: Callable[[Any], None]) -> None:
    """The path names the real call or anything."""

    @hypothesis.settings(
        max_examples=TRIES, derandomize=True, database=None, deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck), phases=[hypothesis.Phase.generate],
    )  # fmt: skip
    @hypothesis.given(operation.as_strategy(generation_mode=mode), st.sampled_from(["real", "any"]))
    def run(case: Any, name: str) -> None:
        if name == "real" and "interaction" in case.path_parameters:
            case.path_parameters["interaction"] = interaction
        ask(case)

    try:
        run()
    except hypothesis.errors.Unsatisfiable:  # nothing can be wrong in a question without parts
        assert mode is schemathesis.GenerationMode.NEGATIVE


def _ask(browser: Browser, case: Any) -> None:
    answer = case.call(
        base_url=browser.url, session=browser.http, headers={"X-CSRF-Token": browser.token, "Origin": browser.url}
    )
    case.validate_response(answer, checks=list(CHECKS))


async def test_the_api_is_what_its_document_says(tmp_path: Path) -> None:
    async with asyncio.timeout(240), world(tmp_path) as town:
        await town.waits_in_line(GENERAL, CALLER)
        await town.page.ready()
        await town.answered_by_a_consultant()
        (call,) = await town.store.recent_interactions()
        for login in (AGENT, SUPERVISOR[0]):
            browser = Browser(town.house.console_url, login, town.house.password(login))
            asked = await asyncio.to_thread(asks_everything, browser, call.interaction)
            assert {"GET /api/console/me", "POST /api/console/step-up"} <= asked
