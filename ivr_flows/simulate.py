"""A call without Asterisk: the engine that serves real callers, a caller who follows a script, and a clock of its own.

Nothing sleeps and nothing is synthesised: how long something takes to say is estimated from its text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ivr_flows.engine import resume, start
from ivr_flows.model import Flow
from ivr_flows.session import (
    KEYPAD,
    Digits,
    EnterLine,
    Facts,
    Given,
    HangUp,
    HungUp,
    LineResult,
    Prompt,
    Result,
    Say,
    Status,
    Step,
    TimedOut,
    WaitDigits,
    WaitLine,
    WaitResult,
)

LETTERS_PER_S = 14.0  # espeak-ng's Polish voice at its normal speed, about
SLOW_FACTOR = 1.3
MAX_PAUSE_S = 3600.0
HANG_UP = "hangup"


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
    action: str  # say, wait, key, silence, line, line_result, caller_hung_up, hang_up, unserved
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
        if part != HANG_UP and not set(part) <= set(KEYPAD):
            raise ScriptError(f"`{part}` is neither keys (0-9 * #), nor `w3` (wait three seconds), nor `{HANG_UP}`")
        acts += [Act(0.0 if place else pause_s, each) for place, each in enumerate(_each(part))]
        pause_s = 0.0
    return tuple(acts)


def play(flow: Flow, facts: Facts, acts: Sequence[Act], now: float, line: str = "answered") -> Iterator[Event]:
    """The whole call in the order of time; `line` is how the line ends for whoever does not hang up in it.

    When the acts run out the caller is silent. Raises FlowError for a loop without a wait.
    """
    caller, t_s = _Caller(acts), 0.0
    step = start(flow, facts, now)
    while True:
        node = step.session.node
        quiet_s = _quiet_from(step, t_s)
        said = list(_actions(step, t_s))
        match step.wait:
            case None:
                yield from said
                if not any(isinstance(action, HangUp) for action in step.actions):
                    yield Event(quiet_s, node, "unserved", "")
                return
            case WaitDigits() as wait:
                said.append(Event(quiet_s, node, "wait", f"up to {wait.timeout_s:g} s for {wait.max_digits} key"))
                heard_s = t_s if _interruptible(step) else quiet_s
                given, t_s = caller.keys(wait, heard_s, quiet_s + wait.timeout_s)
            case WaitLine():
                given, t_s = caller.in_line(line, t_s, quiet_s)
            case WaitResult():
                given, t_s = Result(Status.UNAVAILABLE), quiet_s
        # What a key has cut off is not heard, so it is not told either.
        yield from (event for event in said if event.t_s < t_s or event.action == "line")
        yield Event(t_s, node, *_told(given))
        if isinstance(given, HungUp):
            return
        step = resume(flow, step.session, given, now + t_s)


class _Caller:
    """Acts in order, each at its own time, whatever is being said."""

    def __init__(self, acts: Sequence[Act]) -> None:
        self._acts = list(acts)
        self._last_s = 0.0

    def keys(self, wait: WaitDigits, heard_s: float, until_s: float) -> tuple[Given, float]:
        """What is given to the wait, and when; a key while something is said ends it."""
        digits = ""
        while len(digits) < wait.max_digits and self._acts:
            at_s = max(self._last_s + self._acts[0].after_s, heard_s)
            if at_s > until_s:
                break
            what, self._last_s = self._acts.pop(0).what, at_s
            if what == HANG_UP:
                return HungUp(), at_s
            if what == wait.terminator:
                return Digits(digits), at_s
            digits += what if what in wait.keys else ""
            until_s = at_s + wait.timeout_s
        if len(digits) == wait.max_digits:
            return Digits(digits), self._last_s
        return (Digits(digits) if digits else TimedOut()), until_s

    def in_line(self, status: str, entered_s: float, quiet_s: float) -> tuple[Given, float]:
        """Keys do nothing in the line; a caller whose script ends with it hangs up there."""
        acts, self._acts = self._acts, []
        at_s = max(self._last_s + sum(act.after_s for act in acts), entered_s)
        if acts and acts[-1].what == HANG_UP:
            return HungUp(), at_s
        return LineResult(status), quiet_s


def length_s(prompt: Prompt) -> float:
    """How long the prompt takes to say, about."""
    return len(prompt.text) / LETTERS_PER_S * (SLOW_FACTOR if prompt.slow else 1.0)


def _actions(step: Step, t_s: float) -> Iterator[Event]:
    for action in step.actions:
        match action:
            case Say():
                for prompt in action.prompts:
                    yield Event(t_s, step.session.node, "say", prompt.text)
                    t_s += length_s(prompt)
            case EnterLine():
                lane = " (accessibility)" if action.accessibility else ""
                yield Event(t_s, step.session.node, "line", f"{action.queue}{lane}")
            case HangUp():
                yield Event(t_s, step.session.node, "hang_up", action.reason)


def _quiet_from(step: Step, begun_s: float) -> float:
    spoken = (prompt for action in step.actions if isinstance(action, Say) for prompt in action.prompts)
    return begun_s + sum(map(length_s, spoken))


def _interruptible(step: Step) -> bool:
    return all(action.interruptible for action in step.actions if isinstance(action, Say))


def _told(given: Given) -> tuple[str, str]:
    match given:
        case Digits():
            return "key", given.digits
        case TimedOut():
            return "silence", ""
        case HungUp():
            return "caller_hung_up", ""
        case LineResult():
            return "line_result", given.status
        case Result():
            return "result", given.status


def _each(part: str) -> Sequence[str]:
    return (part,) if part == HANG_UP else part


def _pause_s(part: str) -> float:
    try:
        pause_s = float(part[1:])
    except ValueError:
        pause_s = -1.0
    if not 0 <= pause_s <= MAX_PAUSE_S:
        raise ScriptError(f"`{part}` is no pause: write seconds, such as `w3`, at most {MAX_PAUSE_S:g}")
    return pause_s
