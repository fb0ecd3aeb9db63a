"""The console's HTTP side: log-in, log-out, the page and its files, and the guards around them.

Every response carries a content security policy without inline script; every post needs our Origin and a token
[OWASP Cross-Site Request Forgery Prevention]; log-ins are limited per login and per address.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from html import escape
from ipaddress import ip_address
from math import ceil

import structlog
from aiohttp import web

from telephony.console import bundle, cookies, known_browser, look
from telephony.console.account_page import AccountPage
from telephony.console.api.endpoint import Endpoint
from telephony.console.api.page_door import PageDoor
from telephony.console.api.proof import ProofApi
from telephony.console.api.table import EndpointTable
from telephony.console.caller_form import CallerForm
from telephony.console.factor_page import FactorPage
from telephony.console.floor import SUPERVISORS
from telephony.console.flow_pages import FlowPages
from telephony.console.forms import fields, html, same
from telephony.console.login_limit import LoginLimit
from telephony.console.more_pages import MorePages, who
from telephony.console.page_socket import PageSocket
from telephony.console.pages import Pages
from telephony.console.passwords import BusyError, Passwords
from telephony.console.proving import Proving
from telephony.console.rules import ConsoleRules
from telephony.console.second_factor import Factors, NoFactors, SecondFactor
from telephony.console.second_step import AGAIN, SecondStep
from telephony.console.sessions import KeeperAwayError, Session, Sessions
from telephony.console.texts import Language, PageTemplate, texts
from telephony.console.whence import address_of, household, whence
from telephony.core.account import Account, Role

log = structlog.get_logger()

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

BUSY_S = 5.0  # after which somebody may try again when too many do
OVER = "over"  # why somebody comes to the log-in page without having asked for it
FORM_BYTES = 16 * 1024
STRICT_TRANSPORT_S = 365 * 24 * 3600

_OVERSIGHT = {
    "/surveys": "surveys.to_here",
    "/recordings": "recordings.to_here",
    "/outbox": "outbox.to_here",
}  # pages of supervisors
_EVERYBODYS = {
    "/tickets": "tickets.to_here",
    "/complaints": "complaints.to_here",
    "/appointments": "appointments.to_here",
}
_MEASURED = {"/quality": "quality.to_here", "/trunks": "trunks.to_here"}  # of network engineers

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # no-referrer would turn the Origin of our own forms into "null"
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Site:
    def __init__(
        self,
        accounts: Callable[[str], Awaitable[Account | None]],
        sessions: Sessions,
        pages: Pages,
        clock: Callable[[], float],
        rules: ConsoleRules,
        flows: FlowPages,
        endpoints: Iterable[Endpoint] = (),
        looks: look.Looks | None = None,
        factors: Factors | None = None,
        more: MorePages | None = None,
    ) -> None:
        self._looks = looks or look.Forgetful()
        self._more = more or MorePages()
        self._accounts = accounts
        self._sessions = sessions
        self._pages = pages
        self._clock = clock
        self._rules = rules
        self._flows = flows
        self._origins = set(rules.origins)
        self._cookie = cookies.named(cookies.SESSION, secure=rules.secure_cookies)
        self._browser_cookie = cookies.named(cookies.BROWSER, secure=rules.secure_cookies)
        self._form_cookie = cookies.named(cookies.FORM, secure=rules.secure_cookies)
        self.caller_form: CallerForm | None = None  # public, where there is one
        self._limit = LoginLimit()
        self._passwords = Passwords()
        factor = SecondFactor(factors or NoFactors(), rules.totp_roles, clock)
        proving = Proving(accounts, self._passwords, self._limit, factor, clock)
        self._second_step = SecondStep(factor, self._limit, clock, self._open, secure_cookies=rules.secure_cookies)
        self._factor_page = FactorPage(factor, proving, self._session, clock, self._end_all)
        proof = ProofApi(proving, factor).endpoints()
        self._api = EndpointTable(
            (*endpoints, *proof), PageDoor(self._session, clock, self._cookie), base="/api/console",
            document="/api/openapi.json", below="/api/", title="hotline: the console's interface",
        )  # fmt: skip
        self._socket = PageSocket(pages, clock)
        self._login_page = PageTemplate("login.html")
        self._console_page = PageTemplate("console.html")
        self._supervision_page = PageTemplate("supervision.html")
        self._complaints_page = PageTemplate("complaints.html")
        self._privacy_page = PageTemplate("privacy.html")
        self._account_page = AccountPage()
        self._step_up = PageTemplate("step_up.html")

    def app(self) -> web.Application:
        app = web.Application(client_max_size=FORM_BYTES, middlewares=[self._api.errors, self._guard])
        app.on_response_prepare.append(_kept_to_tls if self._rules.strict_transport else _secure)
        if self._rules.phone_origin:
            app.on_response_prepare.append(self._with_phone)
        app.router.add_get("/", self._console)
        app.router.add_get("/supervision", self._supervision)
        app.router.add_get("/complaints", self._complaints)
        app.router.add_get("/privacy", self._privacy)
        app.router.add_get("/account", self._account)
        app.router.add_get("/login", self._login_form)
        app.router.add_post("/login", self._login)
        app.router.add_routes((*self._second_step.routes(), *self._factor_page.routes()))
        app.router.add_post("/logout", self._logout)
        app.router.add_post("/look", self._choose_look)
        app.router.add_get("/ws", self._page_socket)
        if self.caller_form:
            app.router.add_get("/form", self.caller_form.show)
            app.router.add_post("/form", self.caller_form.take)
        app.router.add_routes(self._more.routes(self._session))
        for path, answer in self._flows.routes().items():
            app.router.add_get(path, self._signed_in(answer))
        app.router.add_routes(self._api.routes())
        app.router.add_static("/static", bundle.built())
        return app

    def reached_at(self, host: str, port: int, *, tls: bool = False) -> None:
        """Learn the address people type: the one we listen on, and loopback's other names."""
        names = {f"[{host}]" if ":" in host else host.lower()}
        if _is_loopback(host):
            names |= {"localhost", "127.0.0.1", "[::1]"}
        scheme, usual = ("https", 443) if tls else ("http", 80)
        self._origins |= {f"{scheme}://{name}" if port == usual else f"{scheme}://{name}:{port}" for name in names}

    async def _with_phone(self, _request: web.Request, response: web.StreamResponse) -> None:
        """Pages that are phones speak with Asterisk and hear who sits before them."""
        policy = HEADERS["Content-Security-Policy"]
        own = "connect-src 'self'"
        response.headers["Content-Security-Policy"] = policy.replace(own, f"{own} {self._rules.phone_origin}")
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(self)"

    # -- guards -------------------------------------------------------------------------------------------------

    @web.middleware
    async def _guard(self, request: web.Request, handler: Answer) -> web.StreamResponse:
        """Refuse foreign names (DNS rebinding) and, where something is changed or a socket opened, foreign pages."""
        hosts = {origin.partition("://")[2] for origin in self._origins}
        if request.host.lower() not in hosts:
            raise web.HTTPMisdirectedRequest(text="this server is not known under that name")
        if (request.method != "GET" or request.path == "/ws") and request.headers.get("Origin") not in self._origins:
            raise web.HTTPForbidden(text="foreign origin")
        return await handler(request)

    def _session(self, request: web.Request) -> Session | None:
        return self._sessions.find(request.cookies.get(self._cookie), self._clock())

    def _signed_in(self, answer: Answer) -> Answer:
        """For whoever is logged in, and nobody else."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            if self._session(request) is None:
                raise web.HTTPUnauthorized if request.path.endswith(".json") else web.HTTPSeeOther("/login")
            return await answer(request)

        return guarded

    def _end_all(self, login: str) -> None:
        for session in self._sessions.of(login):
            self._pages.end_session(session)

    # -- pages --------------------------------------------------------------------------------------------------

    async def _console(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        if session is None:
            raise web.HTTPSeeOther("/login")
        if session.account.role is Role.DPO:  # takes no calls
            raise web.HTTPSeeOther("/privacy")
        supervisor = session.account.role in SUPERVISORS
        if supervisor and not session.account.endpoint:  # takes no calls
            raise web.HTTPSeeOther("/supervision")
        seen = look.looked_at(request)
        links = {"/supervision": "supervision.to_here", **_OVERSIGHT} if supervisor else {}
        more = _links({**links, **_measured(session.account.role)}, seen.language)
        return html(self._console_page.page(seen.language, {"more": more, **who(session), **seen.frame("/")}))

    async def _supervision(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        if session is None:
            raise web.HTTPSeeOther("/login")
        if session.account.role not in SUPERVISORS:
            raise web.HTTPForbidden(text=texts(look.looked_at(request).language)["problem.403"])
        seen = look.looked_at(request)
        values = {**who(session), **seen.frame("/supervision"), "step_up": self._step_up.page(seen.language, {})}
        desk = {"/": "supervision.to_console"} if session.account.endpoint else {}
        links = {**desk, **_OVERSIGHT, **_measured(session.account.role)}
        values["to_console"] = _links(links, seen.language)
        return html(self._supervision_page.page(seen.language, values))

    async def _complaints(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        if session is None:
            raise web.HTTPSeeOther("/login")
        seen = look.looked_at(request)
        if session.account.role is Role.DPO:
            raise web.HTTPForbidden(text=texts(seen.language)["problem.403"])
        return html(self._complaints_page.page(seen.language, {**who(session), **seen.frame("/complaints")}))

    async def _privacy(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        if session is None:
            raise web.HTTPSeeOther("/login")
        seen = look.looked_at(request)
        if session.account.role is not Role.DPO:
            raise web.HTTPForbidden(text=texts(seen.language)["problem.403"])
        values = {**who(session), **seen.frame("/privacy"), "step_up": self._step_up.page(seen.language, {})}
        return html(self._privacy_page.page(seen.language, values))

    async def _account(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        if session is None:
            raise web.HTTPSeeOther("/login")
        return html(self._account_page.html(session, look.looked_at(request)))

    async def _page_socket(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        if session and session.account.role is Role.DPO:  # no page of theirs has calls
            raise web.HTTPForbidden
        return await self._socket.serve(request, session)

    async def _login_form(self, request: web.Request) -> web.StreamResponse:
        if self._session(request):
            raise web.HTTPSeeOther("/")
        why = request.query.get("why", "")
        return self._form(request, problem=why if why in {OVER, AGAIN} else "")

    def _form(self, request: web.Request, status: int = 200, problem: str = "", login: str = "") -> web.Response:
        """`problem` is a word of login.json, or a text of it filled in."""
        seen, token = look.looked_at(request), secrets.token_urlsafe(32)
        message = texts(seen.language).get(f"login.{problem}", problem)
        values = {"csrf": token, "message": escape(message), "login": escape(login[:64]), **seen.frame("/login")}
        wrong = status >= 400
        values |= {"hidden": "" if message else "hidden", "invalid": "true" if wrong else "false"}
        values |= {"tone": "notice-bad", "role": "alert"} if wrong else {"tone": "", "role": "status"}
        response = html(self._login_page.page(seen.language, values), status)
        self._set_cookie(response, self._form_cookie, token, max_age=3600)
        return response

    async def _choose_look(self, request: web.Request) -> web.StreamResponse:
        form = await fields(request)
        chosen = look.looked_at(request).chosen(form)
        response = web.HTTPSeeOther(look.way_back(form.get("back", "/")))
        self._set_cookie(response, look.COOKIE, chosen.cookie, max_age=look.COOKIE_S)
        if session := self._session(request):
            await self._looks.keep(session.account.login, chosen.cookie)
        raise response

    # -- log-in and log-out -------------------------------------------------------------------------------------

    async def _login(self, request: web.Request) -> web.StreamResponse:
        form = await fields(request)
        login = form.get("login", "").strip()[:64]
        if not same(form.get("csrf"), request.cookies.get(self._form_cookie)):
            return self._form(request, 403, "stale", login)
        try:
            account = await self._accounts(login) if login else None
            return await self._let_in(request, login, account, form.get("password", ""))
        except KeeperAwayError:
            return self._form(request, 503, "away", login)

    async def _let_in(
        self, request: web.Request, login: str, account: Account | None, password: str
    ) -> web.StreamResponse:
        """Errors: KeeperAwayError."""
        browser = known_browser.recognised(request.cookies.get(self._browser_cookie), account) if account else None
        keys = self._limit.keys(login, household(address_of(request, self._rules.proxies)), browser)
        if wait_s := self._limit.take(keys, self._clock()):
            return self._too_many(request, login, wait_s)
        try:
            known, hashed = browser is not None, account.password_hash if account else None
            right = await self._passwords.verify(hashed, password, known=known)
        except BusyError:
            self._limit.give_back(keys, self._clock())
            return self._too_many(request, login, BUSY_S)
        if account is None or not right:
            log.warning("console.login_refused", known=account is not None)
            return self._form(request, 401, "wrong", login)
        self._limit.give_back(keys, self._clock())
        if account.disabled_at is not None:  # told to nobody who does not know the password
            log.warning("console.login_refused", agent=account.agent, disabled=True)
            return self._form(request, 403, "disabled", login)
        if more := await self._second_step.wanted(account, keys):
            raise more
        return await self._open(request, account)

    def _too_many(self, request: web.Request, login: str, wait_s: float) -> web.Response:
        words = texts(look.looked_at(request).language)["login.too_many"]
        response = self._form(request, 429, words.format(wait=ceil(wait_s)), login)
        response.headers["Retry-After"] = str(ceil(wait_s))
        return response

    async def _open(self, request: web.Request, account: Account) -> web.Response:
        """Whatever session this browser had is over: a token from before the log-in is worth nothing after it."""
        opened = await self._sessions.open(account, self._clock(), whence(request, self._rules.proxies))
        if opened is None:  # another password, or disabled, in this very moment
            return self._form(request, 401, "wrong", account.login)
        if before := self._session(request):
            self._pages.end_session(before)
        log.info("console.logged_in", agent=account.agent, role=account.role)
        response = web.HTTPSeeOther("/")
        self._set_cookie(response, self._cookie, opened[0], max_age=int(self._rules.absolute_s))
        self._drop_cookie(response, self._form_cookie)
        remembered = known_browser.remembering(request.cookies.get(self._browser_cookie), account)
        self._set_cookie(response, self._browser_cookie, remembered, max_age=known_browser.COOKIE_S)
        if kept := await self._looks.of(account.login):
            self._set_cookie(response, look.COOKIE, look.Look.read(kept).cookie, max_age=look.COOKIE_S)
        raise response

    async def _logout(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        form = await fields(request)
        if session is None:
            raise web.HTTPSeeOther("/login")
        if not same(form.get("csrf"), session.csrf):
            raise web.HTTPForbidden(text="stale form")
        self._pages.end_session(session)
        log.info("console.logged_out", agent=session.account.agent)
        response = web.HTTPSeeOther("/login")
        self._drop_cookie(response, self._cookie)
        raise response

    def _drop_cookie(self, response: web.StreamResponse, name: str) -> None:
        """A `__Host-` cookie is taken back as it was given: Secure [RFC 6265bis §4.1.3.2]."""
        response.del_cookie(name, path="/", secure=self._rules.secure_cookies, httponly=True, samesite="Strict")

    def _set_cookie(self, response: web.StreamResponse, name: str, value: str, *, max_age: int) -> None:
        cookies.put(response, name, value, max_age=max_age, secure=self._rules.secure_cookies)


def _measured(role: Role) -> Mapping[str, str]:
    return _MEASURED if role in {Role.ENGINEER, Role.ADMIN} else {}


def _links(before: Mapping[str, str], language: Language) -> str:
    """To other pages: these, as path and word, and those that are everybody's."""
    known = texts(language)
    paths = {**before, **_EVERYBODYS}
    links = " ".join(f'<a href="{path}">{escape(known[word])}</a>' for path, word in paths.items())
    return f'<nav class="trail" aria-label="{escape(known["supervision.nav"])}">{links}</nav>'


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _secure(request: web.Request, response: web.StreamResponse) -> None:
    referrer = response.headers.get("Referrer-Policy", HEADERS["Referrer-Policy"])  # of pages with a secret path
    response.headers.update({**HEADERS, "Referrer-Policy": referrer})
    response.headers["Cache-Control"] = "no-cache" if request.path.startswith("/static/") else "no-store"
    response.headers.pop("Server", None)


async def _kept_to_tls(request: web.Request, response: web.StreamResponse) -> None:
    """[RFC 6797 §6.1]; never with a certificate that browsers do not know: nobody could pass their warning any more."""
    await _secure(request, response)
    response.headers["Strict-Transport-Security"] = f"max-age={STRICT_TRANSPORT_S}"
