"""What becomes of an answer: keys, silence, the end of the line, the house's reply to a question."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from ivr_flows.entering import REPEAT_KEY
from ivr_flows.errors import SessionError
from ivr_flows.fields import MAX_LETTERS
from ivr_flows.lookups import CATALOGUE, Identity
from ivr_flows.nodes import (
    AnnounceNode,
    AppointmentNode,
    CallBackNode,
    CollectNode,
    ComplaintNode,
    EchoNode,
    IdentifyNode,
    LineNode,
    LookUpNode,
    MenuNode,
    Node,
    RecordNode,
    SurveyNode,
    TransferNode,
    VoicemailNode,
)
from ivr_flows.session import (
    CheckIdentity,
    Digits,
    Ending,
    Given,
    HangUp,
    KeepAnswer,
    LineResult,
    Recording,
    Result,
    Stage,
    StartRecording,
    Status,
    TimedOut,
)
from ivr_flows.variables import Kind, fits, keyed
from ivr_flows.walk import Walk

PERSON_KEY = "0"
MAX_REPEATS = 10  # then a person asks what is the matter
RIGHT_KEY, WRONG_KEY = "1", "2"
MIN_CUSTOMER_DIGITS = 4
MIN_PIN_DIGITS = 4
IDENTITY_S = 2.0  # how long a check of the PIN may take
MAX_ANNOUNCEMENTS = 3
SCALES = {"csat": range(1, 6), "nps": range(11)}

Asking = MenuNode | CollectNode | IdentifyNode | SurveyNode | RecordNode


def answer(walk: Walk, node: Node, given: Given) -> None:
    """Move the walk on; raises SessionError for an answer that the node does not wait for."""
    checking = walk.session.stage is Stage.CHECK
    match node, given:
        case IdentifyNode(), Result() if checking:
            _identified(walk, node, given)
        case ((MenuNode() | CollectNode() | IdentifyNode() | SurveyNode() | RecordNode()), Digits()) if not checking:
            _keys(walk, node, given.digits)
        case ((MenuNode() | CollectNode() | IdentifyNode() | SurveyNode() | RecordNode()), TimedOut()) if not checking:
            _silence(walk, node)
        case LineNode(), LineResult():
            _line(walk, node, given.status)
        case _, Result():
            _result(walk, node, given)
        case _:
            raise SessionError(f"node `{walk.session.node}` does not wait for {type(given).__name__}")


# -- keys ---------------------------------------------------------------------------------------------------------


def _keys(walk: Walk, node: Asking, keys: str) -> None:  # noqa: PLR0911 - one for each node
    nps = isinstance(node, SurveyNode) and node.kind == "nps"  # where 0 is an answer
    if walk.session.stage is Stage.CONFIRM or not (nps or isinstance(node, CollectNode | IdentifyNode)):
        keys = keys[:1]
    if keys == PERSON_KEY and not node.without_person and not nps:
        if isinstance(node, RecordNode):  # who asks for a person has not agreed to be recorded
            walk.change(recording=Recording.REFUSED)
        return walk.person()
    if keys.endswith(REPEAT_KEY) and not node.without_repeat:
        return _repeat(walk, node)
    match node:
        case MenuNode():
            return _chosen(walk, node, keys)
        case CollectNode():
            return _collected(walk, node, keys)
        case IdentifyNode():
            return _identify(walk, node, keys)
        case SurveyNode():
            return _surveyed(walk, node, keys)
        case RecordNode():
            return _recorded(walk, node, refused=keys == node.refuse_key)


def _repeat(walk: Walk, node: Asking) -> None:
    if walk.session.repeats >= MAX_REPEATS:
        return walk.go_or_person(_exit(node))
    return walk.change(repeats=walk.session.repeats + 1)


def _silence(walk: Walk, node: Asking) -> None:
    if isinstance(node, RecordNode):
        return _recorded(walk, node, refused=False)
    return _failed(walk, node)


def _failed(walk: Walk, node: Asking, *, wrong: bool = False) -> None:
    """A time-out or a mistake: the question again, and after the last attempt its exit, mostly a person."""
    words = walk.flow.words
    if wrong:
        walk.say(words.wrong_key if isinstance(node, MenuNode) else words.wrong_digits or words.wrong_key)
    if walk.session.failures + 1 >= node.attempts:
        return walk.go_or_person(_exit(node))
    return walk.change(failures=walk.session.failures + 1)


def _exit(node: Asking) -> str | None:
    match node:
        case MenuNode():
            return node.on_timeout
        case CollectNode():
            return node.on_failure
        case IdentifyNode():
            return node.on_unknown
        case SurveyNode() | RecordNode():
            return node.next


def _chosen(walk: Walk, node: MenuNode, key: str) -> None:
    if key in node.choices:
        return walk.go(node.choices[key].next)
    return _failed(walk, node, wrong=True)


def _collected(walk: Walk, node: CollectNode, digits: str) -> None:
    if walk.session.stage is Stage.CONFIRM:
        return _confirmed(walk, node, digits)
    if not node.min_digits <= len(digits) <= node.max_digits:
        return _failed(walk, node, wrong=True)
    if walk.root.variables[node.into] is Kind.SECRET:
        walk.change(secrets={**walk.session.secrets, node.into: SecretStr(digits)})
        return walk.go(node.next)
    try:
        walk.remember(node.into, keyed(walk.root.variables[node.into], digits))
    except ValueError:
        return _failed(walk, node, wrong=True)
    if node.confirm:
        return walk.change(stage=Stage.CONFIRM)
    return walk.go(node.next)


def _confirmed(walk: Walk, node: CollectNode, key: str) -> None:
    if key == RIGHT_KEY:
        return walk.go(node.next)
    if key == WRONG_KEY:
        walk.change(stage=Stage.FIRST)
        return _failed(walk, node)
    return _failed(walk, node, wrong=True)


def _identify(walk: Walk, node: IdentifyNode, digits: str) -> None:
    if walk.session.stage is Stage.PIN:
        if len(digits) < MIN_PIN_DIGITS or not digits.isdigit():
            return _failed(walk, node, wrong=True)
        asked = CheckIdentity(walk.session.gathered, SecretStr(digits))
        walk.change(stage=Stage.CHECK)
        return walk.question(asked, IDENTITY_S)
    if len(digits) < MIN_CUSTOMER_DIGITS or not digits.isdigit():
        return _failed(walk, node, wrong=True)
    return walk.change(stage=Stage.PIN, gathered=digits)


def _identified(walk: Walk, node: IdentifyNode, result: Result) -> None:
    customer = walk.session.gathered
    walk.change(stage=Stage.CUSTOMER, gathered="")
    if result.status is Status.OK:
        walk.change(identity=Identity.PIN, customer=customer)
        return walk.go(node.next)
    if result.status is Status.UNAVAILABLE or result.values.get("blocked"):
        return walk.go_or_person(node.on_unknown)
    return _failed(walk, node, wrong=True)


def _surveyed(walk: Walk, node: SurveyNode, digits: str) -> None:
    if not digits.isdigit() or int(digits) not in SCALES[node.kind]:
        return _failed(walk, node, wrong=True)
    walk.do(KeepAnswer(node.kind, int(digits)))
    if node.into:
        walk.remember(node.into, int(digits))
    return walk.go(node.next)


def _recorded(walk: Walk, node: RecordNode, *, refused: bool) -> None:
    """It was announced: who says nothing agrees [RULES: announced before it starts, with a way to refuse]."""
    if refused:
        walk.change(recording=Recording.REFUSED)
        return walk.go(node.on_refused or node.next)
    walk.do(StartRecording())
    walk.change(recording=Recording.ON)
    return walk.go(node.next)


# -- the line and the house -----------------------------------------------------------------------------------------


def _line(walk: Walk, node: LineNode, status: str) -> None:
    if status == "answered":
        walk.change(ending=Ending.SERVED)
        return walk.go(node.after) if node.after else walk.end(HangUp(Ending.SERVED))
    if status == "overflow" and node.on_overflow:
        return walk.go(node.on_overflow)
    return walk.end()  # Asterisk's own queue takes the caller


def _result(walk: Walk, node: Node, result: Result) -> None:  # noqa: C901 - one for each node
    ok = result.status is Status.OK
    match node:
        case AnnounceNode():
            told = ok and _announce(walk, result)
            walk.go((node.affected or node.next) if told else node.next)
        case CallBackNode() if ok:
            walk.change(ending=Ending.CALLBACK)
            _announce(walk, result)  # who has asked before is told the place
            walk.go(node.next)
        case CallBackNode():
            walk.go_or_person(node.on_refused)
        case VoicemailNode():
            _spoken(walk, node, result)
        case ComplaintNode() if ok and fits(Kind.TICKET, result.values.get("number")):
            walk.remember(node.into, result.values["number"])
            walk.go(node.next)
        case ComplaintNode() | AppointmentNode():
            walk.go_or_person(node.next if ok and isinstance(node, AppointmentNode) else node.on_unavailable)
        case EchoNode():
            ways = {"good": node.good, "fair": node.fair, "bad": node.bad} if ok else {}
            walk.go_or_person(ways.get(str(result.values.get("verdict")), node.on_unavailable))
        case TransferNode() if ok:
            walk.end(HangUp(Ending.TRANSFERRED_OUT))
        case TransferNode():
            walk.go_or_person(node.on_failure)
        case LookUpNode():
            _looked_up(walk, node, result)
        case _:
            raise SessionError(f"node `{walk.session.node}` has asked nothing")


def _announce(walk: Walk, result: Result) -> bool:
    """Say what is out of order; the words come from outside, so they are said as they are or not at all."""
    texts = [words for words in (_words(walk, text) for text in result.texts) if words]
    for language, words in texts[:MAX_ANNOUNCEMENTS]:
        walk.say_words(words, language)
    return bool(texts)


def _words(walk: Walk, text: Mapping[str, str]) -> tuple[str, str] | None:
    for language in (walk.session.language, walk.flow.language):
        words = " ".join(text.get(language, "").split())
        if words and len(words) <= MAX_LETTERS and words.isprintable():
            return language, words
    return None


def _spoken(walk: Walk, node: VoicemailNode, result: Result) -> None:
    if result.status is Status.UNAVAILABLE:
        return walk.person()
    if result.status is Status.REFUSED:
        return walk.go_or_person(node.on_nothing)
    if node.into and fits(Kind.RECORDING, result.values.get("recording")):
        walk.remember(node.into, result.values["recording"])
    if node.purpose == "message":
        walk.change(ending=Ending.VOICEMAIL)
    return walk.go(node.next)


def _looked_up(walk: Walk, node: LookUpNode, result: Result) -> None:
    if result.status is Status.UNAVAILABLE:
        return walk.go_or_person(node.on_unavailable)
    fields = CATALOGUE[node.what].fields
    told = {name: value for name, value in result.values.items() if name in node.into and fits(fields[name], value)}
    if result.status is Status.REFUSED or not told:
        return walk.go_or_person(node.on_missing)
    walk.change(variables={**walk.session.variables, **{node.into[name]: value for name, value in told.items()}})
    return walk.go(node.next)
