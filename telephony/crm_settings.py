"""Which directory of customers there is: `[crm]` in the settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RestCrm(_Frozen):
    """`fields`, `contracts`, `devices` and `invoices` are JSONPaths by name (docs/directories.md)."""

    by_phone: str
    by_number: str
    search: str = ""
    hosts: frozenset[str]
    token: SecretStr = SecretStr("")
    customer: str = "$"
    fields: Mapping[str, str]
    contracts: Mapping[str, str] = Field(default_factory=dict)
    devices: Mapping[str, str] = Field(default_factory=dict)
    invoices: Mapping[str, str] = Field(default_factory=dict)
    amounts: Literal["zloty", "grosze"] = "zloty"

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        for name, part in (("by_phone", "{phone}"), ("by_number", "{number}"), ("search", "{text}")):
            address = getattr(self, name)
            if name == "search" and not address:
                continue
            url = urlsplit(address)
            if part not in address or part in url.netloc:
                raise ValueError(f"`{name}` has {part} in its path or query")
            if url.scheme != "https" and url.hostname not in LOOPBACK:
                raise ValueError(f"`{name}` begins with https://")
            if url.hostname not in self.hosts:
                raise ValueError(f"the host {url.hostname} of `{name}` is not among `hosts`")
        return self


def _reachable(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ValueError("the address begins with https://")
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("the address is a host and a path, and nothing more")
    return url


Url = Annotated[str, AfterValidator(_reachable)]


class TrytonCrm(_Frozen):
    """`url` with the database at its end; the password belongs in HOTLINE_CRM__TRYTON__PASSWORD."""

    url: Url
    user: str = Field(min_length=1)
    password: SecretStr


class OdooCrm(_Frozen):
    """The key belongs in HOTLINE_CRM__ODOO__KEY."""

    url: Url
    key: SecretStr
    database: str = ""


class Crm(_Frozen):
    """Without any of them, customers are those in our own database."""

    rest: RestCrm | None = None
    tryton: TrytonCrm | None = None
    odoo: OdooCrm | None = None

    @model_validator(mode="after")
    def _one_at_most(self) -> Self:
        named = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(named) > 1:
            raise ValueError(f"one directory, not {' and '.join(named)}")
        return self
