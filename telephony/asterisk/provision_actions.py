"""The AMI actions of the account `hotline-provision`, typed; the server's own account is refused all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShowEndpoints:
    name: ClassVar[str] = "PJSIPShowEndpoints"
    listing: ClassVar[bool] = True

    def fields(self) -> Fields:
        return ()


@dataclass(frozen=True, slots=True)
class ShowEndpoint:
    """An endpoint with all that belongs to it: AORs, contacts, authentication, transport, identification."""

    endpoint: str
    name: ClassVar[str] = "PJSIPShowEndpoint"
    listing: ClassVar[bool] = True

    def fields(self) -> Fields:
        return (("Endpoint", self.endpoint),)


@dataclass(frozen=True, slots=True)
class ShowDialPlan:
    context: str
    name: ClassVar[str] = "ShowDialPlan"
    listing: ClassVar[bool] = True

    def fields(self) -> Fields:
        return (("Context", self.context),)


@dataclass(frozen=True, slots=True)
class Qualify:
    """Send OPTIONS to an endpoint's contacts now."""

    endpoint: str
    name: ClassVar[str] = "PJSIPQualify"
    listing: ClassVar[bool] = False

    def fields(self) -> Fields:
        return (("Endpoint", self.endpoint),)


@dataclass(frozen=True, slots=True)
class Reload:
    """Read the files of one module again."""

    module: str
    name: ClassVar[str] = "Reload"
    listing: ClassVar[bool] = False

    def fields(self) -> Fields:
        return (("Module", self.module),)


ProvisionAction = ShowEndpoints | ShowEndpoint | ShowDialPlan | Qualify | Reload
