"""Pages beside those that every console has: public ones, and those of staff, each with the roles that may see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

from aiohttp import web

from telephony.console.forms import html
from telephony.console.look import looked_at
from telephony.console.sessions import Session
from telephony.console.texts import PageTemplate, texts
from telephony.core.account import Role

_STEP_UP = PageTemplate("step_up.html")  # for pages that ask for a proof

FindSession = Callable[[web.Request], Session | None]


@dataclass(frozen=True, slots=True)
class StaffPage:
    """`path` and the template of a page; what it shows it asks for by itself."""

    path: str
    template: PageTemplate
    roles: frozenset[Role]

    def route(self, session_of: FindSession) -> web.RouteDef:
        async def answer(request: web.Request) -> web.StreamResponse:
            session = session_of(request)
            if session is None:
                raise web.HTTPSeeOther("/login")
            seen = looked_at(request)
            if session.account.role not in self.roles:
                raise web.HTTPForbidden(text=texts(seen.language)["problem.403"])
            proof = {"step_up": _STEP_UP.page(seen.language, {})}
            return html(self.template.page(seen.language, {**who(session), **seen.frame(self.path), **proof}))

        return web.get(self.path, answer)


@dataclass(frozen=True, slots=True)
class MorePages:
    public: Iterable[web.RouteDef] = ()
    staff: Iterable[StaffPage] = field(default_factory=tuple)

    def routes(self, session_of: FindSession) -> Iterator[web.RouteDef]:
        yield from self.public
        yield from (page.route(session_of) for page in self.staff)


def who(session: Session) -> Mapping[str, str]:
    """What every page of staff wants."""
    account = session.account
    return {"csrf": escape(session.csrf), "login": escape(account.login), "name": escape(account.display_name)}
