"""A call without Asterisk: the engine that serves real callers, a caller who follows a script, and a clock of its own.

Nothing sleeps and nothing is synthesised: how long something takes to say is estimated from its text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ivr_flows.calendar import Calendar
from ivr_flows.caller import Caller
from ivr_flows.engine import NO_CALENDAR, resume, start
from ivr_flows.model import Flow
from ivr_flows.pretend import EMPTY, NAMES, UNAVAILABLE, Pretended
from ivr_flows.session import (
    Action,
    AnswerAppointment,
    Digits,
    EnterLine,
    Facts,
    Given,
    HangUp,
    HungUp,
    KeepAnswer,
    LineResult,
    LookUp,
    OpenComplaint,
    PauseRecording,
    Prompt,
    Question,
    RequestCallBack,
    Result,
    ResumeRecording,
    Say,
    StartRecording,
    Step,
    TakeVoicemail,
    TimedOut,
    Transfer,
    WaitDigits,
    WaitLine,
    WaitResult,
)

LETTERS_PER_S = 14.0  # espeak-ng's Polish voice at its normal speed, about
SLOW_FACTOR = 1.3
MASK = "•"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the play; `t_s` counts from the beginning of the call."""

    t_s: float
    node: str
    action: str  # say, wait, key, silence, line, line_result, ask, result, record, keep, hang_up, unserved, …
    text: str


def play(
    flow: Flow,
    facts: Facts,
    caller: Caller,
    now: float,
    line: str = "answered",
    *,
    house: Pretended = EMPTY,
    calendar: Calendar = NO_CALENDAR,
) -> Iterator[Event]:
    """The whole call in the order of time; `line` is how the line ends for whoever does not hang up in it.

    Raises FlowError for a loop without a wait, ScriptError for an act where it cannot be done.
    """
    t_s, step = 0.0, start(flow, facts, now, calendar)
    while True:
        node = _where(step)
        quiet_s = _quiet_from(step, t_s)
        said = [*_actions(step, t_s), *_awaited(step, quiet_s)]
        if caller.live:  # hears it all before the next act is asked for
            yield from said
            said.clear()
        match step.wait:
            case None:
                yield from said
                return
            case WaitDigits() as wait:
                heard_s = t_s if _interruptible(step) and not caller.patient else quiet_s
                given, t_s = caller.keys(wait, heard_s, quiet_s + wait.timeout_s)
            case WaitLine():
                given, t_s = caller.in_line(line, t_s, quiet_s)
            case WaitResult(budget_s):
                given, t_s = _result(step.actions[-1], budget_s, caller, house, quiet_s)
        # What a key has cut off is not heard, so it is not told either.
        yield from (event for event in said if event.t_s < t_s or event.action == "line")
        yield Event(t_s, node, *_told(given, step))
        if isinstance(given, HungUp):
            return
        step = resume(flow, step.session, given, now + t_s, calendar)


def length_s(prompt: Prompt) -> float:
    """How long the prompt takes to say, about."""
    return len(prompt.text) / LETTERS_PER_S * (SLOW_FACTOR if prompt.slow else 1.0)


def _where(step: Step) -> str:
    session = step.session
    return session.node if session.within == session.flow else f"{session.within}/{session.node}"


def _actions(step: Step, t_s: float) -> Iterator[Event]:
    node = _where(step)
    for why in step.unsaid:
        yield Event(t_s, node, "left_out", why)
    for action in step.actions:
        match action:
            case Say():
                for prompt in action.prompts:
                    yield Event(t_s, node, "say", prompt.text)
                    t_s += length_s(prompt)
            case EnterLine():
                lane = " (accessibility)" if action.accessibility else ""
                yield Event(t_s, node, "line", f"{action.queue}{lane}")
            case HangUp():
                yield Event(t_s, node, "hang_up", action.reason)
            case StartRecording() | PauseRecording() | ResumeRecording():
                yield Event(t_s, node, "record", type(action).__name__.removesuffix("Recording").lower())
            case KeepAnswer():
                yield Event(t_s, node, "keep", f"{action.survey} {action.value}")
            case _:
                yield Event(t_s, node, "ask", _asked(action))


def _asked(question: Question) -> str:
    """What is asked, with secrets and whose they are left out."""
    match question:
        case LookUp():
            return f"look_up {question.what}"
        case RequestCallBack():
            purpose = "" if question.purpose == "talk" else f" {question.purpose}"
            return f"request_call_back {question.queue} {question.number or 'the number that calls'}{purpose}"
        case TakeVoicemail():
            return f"take_voicemail {question.purpose} {question.queue or ''}".rstrip()
        case OpenComplaint():
            return f"open_complaint {question.complaint} {' '.join(sorted(question.elements))}".rstrip()
        case AnswerAppointment() | Transfer():
            told = question.answer if isinstance(question, AnswerAppointment) else question.number
            return f"{NAMES[type(question)]} {told}"
        case _:
            return NAMES[type(question)]


def _result(
    question: Action, budget_s: float | None, caller: Caller, house: Pretended, asked_s: float
) -> tuple[Given, float]:
    if isinstance(question, TakeVoicemail):
        return caller.speaks(question, asked_s)
    assert isinstance(question, Question), "what is awaited was asked last"
    takes_s = house.answers_after_s(question)
    if budget_s is not None and takes_s > budget_s:
        return UNAVAILABLE, asked_s + budget_s
    return house.answer(question), asked_s + takes_s


def _awaited(step: Step, quiet_s: float) -> Iterator[Event]:
    match step.wait:
        case WaitDigits() as wait:
            keys = f"{wait.max_digits} key{'s' * (wait.max_digits > 1)}"
            yield Event(quiet_s, _where(step), "wait", f"up to {wait.timeout_s:g} s for {keys}")
        case None if not any(isinstance(action, HangUp) for action in step.actions):
            yield Event(quiet_s, _where(step), "unserved", "")


def _quiet_from(step: Step, begun_s: float) -> float:
    spoken = (prompt for action in step.actions if isinstance(action, Say) for prompt in action.prompts)
    return begun_s + sum(map(length_s, spoken))


def _interruptible(step: Step) -> bool:
    return all(action.interruptible for action in step.actions if isinstance(action, Say))


def _told(given: Given, step: Step) -> tuple[str, str]:
    match given:
        case Digits():
            secret = isinstance(step.wait, WaitDigits) and step.wait.secret
            return "key", MASK * len(given.digits) if secret else given.digits
        case TimedOut():
            return "silence", ""
        case HungUp():
            return "caller_hung_up", ""
        case LineResult():
            return "line_result", given.status
        case Result():
            return "result", given.status
