"""The settings of the console: how people reach it, and what other systems are told of its pops."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, HttpUrl, IPvAnyAddress, SecretStr, StringConstraints, model_validator

from telephony.core.account import Role
from telephony.settings_types import ApiToken, Frozen, Name


class WebhookTo(Frozen):
    url: HttpUrl
    secret: SecretStr  # whsec_ and base64 [Standard Webhooks]


class ZammadTo(Frozen):
    url: SecretStr  # https://zammad.example.pl/api/v1/cti/TOKEN, as Zammad's settings show it


class Site(Frozen):
    """How people reach the console: `origins` (https://konsola.example.pl) where a proxy of ours stands before it."""

    origins: tuple[Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.:\[\]-]+$")], ...] = ()
    proxies: tuple[IPvAnyAddress, ...] = ()  # their addresses, whose X-Forwarded-For is believed
    privacy_contact: str = Field(default="iod@marsoft.example", max_length=200)  # of the data protection officer
    idle_s: float = Field(default=1800.0, ge=60, le=86_400)  # a session without an open page ends after this time
    absolute_s: float = Field(default=12 * 3600.0, ge=300, le=7 * 86_400)  # and any session so long after log-in
    without_database_s: float = Field(default=4 * 3600.0, ge=60, le=86_400)  # sessions go on so long without it
    certificate: Path | None = None  # PEM files, the certificate with those between it and its root; read again when
    key: Path | None = None  # they change
    totp_roles: tuple[Role, ...] = (
        Role.SUPERVISOR,
        Role.ENGINEER,
        Role.ADMIN,
        Role.DPO,
    )  # who must have a second factor
    second_factor_key: ApiToken | None = None  # the same on all servers; a file of the data folder unless given
    tls: Literal["", "self-made"] = ""  # a certificate made here, which browsers warn of

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("`certificate` and `key` belong together")
        if self.tls and self.certificate:
            raise ValueError('`tls = "self-made"` is for where no `certificate` is given')
        if (self.tls or self.certificate) and any(each.startswith("http:") for each in self.origins):
            raise ValueError("with TLS, `origins` begin with https://")
        return self


class Pop(Frozen):
    """`link` is shown with each pop (docs/pops.md); it may lead to `hosts` alone, and so may the receivers."""

    paint_s: float = Field(default=0.25, ge=0, le=5)
    link: str = Field(default="", max_length=1000)
    hosts: tuple[str, ...] = ()
    webhooks: Mapping[Name, WebhookTo] = Field(default_factory=dict)
    zammad: ZammadTo | None = None

    @model_validator(mode="after")
    def _hosts_are_listed(self) -> Self:
        addresses = [str(each.url) for each in self.webhooks.values()]
        addresses += [self.zammad.url.get_secret_value()] if self.zammad else []
        if "zammad" in self.webhooks:
            raise ValueError("a webhook has another name than `zammad`")
        for address in addresses:
            host = urlsplit(address).hostname
            if urlsplit(address).scheme != "https":
                raise ValueError(f"the address at {host} begins with https://")
            if host not in self.hosts:
                raise ValueError(f"the host {host} is not among `hosts`")
        return self
