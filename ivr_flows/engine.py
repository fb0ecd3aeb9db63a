"""The flow engine: `start` and `resume` turn what the caller did into what is said and awaited next.

Pure: it knows no socket, no clock and no sound file. Accessible by construction: `0` reaches a person and `*` repeats
in every menu, silence and mistakes lead to a person, and the slow profile doubles every time-out [WCAG 2.2 §2.2.1].
"""

from __future__ import annotations

from dataclasses import replace

from ivr_flows.errors import FlowError, SessionError
from ivr_flows.model import BranchNode, Flow, HangUpNode, LineNode, MenuNode, Node, SayNode, SetNode, Text
from ivr_flows.session import (
    KEYPAD,
    Action,
    Digits,
    EnterLine,
    Facts,
    Given,
    HangUp,
    HungUp,
    LineResult,
    Prompt,
    Say,
    Session,
    Step,
    TimedOut,
    Wait,
    WaitDigits,
    WaitLine,
)

__all__ = [
    "Action", "Digits", "EnterLine", "Facts", "Given", "HangUp", "HungUp", "LineResult", "Prompt", "Say", "Session",
    "Step", "TimedOut", "Wait", "WaitDigits", "WaitLine", "resume", "start",
]  # fmt: skip

MAX_STEPS = 100  # nodes between two waits
MAX_REPEATS = 10  # then a person asks what is the matter
SLOW_TIMEOUT_FACTOR = 2.0
REPEAT_KEY = "*"
PERSON_KEY = "0"


def start(flow: Flow, facts: Facts, now: float) -> Step:
    """The first step of a call; `now` in seconds since the epoch. Raises FlowError for a loop without a wait."""
    slow = facts.accessibility or flow.accessibility
    return _run(flow, Session(flow.id, flow.revision, flow.start, facts, slow, started_at=now), ())


def resume(flow: Flow, session: Session, given: Given, now: float) -> Step:  # noqa: ARG001 - the hours of step 3
    """The next step; raises SessionError where the session does not wait for what is given."""
    if isinstance(given, HungUp):
        return _end(session)
    node = _waiting(flow, session)
    match node, given:
        case MenuNode(), Digits():
            return _chosen(flow, session, node, given.digits[:1])
        case MenuNode(), TimedOut():
            return _failed(flow, session, node, ())
        case LineNode(), LineResult():
            return _end(session, *([HangUp("served")] if given.status == "answered" else []))
        case _:
            raise SessionError(f"node `{session.node}` does not wait for {type(given).__name__}")


def _waiting(flow: Flow, session: Session) -> Node:
    if session.ended:
        raise SessionError("the session has ended")
    if (session.flow, session.revision) != (flow.id, flow.revision):
        raise SessionError(f"the session belongs to {session.flow}@{session.revision}, not {flow.id}@{flow.revision}")
    return flow.nodes[session.node]


def _chosen(flow: Flow, session: Session, menu: MenuNode, key: str) -> Step:
    if key == PERSON_KEY:
        return _run(flow, _moved(session, flow.person), ())
    if key == REPEAT_KEY:
        if session.repeats >= MAX_REPEATS:
            return _run(flow, _moved(session, menu.on_timeout), ())
        return _run(flow, replace(session, repeats=session.repeats + 1), ())
    if key in menu.choices:
        return _run(flow, _moved(session, menu.choices[key].next), ())
    return _failed(flow, session, menu, (_prompt(session, flow.wrong_key),))


def _failed(flow: Flow, session: Session, menu: MenuNode, said: tuple[Prompt, ...]) -> Step:
    """A time-out or a wrong key: the menu again, and after the last attempt a person."""
    failures = session.failures + 1
    if failures >= menu.attempts:
        return _run(flow, _moved(session, menu.on_timeout), said)
    return _run(flow, replace(session, failures=failures), said)


def _run(flow: Flow, session: Session, said: tuple[Prompt, ...]) -> Step:
    """Walk from the session's node to the next wait, gathering what is said on the way into one `Say`."""
    prompts = list(said)
    for _ in range(MAX_STEPS):
        node = flow.nodes[session.node]
        match node:
            case SayNode():
                prompts.append(_prompt(session, node.say))
                session = _moved(session, node.next)
            case BranchNode():
                session = _moved(session, node.yes if _holds(session, node.on) else node.no)
            case SetNode():
                session = replace(_moved(session, node.next), accessibility=node.accessibility)
            case MenuNode():
                return _ask(flow, session, node, prompts)
            case LineNode():
                return _queue(session, node, prompts)
            case HangUpNode():
                return _end(session, *_saying(session, prompts, node.say), HangUp(node.reason))
    raise FlowError(f"more than {MAX_STEPS} nodes without a wait", flow.places[session.node])


def _ask(flow: Flow, session: Session, menu: MenuNode, prompts: list[Prompt]) -> Step:
    texts = [menu.say] if menu.say else []
    texts += [choice.say for choice in menu.choices.values()] + [flow.closing]
    prompts += [_prompt(session, text) for text in texts]
    timeout_s = menu.timeout_s * (SLOW_TIMEOUT_FACTOR if session.accessibility else 1.0)
    wait = WaitDigits(max_digits=1, timeout_s=timeout_s, terminator=None, keys=KEYPAD)
    return Step(session, (Say(tuple(prompts), interruptible=True),), wait)


def _queue(session: Session, line: LineNode, prompts: list[Prompt]) -> Step:
    """The place in line is taken before the last words: an agent is sought while they are said."""
    enter = EnterLine(line.queue, line.accessibility or session.accessibility, dict(line.requires))
    return Step(session, (enter, *_saying(session, prompts, line.say)), WaitLine())


def _end(session: Session, *actions: Action) -> Step:
    return Step(replace(session, ended=True), actions, None)


def _saying(session: Session, prompts: list[Prompt], text: Text | None) -> tuple[Say, ...]:
    """What is said before something that no key can change: not interruptible."""
    if text is not None:
        prompts.append(_prompt(session, text))
    return (Say(tuple(prompts), interruptible=False),) if prompts else ()


def _moved(session: Session, node: str) -> Session:
    return replace(session, node=node, failures=0, repeats=0)


def _holds(session: Session, fact: str) -> bool:
    return session.accessibility if fact == "accessibility" else session.facts.caller_known


def _prompt(session: Session, text: Text) -> Prompt:
    language, words = text.in_language(session.facts.language)
    return Prompt(words, language, slow=session.accessibility)
