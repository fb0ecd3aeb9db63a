"""Which ticket system our tickets are told to: `[ticket_system]` in the settings."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from telephony.crm_settings import LOOPBACK, Url
from telephony.settings_types import Frozen


class RequestTrackerTo(Frozen):
    """`user` is the hotline's own there. Its token, or else its password, belongs in the secrets file."""

    url: Url
    user: str = Field(pattern=r"^[A-Za-z0-9_.@-]{1,100}$")
    token: SecretStr = SecretStr("")
    password: SecretStr = SecretStr("")
    queue: str = Field(default="General", min_length=1, max_length=100)

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if bool(self.token.get_secret_value()) == bool(self.password.get_secret_value()):
            raise ValueError("a `token`, or else a `password`, is needed")
        return self


class ZammadTicketsTo(Frozen):
    """`signature` is the webhook's HMAC token, where Zammad tells us of changes by itself."""

    url: Url
    token: SecretStr
    group: str = Field(default="Users", min_length=1, max_length=100)
    signature: SecretStr = SecretStr("")


class RoundupTo(Frozen):
    url: Url
    user: str = Field(min_length=1, max_length=100)
    password: SecretStr


class TicketWebhookTo(Frozen):
    """`secret` signs what we say, `incoming` what we are told; both whsec_ and base64 [Standard Webhooks]."""

    url: Url
    secret: SecretStr
    incoming: SecretStr = SecretStr("")


class TicketSystemTo(Frozen):
    """One at most; its address may lead to `hosts` alone."""

    hosts: tuple[str, ...] = ()
    every_s: float = Field(default=15.0, ge=1, le=3600)  # how often it is asked what was done there
    request_tracker: RequestTrackerTo | None = None
    zammad: ZammadTicketsTo | None = None
    roundup: RoundupTo | None = None
    webhook: TicketWebhookTo | None = None

    @model_validator(mode="after")
    def _one_and_listed(self) -> Self:
        known = (self.request_tracker, self.zammad, self.roundup, self.webhook)
        there = [each for each in known if each]
        if len(there) > 1:
            raise ValueError("one ticket system, not several")
        for each in there:
            host = urlsplit(each.url).hostname
            if host not in self.hosts and host not in LOOPBACK:
                raise ValueError(f"the host {host} is not among `hosts`")
        return self
