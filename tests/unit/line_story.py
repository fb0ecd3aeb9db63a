"""A history told to the line, with what was waiting and who was free at each assignment, for judging it afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from telephony.core.agent import Agent
from telephony.core.decision import Decision
from telephony.core.free_agents import ACCESSIBILITY_SKILL
from telephony.core.ids import AgentId, InteractionId, QueueName
from telephony.core.line import Line
from telephony.core.needs import Alternatives, meets, relaxed, required
from telephony.core.place import Choice
from telephony.core.rules import Boost, QueueRules, Relaxation, Rules
from telephony.core.views import AgentState, Lane
from telephony.core.waiting import Waiting

SUPPORT, BILLING = QueueName("support"), QueueName("billing")
CAP_S = 60.0
RULES = Rules(
    {
        SUPPORT: QueueRules(
            max_wait_s=100.0,
            boosts={Boost.OUTAGE: 20.0, Boost.REPEAT: 30.0, Boost.COMPLAINT: 40.0},
            boost_cap_s=CAP_S,
            relax=(Relaxation(30.0, "support", 1), Relaxation(60.0, "support", 1, instead="billing")),
            reserve=1,
        ),
        BILLING: QueueRules(max_wait_s=50.0),
    }
)
SKILLS: Sequence[dict[str, int]] = (
    {"support": 1},
    {"support": 2, ACCESSIBILITY_SKILL: 1},
    {"support": 2, "english": 1},
    {"billing": 1},
    {"support": 1, "billing": 1, ACCESSIBILITY_SKILL: 1},
)
REQUIRES: Sequence[tuple[QueueName, dict[str, int]]] = (
    (SUPPORT, {"support": 1}),
    (SUPPORT, {"support": 2}),
    (BILLING, {"billing": 1}),
)


@dataclass(frozen=True)
class Caller:
    needs: tuple[QueueName, dict[str, int]]
    lane: Lane
    wishes: dict[str, int]
    boosts: frozenset[Boost]


@dataclass(frozen=True)
class Freed:
    agent: int


@dataclass(frozen=True)
class Taken:
    agent: int


@dataclass(frozen=True)
class Gone:
    place: int


@dataclass(frozen=True)
class Back:
    """The last one who was offered to an agent was not answered."""


@dataclass(frozen=True)
class Passed:
    seconds: float


callers = st.builds(
    Caller,
    st.sampled_from(REQUIRES),
    st.sampled_from(Lane),
    st.sampled_from([{}, {}, {"english": 1}, {"english": 1, "support": 2}]),
    st.frozensets(st.sampled_from(Boost), max_size=3),
)
agents = st.integers(0, len(SKILLS) * 2 - 1)
happenings = st.one_of(
    callers,
    callers,
    st.builds(Freed, agents),
    st.builds(Taken, agents),
    st.builds(Gone, st.integers(0, 50)),
    st.just(Back()),
    st.builds(Passed, st.sampled_from([0.0, 1.0, 5.0, 10.0, 30.0, 50.0, 100.0]) | st.floats(0.0, 60.0)),
)
# An overload, so that there are turns: callers, then agents one by one.
overloads = st.tuples(
    st.lists(st.one_of(callers, callers, st.builds(Passed, st.floats(0.0, 30.0))), min_size=5, max_size=40),
    st.lists(st.one_of(st.builds(Freed, agents), callers, st.builds(Passed, st.floats(0.0, 30.0))), max_size=60),
).map(lambda parts: [*parts[0], *parts[1]])
histories = st.one_of(st.lists(happenings, max_size=60), overloads)


@dataclass(frozen=True)
class Assigned:
    choice: Choice
    decision: Decision
    before: tuple[Waiting, ...]
    free: tuple[Agent, ...]
    now: float

    @property
    def winner(self) -> Waiting:
        return self.choice.waiting


class Story:
    def __init__(self) -> None:
        self.line = Line(RULES)
        self.now = 1000.0
        self.waiting: dict[str, Waiting] = {}
        self.free: dict[str, Agent] = {}
        self.assigned: list[Assigned] = []
        self.known: list[Agent] = []  # who was ever free
        self._entered = 0

    def tell(self, happening: object) -> None:
        match happening:
            case Caller():
                self.arrive(happening)
            case Freed(number):
                self.agent_free(number)
            case Taken(number):
                self.free.pop(name := f"a{number}", None)
                self.line.busy(AgentId(name))
            case Gone(place) if self.waiting:
                self.gone(sorted(self.waiting)[place % len(self.waiting)])
            case Back() if self.assigned and self.assigned[-1].winner.interaction not in self.waiting:
                self.enter(self.assigned[-1].winner)
            case Passed(seconds):
                self.let_pass(seconds)
        self.settle()

    def arrive(self, caller: Caller) -> Waiting:
        self._entered += 1
        name = InteractionId(f"c{1000 - self._entered}")  # names do not tell the order
        queue, requires = caller.needs
        waiting = Waiting(name, queue, caller.lane, self.now, requires, self._entered, caller.wishes, caller.boosts)
        self.enter(waiting)
        return waiting

    def enter(self, waiting: Waiting) -> None:
        self.waiting[waiting.interaction] = waiting
        self.line.add(waiting)

    def agent_free(self, number: int) -> None:
        agent = Agent(AgentId(f"a{number}"), "p", SKILLS[number % len(SKILLS)], AgentState.AVAILABLE)
        agent = self.free.setdefault(agent.agent, replace(agent, idle_since=self.now))
        self.known.append(agent)
        self.line.free(agent)

    def gone(self, name: str) -> None:
        del self.waiting[name]
        self.line.remove(InteractionId(name))

    def let_pass(self, seconds: float) -> None:
        end = self.now + seconds
        while (at := self.line.next_deadline()) is not None and at <= end:
            assert at >= self.now
            self.now = at
            self.settle()
        self.now = end
        assert self.line.choose(self.now) is None, "time alone made a match, and no deadline had told of it"

    def rivals(self, one: Waiting, other: Waiting) -> bool:
        """Whether both want the same, or one agent will do for both."""
        needs = need(one, self.now), need(other, self.now)
        return needs[0] == needs[1] or any(all(meets(agent.skills, each) for each in needs) for agent in self.known)

    def settle(self) -> None:
        while choice := self.line.choose(self.now):
            before, free = tuple(self.waiting.values()), tuple(self.free.values())
            self.assigned.append(Assigned(choice, self.line.decision(choice), before, free, self.now))
            self.line.take(choice)
            del self.waiting[choice.waiting.interaction]
            del self.free[choice.agent.agent]


def told(history: Iterable[object]) -> Story:
    story = Story()
    for happening in history:
        story.tell(happening)
    return story


def overdue(waiting: Waiting, now: float) -> bool:
    return waiting.lane is Lane.STANDARD and now - waiting.first_arrival > RULES.of(waiting.queue).max_wait_s


def need(waiting: Waiting, now: float) -> Alternatives:
    """What is asked by now, from the rules themselves."""
    due = [each for each in RULES.of(waiting.queue).relax if now >= waiting.first_arrival + each.after_s]
    return relaxed(required(waiting.requires), due)


def reserved(free: Iterable[Agent]) -> set[AgentId]:
    trained = {each.agent for each in free if each.skills.get(ACCESSIBILITY_SKILL) and each.skills.get("support")}
    return trained if len(trained) <= 1 else set()


def able(waiting: Waiting, free: Sequence[Agent], now: float) -> list[Agent]:
    """Who may have this caller, reservations counted."""
    held = set() if overdue(waiting, now) or waiting.lane is Lane.ACCESSIBILITY else reserved(free)
    return [agent for agent in free if agent.agent not in held and meets(agent.skills, need(waiting, now))]
