"""One step in the making: where the session stands by now, what has been said and done on the way, what is awaited.

A `Walk` lives within one call of the engine and is seen by nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ivr_flows.calendar import Calendar, opening_words
from ivr_flows.model import Flow
from ivr_flows.session import (
    KEYPAD,
    Action,
    EnterLine,
    PauseRecording,
    Prompt,
    Question,
    Recording,
    ResumeRecording,
    Say,
    Session,
    Stage,
    StartRecording,
    Step,
    Wait,
    WaitDigits,
    WaitLine,
    WaitResult,
)
from ivr_flows.spoken import SpokenError
from ivr_flows.texts import OPENING, Text
from ivr_flows.variables import Value

SLOW_TIMEOUT_FACTOR = 2.0  # [WCAG 2.2 §2.2.1]


class Walk:
    """From one wait to the next."""

    def __init__(self, root: Flow, session: Session, now: float, calendar: Calendar) -> None:
        self.root = root
        self.session = session
        self.now = now
        self.calendar = calendar
        self.wait: Wait | None = None
        self.stopped = False
        self._prompts: list[Prompt] = []
        self._actions: list[Action] = []
        self._unsaid: list[str] = []

    @property
    def flow(self) -> Flow:
        return self.root.within(self.session.within)

    def step(self) -> Step:
        """What came of it; a recording never hears a secret."""
        secret = isinstance(self.wait, WaitDigits) and self.wait.secret
        if secret and self.session.recording is Recording.ON:
            begun = [place for place, each in enumerate(self._actions, 1) if isinstance(each, StartRecording)]
            self._actions.insert(begun[-1] if begun else 0, PauseRecording())
            self.change(recording=Recording.PAUSED)
        elif not secret and self.session.recording is Recording.PAUSED:
            self._actions.insert(0, ResumeRecording())
            self.change(recording=Recording.ON)
        return Step(self.session, tuple(self._actions), self.wait, tuple(self._unsaid))

    # -- the session ----------------------------------------------------------------------------------------------

    def change(self, **fields: Any) -> None:
        self.session = replace(self.session, **fields)

    def go(self, node: str) -> None:
        """On with another node of the same flow; what was counted for this one is forgotten."""
        self.change(node=node, failures=0, repeats=0, stage=Stage.FIRST, gathered="")

    def person(self) -> None:
        self.go(self.flow.person)

    def go_or_person(self, node: str | None) -> None:
        self.go(node or self.flow.person)

    def remember(self, name: str, value: Value) -> None:
        self.change(variables={**self.session.variables, name: value})

    def forget(self, names: Iterable[str]) -> None:
        gone = set(names)
        kept = {name: value for name, value in self.session.variables.items() if name not in gone}
        secrets = {name: value for name, value in self.session.secrets.items() if name not in gone}
        self.change(variables=kept, secrets=secrets)

    def fact(self, name: str) -> Value | None:  # noqa: PLR0911 - one for each fact
        """What is known under this name; None for nothing."""
        session = self.session
        match name:
            case "accessibility":
                return session.accessibility
            case "caller_known":
                return session.facts.caller_known
            case "repeat":
                return session.facts.repeat
            case "survey":
                return session.facts.survey
            case "identity":
                return session.identity.name.lower()
            case "language":
                return session.language
            case "did":
                return session.facts.did
            case "opening":
                return self._value(OPENING, session.language)
            case _:
                return session.variables.get(name)

    # -- what the caller hears ------------------------------------------------------------------------------------

    def say(self, *texts: Text | None) -> None:
        """A sentence with a value that cannot be said is left out as a whole: half of one would mislead."""
        for text in texts:
            if text is None:
                continue
            try:
                language, words = text.filled(self.session.language, self._value)
            except SpokenError as error:
                self._unsaid.append(str(error))
            else:
                self.say_words(words, language)

    def say_words(self, words: str, language: str) -> None:
        self._prompts.append(Prompt(words, language, slow=self.session.accessibility))

    def _value(self, name: str, language: str) -> Value | None:
        if name != OPENING:
            return self.session.variables.get(name)
        at = self.session.opens_at
        return None if at is None else opening_words(at, self.now, language)

    # -- what happens ---------------------------------------------------------------------------------------------

    def do(self, *actions: Action) -> None:
        """After what was said so far."""
        self._flush(interruptible=False)
        self._actions += actions

    def ask(
        self,
        timeout_s: float,
        max_digits: int = 1,
        terminator: str | None = None,
        enders: str = "",
        *,
        secret: bool = False,
    ) -> None:
        """Wait for keys; the first of them ends what was said."""
        patience = SLOW_TIMEOUT_FACTOR if self.session.accessibility else 1.0
        self._flush(interruptible=True)
        self._stop(WaitDigits(max_digits, timeout_s * patience, terminator, KEYPAD, enders, secret))

    def question(self, asked: Question, budget_s: float | None) -> None:
        self.do(asked)
        self._stop(WaitResult(budget_s))

    def enter(self, line: EnterLine) -> None:
        """The place in line is taken before the last words: an agent is sought while they are said."""
        self._actions.append(line)
        self._flush(interruptible=False)
        self._stop(WaitLine())

    def end(self, *actions: Action) -> None:
        self.do(*actions)
        self.change(ended=True)
        self._stop(None)

    def _stop(self, wait: Wait | None) -> None:
        self.wait, self.stopped = wait, True

    def _flush(self, *, interruptible: bool) -> None:
        if self._prompts:
            self._actions.append(Say(tuple(self._prompts), interruptible))
            self._prompts.clear()
