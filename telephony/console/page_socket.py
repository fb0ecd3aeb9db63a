"""One page's WebSocket [RFC 6455]: messages out as they come, few and small ones in; anything else closes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from telephony.console import wire
from telephony.console.outlet import Close, Outlet
from telephony.console.pages import Pages
from telephony.console.sessions import Session
from telephony.core.rate_limit import RateLimit

log = structlog.get_logger()

MESSAGE_BYTES = 4096
PING_S = 20.0
CLOSING_S = 2.0
SAID_AT_ONCE = 40
SAID_EVERY_S = 0.1


class PageSocket:
    def __init__(self, pages: Pages, clock: Callable[[], float]) -> None:
        self._pages = pages
        self._clock = clock

    async def serve(self, request: web.Request, session: Session | None) -> web.WebSocketResponse:
        """The whole life of one page; `session` is None where the cookie was worth nothing."""
        socket = web.WebSocketResponse(heartbeat=PING_S, max_msg_size=MESSAGE_BYTES, compress=False)
        await socket.prepare(request)
        refusal = self._pages.refusal(session)
        if refusal or session is None:
            await _close(socket, refusal or Close(WSCloseCode.POLICY_VIOLATION, ""))
            return socket
        page = Outlet(_abort(request))
        self._pages.opened(session, page, request.query.get("desk", ""), _number(request.query.get("seq")))
        sending = asyncio.create_task(_send(socket, page))
        try:
            await self._listen(socket, page)
        finally:
            self._pages.closed(page)
            await _end(sending, page)
            if page.overflowed:
                log.warning("console.page_too_slow", agent=session.account.agent)
        return socket

    async def _listen(self, socket: web.WebSocketResponse, page: Outlet) -> None:
        allowed = RateLimit(SAID_AT_ONCE, SAID_EVERY_S, keys=1)
        async for message in socket:
            try:
                said = _parse(message)
            except ValueError as error:
                page.put(Close(WSCloseCode.INVALID_TEXT, str(error)))
                return await _drain(socket)
            if not allowed.take("", self._clock()):
                page.put(Close(WSCloseCode.POLICY_VIOLATION, "too many messages"))
                return await _drain(socket)
            self._pages.said(page, said)
        return None


def _parse(message: WSMessage) -> wire.FromPage:
    if message.type is not WSMsgType.TEXT:
        raise ValueError("text only")
    return wire.parse(message.data)


async def _send(socket: web.WebSocketResponse, page: Outlet) -> None:
    while True:
        message = await page.take()
        if isinstance(message, Close):
            return await _close(socket, message)
        await socket.send_str(message)


async def _end(sending: asyncio.Task[None], page: Outlet) -> None:
    """A page that is told why it is closed is heard out: cut off, it would not know whether to come back."""
    if page.closing:
        await asyncio.wait([sending], timeout=CLOSING_S)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)


async def _close(socket: web.WebSocketResponse, with_: Close) -> None:
    await socket.close(code=with_.code, message=with_.reason.encode()[:123])


async def _drain(socket: web.WebSocketResponse) -> None:
    """Let the close frame go out, hear nothing more."""
    async for _ in socket:
        pass


def _abort(request: web.Request) -> Callable[[], None]:
    transport = request.transport
    return transport.abort if transport else lambda: None


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else 0
