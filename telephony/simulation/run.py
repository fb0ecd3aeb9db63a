"""One run: the engine of production, told by a fake clock what callers, agents and phones do.

Nothing here decides anything: the line, the offers, the states of agents, wrap-up and deadlines are the engine's own,
so that what is true of a simulated day is true of the code that will run it.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time

from telephony.core import events as ev
from telephony.core.commands import (
    AgentChanged,
    CallChanged,
    CallEnded,
    Command,
    Decided,
    Dial,
    DialOut,
    LeaveLine,
    RingFirst,
    ShowPop,
)
from telephony.core.engine import Engine
from telephony.core.estimate import Minutes
from telephony.core.hours import Hours
from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid
from telephony.core.promises import CallBackRequest
from telephony.core.rules import CallBackRules, Rules
from telephony.core.views import AgentState, Outcome
from telephony.simulation.callers import Caller
from telephony.simulation.scenario import AgentGroup, Scenario

NODE = "simulated"
PHONE, BACK = "phone-", "-back"  # before an agent's name, and after a caller's whose call-back it is
NORMAL_CLEARING, NO_ANSWER = 16, 19  # [Q.850 §2.2.7]

_WORK = frozenset({AgentState.OFFERED, AgentState.RINGING, AgentState.TALKING, AgentState.HOLDING, AgentState.WRAP_UP})


@dataclass(frozen=True, slots=True)
class Call:
    """What became of a caller. Neither answered nor abandoned: still in line when the run ended."""

    caller: Caller
    answered_s: float | None
    agent: AgentId | None
    abandoned_s: float | None
    explanation: str
    left_s: float | None = None  # sent on by an overflow
    called_back: bool = False  # promised a call; `answered_s` is then when they talked

    @property
    def waited_s(self) -> float | None:
        """How long the caller was in line; None for who still is."""
        ended_s = next((at for at in (self.left_s, self.answered_s, self.abandoned_s) if at is not None), None)
        return None if ended_s is None else ended_s - self.caller.arrived_s


@dataclass(frozen=True, slots=True)
class Shift:
    """One agent's run in seconds: signed in, and of that ringing, talking and in wrap-up."""

    group: AgentGroup
    staffed_s: float
    worked_s: float


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a caller in line was told of the wait, `said` None: nothing."""

    interaction: InteractionId
    at_s: float
    said: Minutes | None


@dataclass(frozen=True, slots=True)
class Run:
    calls: tuple[Call, ...]  # by arrival
    shifts: Mapping[AgentId, Shift]
    announcements: tuple[Announcement, ...] = ()


def play(scenario: Scenario, callers: Sequence[Caller], announce_every_s: float | None = None) -> Run:
    """Let these callers call; the run ends at `duration_s`, wherever anybody stands then. With `announce_every_s` who
    waits is told of the wait on entering the line, and then so often.
    """
    return _Play(scenario, callers, announce_every_s).run()


def agents_of(scenario: Scenario) -> Iterator[tuple[AgentId, AgentGroup]]:
    """Every agent by name: agent-1, agent-2, … in the order of the scenario."""
    each = (group for group in scenario.agents for _ in range(group.count))
    return ((AgentId(f"agent-{number}"), group) for number, group in enumerate(each, 1))


@dataclass(frozen=True, slots=True)
class _OutOfPatience:
    interaction: InteractionId


@dataclass(frozen=True, slots=True)
class _Announce:
    interaction: InteractionId


_Planned = ev.Event | _OutOfPatience | _Announce


@dataclass(slots=True)
class _Fate:
    """A call in the making."""

    caller: Caller
    answered_s: float | None = None
    agent: AgentId | None = None
    abandoned_s: float | None = None
    explanation: str = ""
    left_s: float | None = None
    called_back: bool = False
    tries: int = 0

    def call(self) -> Call:
        return Call(
            self.caller,
            self.answered_s,
            self.agent,
            self.abandoned_s,
            self.explanation,
            self.left_s,
            self.called_back,
        )

    @property
    def in_line(self) -> bool:
        return self.answered_s is None and self.abandoned_s is None and self.left_s is None

    def picks_up(self) -> bool:
        """Whether the customer who is called back does so this time."""
        self.tries += 1
        return self.caller.reached[min(self.tries, len(self.caller.reached)) - 1]


@dataclass(slots=True)
class _Hours:
    """An agent's time so far; `state` holds since `since_s`."""

    group: AgentGroup
    state: AgentState = AgentState.OFF
    since_s: float = 0.0
    staffed_s: float = 0.0
    worked_s: float = 0.0

    def turn(self, state: AgentState, now: float) -> None:
        self.staffed_s += now - self.since_s if self.state is not AgentState.OFF else 0.0
        self.worked_s += now - self.since_s if self.state in _WORK else 0.0
        self.state, self.since_s = state, now


