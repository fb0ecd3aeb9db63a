"""The console's API keeps to its own description [OpenAPI 3.1]: schemathesis asks the real server anything.

Real Asterisk and PostgreSQL behind it. Each operation is asked as described and otherwise, with a session and its
token, by a supervisor and by a consultant: no answer is a server's error, none is of an undescribed status or shape.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from telephony.demo.house import GENERAL, SUPERVISOR
from tests.acceptance.world import AGENT, world
from tests.api_examples import asks_everything

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

    def asks(self, case: Any) -> Any:
        headers = {"X-CSRF-Token": self.token, "Origin": self.url}
        return case.call(base_url=self.url, session=self.http, headers=headers)

    def asks_everything(self, interaction: str) -> set[str]:
        self.logged_in()
        document = self.http.get(f"{self.url}/api/openapi.json", timeout=10).json()
        return asks_everything(document, self.asks, self.logged_in, {"interaction": interaction})


def _token(page: str) -> str:
    return page.split('name="csrf" value="')[1].partition('"')[0]


async def test_the_api_is_what_its_document_says(tmp_path: Path) -> None:
    async with world(tmp_path) as town:
        await town.waits_in_line(GENERAL, CALLER)
        await town.page.ready()
        await town.answered_by_a_consultant()
        (call,) = await town.store.recent_interactions()
        for login in (AGENT, SUPERVISOR[0]):
            browser = Browser(town.house.console_url, login, town.house.password(login))
            asked = await asyncio.to_thread(browser.asks_everything, call.interaction)
            assert {"GET /api/console/me", "POST /api/console/step-up"} <= asked
