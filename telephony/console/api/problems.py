"""What went wrong, as problem+json [RFC 9457]: a title for who sits before the page, a detail for who mends it."""

from __future__ import annotations

import json
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel, Field

from telephony.console.look import looked_at
from telephony.console.texts import texts

CONTENT_TYPE = "application/problem+json"


class Problem(BaseModel):
    """The body of every error below /api."""

    type: str = Field(default="about:blank", description="a kind of its own only where `reason` is set")
    title: str = Field(description="for people, in the language of their pages")
    status: int = Field(ge=400, le=599)
    detail: str = Field(default="", description="for whoever mends it")
    reason: str = Field(default="", description="what a page may go by")


class ProblemError(Exception):
    """`reason` is a word of problem.json; without one the status gives the title.

    `challenge`: how one would be let in, with a 401 [RFC 9110 §11.6.1].
    """

    def __init__(self, status: int, reason: str = "", detail: str = "", challenge: str = "") -> None:
        super().__init__(f"{status} {reason} {detail}".strip())
        self.status = status
        self.reason = reason
        self.detail = detail
        self.challenge = challenge


def answer(request: web.Request, problem: ProblemError) -> web.Response:
    words = texts(looked_at(request).language)
    title = words.get(f"problem.{problem.reason}") or words.get(f"problem.{problem.status}") or words["problem.other"]
    body = Problem(title=title, status=problem.status, detail=problem.detail, reason=problem.reason)
    text = json.dumps(body.model_dump(), ensure_ascii=False)
    headers = {"WWW-Authenticate": problem.challenge} if problem.challenge else None
    return web.Response(text=text, status=problem.status, content_type=CONTENT_TYPE, charset="utf-8", headers=headers)


def of_http(error: web.HTTPException) -> ProblemError:
    """What aiohttp refuses by itself: no such path, another method, too large a body."""
    known = HTTPStatus(error.status).phrase
    return ProblemError(error.status, detail=known)
