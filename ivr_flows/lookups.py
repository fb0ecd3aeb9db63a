"""What a flow may ask the operator's systems for: a fixed list, with the types of the answers and who may hear them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from ivr_flows.variables import Kind


class Identity(IntEnum):
    """How sure we are whom we talk to. A caller's number alone proves nothing: anybody can claim it."""

    NONE = 0
    NUMBER = 1  # the number that calls is a customer's
    PIN = 2  # the customer number and its PIN were keyed in


@dataclass(frozen=True, slots=True)
class LookUp:
    """One question: the fields of its answer, and the least identity of whoever hears it."""

    fields: Mapping[str, Kind]
    needs: Identity


CATALOGUE: Mapping[str, LookUp] = MappingProxyType(
    {
        "balance": LookUp({"amount": Kind.AMOUNT, "due": Kind.DATE}, Identity.PIN),
        "last_invoice": LookUp(
            {"number": Kind.DIGITS, "amount": Kind.AMOUNT, "due": Kind.DATE, "paid": Kind.BOOLEAN}, Identity.PIN
        ),
        "open_ticket": LookUp({"number": Kind.TICKET, "kind": Kind.TEXT, "opened": Kind.DATE}, Identity.PIN),
        # Of the line that calls, not of the person: who can call from a number may know whether it works.
        "line_diagnosis": LookUp({"state": Kind.TEXT, "since": Kind.DATE, "repair": Kind.DATE}, Identity.NUMBER),
        # Of the call: we have called about it.
        "appointment": LookUp({"date": Kind.DATE, "time": Kind.TIME, "place": Kind.TEXT}, Identity.NONE),
    }
)
