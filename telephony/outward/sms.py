"""An SMS gateway over HTTP: the operator's template, filled in, as JSON or as a form, with a token.

Redirects are not followed and answers are not read. The message's id goes along as `Idempotency-Key`
[draft-ietf-httpapi-idempotency-key-header].
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlencode

import aiohttp

from telephony.core.outbox import Message
from telephony.outward.carrying import NotCarriedError, content
from telephony.outward.mail import name_of
from telephony.outward.sender import TRY_AGAIN

ANSWER_S = 15.0
_PLACE = re.compile(r"\{(to|to_digits|text|sender|id)\}")
_TYPES = {"json": "application/json; charset=utf-8", "form": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Gateway:
    url: str
    template: Mapping[str, str]
    form: Literal["json", "form"] = "json"
    token: str = field(default="", repr=False)
    sender: str = ""


class SmsCarrier:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def carry(self, message: Message) -> None:
        """Errors: NotCarriedError."""
        body, headers = self._body(message), self._headers(message)
        timeout = aiohttp.ClientTimeout(total=ANSWER_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as http,
                http.post(self._gateway.url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NotCarriedError(type(error).__name__) from None
        if not 200 <= status < 300:
            why = f"HTTP {status}"
            raise NotCarriedError(why, final=400 <= status < 500 and why not in TRY_AGAIN)

    def _body(self, message: Message) -> bytes:
        told, gateway = content(message), self._gateway
        values = {
            "to": told.to,
            "to_digits": told.to.removeprefix("+"),
            "text": told.text,
            "sender": gateway.sender,
            "id": name_of(message),
        }
        filled = {name: _PLACE.sub(lambda found: values[found[1]], value) for name, value in gateway.template.items()}
        text = json.dumps(filled, ensure_ascii=False) if gateway.form == "json" else urlencode(filled)
        return text.encode()

    def _headers(self, message: Message) -> dict[str, str]:
        headers = {"Content-Type": _TYPES[self._gateway.form], "Idempotency-Key": name_of(message)}
        return headers | ({"Authorization": f"Bearer {self._gateway.token}"} if self._gateway.token else {})
