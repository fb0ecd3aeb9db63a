"""What the shell tells the core: facts about calls, agents and Asterisk nodes, in the order they arrived.

Every event is a frozen record without behaviour. Nothing in an event authorises anything: a caller can forge text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from telephony.core.disposition import Disposition
from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid
from telephony.core.logged import LoggedCall
from telephony.core.promises import CallBackRequest
from telephony.core.rules import Boost
from telephony.core.views import CallView, Direction, Lane, Outcome, SpanKind


@dataclass(frozen=True, slots=True)
class CallArrived:
    """An AGI session opened for a channel that Asterisk answered."""

    interaction: InteractionId
    node: str
    channel: str
    uniqueid: Uniqueid
    linkedid: str
    did: str  # E.164
    caller: str | None  # E.164 as claimed by the network; proves nothing
    codec: str = "unknown"  # lower-case Asterisk format name: alaw, ulaw, g722, opus
    follows: InteractionId | None = None  # whose caller an agent has handed over to this number of ours
    direction: Direction = Direction.IN


@dataclass(frozen=True, slots=True)
class CallsRecovered:
    """Calls the store knows as not ended when this process started; Asterisk's own queue leads them by now."""

    calls: tuple[CallView, ...]
    known_until: float = 0.0  # when the server that led them was last alive
    call_backs: tuple[CallBackRequest, ...] = ()  # those that are open


@dataclass(frozen=True, slots=True)
class CallLogged:
    """Asterisk's own log tells the end of a call that happened without us."""

    log: LoggedCall
    interaction: InteractionId | None  # of a call nobody has seen; None: we have it, or had it a moment ago
    lane: Lane


@dataclass(frozen=True, slots=True)
class AnswerLogged:
    """Asterisk's own log tells that a call we had lost was answered meanwhile, and still lives."""

    uniqueid: Uniqueid
    answered_at: float
    agent: AgentId | None
    by_fallback: bool


@dataclass(frozen=True, slots=True)
class CallQueued:
    """The flow reached a `line` node: the caller waits for an agent of `queue`."""

    interaction: InteractionId
    queue: QueueName
    lane: Lane
    requires: Mapping[str, int] = field(default_factory=dict)  # skill → lowest level
    wishes: Mapping[str, int] = field(default_factory=dict)
    boosts: frozenset[Boost] = frozenset()
    overflows: bool = False  # the flow knows another way
    path: tuple[str, ...] = ()  # how the caller has come here, `flow.node`
    agent: AgentId | None = None  # to whom the caller was handed over (hand_over.py)


@dataclass(frozen=True, slots=True)
class CallServed:
    """Nobody has to be spoken to any more: self_served, closed, callback, voicemail or transferred_out."""

    interaction: InteractionId
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class SessionLost:
    """Our AGI session ended while the channel may live on; Asterisk's dialplan has the caller now."""

    interaction: InteractionId


@dataclass(frozen=True, slots=True)
class PopPainted:
    """An agent's page has drawn the screen-pop of this attempt."""

    interaction: InteractionId
    agent: AgentId
    attempt: int


@dataclass(frozen=True, slots=True)
class AgentRinging:
    interaction: InteractionId
    attempt: int


@dataclass(frozen=True, slots=True)
class CallAnswered:
    interaction: InteractionId
    attempt: int
    endpoint: str = ""  # the phone that has answered, where it may be another than the dialled one (a pickup)
    customer: Uniqueid | None = None  # of a call-back that rang the agent first: the customer's channel


@dataclass(frozen=True, slots=True)
class CallerVerified:
    """The caller has given the PIN of this customer on the keypad."""

    interaction: InteractionId
    customer: str


@dataclass(frozen=True, slots=True)
class CallHeld:
    """The agent's phone of this attempt holds the caller, or takes the caller back."""

    interaction: InteractionId
    attempt: int
    held: bool


@dataclass(frozen=True, slots=True)
class DialEnded:
    """The dial of this attempt is over: `status` is Asterisk's DIALSTATUS (ANSWER once the talk has ended)."""

    interaction: InteractionId
    attempt: int
    status: str