class _Play:
    def __init__(self, scenario: Scenario, callers: Sequence[Caller], announce_every_s: float | None) -> None:
        self._announce_every_s = announce_every_s
        self._announcements: list[Announcement] = []
        self._end_s = scenario.duration_s
        queues = {
            name: replace(rules, call_back=at_any_hour(rules.call_back)) for name, rules in scenario.queues.items()
        }
        self._engine = Engine(Rules(queues, pop_paint_s=0.0, nodes_out=(NODE,)))
        self._chance = {agent: random.Random(f"{scenario.seed}/{agent}") for agent, _ in agents_of(scenario)}
        self._agenda: list[tuple[float, int, tuple[_Planned, ...]]] = []
        self._planned = 0
        self._fates: dict[InteractionId, _Fate] = {}
        self._hours = {agent: _Hours(group) for agent, group in agents_of(scenario)}
        for agent, hours in self._hours.items():
            self._plan_shift(agent, hours.group)
        for caller in callers:
            self._plan_caller(caller)

    def run(self) -> Run:
        while (now := self._next_s()) <= self._end_s:
            deadline = self._engine.next_deadline()
            if deadline is not None and deadline <= now:
                self._follow(self._engine.handle_timer(now), now)
            else:
                for event in heapq.heappop(self._agenda)[2]:
                    self._tell(event, now)
        for hours in self._hours.values():
            hours.turn(AgentState.OFF, self._end_s)
        shifts = {agent: Shift(each.group, each.staffed_s, each.worked_s) for agent, each in self._hours.items()}
        return Run(tuple(fate.call() for fate in self._fates.values()), shifts, tuple(self._announcements))

    # -- what will happen by itself -------------------------------------------------------------------------------

    def _plan(self, at_s: float, *events: _Planned) -> None:
        """What happens at one moment happens in the order in which it was planned."""
        self._planned += 1
        heapq.heappush(self._agenda, (at_s, self._planned, events))

    def _plan_shift(self, agent: AgentId, group: AgentGroup) -> None:
        self._plan(group.from_s, ev.AgentSignedIn(agent, f"{PHONE}{agent}", group.skills), ev.AgentReady(agent))
        self._plan(group.to_s, ev.AgentSignedOut(agent))

    def _plan_caller(self, caller: Caller) -> None:
        self._fates[caller.id] = _Fate(caller)
        channel, uniqueid = f"PJSIP/{caller.id}", Uniqueid(caller.id)
        self._plan(
            caller.arrived_s,
            ev.CallArrived(caller.id, NODE, channel, uniqueid, caller.id, "", None),
            _queued(caller),
        )
        if self._announce_every_s is not None:
            self._plan(caller.arrived_s, _Announce(caller.id))
        if caller.patience_s is not None:
            self._plan(caller.arrived_s + caller.patience_s, _OutOfPatience(caller.id))

    def _next_s(self) -> float:
        deadline = self._engine.next_deadline()
        planned = self._agenda[0][0] if self._agenda else float("inf")
        return planned if deadline is None else min(deadline, planned)

    # -- what follows from what the engine says -------------------------------------------------------------------

    def _tell(self, event: _Planned, now: float) -> None:
        match event:
            case _OutOfPatience():
                if self._fates[event.interaction].in_line:
                    self._tell(ev.CallHungUp(Uniqueid(event.interaction), NORMAL_CLEARING), now)
            case _Announce():
                self._announce(event, now)
            case _:
                self._follow(self._engine.handle(event, now), now)

    def _announce(self, event: _Announce, now: float) -> None:
        if self._announce_every_s is None or not self._fates[event.interaction].in_line:
            return
        self._announcements.append(Announcement(event.interaction, now, self._engine.announce(event.interaction, now)))
        self._plan(now + self._announce_every_s, event)

    def _follow(self, commands: Sequence[Command], now: float) -> None:
        """Do what the engine asks, and tell it at once of what happens at once."""
        waiting = deque(commands)
        while waiting:
            for event in self._answer(waiting.popleft(), now):
                waiting.extend(self._engine.handle(event, now))

    def _answer(self, command: Command, now: float) -> Sequence[ev.Event]:
        match command:
            case ShowPop():
                return (ev.PopPainted(command.call.interaction, command.agent, command.attempt),)
            case Dial():
                return self._ring(command, now)
            case RingFirst():
                return self._ring_first(command, now)
            case DialOut():
                return self._customer(command, now)
            case LeaveLine():
                return self._let_go(command.interaction, now)
            case AgentChanged():
                self._turn(command, now)
            case Decided():
                self._fate(command.interaction).explanation = command.explanation
            case CallChanged():
                self._answered(command, now)
            case CallEnded() if command.call.outcome is Outcome.ABANDONED_LINE:
                self._fate(command.call.interaction).abandoned_s = now
        return ()

    def _fate(self, interaction: InteractionId) -> _Fate:
        """Of a caller, or of who is called back under a name of its own."""
        return self._fates[InteractionId(interaction.removesuffix(BACK))]

    def _turn(self, changed: AgentChanged, now: float) -> None:
        hours = self._hours[changed.agent]
        hours.turn(changed.state, now)
        if changed.state is AgentState.NOT_ANSWERING:
            self._plan(now + hours.group.back_after_s, ev.AgentReady(changed.agent))

    def _picks_up(self, agent: AgentId) -> bool:
        ratio = self._hours[agent].group.no_answer_ratio
        return ratio == 0 or self._chance[agent].random() >= ratio

    def _ring(self, dial: Dial, now: float) -> Sequence[ev.Event]:
        if not self._picks_up(dial.agent):
            self._plan(now + dial.ring_timeout_s, ev.DialEnded(dial.interaction, dial.attempt, "NOANSWER"))
            return ()
        answer = ev.CallAnswered(dial.interaction, dial.attempt)
        after_s = self._hours[dial.agent].group.answer_after_s
        return self._after(after_s, now, ev.AgentRinging(dial.interaction, dial.attempt), answer)

    def _after(self, after_s: float, now: float, *events: ev.Event) -> Sequence[ev.Event]:
        """What is said at once, or else planned; a ringing that takes no time is none."""
        if after_s == 0:
            return events[-1:]
        self._plan(now + after_s, *events)
        return ()

    # -- overflow and call-backs ------------------------------------------------------------------------------------

    def _let_go(self, interaction: InteractionId, now: float) -> Sequence[ev.Event]:
        """What the flow's `on_overflow` would do."""
        fate, gone = self._fates[interaction], ev.CallHungUp(Uniqueid(interaction), NORMAL_CLEARING)
        to = fate.caller.overflow
        assert to
        if to.queue or (to.call_back and not fate.caller.takes_call_back):
            return (_queued(fate.caller, to.queue),)
        fate.left_s, fate.called_back = now, to.call_back
        if not to.call_back:
            return (ev.CallServed(interaction, Outcome.VOICEMAIL), gone)
        return ev.CallServed(interaction, Outcome.CALLBACK), gone, ev.CallBackRequested(_request(fate.caller, now))

    def _ring_first(self, ring: RingFirst, now: float) -> Sequence[ev.Event]:
        answer = ev.FirstLegAnswered(ring.interaction, ring.attempt, ring.uniqueid, ring.uniqueid)
        nobody = ev.CallHungUp(ring.uniqueid, NO_ANSWER)
        if not ring.endpoint:
            reached = self._fate(ring.interaction).picks_up()
            return (answer,) if reached else self._after(ring.ring_timeout_s, now, nobody)
        agent = AgentId(ring.endpoint.removeprefix(PHONE))
        if not self._picks_up(agent):
            return self._after(ring.ring_timeout_s, now, nobody)
        return self._after(self._hours[agent].group.answer_after_s, now, answer)

    def _customer(self, dial: DialOut, now: float) -> Sequence[ev.Event]:
        if self._fate(dial.interaction).picks_up():
            return (ev.CallAnswered(dial.interaction, dial.attempt, customer=Uniqueid(dial.interaction)),)
        return self._after(dial.ring_timeout_s, now, ev.DialEnded(dial.interaction, dial.attempt, "NOANSWER"))

    def _answered(self, changed: CallChanged, now: float) -> None:
        call, fate = changed.call, self._fate(changed.call.interaction)
        if call.answered_at is not None and fate.answered_s is None:
            fate.answered_s, fate.agent = now, call.agent
            self._plan(now + fate.caller.handle_s, ev.CallHungUp(call.uniqueid, NORMAL_CLEARING))


def _queued(caller: Caller, queue: QueueName | None = None) -> ev.CallQueued:
    """Into the line of the queue the caller wants, or of another, which asks for nothing but its own skill."""
    if queue:
        return ev.CallQueued(caller.id, queue, caller.lane, boosts=caller.boosts)
    overflows = caller.overflow is not None
    return ev.CallQueued(caller.id, caller.queue, caller.lane, caller.requires, caller.wishes, caller.boosts, overflows)


def _request(caller: Caller, now: float) -> CallBackRequest:
    """Each caller has a number of one's own; that of the simulation's own is shown."""
    number = f"+485{int(caller.id.rpartition('-')[2]):08d}"
    back = InteractionId(f"{caller.id}{BACK}")
    return CallBackRequest(caller.id, caller.queue, caller.lane, number, "+48220000100", caller.arrived_s, now, back)


def at_any_hour(rules: CallBackRules) -> CallBackRules:
    """Second 0 of a run is no hour of the day."""
    return replace(rules, hours=Hours(time(0), time(0)))
