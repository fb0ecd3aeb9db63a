"""The recorder's facts as records of a spool, and back: by name, each field as JSON has it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from telephony.core.commands import CallBackChanged, CallChanged, CallEnded, Decided, DispositionChanged
from telephony.core.promises import SurveyAnswer
from telephony.core.quality_interval import QualityInterval
from telephony.core.quality_record import QualityRecord
from telephony.core.ticket import OpenTicket

Fact = (
    CallBackChanged
    | CallChanged
    | CallEnded
    | Decided
    | DispositionChanged
    | OpenTicket
    | QualityInterval
    | QualityRecord
    | SurveyAnswer
)
_KINDS: Mapping[str, type[Fact]] = {kind.__name__: kind for kind in Fact.__args__}


def as_record(fact: Fact, at: float) -> Mapping[str, Any]:
    kind = type(fact)
    return {"kind": kind.__name__, "at": at, "fact": _adapter(kind.__name__).dump_python(fact, mode="json")}


def from_record(record: Mapping[str, Any]) -> tuple[Fact, float]:
    """Errors: ValueError for what is no fact of this version."""
    try:
        fact: Fact = _adapter(record["kind"]).validate_python(record["fact"])
        return fact, float(record["at"])
    except (KeyError, TypeError, ValidationError) as error:
        raise ValueError(f"no fact of this version: {type(error).__name__}") from None


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    """Errors: KeyError."""
    return TypeAdapter(_KINDS[name])
