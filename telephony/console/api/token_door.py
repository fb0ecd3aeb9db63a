"""Programs come in with a token of their own [RFC 6750]; what they may ask is all that their table holds."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from aiohttp import web

from telephony.console.api.endpoint import Endpoint
from telephony.console.api.openapi import Json
from telephony.console.api.problems import ProblemError
from telephony.console.sessions import Session


class TokenDoor:
    """`tokens`: name of the program → its token."""

    schemes: Mapping[str, Json] = {"bearer": {"type": "http", "scheme": "bearer"}}

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._names = {hashlib.sha256(token.encode()).digest(): name for name, token in tokens.items()}

    def admit(self, request: web.Request, endpoint: Endpoint | None) -> tuple[str, Session | None]:
        del endpoint  # no roles: one program sees no less than another
        name = self._program(request.headers.get("Authorization", ""))
        if name is None:
            raise ProblemError(401, detail="a valid token is needed: `Authorization: Bearer …`", challenge="Bearer")
        return name, None

    def _program(self, header: str) -> str | None:
        """Compared as digests in constant time: neither length nor content of a token can be guessed from the time."""
        scheme, _, token = header.partition(" ")
        given = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        found = [name for known, name in self._names.items() if hmac.compare_digest(known, given)]
        return found[0] if found and scheme.lower() == "bearer" else None
