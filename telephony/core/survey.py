"""Who is asked how the hotline has done, and by which link: a share of customers, each seldom, nobody who objected.

What is decided about a ticket is decided once. Of a link's token only the SHA-256 is kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from telephony.core.outbox import Message

DAY_S = 86_400.0
COMMENT = 2000  # characters
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class Why(StrEnum):
    """What was decided about a ticket."""

    ASKED = "asked"
    NOBODY = "nobody"  # neither a customer nor a number is known, or none that takes a message
    OBJECTED = "objected"
    QUIET = "quiet"  # asked a short while ago
    SHARE = "share"  # others are asked


@dataclass(frozen=True, slots=True)
class SurveyRules:
    """`share` of those who could be asked; nobody is again before `quiet_days` are over."""

    share: float = 0.25
    quiet_days: int = 90
    link_days: int = 14  # how long a link is good
    tickets_days: int = 60  # tickets opened earlier are asked about no more


@dataclass(frozen=True, slots=True)
class ClosedTicket:
    """A ticket about which nothing is decided yet. `people`: under which names its person may have been asked."""

    ticket: int
    number: str
    queue: str | None
    customer: str | None
    phones: tuple[str, ...]  # E.164, the one that called first

    @property
    def people(self) -> tuple[str, ...]:
        return (*([self.customer] if self.customer else []), *self.phones)


@dataclass(frozen=True, slots=True)
class Invitation:
    """`key` is the token's, None where nobody is asked; `customer` and `phone` are empty where they are not known."""

    ticket: int
    customer: str
    phone: str
    queue: str | None
    why: Why
    decided_at: float
    key: str | None = None
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """None: not answered. `comment` is text as it was written, hostile until it is shown as text."""

    nps: int | None
    csat: int | None
    comment: str = ""


class Messenger(Protocol):
    """Makes what the outbox keeps of a text message or a letter; whoever sends it knows how."""

    def sms(self, id_: str, to: str, text: str, at: float) -> Message:
        """`to` in E.164."""

    def mail(self, id_: str, to: str, subject: str, text: str, at: float) -> Message:
        """`to` is an e-mail address."""


def decide(
    ticket: ClosedTicket,
    rules: SurveyRules,
    now: float,
    *,
    reachable: bool,
    objected: bool,
    last_asked: float | None,
    drawn: float,
) -> Why:
    """`drawn` is a random number in [0, 1); `last_asked` when the person was asked last, by whatever way."""
    if not ticket.people or not reachable:
        return Why.NOBODY
    if objected:
        return Why.OBJECTED
    if last_asked is not None and now - last_asked < rules.quiet_days * DAY_S:
        return Why.QUIET
    return Why.ASKED if drawn < rules.share else Why.SHARE


def asked_after_call(rules: SurveyRules, now: float, *, objected: bool, last_asked: float | None) -> bool:
    """Whether a caller is asked by keypad after the talk: everybody but who objected or was asked lately."""
    return not objected and (last_asked is None or now - last_asked >= rules.quiet_days * DAY_S)


def key_of(token: str) -> str | None:
    """What the store knows a token by; None for what cannot be one."""
    return hashlib.sha256(token.encode()).hexdigest() if _TOKEN.fullmatch(token) else None


def bounded(value: str, allowed: Collection[int]) -> int | None:
    """A choice of a form; None where none was made. Errors: ValueError for what was never offered."""
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 2 and int(value) in allowed):
        raise ValueError("not one of the answers")
    return int(value)
