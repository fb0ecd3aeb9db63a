"""Calls over trunks as they ended, and what follows of many: answer-seizure ratio, mean duration, post-dial delay.

ASR: answers of all calls sent to the trunk [ITU-T E.425 §2]; delay: from INVITE to ringing, speech or answer [RFC 6076
§4.3.1]. One call that is sent to two hosts counts twice: each was asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sip_trunk.failover import REACHED

_REACHED = re.compile("|".join(REACHED))
_RANG = re.compile("18[0-9]|480")


class Result(StrEnum):
    """What became of a call that was sent to a trunk."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"  # rang in vain, or its owner is away
    CANCELLED = "cancelled"  # the caller hung up
    REFUSED = "refused"  # the number cannot be reached, whichever way
    FAILED = "failed"  # this way did not work


# Q.850 causes by name; any other counts as `other`, and `none` is no answer at all.
CAUSES = {
    0: "none", 1: "unallocated_number", 3: "no_route", 16: "normal_clearing", 17: "user_busy", 18: "no_user_responding",
    19: "no_answer", 20: "subscriber_absent", 21: "call_rejected", 22: "number_changed", 27: "destination_out_of_order",
    28: "invalid_number", 29: "facility_rejected", 31: "normal_unspecified", 34: "no_circuit",
    38: "network_out_of_order", 41: "temporary_failure", 42: "congestion", 44: "channel_unavailable",
    50: "facility_not_subscribed", 57: "bearer_not_authorised", 58: "bearer_not_available",
    65: "bearer_not_implemented",
    79: "not_implemented", 88: "incompatible_destination", 102: "timer_expired", 111: "protocol_error",
    127: "interworking",
}  # fmt: skip
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Tried:
    """One call that was sent to a host of a trunk and is over.

    `status` is Asterisk's DIALSTATUS, `said` the last SIP status (0: none), `cause` that of Q.850. `rang_ms` is None
    where it neither rang nor was heard; `before_ms` went by at other hosts and trunks; `talked_ms` from the answer on.
    """

    status: str
    said: int
    cause: int
    took_ms: int
    before_ms: int = 0
    rang_ms: int | None = None
    talked_ms: int | None = None

    @property
    def result(self) -> Result:
        match self.status:
            case "ANSWER":
                return Result.ANSWERED
            case "BUSY":
                return Result.BUSY
            case "CANCEL" | "":
                return Result.CANCELLED
        if _RANG.fullmatch(str(self.said)):
            return Result.NO_ANSWER
        return Result.REFUSED if _REACHED.fullmatch(str(self.said)) else Result.FAILED

    @property
    def cause_name(self) -> str:
        return CAUSES.get(self.cause, OTHER)

    @property
    def request_delay_ms(self) -> int | None:
        """From INVITE to ringing, speech or answer [RFC 6076 §4.3.1]; None where there was none of them."""
        if self.rang_ms is not None:
            return self.rang_ms
        return max(0, self.took_ms - self.talked_ms) if self.talked_ms is not None else None

    @property
    def post_dial_delay_ms(self) -> int | None:
        """What the caller waited in silence, with what went by at other trunks before."""
        delay = self.request_delay_ms
        return None if delay is None else self.before_ms + delay


@dataclass(frozen=True, slots=True)
class CallFigures:
    """Of some calls; None where there are none to tell it of."""

    calls: int = 0
    answered: int = 0
    mean_talk_s: float | None = None
    mean_post_dial_delay_s: float | None = None

    @property
    def asr(self) -> float | None:
        """Answer-seizure ratio, 0 to 1."""
        return self.answered / self.calls if self.calls else None


def figures(calls: Sequence[Tried]) -> CallFigures:
    talks = [each.talked_ms or 0 for each in calls if each.result is Result.ANSWERED]
    delays = [delay for each in calls if (delay := each.post_dial_delay_ms) is not None]
    return CallFigures(len(calls), len(talks), _mean_s(talks), _mean_s(delays))


def _mean_s(values_ms: Sequence[int]) -> float | None:
    return sum(values_ms) / len(values_ms) / 1000 if values_ms else None
