"""Types that several parts of the settings are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, StringConstraints
from pydantic_settings import NoDecode

from telephony.core.hours import Hours

E164 = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


ApiToken = Annotated[SecretStr, Field(min_length=32)]


class SettingsError(ValueError):
    """The configuration cannot be used; the message names the place and the mend."""


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Listen:
    host: str
    port: int  # 0 lets the system choose

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def _listen(text: object) -> object:
    if not isinstance(text, str):
        return text
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{text!r} is not host:port")
    return Listen(host.strip("[]"), int(port))


def _hours(text: object) -> object:
    """`08:00-20:00`, on the clock on a Polish wall."""
    if not isinstance(text, str):
        return text
    begin, _, end = text.partition("-")
    try:
        return Hours(time.fromisoformat(begin.strip()), time.fromisoformat(end.strip()))
    except ValueError:
        raise ValueError(f"{text!r} are no hours, such as 08:00-20:00") from None


CallHours = Annotated[Hours, BeforeValidator(_hours)]
Address = Annotated[Listen, NoDecode, BeforeValidator(_listen)]


Days = Annotated[int, Field(ge=1, le=365)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]
