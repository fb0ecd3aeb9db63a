"""A caller who follows a script, or is asked for each next act: what is pressed and spoken, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ivr_flows.session import (
    KEYPAD,
    Digits,
    Given,
    HungUp,
    LineResult,
    Result,
    Status,
    TakeVoicemail,
    TimedOut,
    WaitDigits,
)

MAX_PAUSE_S = 3600.0
HANG_UP = "hangup"
ANSWER = "answer"  # a person has taken the call and finished with it: what follows is pressed after the talk
MESSAGE_S = 1.0  # what is spoken for less is no message
SILENCE_S = 5.0  # ends a message
TALK_S = 60.0
LINGER_S = 1.5  # how long a terminator is waited for after the last digit there can be

Awaits = Literal["keys", "line", "message"]


class ScriptError(Exception):
    """The caller's script is not one; `str()` says which part of it."""


@dataclass(frozen=True, slots=True)
class Act:
    """What the caller does `after_s` seconds after the act before: one key, or `hangup`."""

    after_s: float
    what: str


More = Callable[[Awaits], Sequence[Act]]


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
        each_key = (part,) if part in (HANG_UP, ANSWER) else part
        acts += [Act(0.0 if place else pause_s, each) for place, each in enumerate(each_key)]
        pause_s = 0.0
    return tuple(acts)


class Caller:
    """Acts in order, each at its own time, whatever is being said; silent when they have run out.

    With `more`, it is asked for further acts at every wait for which none are left, and what it gives is done from
    there on. A `patient` caller presses nothing before what is said is over.
    """

    def __init__(self, acts: Sequence[Act] = (), *, more: More | None = None, patient: bool = False) -> None:
        self._acts = list(acts)
        self._last_s = 0.0
        self._more = more
        self.live = more is not None
        self.patient = patient or self.live

    def keys(self, wait: WaitDigits, heard_s: float, until_s: float) -> tuple[Given, float]:
        """What is given to the wait, and when; a key while something is said ends it."""
        self._think("keys", heard_s)
        digits = ""
        most = wait.max_digits + (1 if wait.terminator else 0)  # who was told to end with a key does so
        while len(digits) < most and self._acts:
            at_s = max(self._last_s + self._acts[0].after_s, heard_s)
            if at_s > until_s:
                break
            what, self._last_s = self._next(), at_s
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
        self._think("line", quiet_s)
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
        self._think("message", begun_s)
        if not self._acts:
            return Result(Status.REFUSED), begun_s + SILENCE_S
        after_s, what = self._acts[0].after_s, self._next()
        self._last_s = at_s = begun_s + min(after_s, asked.max_s)
        if at_s - begun_s < MESSAGE_S:
            return (HungUp() if what == HANG_UP else Result(Status.REFUSED)), at_s
        if what == HANG_UP:
            self._acts.insert(0, Act(0.0, HANG_UP))
        return Result(Status.OK, {"recording": "played"}), at_s

    def _think(self, awaits: Awaits, now_s: float) -> None:
        if self._more and not self._acts:
            self._acts, self._last_s = list(self._more(awaits)), now_s

    def _next(self) -> str:
        what = self._acts.pop(0).what
        if what == ANSWER:
            raise ScriptError(f"`{ANSWER}` comes where the caller is in no line")
        return what


def _pause_s(part: str) -> float:
    try:
        pause_s = float(part[1:])
    except ValueError:
        pause_s = -1.0
    if not 0 <= pause_s <= MAX_PAUSE_S:
        raise ScriptError(f"`{part}` is no pause: write seconds, such as `w3`, at most {MAX_PAUSE_S:g}")
    return pause_s
