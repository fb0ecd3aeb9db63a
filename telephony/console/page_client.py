"""A console page without a browser: logs in like one, keeps its WebSocket, acknowledges pops, sets itself ready.

For simulated consultants where no Chromium is, and for measuring. It imports nothing of the server: what it knows is
what a browser knows.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
import structlog

log = structlog.get_logger()

Message = Mapping[str, object]

RETRY_S = 0.2
RETRY_LONGEST_S = 5.0
SILENCE_S = 40.0
SESSION_OVER = 4401
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class LoginRefusedError(Exception):
    """The console did not let us in: wrong login or password."""


class ConsoleBusyError(ConnectionError):
    """The console is there but wants us to come back later (too many attempts, or trouble of its own)."""


@dataclass
class PageClient:
    """`heard` gets every message. With `keep_ready` the agent makes itself available whenever it finds itself paused
    (after log-in, after an unanswered call), and gives a disposition wherever one is owed; with `paint` it acknowledges
    each pop at once.
    """

    base_url: str  # http://127.0.0.1:8480
    login: str
    password: str = field(repr=False)
    heard: Callable[[Message], None] = lambda _: None
    keep_ready: bool = False
    paint: bool = True
    state: str = ""  # the agent's, as last heard
    _seq: int = 0
    _desk: str = ""
    _http: aiohttp.ClientSession | None = None
    _socket: aiohttp.ClientWebSocketResponse | None = None
    _state_known: asyncio.Condition = field(default_factory=asyncio.Condition, repr=False)

    async def __aenter__(self) -> Self:
        # unsafe: the demo's console is an address, and cookies of addresses are dropped by default
        self._http = aiohttp.ClientSession(self.base_url, cookie_jar=aiohttp.CookieJar(unsafe=True))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http:
            await self._http.close()
            self._http = None

    async def log_in(self) -> None:
        """Errors: LoginRefusedError; ConsoleBusyError; aiohttp.ClientError where there is no console."""
        async with self._http_session.get("/login", allow_redirects=False) as response:
            if response.status == 303:
                return
            found = _CSRF.search(await response.text())
        form = {"login": self.login, "password": self.password, "csrf": found.group(1) if found else ""}
        origin = {"Origin": self.base_url}
        async with self._http_session.post("/login", data=form, headers=origin, allow_redirects=False) as response:
            if response.status == 429 or response.status >= 500:
                raise ConsoleBusyError(f"{self.login}: the console answered {response.status}")
            if response.status != 303:
                raise LoginRefusedError(f"{self.login}: the console answered {response.status}")
            if response.headers.get("Location") != "/":
                raise LoginRefusedError(f"{self.login}: the console asks for a second factor")

    async def log_out(self) -> None:
        """Sign out at once, without the grace of a page that only went away."""
        async with self._http_session.get("/") as response:
            found = _CSRF.search(await response.text())
        form, origin = {"csrf": found.group(1) if found else ""}, {"Origin": self.base_url}
        async with self._http_session.post("/logout", data=form, headers=origin, allow_redirects=False):
            pass

    async def run(self) -> None:
        """Be an open page until cancelled: log in, listen, and come back after every loss (a new server included)."""
        wait_s = RETRY_S
        while True:
            try:
                await self.log_in()
                await self.listen()
                wait_s = RETRY_S
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                log.info("page.away", login=self.login, error=type(error).__name__)
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, RETRY_LONGEST_S)

    async def listen(self) -> int | None:
        """One WebSocket from start to end; returns its close code."""
        where = {"desk": self._desk, "seq": str(self._seq)}
        origin = {"Origin": self.base_url}
        async with self._http_session.ws_connect("/ws", params=where, headers=origin) as socket:
            self._socket = socket
            try:
                while True:
                    message = await socket.receive(timeout=SILENCE_S)
                    if message.type is not aiohttp.WSMsgType.TEXT:
                        break
                    await self._take(json.loads(message.data))
            finally:
                self._socket = None
                self.state = ""
            return socket.close_code

    async def ready(self) -> None:
        await self._say({"type": "ready"})

    async def pause(self, reason: str = "break") -> None:
        await self._say({"type": "pause", "reason": reason})

    async def wait_for_state(self, *states: str) -> str:
        """Until the agent is in one of these states (`available`, `talking`, …)."""
        async with self._state_known:
            await self._state_known.wait_for(lambda: self.state in states)
            return self.state

    @property
    def _http_session(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise RuntimeError("use PageClient as an async context manager")
        return self._http

    async def _take(self, message: Message) -> None:
        kind, seq = message.get("type"), message.get("seq")
        if isinstance(seq, int):
            self._seq = seq
        if kind == "state":
            self._desk = str(message["desk"])
        await self._paint(message)
        await self._give_all(message)
        agent = message if kind == "agent" else message.get("agent")
        if isinstance(agent, Mapping) and "state" in agent:
            await self._agent(str(agent["state"]))
        self.heard(message)

    async def _paint(self, message: Message) -> None:
        pop = message if message.get("type") == "pop" else message.get("pop")
        if self.paint and isinstance(pop, Mapping) and pop.get("state") == "offered":
            await self._say({"type": "painted", "interaction": pop["interaction"], "attempt": pop["attempt"]})

    async def _agent(self, state: str) -> None:
        async with self._state_known:
            self.state = state
            self._state_known.notify_all()
        if self.keep_ready and state in {"paused", "not_answering"}:
            await self.ready()

    async def give_disposition(self, interaction: str, queue: str) -> None:
        """The first of the queue's list. Errors: aiohttp.ClientError."""
        async with self._http_session.get("/api/console/dispositions") as answer:
            lists = (await answer.json())["queues"]
        await self.ask("PUT", f"/calls/{interaction}/disposition", {"code": lists[queue][0]["code"]})

    async def ask(self, method: str, path: str, body: Message) -> None:
        """Of the console's API, with what changes something there. Errors: aiohttp.ClientError."""
        async with self._http_session.get("/") as page:
            token = _CSRF.search(await page.text())
        headers = {"Origin": self.base_url, "X-CSRF-Token": token.group(1) if token else ""}
        async with self._http_session.request(
            method, f"/api/console{path}", json=body, headers=headers, raise_for_status=True
        ):
            pass

    async def _give_all(self, message: Message) -> None:
        owed = message.get("calls") if message.get("type") == "owed" else message.get("owed")
        for call in owed if isinstance(owed, list) and self.keep_ready else ():
            await self.give_disposition(call["interaction"], call["queue_name"])

    async def _say(self, message: Message) -> None:
        if self._socket is None:
            raise RuntimeError("the page is not connected")
        await self._socket.send_str(json.dumps(message))