@dataclass(frozen=True, slots=True)
class AgentLeft:
    """The agent's phone has left the talk of this attempt: hung up, or handed the caller over."""

    interaction: InteractionId
    attempt: int


@dataclass(frozen=True, slots=True)
class CallLeftHouse:
    """The agent has left, and the caller talks with somebody behind a trunk."""

    interaction: InteractionId
    attempt: int


@dataclass(frozen=True, slots=True)
class CallBackRequested:
    """Somebody is to be called back; kept by the store already."""

    request: CallBackRequest


@dataclass(frozen=True, slots=True)
class CallBackWithdrawn:
    call_back: InteractionId


@dataclass(frozen=True, slots=True)
class OutgoingAsked:
    """A consultant calls somebody: now, once, and oneself. Nothing of it is open after a restart."""

    request: CallBackRequest
    agent: AgentId


@dataclass(frozen=True, slots=True)
class FirstLegAnswered:
    """Whom a call-back has rung first (the agent, or the customer) has answered, and a session of ours has the leg."""

    interaction: InteractionId
    attempt: int
    channel: str
    linkedid: str
    codec: str = "unknown"


@dataclass(frozen=True, slots=True)
class FirstLegFailed:
    """The first leg of a call-back could not even be begun."""

    interaction: InteractionId
    attempt: int


OfCallBack = CallBackRequested | CallBackWithdrawn | OutgoingAsked | FirstLegAnswered | FirstLegFailed


@dataclass(frozen=True, slots=True)
class DispositionChosen:
    """What came of the agent's part of a call; whoever submits it has seen to it that it is a code of that queue."""

    interaction: InteractionId
    agent: AgentId
    queue: QueueName
    code: str


@dataclass(frozen=True, slots=True)
class DispositionsRecovered:
    """Those owed when this process started."""

    dispositions: tuple[Disposition, ...]


OfDisposition = DispositionChosen | DispositionsRecovered


@dataclass(frozen=True, slots=True)
class CallHungUp:
    """AMI Hangup of a channel; the only thing that ends a call (an AGI end of file does not)."""

    uniqueid: Uniqueid
    cause: int  # Q.850


@dataclass(frozen=True, slots=True)
class FallbackAnswered:
    """Asterisk's own queue connected the caller while we did not lead the call."""

    uniqueid: Uniqueid


@dataclass(frozen=True, slots=True)
class AgentSignedIn:
    agent: AgentId
    endpoint: str  # PJSIP endpoint name
    skills: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AgentReady:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class AgentPaused:
    agent: AgentId
    reason: str


@dataclass(frozen=True, slots=True)
class AgentSignedOut:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """What a node says of a phone (AMI DeviceStateChange, `PJSIP/<endpoint>`), registered there or not."""

    node: str
    endpoint: str
    state: str  # NOT_INUSE, INUSE, BUSY, RINGING, RINGINUSE, ONHOLD, UNAVAILABLE, INVALID, UNKNOWN


@dataclass(frozen=True, slots=True)
class NodeLost:
    """Since then, what happens at a node is unknown, until a snapshot that was asked for later."""

    node: str
    since: float
    why: SpanKind


@dataclass(frozen=True, slots=True)
class EventsLost:
    """The inbox was full: something may have happened anywhere that we were told and have not kept."""

    since: float


@dataclass(frozen=True, slots=True)
class NodeSnapshot:
    """The channels a node really has, taken after each log-in; what is missing has gone (outcome `interrupted`)."""

    node: str
    uniqueids: frozenset[Uniqueid]
    taken_at: float  # when the list was asked for; younger calls cannot be missing from it


Event = (
    CallArrived | CallsRecovered | CallLogged | AnswerLogged | CallQueued | CallServed | SessionLost
    | PopPainted | AgentRinging | CallAnswered | CallerVerified | CallHeld | DialEnded | AgentLeft | CallLeftHouse
    | OfCallBack | OfDisposition | CallHungUp | FallbackAnswered
    | AgentSignedIn | AgentReady | AgentPaused | AgentSignedOut | DeviceChanged | NodeLost | EventsLost | NodeSnapshot
)  # fmt: skip
