"""What happens when a call comes to a node: something is said and it goes on, or something is awaited."""

from __future__ import annotations

from ivr_flows.calendar import Open, Why, status
from ivr_flows.lookups import CATALOGUE, Identity
from ivr_flows.nodes import (
    AnnounceNode,
    AppointmentNode,
    BranchNode,
    CallBackNode,
    CollectNode,
    ComplaintNode,
    EchoNode,
    HangUpNode,
    HoursNode,
    IdentifyNode,
    LineNode,
    LookUpNode,
    MenuNode,
    Node,
    RecordNode,
    ReturnNode,
    SayNode,
    SetNode,
    SubFlowNode,
    SurveyNode,
    TransferNode,
    VoicemailNode,
)
from ivr_flows.session import (
    AnswerAppointment,
    Ending,
    EnterLine,
    FindOutages,
    Frame,
    HangUp,
    HearEcho,
    LookUp,
    OpenComplaint,
    Recording,
    RequestCallBack,
    Stage,
    TakeVoicemail,
    Transfer,
)
from ivr_flows.variables import Kind
from ivr_flows.walk import Walk

WRITING_S = 2.0  # how long a call-back or a complaint may take to be accepted
CUSTOMER_DIGITS = 12  # at most
PIN_DIGITS = 8  # at most
REPEAT_KEY = "*"


def enter(walk: Walk, node: Node) -> None:
    """Play the node; afterwards the walk stands at another one, or has stopped."""
    match node:
        case SayNode():
            walk.say(node.say)
            walk.go(node.next)
        case BranchNode():
            _branch(walk, node)
        case HoursNode():
            _hours(walk, node)
        case SetNode():
            _set(walk, node)
        case SubFlowNode():
            frame = Frame(walk.session.within, node.next, walk.session.node)
            walk.change(within=node.flow, stack=(*walk.session.stack, frame))
            walk.go(walk.flow.start)
        case ReturnNode():
            _return(walk)
        case HangUpNode():
            walk.say(node.say)
            ending = walk.session.ending
            walk.end(HangUp(Ending(node.reason) if ending is Ending.SELF_SERVED else ending))
        case MenuNode() | CollectNode() | IdentifyNode() | SurveyNode() | RecordNode():
            _asking(walk, node)
        case _:
            _asking_the_house(walk, node)


def _asking(walk: Walk, node: MenuNode | CollectNode | IdentifyNode | SurveyNode | RecordNode) -> None:
    match node:
        case MenuNode():
            built_in = not (node.without_person or node.without_repeat)
            walk.say(node.say, *(choice.say for choice in node.choices.values()))
            walk.say(walk.flow.words.closing if built_in else None)
            walk.ask(node.timeout_s)
        case CollectNode():
            _collect(walk, node)
        case IdentifyNode():
            _identify(walk, node)
        case SurveyNode(kind="csat"):
            walk.say(node.say)
            walk.ask(node.timeout_s)
        case SurveyNode():
            walk.say(node.say)
            walk.ask(node.timeout_s, 2, "#", REPEAT_KEY)
        case RecordNode() if walk.session.recording is not Recording.OFF:
            walk.go(node.next)
        case RecordNode():
            walk.say(node.say)
            walk.ask(node.timeout_s)


