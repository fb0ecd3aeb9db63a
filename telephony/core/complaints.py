"""A complaint from its filing to its answer: two clocks, three levels, and what may be done next.

What has happened is a list of steps, and where a complaint stands follows from them and from today's date alone. The
two clocks run separately from the day of filing: the confirmation on a durable medium [Polish Electronic Communications
Act (PKE) art. 378] and the answer; days are calendar days, that of filing not counted [Civil Code art. 111 § 2].
Silence past the law's limit means that the complaint is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import IntEnum, StrEnum

from telephony.core.account import Role

HOTLINE = ""  # the actor of what nobody has done by hand

ONE_DAY = timedelta(days=1)
LAST_DAY = (1, 0)  # when people are reminded of the shortest clock


class Level(IntEnum):
    CONSULTANT = 1
    ENGINEER = 2  # service engineer
    MANAGER = 3  # operations manager


LEVEL_OF = {
    Role.AGENT: Level.CONSULTANT,
    Role.ENGINEER: Level.ENGINEER,
    Role.SUPERVISOR: Level.MANAGER,
    Role.ADMIN: Level.MANAGER,
}


class Act(StrEnum):
    ASK = "ask"  # for what is missing, with a limit and a warning
    COMPLETE = "complete"  # what was missing is there
    CONFIRM = "confirm"  # the confirmation was sent on a durable medium
    REMIND = "remind"
    ESCALATE = "escalate"
    PROPOSE = "propose"  # a decision, to be approved by somebody else
    RETURN = "return"  # the proposal is not approved
    APPROVE = "approve"
    ANSWER = "answer"  # the answer was sent
    WANT = "want"  # the customer asks for the answer once more
    RESEND = "resend"  # the answer was sent once more


class State(StrEnum):
    OPEN = "open"
    INCOMPLETE = "incomplete"  # the customer is asked for what is missing
    PROPOSED = "proposed"
    APPROVED = "approved"  # decided, and still to be sent
    ANSWERED = "answered"
    SILENCE = "silence"  # accepted by law, because nobody has answered in time
    LEFT = "left"  # not considered: it was not completed in time


DECISIONS = frozenset({"accepted", "partly", "refused"})
SETTLED = frozenset({State.ANSWERED, State.SILENCE, State.LEFT})


@dataclass(frozen=True, slots=True)
class Step:
    """`facts` by act: ask: missing; escalate: level, why; remind: clock, days; propose: decision, reasons, …"""

    act: Act
    on: date
    actor: str = HOTLINE
    facts: Mapping[str, str] = field(default_factory=dict)
    at: float = field(default=0.0, compare=False)  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class ComplaintRules:
    """Days. `answer` is what the operator promises by kind; `law` is when silence is an acceptance."""

    confirm: int = 14
    answer: Mapping[str, int] = field(default_factory=lambda: {"service_quality": 14})
    law: int = 30
    completion: int = 7
    remind: tuple[int, ...] = (7, 3, 1)  # before the end of a clock
    engineer: int = 7  # to the service engineer when so few days are left for the answer
    manager: int = 3
    copy: int = 3  # working days, to send the answer again to whoever asks
    required: tuple[str, ...] = ("name", "address", "since", "grounds", "answer_by")  # elements, by name

    def answer_due(self, kind: str, filed: date) -> date:
        """The last day for the answer: what is promised, and no later than silence is an acceptance."""
        return filed + min(self.answer.get(kind, self.law), self.law) * ONE_DAY

    def missing(self, elements: Mapping[str, object]) -> tuple[str, ...]:
        return tuple(each for each in self.required if not str(elements.get(each) or "").strip())


USUAL = ComplaintRules()


@dataclass(frozen=True, slots=True)
class Clock:
    """`due` is the last day, `done` the day on which it was done, None while it runs."""

    due: date
    done: date | None = None

    def left(self, today: date) -> int:
        """Days that are left, 0 on the last one; negative: late, and for what was done late by how much."""
        return (self.due - (self.done or today)).days


@dataclass(frozen=True, slots=True)
class Standing:
    state: State
    level: Level
    confirmation: Clock
    answer: Clock
    law: Clock  # that of the law for the answer
    completion: Clock | None = None
    copy: Clock | None = None  # that of sending the answer again
    proposed_by: str = HOTLINE
    decision: Mapping[str, str] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Nothing is owed any more: what silence has accepted is still to be told to the customer."""
        told = self.answer.done is not None or self.state is State.LEFT
        again = self.copy is None or self.copy.done is not None
        return told and again and self.confirmation.done is not None


