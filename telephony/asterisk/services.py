"""What a session of ours needs of the house."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from ivr_flows import Facts, Flow
from ivr_flows.calendar import Calendar
from telephony.asterisk.asking import Asking
from telephony.asterisk.handset import Speak, Together
from telephony.asterisk.taping import Tapes
from telephony.core import events as core
from telephony.core.estimate import Minutes
from telephony.core.hand_over import HandOver
from telephony.core.ids import InteractionId

HandedOver = Callable[[InteractionId], HandOver | None]
Announce = Callable[[InteractionId], Minutes | None]


@dataclass(frozen=True, slots=True)
class Visit:
    """A call about a visit that is under way: whom we have called, under which number, and what leads the customer."""

    number: str
    shown: str
    language: str
    flow: Flow


VisitOf = Callable[[InteractionId], Visit | None]


@dataclass(frozen=True, slots=True)
class Services:
    """Of one node."""

    node: str
    submit: Callable[[core.Event], None]
    flow_for: Callable[[str], Flow]  # by DID; raises KeyError for a number that is not ours
    speak: Speak
    facts: Callable[[str, str | None], Awaitable[Facts]]  # by DID and caller
    clock: Callable[[], float]
    rng: random.Random
    calendar: Callable[[], Calendar] = lambda: Calendar({})  # with the closures of this moment
    tapes: Tapes | None = None  # where messages and talks are recorded, if anywhere
    together: Together | None = None  # without it prompts are played one by one
    asking: Asking = field(default_factory=Asking)  # what the house knows and takes down
    handed_over: HandedOver = lambda _: None  # what a call that follows another one was handed over to
    announce: Announce = lambda _: None  # how long a caller in line may be told to wait
    visit_of: VisitOf = lambda _: None  # by the call's interaction
