"""Each ticket system as the contract tests want it: a connector, and what a person there sees and does."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from telephony.core.ticket import TicketStatus
from telephony.outward.tickets.http import basic
from telephony.outward.tickets.request_tracker import RequestTracker
from telephony.outward.tickets.roundup import Roundup
from telephony.outward.tickets.system import TicketSystem
from telephony.outward.tickets.webhook import WebhookTickets
from telephony.outward.tickets.zammad import ZammadTickets
from tests import request_tracker, roundup
from tests.integration.zammad_double import TOKEN, ZammadDouble

SECRET = "whsec_" + "c2VjcmV0" * 6


@dataclass
class Seen:
    """A ticket as a person there sees it."""

    title: str
    status: TicketStatus
    texts: list[str]


class TicketHouse(Protocol):
    system: TicketSystem

    async def count(self, words: str) -> int:
        """How many tickets have these words in their titles."""

    async def seen(self, there: str) -> Seen: ...

    async def act(self, there: str, status: TicketStatus | None = None, text: str = "") -> bool:
        """Somebody else closes, opens, comments; False where the system tells of nothing."""


@dataclass
class RequestTrackerHouse:
    system: TicketSystem
    http: aiohttp.ClientSession

    async def count(self, words: str) -> int:
        return int((await self._get("tickets", query=f"Subject LIKE '{words}'"))["total"])

    async def seen(self, there: str) -> Seen:
        whole = await self._get(f"ticket/{there}")
        texts = []
        asked = f"TicketId = {there} AND (Type = 'Create' OR Type = 'Comment')"
        for each in (await self._get("transactions", query=asked, orderby="id"))["items"]:
            parts = await self._get(f"transaction/{each['id']}/attachments", fields="Content")
            texts += [part["Content"] for part in parts["items"]]
        status = {"open": TicketStatus.OPEN, "resolved": TicketStatus.CLOSED}[whole["Status"]]
        return Seen(whole["Subject"], status, texts)

    async def act(self, there: str, status: TicketStatus | None = None, text: str = "") -> bool:
        if text:
            body = {"Content": text, "ContentType": "text/plain"}
            async with self.http.post(f"ticket/{there}/comment", json=body) as answer:
                assert answer.status == 201, await answer.text()
        if status:
            name = {TicketStatus.OPEN: "open", TicketStatus.CLOSED: "rejected"}[status]
            async with self.http.put(f"ticket/{there}", json={"Status": name}) as answer:
                assert "changed" in await answer.text()
        return True

    async def _get(self, path: str, **query: str) -> Any:
        async with self.http.get(path, params=query) as answer:
            return await answer.json()


@dataclass
class RoundupHouse:
    system: TicketSystem
    http: aiohttp.ClientSession

    async def count(self, words: str) -> int:
        return len((await self._get("issue", title=words))["collection"])

    async def seen(self, there: str) -> Seen:
        whole = (await self._get(f"issue/{there}", **{"@verbose": "2"}))["attributes"]
        told = [await self._get(f"msg/{each['id']}", **{"@verbose": "3"}) for each in whole["messages"]]
        texts = [each["attributes"]["content"] for each in told]
        status = TicketStatus.CLOSED if whole["status"]["name"] == "resolved" else TicketStatus.OPEN
        return Seen(whole["title"], status, texts)

    async def act(self, there: str, status: TicketStatus | None = None, text: str = "") -> bool:
        if text:
            body = {"content": text, "author": roundup.PERSON, "date": "."}
            async with self.http.post("msg", json=body) as answer:
                message = (await answer.json())["data"]["id"]
            await self._patch(there, {"@op": "add", "messages": message})
        if status:
            name = {TicketStatus.OPEN: "chatting", TicketStatus.CLOSED: "done-cbb"}[status]
            await self._patch(there, {"status": name})
        return True

    async def _patch(self, there: str, body: object) -> None:
        async with self.http.get(f"issue/{there}") as answer:
            tag = answer.headers["ETag"]
        async with self.http.patch(f"issue/{there}", json=body, headers={"If-Match": tag}) as answer:
            assert answer.status == 200, await answer.text()

    async def _get(self, path: str, **query: str) -> Any:
        async with self.http.get(path, params=query) as answer:
            return (await answer.json())["data"]


@dataclass
class ZammadHouse:
    system: TicketSystem
    double: ZammadDouble

    async def count(self, words: str) -> int:
        return sum(words in each["title"] for each in self.double.tickets.values())

    async def seen(self, there: str) -> Seen:
        ticket = self.double.tickets[int(there)]
        texts = [each["body"] for each in self.double.articles if each["ticket_id"] == int(there)]
        status = TicketStatus.CLOSED if ticket["state"] == "closed" else TicketStatus.OPEN
        return Seen(ticket["title"], status, texts)

    async def act(self, there: str, status: TicketStatus | None = None, text: str = "") -> bool:
        state = {TicketStatus.OPEN: "open", TicketStatus.CLOSED: "closed", None: None}[status]
        self.double.act(int(there), "anna", state, text)
        return True


@dataclass
class WebhookHouse:
    """A receiver that takes each event once, by its id."""

    system: TicketSystem = field(init=False)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def take(self, request: web.Request) -> web.Response:
        self.events.setdefault(request.headers["webhook-id"], (await request.json()))
        return web.Response(status=204)

    async def count(self, words: str) -> int:
        return sum(words in self._title(each) for each in self.events.values() if each["type"].endswith(".opened"))

    async def seen(self, there: str) -> Seen:
        told = [each["data"] for each in self.events.values() if each["data"]["number"] == there]
        texts = [each["body"] for each in told if "body" in each]
        return Seen(told[0]["subject"] + f" [hotline {there}]", TicketStatus(told[-1]["status"]), texts)

    async def act(self, there: str, status: TicketStatus | None = None, text: str = "") -> bool:
        del there, status, text
        return False

    @staticmethod
    def _title(event: dict[str, Any]) -> str:
        return f"{event['data']['subject']} [hotline {event['data']['number']}]"


@asynccontextmanager
async def request_tracker_house(folder: Path) -> AsyncIterator[TicketHouse]:
    proof = basic(request_tracker.USER, request_tracker.PASSWORD)
    person = basic(request_tracker.PERSON, request_tracker.PASSWORD)
    async with (
        request_tracker.request_tracker(folder) as url,
        aiohttp.ClientSession(f"{url}/REST/2.0/", headers={"Authorization": person}) as http,
    ):
        yield RequestTrackerHouse(RequestTracker(url, request_tracker.USER, proof, "General"), http)


@asynccontextmanager
async def roundup_house(folder: Path) -> AsyncIterator[TicketHouse]:
    person = basic(roundup.PERSON, roundup.PASSWORD)
    async with roundup.roundup(folder) as url:
        headers = {
            "Authorization": person,
            "Origin": url.removesuffix("/tracker"),
            "Referer": f"{url}/",
            "X-Requested-With": "tests",
        }
        async with aiohttp.ClientSession(f"{url}/rest/data/", headers=headers) as http:
            yield RoundupHouse(Roundup(url, roundup.USER, roundup.PASSWORD), http)


@asynccontextmanager
async def zammad_house(_folder: Path) -> AsyncIterator[TicketHouse]:
    double = ZammadDouble(time.time)
    async with TestServer(double.app()) as server:
        yield ZammadHouse(ZammadTickets(str(server.make_url("")), TOKEN, "Users"), double)


@asynccontextmanager
async def webhook_house(_folder: Path) -> AsyncIterator[TicketHouse]:
    house = WebhookHouse()
    app = web.Application()
    app.router.add_post("/hook", house.take)
    async with TestServer(app) as server:
        house.system = WebhookTickets(str(server.make_url("/hook")), SECRET, time.time)
        yield house


HOUSES = {
    "request-tracker": request_tracker_house,
    "roundup": roundup_house,
    "zammad": zammad_house,
    "webhook": webhook_house,
}
