"""Which trunks a called number may go out by, in which order: the longest prefix decides, a window before always.

Only prefixes that guards allow have a route; everything else has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sip_trunk.guards import refusal
from sip_trunk.model import Rule, TrunkSet, Window

HOME = "+48"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Route:
    """Numbers that begin with `prefix`: `choices` in order; the first that holds at the time is taken."""

    prefix: str
    choices: tuple[Rule, ...]


def routes(trunks: TrunkSet) -> tuple[Route, ...]:
    """By prefix, as few as tell all rules apart."""
    allowed = (HOME, *trunks.guards.international)
    both = [(rule.prefix, each) for rule in trunks.outbound for each in allowed]
    reached = {max(pair, key=len) for pair in both if pair[0].startswith(pair[1]) or pair[1].startswith(pair[0])}
    return tuple(Route(prefix, tuple(_choices(prefix, trunks))) for prefix in sorted(reached))


def trunks_for(number: str, trunks: TrunkSet, now: datetime) -> tuple[str, ...]:
    """The trunks to try for `number` (E.164) at `now`, Polish wall time; none where it is refused or has no route."""
    if refusal(number, trunks.guards):
        return ()
    known = [route for route in routes(trunks) if number.startswith(route.prefix)]
    choices = max(known, key=lambda route: len(route.prefix)).choices if known else ()
    return next((rule.trunks for rule in choices if rule.when is None or holds(rule.when, now)), ())


def holds(window: Window, now: datetime) -> bool:
    """From `begin` on, before `end`, on days of the window; what lasts over midnight belongs to the day it is on."""
    first, _, last = window.days.partition("-")
    begin, end = DAYS.index(first), DAYS.index(last or first)
    day = now.weekday()
    if not (begin <= day <= end if begin <= end else day >= begin or day <= end):
        return False
    clock = now.time()
    if window.begin < window.end:
        return window.begin <= clock < window.end
    return clock >= window.begin or clock < window.end


def _choices(prefix: str, trunks: TrunkSet) -> Iterator[Rule]:
    """Up to the first that always holds: nothing comes after it."""
    fitting = [rule for rule in trunks.outbound if prefix.startswith(rule.prefix)]
    for rule in sorted(fitting, key=lambda each: (-len(each.prefix), each.when is None)):
        yield rule
        if rule.when is None:
            return