class NotPossibleError(ValueError):
    """Why it cannot be done now, as a word: over, not_asked, not_proposed, own, level, not_approved, not_answered,
    done; decision, reasons, paid_by for what a decision lacks; queued for a letter that is on its way.
    """


def standing(
    kind: str,
    filed: date,
    steps: Sequence[Step],
    today: date,
    rules: ComplaintRules = USUAL,
    free_day: Callable[[date], bool] = lambda _: False,
) -> Standing:
    """`free_day`: a day off by law, on which the customer's limit does not end [Civil Code art. 115]."""
    first = {step.act: step.on for step in reversed(steps)}
    answered = first.get(Act.ANSWER)
    law = Clock(filed + rules.law * ONE_DAY, answered)
    proposal = _proposal(steps)
    completion = _completion(steps, rules, free_day)
    return Standing(
        _state(steps, completion, law, today),
        max((Level(int(step.facts["level"])) for step in steps if step.act is Act.ESCALATE), default=Level.CONSULTANT),
        Clock(filed + rules.confirm * ONE_DAY, first.get(Act.CONFIRM)),
        Clock(rules.answer_due(kind, filed), answered),
        law,
        completion,
        _copy(steps, rules, free_day),
        proposal.actor if proposal else HOTLINE,
        proposal.facts if proposal else {},
    )


def _proposal(steps: Sequence[Step]) -> Step | None:
    """The one that stands."""
    standing: Step | None = None
    for step in steps:
        if step.act is Act.PROPOSE:
            standing = step
        elif step.act is Act.RETURN:
            standing = None
    return standing


def _completion(steps: Sequence[Step], rules: ComplaintRules, free_day: Callable[[date], bool]) -> Clock | None:
    asked = next((step for step in reversed(steps) if step.act is Act.ASK), None)
    if asked is None:
        return None
    due = asked.on + rules.completion * ONE_DAY
    while free_day(due):
        due += ONE_DAY
    done = next((step.on for step in steps[steps.index(asked) :] if step.act is Act.COMPLETE), None)
    return Clock(due, done)


def _copy(steps: Sequence[Step], rules: ComplaintRules, free_day: Callable[[date], bool]) -> Clock | None:
    wanted = next((place for place in reversed(range(len(steps))) if steps[place].act is Act.WANT), None)
    if wanted is None:
        return None
    due = steps[wanted].on
    for _ in range(rules.copy):
        due += ONE_DAY
        while free_day(due):
            due += ONE_DAY
    return Clock(due, next((step.on for step in steps[wanted:] if step.act is Act.RESEND), None))


def _state(steps: Sequence[Step], completion: Clock | None, law: Clock, today: date) -> State:
    acts = [step.act for step in steps]
    if law.done and law.done <= law.due:
        return State.ANSWERED
    if completion and completion.done is None:
        return State.LEFT if completion.due < today else State.INCOMPLETE
    if law.due < today:
        return State.SILENCE
    decided = {Act.PROPOSE: State.PROPOSED, Act.RETURN: State.OPEN, Act.APPROVE: State.APPROVED}
    return next((decided[act] for act in reversed(acts) if act in decided), State.OPEN)


def allowed(now: Standing, act: Act, actor: str, role: Role) -> None:
    """Errors: NotPossibleError."""
    if act is Act.CONFIRM:  # always owed, whatever has become of it [PKE art. 378]
        if now.confirmation.done is not None:
            raise NotPossibleError("done")
        return
    if act in (Act.WANT, Act.RESEND):
        if now.answer.done is None:
            raise NotPossibleError("not_answered")
        if act is Act.WANT and now.copy and now.copy.done is None:
            raise NotPossibleError("done")
        return
    if now.state in SETTLED and not (act is Act.ANSWER and now.state is State.SILENCE and now.answer.done is None):
        raise NotPossibleError("over")
    if LEVEL_OF[role] < now.level and act not in (Act.ASK, Act.COMPLETE):
        raise NotPossibleError("level")
    _fits(now, act, actor)


