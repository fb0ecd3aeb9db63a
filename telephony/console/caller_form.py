"""The form for callers who cannot or will not speak: public, without log-in and without JavaScript.

It makes a ticket and, if wished, a call-back in the accessibility lane. Nothing that was typed is lost by a refusal: it
comes back in the form. Nobody is locked out by others: only the address from which too much came waits, and what was
filled in by a machine where nothing belongs can be cleared by a person.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from math import ceil

import structlog
from aiohttp import web

from telephony.console import caller_form_page
from telephony.console.caller_form_page import Reader
from telephony.console.caller_message import CallerMessage, Filed, NotFiledError, Refused, read
from telephony.console.look import looked_at
from telephony.console.whence import address_of, household
from telephony.core.rate_limit import RateLimit

log = structlog.get_logger()

FileMessage = Callable[[CallerMessage], Awaitable[Filed]]

BODY_BYTES = 64 * 1024  # 4000 letters, each of them percent-encoded
AT_ONCE, EVERY_S = 10, 60.0  # messages from one address, which many customers may share
_ONCE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(slots=True)
class CallerForm:
    """`queues`: name → title; `contact` of the data protection officer; `proxies` are ours."""

    file: FileMessage
    queues: Mapping[str, str]
    contact: str
    clock: Callable[[], float]
    proxies: Collection[str] = ()
    _limit: RateLimit = field(default_factory=lambda: RateLimit(AT_ONCE, EVERY_S))

    async def show(self, request: web.Request) -> web.Response:
        return self._form(self._reader(request, request.query), {}, {})

    async def take(self, request: web.Request) -> web.Response:
        try:
            posted = await request.clone(client_max_size=BODY_BYTES).post()
        except (UnicodeDecodeError, LookupError):
            raise web.HTTPBadRequest(text="a form in UTF-8 is expected") from None
        fields = {name: value for name, value in posted.items() if isinstance(value, str)}
        reader = self._reader(request, fields)
        message = read({**fields, "once": _once(fields)}, self.queues)
        if isinstance(message, Refused):
            return self._form(reader, fields, {name: reader.word(key) for name, key in message.problems.items()}, 422)
        key, now = household(address_of(request, self.proxies)), self.clock()
        if wait_s := self._limit.wait_s(key, now):
            return self._often(reader, fields, wait_s)
        try:
            filed = await self.file(message)
        except NotFiledError:
            return self._form(reader, fields, {"": reader.word("error_away")}, 503)
        self._limit.take(key, now)
        log.info("form.filed", queue=message.queue, call_back=filed.call_back)
        return _html(caller_form_page.sent(reader, filed))

    def _reader(self, request: web.Request, fields: Mapping[str, str]) -> Reader:
        return Reader.of(looked_at(request), fields, self.contact)

    def _often(self, reader: Reader, fields: Mapping[str, str], wait_s: float) -> web.Response:
        log.warning("form.too_often")
        told = reader.word("error_often").replace("{minutes}", str(ceil(wait_s / 60)))
        response = self._form(reader, fields, {"": told}, 429)
        response.headers["Retry-After"] = str(ceil(wait_s))
        return response

    def _form(
        self, reader: Reader, fields: Mapping[str, str], problems: Mapping[str, str], status: int = 200
    ) -> web.Response:
        return _html(caller_form_page.form(reader, self.queues, fields, problems, _once(fields)), status)


def _once(fields: Mapping[str, str]) -> str:
    """The name of this sending: what we gave the form, or a new one."""
    given = fields.get("once", "")
    return given if _ONCE.fullmatch(given) else secrets.token_urlsafe(32)


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
