"""How customers are written to: `[messages]` in the settings (docs/messages.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, HttpUrl, SecretStr, StringConstraints, model_validator

from telephony.core.customer_message import mail_address
from telephony.settings_types import Frozen

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
PLACES = frozenset({"to", "to_digits", "text", "sender", "id"})
_PLACE = re.compile(r"\{([^{}]*)\}")

Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]*$", max_length=200)]


class SmtpServer(Frozen):
    """The password belongs in HOTLINE_MESSAGES__SMTP__PASSWORD."""

    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"  # "none": on this machine alone
    user: str = ""
    password: SecretStr = SecretStr("")
    authority: Path | None = None  # a PEM file of those who are trusted, instead of the system's

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.security == "none" and self.host not in LOOPBACK:
            raise ValueError('`security = "none"` is for a mail server on this machine alone')
        if bool(self.user) != bool(self.password.get_secret_value()):
            raise ValueError("`user` and `password` belong together")
        return self


class SmsGateway(Frozen):
    """`template` is what is sent, with {to} (E.164), {to_digits}, {text}, {sender}, {id} in its values.

    The token belongs in HOTLINE_MESSAGES__SMS__TOKEN.
    """

    url: HttpUrl
    hosts: frozenset[str]
    form: Literal["json", "form"] = "json"
    template: Mapping[str, str] = {"to": "{to}", "text": "{text}", "from": "{sender}", "id": "{id}"}
    token: SecretStr = SecretStr("")
    sender: Line = "MARSOFT"

    @model_validator(mode="after")
    def _safe(self) -> Self:
        parts = urlsplit(str(self.url))
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ValueError("the address begins with https://")
        if parts.hostname not in self.hosts:
            raise ValueError(f"the host {parts.hostname} is not among `hosts`")
        named = {name for value in self.template.values() for name in _PLACE.findall(value)}
        if unknown := named - PLACES:
            raise ValueError(f"{{{min(unknown)}}} is no value; there are {', '.join(sorted(PLACES))}")
        if "text" not in named or not named & {"to", "to_digits"}:
            raise ValueError("`template` has {text}, and {to} or {to_digits}")
        return self


class Messages(Frozen):
    """Whatever has no server of its own goes into `folder`, where there is one; else it is not sent."""

    smtp: SmtpServer | None = None
    sms: SmsGateway | None = None
    folder: Path | None = None
    sender: str = "bok@marsoft.example"  # whom e-mails come from
    sender_name: Line = "MARSOFT S.A."
    ticket_sms: bool = True  # who calls hears of the ticket by SMS
    ticket_mail: bool = True  # who writes in the form, by e-mail
    ticket_after_s: float = Field(default=60.0, ge=0, le=86_400)  # what is closed by then is not told of
    sms_countries: tuple[Annotated[int, Field(ge=1, le=999)], ...] = (48,)  # calling codes to which SMS may go
    most_a_day: int = Field(default=3, ge=1, le=1000)  # by itself, to one address: a caller's number may be forged
    most_an_hour: int = Field(default=1000, ge=1)  # SMS of tickets altogether

    @model_validator(mode="after")
    def _sender_is_an_address(self) -> Self:
        if mail_address(self.sender) is None:
            raise ValueError("`sender` is an e-mail address")
        return self
