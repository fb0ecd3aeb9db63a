"""The page behind a survey's link: public, without log-in and without JavaScript, good for one answer.

Looking at it uses nothing up: mail programs and telephones look at links by themselves. The token stands in the path
alone: browsers tell other pages no more than our host (Referrer-Policy), and nothing here writes a path down.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from math import ceil
from typing import Protocol

import structlog
from aiohttp import web

from telephony.console.caller_message import clean
from telephony.console.forms import fields, html
from telephony.console.look import LANGUAGES, Look, looked_at
from telephony.console.texts import Language, PageTemplate, texts
from telephony.console.whence import address_of, household
from telephony.core.rate_limit import RateLimit
from telephony.core.survey import COMMENT, LinkAnswer, bounded

log = structlog.get_logger()

PATH = "/survey/{token}"
AT_ONCE, EVERY_S = 30, 20.0  # requests from one address: nobody tries tokens out
NPS, CSAT = range(11), range(1, 6)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # nothing else comes back in a page

_PAGE = PageTemplate("survey.html")
_FIELDS = PageTemplate("survey_fields.html")


class AwayError(Exception):
    """The database is away: whoever answers keeps the link and tries again."""


class Answers(Protocol):
    """What is asked of surveys. Errors: AwayError."""

    async def known(self, token: str) -> bool: ...

    async def answer(self, token: str, answer: LinkAnswer) -> bool: ...

    async def object(self, token: str) -> bool: ...


@dataclass(slots=True)
class SurveyForm:
    """`contact` of the data protection officer; `proxies` are ours."""

    answers: Answers
    contact: str
    clock: Callable[[], float]
    proxies: Collection[str] = ()
    _limit: RateLimit = field(default_factory=lambda: RateLimit(AT_ONCE, EVERY_S))

    def routes(self) -> Iterator[web.RouteDef]:
        yield web.get(PATH, self.show)
        yield web.post(PATH, self.take)

    async def show(self, request: web.Request) -> web.Response:
        look, token = self._look(request, request.query), request.match_info["token"]
        if wait_s := self._too_often(request):
            return _often(look, wait_s)
        try:
            known = bool(_TOKEN.fullmatch(token)) and await self.answers.known(token)
        except AwayError:
            return _told(look, "away", 503)
        return self._form(look, token, {}, "") if known else _told(look, "gone", 410)

    async def take(self, request: web.Request) -> web.Response:
        given, token = await fields(request), request.match_info["token"]
        look = self._look(request, given)
        if wait_s := self._too_often(request):
            return _often(look, wait_s)
        if not _TOKEN.fullmatch(token):
            return _told(look, "gone", 410)
        try:
            if given.get("act") == "object":
                return _told(look, "objected") if await self.answers.object(token) else _told(look, "gone", 410)
            answer = _read(given)
            if answer is None:
                return self._form(look, token, given, "error_empty", 422)
            taken = await self.answers.answer(token, answer)
        except AwayError:
            return self._form(look, token, given, "error_away", 503)
        log.info("survey.answered", taken=taken)
        return _told(look, "thanks") if taken else _told(look, "gone", 410)

    def _look(self, request: web.Request, given: Mapping[str, str]) -> Look:
        return looked_at(request).chosen({"language": given.get("lang", "")})

    def _too_often(self, request: web.Request) -> float:
        """Seconds to wait, 0 for who may go on."""
        key, now = household(address_of(request, self.proxies)), self.clock()
        wait_s = self._limit.wait_s(key, now)
        if not wait_s:
            self._limit.take(key, now)
        return wait_s

    def _form(self, look: Look, token: str, given: Mapping[str, str], problem: str, status: int = 200) -> web.Response:
        t = texts(look.language)
        told = f'<p class="problems" role="alert">{escape(t[f"survey.{problem}"])}</p>' if problem else ""
        # The address of the form is that of the page, without what may stand behind it.
        values = {
            "action": f"/survey/{token}", "lang": look.language, "problem": told,
            "nps": _scale("nps", NPS, given.get("nps", "")), "csat": _scale("csat", CSAT, given.get("csat", "")),
            "comment": "\n" + escape(given.get("comment", "")[: 2 * COMMENT]), "most": str(COMMENT),
            "privacy": escape(t["survey.privacy"]).replace("{contact}", escape(self.contact)),
        }  # fmt: skip
        return _page(look, _FIELDS.page(look.language, values), token, status, failed=bool(problem))


def _read(given: Mapping[str, str]) -> LinkAnswer | None:
    """None where nothing was answered that could be."""
    try:
        nps, csat = bounded(given.get("nps", ""), NPS), bounded(given.get("csat", ""), CSAT)
    except ValueError:
        return None
    comment = clean(given.get("comment", ""), lines=True)[:COMMENT]
    return None if nps is None and csat is None and not comment else LinkAnswer(nps, csat, comment)


def _scale(name: str, values: range, chosen: str) -> str:
    return "".join(
        f'<span class="mark-choice"><input type="radio" id="{name}-{value}" name="{name}" value="{value}"'
        f'{" checked" if chosen == str(value) else ""}><label for="{name}-{value}">{value}</label></span>'
        for value in values
    )


def _often(look: Look, wait_s: float) -> web.Response:
    log.warning("survey.too_often")
    response = _told(look, "often", 429)
    response.headers["Retry-After"] = str(ceil(wait_s))
    return response


def _told(look: Look, what: str, status: int = 200) -> web.Response:
    """One of `thanks`, `objected`, `gone`, `often`, `away`: a title and a sentence."""
    t = texts(look.language)
    content = f"<h1>{escape(t[f'survey.{what}_title'])}</h1><p>{escape(t[f'survey.{what}'])}</p>"
    return _page(look, content, "", status, failed=False)


def _page(look: Look, content: str, token: str, status: int, *, failed: bool) -> web.Response:
    others = ((Language(code), title) for code, title in LANGUAGES.items() if code != look.language)
    links = (f'<a href="/survey/{token}?lang={to}" lang="{to}" hreflang="{to}">{title}</a>' for to, title in others)
    ways = "".join(links)
    prefix = escape(texts(look.language)["survey.error_prefix"]) if failed else ""
    values = {"root": look.root, "content": content, "ways": ways if token else "", "error_prefix": prefix}
    response = html(_PAGE.page(look.language, values), status)
    # Our own forms have an Origin by it, and nobody hears of more than our host [Referrer Policy §3.6].
    response.headers["Referrer-Policy"] = "strict-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