def _asking_the_house(
    walk: Walk,
    node: AnnounceNode
    | AppointmentNode
    | LineNode
    | CallBackNode
    | VoicemailNode
    | ComplaintNode
    | EchoNode
    | TransferNode
    | LookUpNode,
) -> None:
    slow = walk.session.accessibility
    match node:
        case LineNode():
            walk.say(node.say)
            walk.enter(
                EnterLine(
                    node.queue,
                    node.accessibility or slow,
                    dict(node.requires),
                    dict(node.wishes),
                    node.boost,
                    overflows=node.on_overflow is not None,
                )
            )
        case AnnounceNode():
            walk.question(FindOutages(walk.session.customer or walk.session.facts.customer), node.budget_s)
        case CallBackNode():
            number = str(walk.session.variables.get(node.number, "")) if node.number else None
            walk.question(RequestCallBack(node.queue, slow, number, node.caller_id, node.purpose), WRITING_S)
        case VoicemailNode():
            walk.say(node.say)
            walk.question(TakeVoicemail(node.purpose, node.queue, node.max_s), None)
        case ComplaintNode():
            known = walk.session.variables
            elements = {name: known[kept] for name, kept in node.elements.items() if kept in known}
            proven = walk.session.customer if walk.session.identity is Identity.PIN else None
            walk.question(OpenComplaint(node.kind, proven, elements), WRITING_S)
        case AppointmentNode():
            walk.question(AnswerAppointment(node.answer), WRITING_S)
        case EchoNode():
            walk.say(node.say)
            walk.question(HearEcho(node.seconds), None)
        case TransferNode():
            walk.say(node.say)
            walk.question(Transfer(walk.flow.transfers[node.to]), None)
        case LookUpNode():
            _look_up(walk, node)


def _branch(walk: Walk, node: BranchNode) -> None:
    for case in node.when:
        if all(each.holds(walk.fact) for each in case.if_):
            return walk.go(case.next)
    return walk.go(node.otherwise)


def _hours(walk: Walk, node: HoursNode) -> None:
    found = status(walk.calendar, node.department, walk.now)
    walk.change(opens_at=None if isinstance(found, Open) else found.opens_at)
    if isinstance(found, Open):
        return walk.go(node.open)
    special = {Why.HOLIDAY: node.holiday, Why.EMERGENCY: node.emergency}.get(found.why)
    return walk.go(special or node.closed)


def _set(walk: Walk, node: SetNode) -> None:
    if node.accessibility is not None:
        walk.change(accessibility=node.accessibility)
    if node.language is not None:
        walk.change(language=node.language)
    if node.values:
        walk.change(variables={**walk.session.variables, **node.values})
    walk.go(node.next)


def _return(walk: Walk) -> None:
    if not walk.session.stack:  # a sub-flow that answers a number by itself
        return walk.person()
    *rest, frame = walk.session.stack
    walk.change(within=frame.flow, stack=tuple(rest))
    return walk.go(frame.node)


def _collect(walk: Walk, node: CollectNode) -> None:
    if walk.session.stage is Stage.CONFIRM:
        walk.say(node.confirm)
        return walk.ask(node.timeout_s)
    walk.forget([node.into])
    walk.say(node.say, walk.flow.words.collecting)
    secret = walk.root.variables[node.into] is Kind.SECRET
    enders = "" if node.without_repeat else REPEAT_KEY
    return walk.ask(node.timeout_s, node.max_digits, node.terminator, enders, secret=secret)


def _identify(walk: Walk, node: IdentifyNode) -> None:
    session = walk.session
    known = session.facts.customer
    if session.identity is Identity.PIN:
        return walk.go(node.next)
    if node.by == "number" and known is None:
        return walk.go_or_person(node.on_unknown)
    if node.by == "number":
        walk.change(identity=Identity.NUMBER, customer=known)
        return walk.go(node.next)
    if session.stage is Stage.FIRST:  # whoever calls from a customer's number is asked for the PIN alone, once
        walk.change(stage=Stage.PIN if known else Stage.CUSTOMER, gathered=known or "")
    secret = walk.session.stage is Stage.PIN
    walk.say(node.pin if secret else node.customer_number, walk.flow.words.collecting)
    return walk.ask(node.timeout_s, PIN_DIGITS if secret else CUSTOMER_DIGITS, "#", REPEAT_KEY, secret=secret)


def _look_up(walk: Walk, node: LookUpNode) -> None:
    session = walk.session
    walk.forget(node.into.values())
    needs = CATALOGUE[node.what].needs
    allowed = session.identity >= needs and (session.customer is not None or needs is Identity.NONE)
    secrets = {name: session.secrets[kept] for name, kept in node.secrets.items() if kept in session.secrets}
    if not allowed or len(secrets) < len(node.secrets):
        return walk.go_or_person(node.on_missing)
    return walk.question(LookUp(node.what, session.customer or "", secrets), node.budget_s)
