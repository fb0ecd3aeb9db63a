"""The second step of a log-in, after the right password: a code; or, for who must have a second factor, getting one.

Plain forms, as the first step is one. The codes for paper are shown before the session is opened.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape
from math import ceil

import structlog
from aiohttp import web

from telephony.console import cookies, look
from telephony.console.factor_views import codes_list, offer
from telephony.console.forms import fields, html, same
from telephony.console.login_limit import Keys, LoginLimit
from telephony.console.offers import GOOD_S, HalfWay, HalfWays, csrf_of
from telephony.console.second_factor import SecondFactor
from telephony.console.sessions import KeeperAwayError
from telephony.console.texts import PageTemplate, texts
from telephony.core import totp
from telephony.core.account import Account

log = structlog.get_logger()

PATH = "/login/code"
AGAIN = "again"  # why somebody has to begin with the password
MOST_WRONG = 5  # codes after one password

Open = Callable[[web.Request, Account], Awaitable[web.Response]]


class SecondStep:
    """`open_session` ends a log-in, as without a second factor."""

    def __init__(
        self,
        factor: SecondFactor,
        limit: LoginLimit,
        clock: Callable[[], float],
        open_session: Open,
        *,
        secure_cookies: bool,
    ) -> None:
        self._factor = factor
        self._limit = limit
        self._clock = clock
        self._open = open_session
        self._secure = secure_cookies
        self._cookie = cookies.named(cookies.HALF_WAY, secure=secure_cookies)
        self._ways = HalfWays()
        self._code_page = PageTemplate("login_code.html")
        self._offer_page = PageTemplate("login_enrol.html")
        self._codes_page = PageTemplate("login_codes.html")

    def routes(self) -> tuple[web.RouteDef, ...]:
        return web.get(PATH, self._show), web.post(PATH, self._take)

    async def wanted(self, account: Account, keys: Keys) -> web.HTTPSeeOther | None:
        """Where whoever knew the password has to go; None: nothing else is wanted. Errors: KeeperAwayError."""
        has = await self._factor.has(account.login)
        if not has and not self._factor.required(account):
            return None
        half = HalfWay(account, keys, None if has else totp.new_secret())
        way = web.HTTPSeeOther(PATH)
        token = self._ways.open(half, self._clock())
        cookies.put(way, self._cookie, token, max_age=int(GOOD_S), secure=self._secure)
        return way

    async def _show(self, request: web.Request) -> web.StreamResponse:
        token, half = self._found(request)
        return self._page(request, token, half)

    def _found(self, request: web.Request) -> tuple[str, HalfWay]:
        token = request.cookies.get(self._cookie, "")
        half = self._ways.find(token, self._clock())
        if half is None:
            raise web.HTTPSeeOther(f"/login?why={AGAIN}")
        return token, half

    async def _take(self, request: web.Request) -> web.StreamResponse:
        token, half = self._found(request)
        form = await fields(request)
        if not same(form.get("csrf"), csrf_of(token)):
            return self._page(request, token, half, 403, "stale")
        if half.codes:  # an impatient second click on the code's form has not seen them
            return await self._done(request, token, half) if form.get("seen") else self._page(request, token, half)
        if wait_s := self._limit.take_code(half.keys, self._clock()):
            return self._page(request, token, half, 429, "too_many", wait_s)
        try:
            right = await self._right(half, form.get("code", ""))
        except KeeperAwayError:
            self._limit.give_back_code(half.keys, self._clock())
            return self._page(request, token, half, 503, "away")
        if not right:
            return self._refused(request, token, half)
        self._limit.give_back_code(half.keys, self._clock())
        return self._page(request, token, half) if half.codes else await self._done(request, token, half)

    async def _right(self, half: HalfWay, code: str) -> bool:
        """Errors: KeeperAwayError."""
        login = half.account.login
        if half.secret is None:
            return await self._factor.right(login, code)
        codes = await self._factor.enrol(login, half.secret, code)
        half.codes = half.codes or codes or ()
        return bool(half.codes)

    def _refused(self, request: web.Request, token: str, half: HalfWay) -> web.Response:
        log.warning("console.code_refused", agent=half.account.agent)
        half.wrong += 1
        if half.wrong >= MOST_WRONG:
            self._ways.close(token)
            raise web.HTTPSeeOther(f"/login?why={AGAIN}")
        return self._page(request, token, half, 401, "wrong")

    async def _done(self, request: web.Request, token: str, half: HalfWay) -> web.Response:
        self._ways.close(token)
        return await self._open(request, half.account)

    def _page(
        self, request: web.Request, token: str, half: HalfWay, status: int = 200, problem: str = "", wait_s: float = 0.0
    ) -> web.Response:
        seen = look.looked_at(request)
        words = texts(seen.language)
        message = words[f"factor.{problem}"].format(wait=ceil(wait_s)) if problem else ""
        values = {"csrf": csrf_of(token), "message": escape(message), "login": escape(half.account.login)}
        values |= {"hidden": "" if message else "hidden", "invalid": "true" if message else "false"}
        page = self._code_page
        if half.codes:
            page, values["codes"] = self._codes_page, codes_list(half.codes)
        elif half.secret:
            page = self._offer_page
            values |= offer(half.secret, half.account.login)
        response = html(page.page(seen.language, values | seen.frame(PATH)), status)
        if wait_s:
            response.headers["Retry-After"] = str(ceil(wait_s))
        return response
