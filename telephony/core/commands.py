"""What the core asks of the shell, and what it makes known.

*Commands* are carried out (`ShowPop`, `Dial`, …); *facts* are published to store, console and metrics, which never
answer back: a result returns only as a new event.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from telephony.core.disposition import Disposition
from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid
from telephony.core.promises import CallBackRequest
from telephony.core.rules import OverflowWhy
from telephony.core.views import AgentState, CallView


@dataclass(frozen=True, slots=True)
class ShowPop:
    """Show the call on the agent's page; answered by `PopPainted`, or the dial follows without it."""

    call: CallView
    agent: AgentId
    attempt: int
    offered_at: float


@dataclass(frozen=True, slots=True)
class HidePop:
    interaction: InteractionId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class Dial:
    """Wake the waiting session and let it dial the agent's phone."""

    interaction: InteractionId
    attempt: int
    agent: AgentId
    endpoint: str
    ring_timeout_s: float
    node: str  # where the phone is registered; another than the caller's for a leg between nodes


@dataclass(frozen=True, slots=True)
class RingFirst:
    """Begin a call-back: ring the agent's `endpoint`, or the customer's number where there is none.

    The leg gets `uniqueid`, is led by a session of ours once it is answered, and shows `shown` as its caller.
    """

    interaction: InteractionId
    attempt: int
    node: str
    uniqueid: Uniqueid
    number: str = field(repr=False)  # the customer's, E.164
    endpoint: str
    shown: str = field(repr=False)
    ring_timeout_s: float


@dataclass(frozen=True, slots=True)
class DialOut:
    """Let the session that has the agent dial the customer."""

    interaction: InteractionId
    attempt: int
    number: str = field(repr=False)
    shown: str
    ring_timeout_s: float


@dataclass(frozen=True, slots=True)
class HangUpLeg:
    """End a leg that we have begun, whether it rings or talks."""

    node: str
    uniqueid: Uniqueid


@dataclass(frozen=True, slots=True)
class LeaveLine:
    """Wake the waiting session and let its flow go on: the queue is overfull for this caller."""

    interaction: InteractionId
    queue: QueueName
    why: OverflowWhy


@dataclass(frozen=True, slots=True)
class CancelDial:
    """Stop the ringing of this attempt; the caller goes back to the line."""

    interaction: InteractionId
    attempt: int


@dataclass(frozen=True, slots=True)
class CallChanged:
    call: CallView


@dataclass(frozen=True, slots=True)
class PopLate:
    """No page painted the pop within the time allowed; the phone rang all the same."""

    interaction: InteractionId
    agent: AgentId
    attempt: int


@dataclass(frozen=True, slots=True)
class AgentChanged:
    agent: AgentId
    state: AgentState
    reason: str  # of a pause; empty otherwise
    since: float
    interaction: InteractionId | None


@dataclass(frozen=True, slots=True)
class PhoneChanged:
    """The device state of a phone, over all nodes."""

    endpoint: str
    state: str


@dataclass(frozen=True, slots=True)
class Decided:
    """Why this caller went to this agent, in words a supervisor understands."""

    interaction: InteractionId
    agent: AgentId
    decided_at: float
    rule: str  # accessibility_first, overdue_turn, first_come
    explanation: str
    waiting: int  # callers in line at that moment, the winner among them


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The one outcome record of an interaction (`call.outcome` is set)."""

    call: CallView


@dataclass(frozen=True, slots=True)
class CallBackChanged:
    """Where a call-back stands: tried again later, or done."""

    request: CallBackRequest


@dataclass(frozen=True, slots=True)
class DispositionChanged:
    """One is owed from now on, or was given."""

    disposition: Disposition


@dataclass(frozen=True, slots=True)
class AgentOwes:
    """All dispositions this agent owes now."""

    agent: AgentId
    owed: tuple[Disposition, ...]


@dataclass(frozen=True, slots=True)
class ReadyRefused:
    """The agent wanted calls and gets none: `missing` things are to be done before, `why` says what."""

    agent: AgentId
    why: str
    missing: int


OfWrapUp = DispositionChanged | AgentOwes | ReadyRefused
Fact = CallChanged | PopLate | AgentChanged | PhoneChanged | Decided | CallBackChanged | CallEnded | OfWrapUp
Command = ShowPop | HidePop | Dial | CancelDial | LeaveLine | RingFirst | DialOut | HangUpLeg | Fact
