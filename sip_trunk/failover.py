"""When the next trunk is tried, and when a trunk is ill.

A status that speaks of the called number or its owner is final: another trunk would say the same, or ring twice. One
that speaks of the way there (408, 403, 5xx, no answer at all …) is not [RFC 3261 §21].
"""

from __future__ import annotations

from dataclasses import dataclass, replace

# Asterisk's DIALSTATUS after which no other way is tried, and the SIP statuses (patterns) that say so whatever it is:
# the number's owner has been reached, or the network that knows it has spoken.
OVER = ("ANSWER", "BUSY", "CANCEL")
REACHED = (
    "18[0-9]",  # it rang, or was heard, until our time was over
    "404",  # there is no such number
    "410",  # no more
    "480",  # its owner is not there now
    "48[4567]",  # incomplete, ambiguous, busy, given up by us
    "6[0-9][0-9]",  # says so for all ways [RFC 3261 §21.6]
)

ILL_AFTER = 2  # OPTIONS that fail, one after the other
WELL_AFTER = 3  # that are answered, one after the other
MOS_SPARE = 0.2  # above its threshold before a trunk is well again
LEAST_CALLS = 5  # before their quality counts
TRIAL_AFTER_S = 1800.0  # without calls that could tell, a trunk put last for its quality is tried again


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of a trunk. `failed`, `answered`: OPTIONS in a row; `since`: of the present judgement."""

    ill: bool = False
    reason: str = ""
    since: float = 0.0
    failed: int = 0
    answered: int = 0


def after_options(health: Health, *, reachable: bool, now: float) -> Health:
    """After an OPTIONS has been answered or not."""
    if reachable:
        health = replace(health, failed=0, answered=health.answered + 1)
        if health.reason == "options" and health.answered >= WELL_AFTER:
            return replace(health, ill=False, reason="", since=now)
        return health
    health = replace(health, failed=health.failed + 1, answered=0)
    if health.failed >= ILL_AFTER and health.reason != "options":
        return replace(health, ill=True, reason="options", since=now)
    return health


def after_calls(health: Health, *, mos: float, calls: int, threshold: float | None, now: float) -> Health:
    """After the mean MOS of the latest `calls` is known. A trunk that does not answer stays ill for that."""
    if threshold is None or calls < LEAST_CALLS or health.reason == "options":
        return health
    if mos < threshold and not health.ill:
        return replace(health, ill=True, reason="quality", since=now)
    if health.reason == "quality" and mos >= threshold + MOS_SPARE:
        return replace(health, ill=False, reason="", since=now)
    return health


def after_trial(health: Health, *, calls: int, now: float) -> Health:
    """A trunk that is last gets few calls: when too few have been measured since, it is given another chance."""
    if health.reason == "quality" and calls < LEAST_CALLS and now - health.since >= TRIAL_AFTER_S:
        return replace(health, ill=False, reason="", since=now)
    return health