def proper(act: Act, facts: Mapping[str, str]) -> None:
    """A decision says what the answer must name. Errors: NotPossibleError naming what it lacks."""
    if act is not Act.PROPOSE:
        return
    if facts.get("decision") not in DECISIONS:
        raise NotPossibleError("decision")
    if facts["decision"] != "accepted" and not facts.get("reasons", "").strip():
        raise NotPossibleError("reasons")
    if facts.get("compensation") and not _is_day(facts.get("paid_by", "")):
        raise NotPossibleError("paid_by")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _fits(now: Standing, act: Act, actor: str) -> None:
    if now.state is State.SILENCE:
        return
    wanted = {
        Act.COMPLETE: (State.INCOMPLETE, "not_asked"),
        Act.RETURN: (State.PROPOSED, "not_proposed"),
        Act.APPROVE: (State.PROPOSED, "not_proposed"),
        Act.ANSWER: (State.APPROVED, "not_approved"),
        Act.ASK: (State.OPEN, "done"),
        Act.PROPOSE: (State.OPEN, "done"),
    }
    state, why = wanted.get(act, (now.state, ""))
    if now.state is not state:
        raise NotPossibleError(why)
    if act is Act.APPROVE and actor == now.proposed_by:
        raise NotPossibleError("own")
    if act is Act.ESCALATE and now.level is Level.MANAGER:
        raise NotPossibleError("done")


def owed(now: Standing, steps: Sequence[Step], today: date, rules: ComplaintRules = USUAL) -> list[Step]:
    """What the hotline does by itself today: reminders of both clocks, and escalation as the answer's runs out.

    Looked at a day late it does the same: the next level, and one reminder of the days that are left.
    """
    if now.over:
        return []
    made = []
    answering = now.state not in SETTLED
    if answering and (level := _level_by_time(now, today, rules)) > now.level:
        days = str(now.answer.left(today))
        made.append(Step(Act.ESCALATE, today, facts={"level": str(int(level)), "why": "time", "days": days}))
    clocks = {"confirmation": now.confirmation, "answer": now.answer if answering else None, "copy": now.copy}
    for name, clock in clocks.items():
        before = LAST_DAY if name == "copy" else rules.remind
        reached = _reminder(clock, today, before) if clock else None
        told = _told(steps, name)
        if clock and reached is not None and not any(int(each) <= reached for each in told):
            facts = {"clock": name, "reached": str(reached), "days": str(clock.left(today))}
            made.append(Step(Act.REMIND, today, facts=facts))
    return made


def next_look(now: Standing, today: date, rules: ComplaintRules = USUAL) -> date | None:
    """The next day on which something may be owed by the passing of time alone; None: no day."""
    running = [clock for clock in (now.confirmation, now.answer, now.copy) if clock and clock.done is None]
    before = (*LAST_DAY, *rules.remind, rules.engineer, rules.manager)
    days = {clock.due - each * ONE_DAY for clock in running for each in before}
    ending = [clock for clock in (now.law, now.completion) if clock and clock.done is None]
    days |= {clock.due + ONE_DAY for clock in ending}
    return min((day for day in days if day > today), default=None)


def _told(steps: Sequence[Step], clock: str) -> set[str]:
    """Of which days before its end people were reminded; that of sending the answer again begins each time anew."""
    wanted = [place for place, step in enumerate(steps) if step.act is Act.WANT] if clock == "copy" else []
    since = steps[wanted[-1] :] if wanted else steps
    return {step.facts["reached"] for step in since if step.act is Act.REMIND and step.facts["clock"] == clock}


def _level_by_time(now: Standing, today: date, rules: ComplaintRules) -> Level:
    left = now.answer.left(today)
    if left <= rules.manager:
        return Level.MANAGER
    return Level.ENGINEER if left <= rules.engineer else Level.CONSULTANT


def _reminder(clock: Clock, today: date, before: Sequence[int]) -> int | None:
    """The nearest of the days before the end that has come; None while none has, or when it is done."""
    if clock.done is not None:
        return None
    return min((days for days in before if clock.left(today) <= days), default=None)
