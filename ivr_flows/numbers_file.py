"""`numbers.yaml` beside the flows: whom a flow may transfer to, and which numbers must never be shown as a caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ivr_flows import source
from ivr_flows.errors import FlowError
from ivr_flows.fields import Name

NUMBERS = "numbers.yaml"

_E164 = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    transfers: dict[Name, _E164] = Field(default_factory=dict, max_length=200)
    receive_only: tuple[_E164, ...] = Field(default=(), max_length=1000)


@dataclass(frozen=True, slots=True)
class Numbers:
    """`transfers`: name → E.164; `receive_only`: the do-not-originate list [act of 28 July 2023]."""

    transfers: Mapping[str, str] = field(default_factory=dict)
    receive_only: frozenset[str] = frozenset()
    revision: str = ""


def read_numbers(folder: Path) -> Numbers:
    """The folder's numbers; none where it has no such file. Raises FlowError with the place of the first mistake."""
    path = folder / NUMBERS
    if not path.exists():
        return Numbers()
    file = source.read(path)
    try:
        parsed = _File.model_validate(file.tree)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise FlowError(first["msg"], file.place(first["loc"]), "wrong-value") from None
    return Numbers(parsed.transfers, frozenset(parsed.receive_only), file.revision)
