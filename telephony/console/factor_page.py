"""The page about one's own second factor: get one, new codes for paper, another phone. Plain forms.

Each asks for the password, and for a code where there is one: an unguarded desk must not give anybody a second factor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from aiohttp import web

from telephony.console import look
from telephony.console.api.problems import ProblemError
from telephony.console.factor_views import codes_list, offer
from telephony.console.forms import fields, html, same
from telephony.console.offers import Brief
from telephony.console.proving import Proving
from telephony.console.second_factor import SecondFactor
from telephony.console.sessions import KeeperAwayError, Session
from telephony.console.texts import Language, PageTemplate, texts
from telephony.core import totp

PATH = "/account/second-factor"


@dataclass(frozen=True, slots=True)
class _Told:
    """What came of a form: a word of factor.json or problem.json, and codes that are shown once."""

    status: int = 200
    problem: str = ""
    codes: tuple[str, ...] = ()


class FactorPage:
    def __init__(
        self,
        factor: SecondFactor,
        proving: Proving,
        session: Callable[[web.Request], Session | None],
        clock: Callable[[], float],
        end_all: Callable[[str], None],
    ) -> None:
        self._factor = factor
        self._proving = proving
        self._session = session
        self._clock = clock
        self._end_all = end_all  # of whoever has this login
        self._offered: Brief[bytes] = Brief()  # by session
        self._page = PageTemplate("second_factor.html")
        self._off = PageTemplate("second_factor_off.html")
        self._on = PageTemplate("second_factor_on.html")
        self._codes = PageTemplate("second_factor_codes.html")

    def routes(self) -> tuple[web.RouteDef, ...]:
        return web.get(PATH, self._show), web.post(PATH, self._take)

    async def _show(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, self._found(request), _Told())

    def _found(self, request: web.Request) -> Session:
        session = self._session(request)
        if session is None:
            raise web.HTTPSeeOther("/login")
        return session

    async def _take(self, request: web.Request) -> web.StreamResponse:
        session = self._found(request)
        form = await fields(request)
        if not same(form.get("csrf"), session.csrf):
            raise web.HTTPForbidden(text="stale form")
        try:
            told = await self._done(session, form)
        except ProblemError as problem:
            told = _Told(problem.status, problem.reason or str(problem.status))
        except KeeperAwayError:
            told = _Told(503, "503")
        return await self._answer(request, session, told)

    async def _done(self, session: Session, form: dict[str, str]) -> _Told:
        """Errors: ProblemError, KeeperAwayError."""
        wish, password, code = form.get("wish"), form.get("password", ""), form.get("code", "")
        login = session.account.login
        if wish == "enrol" and (secret := self._offered.get(session.key, self._clock())):
            await self._proving.password(session, password)
            codes = await self._proving.code(session, lambda: self._factor.enrol(login, secret, code))
            self._offered.drop(session.key)
            return _Told(codes=codes)
        if not await self._factor.has(login):  # given up meanwhile, on another page
            return _Told(409, "again")
        if wish == "codes":
            await self._proving.prove(session, password, code)
            return _Told(codes=await self._factor.new_codes(login))
        if wish == "off":
            await self._proving.prove(session, password, code)
            await self._factor.remove(login)
            if self._factor.required(session.account):  # the next log-in asks for another one
                self._end_all(login)
                raise web.HTTPSeeOther("/login?why=over")
            return _Told()
        return _Told(409, "again")

    async def _answer(self, request: web.Request, session: Session, told: _Told) -> web.Response:
        seen = look.looked_at(request)
        words = texts(seen.language)
        message = words.get(f"factor.{told.problem}") or words.get(f"problem.{told.problem}", "")
        values = {
            "csrf": escape(session.csrf),
            "name": escape(session.account.display_name),
            "message": escape(message),
            "hidden": "" if message else "hidden",
            "invalid": "true" if told.status in {401, 403} else "false",
            **seen.frame(PATH),
        }
        try:
            part = await self._part(session, told, values, seen.language)
        except KeeperAwayError:
            part, values["hidden"], values["message"] = "", "", escape(words["problem.503"])
        return html(self._page.page(seen.language, values | {"part": part}), told.status)

    async def _part(self, session: Session, told: _Told, values: dict[str, str], language: Language) -> str:
        """Errors: KeeperAwayError."""
        login = session.account.login
        if told.codes:
            return self._codes.page(language, values | {"codes": codes_list(told.codes)})
        if await self._factor.has(login):
            left = await self._factor.codes_left(login)
            word = "off_required" if self._factor.required(session.account) else "off_allowed"
            values |= {"left": str(left), "after": escape(texts(language)[f"factor.{word}"])}
            return self._on.page(language, values)
        now = self._clock()
        secret = self._offered.get(session.key, now) or totp.new_secret()
        self._offered.put(session.key, secret, now)
        return self._off.page(language, values | offer(secret, login))
