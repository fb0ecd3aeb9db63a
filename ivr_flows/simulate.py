"""A call without Asterisk: the engine that serves real callers, a caller who follows a script, and a clock of its own.

Nothing sleeps and nothing is synthesised: how long something takes to say is estimated from its text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ivr_flows.calendar import Calendar
from ivr_flows.engine import NO_CALENDAR, resume, start
from ivr_flows.model import Flow
from ivr_flows.pretend import EMPTY, NAMES, Pretended
from ivr_flows.session import (
    KEYPAD,
    Action,
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
    Status,
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
MAX_PAUSE_S = 3600.0
HANG_UP = "hangup"
ANSWER = "answer"  # a person has taken the call and finished with it: what follows is pressed after the talk
MASK = "•"
ANSWERED_S = 0.2  # how long the house takes to answer
MESSAGE_S = 1.0  # what is spoken for less is no message
SILENCE_S = 5.0  # ends a message
TALK_S = 60.0
LINGER_S = 1.5  # how long a terminator is waited for after the last digit there can be


class ScriptError(Exception):
    """The caller's script is not one; `str()` says which part of it."""


@dataclass(frozen=True, slots=True)
class Act:
    """What the caller does `after_s` seconds after the act before: one key, or `hangup`."""

    after_s: float
    what: str


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the play; `t_s` counts from the beginning of the call."""

    t_s: float
    node: str
    action: str  # say, wait, key, silence, line, line_result, ask, result, record, keep, hang_up, unserved, …
    text: str


def script(text: str) -> tuple[Act, ...]:
    """`1,w3,2#,hangup` as acts; raises ScriptError. Waiting at the end does nothing: a caller may also be silent."""
    acts: list[Act] = []
    pause_s = 0.0
    for part in (each.strip() for each in text.split(",") if each.strip()):
        if part.startswith("w"):
            pause_s += _pause_s(part)
            continue
        if acts and acts[-1].what == HANG_UP:
            raise ScriptError(f"`{part}` comes after `{HANG_UP}`")
        if part not in (HANG_UP, ANSWER) and not set(part) <= set(KEYPAD):
            raise ScriptError(
                f"`{part}` is neither keys (0-9 * #), nor `w3` (wait three seconds), nor `{ANSWER}`, nor `{HANG_UP}`"
            )
        acts += [Act(0.0 if place else pause_s, each) for place, each in enumerate(_each(part))]
        pause_s = 0.0
    return tuple(acts)


def play(
    flow: Flow,
    facts: Facts,
    acts: Sequence[Act],
    now: float,
    line: str = "answered",
    *,
    house: Pretended = EMPTY,
    calendar: Calendar = NO_CALENDAR,
    patient: bool = False,
) -> Iterator[Event]:
    """The whole call in the order of time; `line` is how the line ends for whoever does not hang up in it.

    A `patient` caller presses nothing before what is said is over.

    When the acts run out the caller is silent. Raises FlowError for a loop without a wait.
    """
    caller, t_s = _Caller(acts), 0.0
    step = start(flow, facts, now, calendar)
    while True:
        node = _where(step)
        quiet_s = _quiet_from(step, t_s)
        said = list(_actions(step, t_s))
        match step.wait:
            case None:
                yield from said
                if not any(isinstance(action, HangUp) for action in step.actions):
                    yield Event(quiet_s, node, "unserved", "")
                return
            case WaitDigits() as wait:
                said.append(
                    Event(
                        quiet_s,
                        node,
                        "wait",
                        f"up to {wait.timeout_s:g} s for {wait.max_digits} key{'s' * (wait.max_digits > 1)}",
                    )
                )
                heard_s = t_s if _interruptible(step) and not patient else quiet_s
                given, t_s = caller.keys(wait, heard_s, quiet_s + wait.timeout_s)
            case WaitLine():
                given, t_s = caller.in_line(line, t_s, quiet_s)
            case WaitResult():
                given, t_s = _result(step.actions[-1], caller, house, quiet_s)
        # What a key has cut off is not heard, so it is not told either.
        yield from (event for event in said if event.t_s < t_s or event.action == "line")
        yield Event(t_s, node, *_told(given, step))
        if isinstance(given, HungUp):
            return
        step = resume(flow, step.session, given, now + t_s, calendar)


class _Caller:
    """Acts in order, each at its own time, whatever is being said."""

    def __init__(self, acts: Sequence[Act]) -> None:
        self._acts = list(acts)
        self._last_s = 0.0

    def keys(self, wait: WaitDigits, heard_s: float, until_s: float) -> tuple[Given, float]:
        """What is given to the wait, and when; a key while something is said ends it."""
        digits = ""
        most = wait.max_digits + (1 if wait.terminator else 0)  # who was told to end with a key does so
        while len(digits) < most and self._acts:
            at_s = max(self._last_s + self._acts[0].after_s, heard_s)
            if at_s > until_s:
                break
            what, self._last_s = self._acts.pop(0).what, at_s
            if what == HANG_UP:
                return HungUp(), at_s
            if what == wait.terminator:
                return Digits(digits), at_s
            digits += what if what in wait.keys else ""
            if what in wait.enders:
                return Digits(digits), at_s
            until_s = at_s + (LINGER_S if len(digits) == wait.max_digits else wait.timeout_s)
        if len(digits) == most:
            return Digits(digits), self._last_s
        return (Digits(digits) if digits else TimedOut()), until_s

    def in_line(self, status: str, entered_s: float, quiet_s: float) -> tuple[Given, float]:
        """Keys do nothing in the line, up to `answer`; a caller whose script ends with it hangs up there."""
        whats = [act.what for act in self._acts]
        if ANSWER in whats:
            self._acts = self._acts[whats.index(ANSWER) + 1 :]
            self._last_s = quiet_s + TALK_S
            return LineResult("answered"), self._last_s
        acts, self._acts = self._acts, []
        at_s = max(self._last_s + sum(act.after_s for act in acts), entered_s)
        if acts and acts[-1].what == HANG_UP:
            return HungUp(), at_s
        return LineResult(status), quiet_s

    def speaks(self, asked: TakeVoicemail, begun_s: float) -> tuple[Given, float]:
        """What is said until the next key or the hang-up; who has nothing more to do says nothing."""
        if not self._acts:
            return Result(Status.REFUSED), begun_s + SILENCE_S
        act = self._acts.pop(0)
        self._last_s = at_s = begun_s + min(act.after_s, asked.max_s)
        if at_s - begun_s < MESSAGE_S:
            return (HungUp() if act.what == HANG_UP else Result(Status.REFUSED)), at_s
        if act.what == HANG_UP:
            self._acts.insert(0, Act(0.0, HANG_UP))
        return Result(Status.OK, {"recording": "played"}), at_s


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
            return f"request_call_back {question.queue} {question.number or 'the number that calls'}"
        case TakeVoicemail():
            return f"take_voicemail {question.purpose}"
        case OpenComplaint():
            return f"open_complaint {question.complaint} {' '.join(sorted(question.elements))}".rstrip()
        case Transfer():
            return f"transfer {question.number}"
        case _:
            return NAMES[type(question)]


def _result(question: Action, caller: _Caller, house: Pretended, asked_s: float) -> tuple[Given, float]:
    if isinstance(question, TakeVoicemail):
        return caller.speaks(question, asked_s)
    assert isinstance(question, Question), "what is awaited was asked last"
    return house.answer(question), asked_s + ANSWERED_S


def _awaited(wait: WaitDigits) -> str:
    return f"up to {wait.timeout_s:g} s for {wait.max_digits} key{'s' if wait.max_digits > 1 else ''}"


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


def _each(part: str) -> Sequence[str]:
    return (part,) if part in (HANG_UP, ANSWER) else part


def _pause_s(part: str) -> float:
    try:
        pause_s = float(part[1:])
    except ValueError:
        pause_s = -1.0
    if not 0 <= pause_s <= MAX_PAUSE_S:
        raise ScriptError(f"`{part}` is no pause: write seconds, such as `w3`, at most {MAX_PAUSE_S:g}")
    return pause_s
