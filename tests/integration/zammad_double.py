"""Zammad's tickets as its documentation tells them, in memory, over real HTTP."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

TOKEN = "a-token-of-zammad"
STATES = frozenset({"new", "open", "pending reminder", "pending close", "closed", "merged"})
PEOPLE = {"hotline": 7, "anna": 8}


class ZammadDouble:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ids = itertools.count(100)
        self.tickets: dict[int, dict[str, Any]] = {}
        self.articles: list[dict[str, Any]] = []
        self.users: dict[int, dict[str, Any]] = {}
        self.refused: set[str] = set()  # words of titles that are not taken

    def app(self) -> web.Application:
        served = web.Application(middlewares=[self._door])
        served.router.add_routes([
            web.get("/api/v1/users/me", self._me),
            web.get("/api/v1/users/search", self._find_users),
            web.post("/api/v1/users", self._add_user),
            web.get("/api/v1/tickets/search", self._search),
            web.post("/api/v1/tickets", self._create),
            web.get("/api/v1/tickets/{id}", self._ticket),
            web.put("/api/v1/tickets/{id}", self._change),
            web.post("/api/v1/ticket_articles", self._comment),
            web.get("/api/v1/ticket_articles/by_ticket/{id}", self._comments),
        ])  # fmt: skip
        return served

    def act(self, there: int, by: str, state: str | None = None, text: str = "") -> None:
        """What somebody does in Zammad's own pages."""
        ticket = self.tickets[there]
        ticket |= {"state": state or ticket["state"], "updated_at": self._now(), "updated_by": by}
        if text:
            self._article(there, by, {"subject": "", "body": text})

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Token token={TOKEN}":
            return web.json_response({"error": "authentication failed"}, status=401)
        answer: web.StreamResponse = await handler(request)
        return answer

    def _now(self) -> str:
        at = datetime.fromtimestamp(self._clock(), UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _article(self, there: int, by: str, given: dict[str, Any]) -> dict[str, Any]:
        own = {"id": next(self._ids), "ticket_id": there, "created_by": by, "created_by_id": PEOPLE[by]}
        self.articles.append({**given, **own, "created_at": self._now()})
        return self.articles[-1]

    async def _me(self, _: web.Request) -> web.Response:
        return web.json_response({"id": PEOPLE["hotline"], "login": "hotline"})

    async def _find_users(self, request: web.Request) -> web.Response:
        words = request.query["query"]
        return web.json_response([each for each in self.users.values() if words in each["mobile"]])

    async def _add_user(self, request: web.Request) -> web.Response:
        given = await request.json()
        user = {**given, "id": next(self._ids)}
        self.users[user["id"]] = user
        return web.json_response(user, status=201)

    async def _search(self, request: web.Request) -> web.Response:
        found = [each for each in self.tickets.values() if request.query["query"] in each["title"]]
        if request.query.get("sort_by"):
            found.sort(key=lambda each: str(each[request.query["sort_by"]]), reverse=True)
        return web.json_response(found[: int(request.query["limit"])])

    async def _create(self, request: web.Request) -> web.Response:
        given = await request.json()
        if given["state"] not in STATES or any(word in given["title"] for word in self.refused):
            return web.json_response({"error": "No lookup value found for 'state'"}, status=422)
        there, article = next(self._ids), given.pop("article")
        now = self._now()
        self.tickets[there] = {
            **given, "id": there, "created_at": now, "updated_at": now, "updated_by": "hotline",
        }  # fmt: skip
        self._article(there, "hotline", article)
        return web.json_response(self.tickets[there], status=201)

    async def _ticket(self, request: web.Request) -> web.Response:
        return web.json_response(self.tickets[int(request.match_info["id"])])

    async def _change(self, request: web.Request) -> web.Response:
        there, given = int(request.match_info["id"]), await request.json()
        if given["state"] not in STATES:
            return web.json_response({"error": "No lookup value found for 'state'"}, status=422)
        self.tickets[there] |= {**given, "updated_at": self._now(), "updated_by": "hotline"}
        return web.json_response(self.tickets[there])

    async def _comment(self, request: web.Request) -> web.Response:
        given = await request.json()
        article = self._article(given["ticket_id"], "hotline", given)
        self.tickets[given["ticket_id"]]["updated_at"] = self._now()
        return web.json_response(article, status=201)

    async def _comments(self, request: web.Request) -> web.Response:
        there = int(request.match_info["id"])
        return web.json_response([each for each in self.articles if each["ticket_id"] == there])
