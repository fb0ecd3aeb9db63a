"""What the trunks' dialplan tells of calls (`UserEvent(HotlineTrunk…)`), read strictly; no number is in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sip_trunk.calls import Tried

EVENT = "HotlineTrunk"
FIELDS = ("What", "Trunk", "Reason", "Status", "Said", "Cause", "Rang", "Spoke", "Took", "Before", "Talked")

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_WORD = re.compile(r"[a-z_]{1,40}")
_STATUS = re.compile(r"[A-Z]{0,20}")
_DIGITS = re.compile(r"[0-9]{1,12}")


class What(StrEnum):
    CAME = "came"  # a call has come in
    LEFT = "left"  # and is over
    TRIED = "tried"  # a call that was sent to a host is over
    FULL = "full"  # a limit of the trunk was reached
    REFUSED = "refused"  # a guard has refused a call, whatever the trunk


@dataclass(frozen=True, slots=True)
class TrunkNews:
    """`trunk` is empty where a guard refused. `reason`: the limit or guard; `talked_ms`: of a call that had come in."""

    what: What
    trunk: str = ""
    reason: str = ""
    tried: Tried | None = None
    talked_ms: int | None = None


def news(fields: Mapping[str, str]) -> TrunkNews:
    """Errors: ValueError, KeyError for what our dialplan does not write."""
    what = What(fields["What"])
    if what is What.REFUSED:
        return TrunkNews(what, reason=_checked(fields["Reason"], _WORD))
    trunk = _checked(fields["Trunk"], _NAME)
    match what:
        case What.TRIED:
            return TrunkNews(what, trunk, tried=_tried(fields))
        case What.FULL:
            return TrunkNews(what, trunk, _checked(fields["Reason"], _WORD))
        case What.LEFT:
            return TrunkNews(what, trunk, talked_ms=_number(fields["Talked"]))
    return TrunkNews(what, trunk)


def _tried(fields: Mapping[str, str]) -> Tried:
    first = [each for each in (_number(fields["Rang"]), _number(fields["Spoke"])) if each is not None]
    return Tried(
        _checked(fields["Status"], _STATUS),
        _number(fields["Said"]) or 0,
        _number(fields["Cause"]) or 0,
        _number(fields["Took"]) or 0,
        _number(fields["Before"]) or 0,
        min(first, default=None),
        _number(fields["Talked"]),
    )


def _number(text: str) -> int | None:
    return int(_checked(text, _DIGITS)) if text else None


def _checked(text: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(text):
        raise ValueError("not what our dialplan says of a trunk")
    return text
