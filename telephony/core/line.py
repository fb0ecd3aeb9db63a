"""The line: who waits, in which order, and who is next for the agents that are free.

Two lanes. Accessibility callers are served first; but while a standard caller is overdue (waits longer than the
queue's `max_wait_s`), every third assignment goes to the oldest overdue one: priority holds in overload, and nobody
starves. Turns are counted over the whole line, and once more among the agents who would do for an overdue caller, so
that one department's overdue callers do not use up the turns of another's. Within a lane the order is that of the first
arrivals, each minus the caller's boosts. Of the agents who will do, the longest idle one of the best fit is chosen;
those held in reserve, and wishes, count until a caller is overdue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from telephony.core.agent import Agent
from telephony.core.decision import Decision, Judge
from telephony.core.free_agents import FreeAgents, Need
from telephony.core.ids import AgentId, InteractionId, QueueName
from telephony.core.needs import Alternatives, relaxed, required
from telephony.core.order import Key
from telephony.core.place import OVERDUE_TURN, Choice, Orders, Place, Rule
from telephony.core.rules import Rules
from telephony.core.timers import Timers
from telephony.core.views import Lane
from telephony.core.waiting import Waiting


class Line:
    """Those who wait, and the agents who are free.

    `choose` looks, `take` changes: an offer that is not answered returns to its old place. Callers and agents come
    and go by `add`, `remove`, `free` and `busy`; time is told by `choose`, at `next_deadline` at the latest.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._places: dict[InteractionId, Place] = {}
        self._orders = Orders()
        self._agents = FreeAgents()
        self._relaxed: dict[tuple[QueueName, Alternatives, int], Need] = {}
        reserves = ((name, queue.reserve) for name, queue in rules.queues.items() if queue.reserve)
        self._reserves = [(self._agents.need(required({name: 1})), least) for name, least in reserves]
        self._changes = Timers()
        self._since_overdue = 0  # assignments in a row that passed an overdue caller by
        self._settled = True  # nothing has happened since there was no match

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, interaction: InteractionId) -> bool:
        return interaction in self._places

    def count(self, lane: Lane) -> int:
        orders = self._orders
        return len(orders.accessibility) if lane is Lane.ACCESSIBILITY else len(orders.standard) + len(orders.overdue)

    # -- who comes and goes -------------------------------------------------------------------------------------

    def add(self, waiting: Waiting) -> None:
        self.remove(waiting.interaction)
        rules, asked = self._rules.of(waiting.queue), required(waiting.requires)
        key = (waiting.first_arrival - rules.boost_s(waiting.boosts), waiting.sequence, waiting.interaction)
        place = Place(waiting, key, self._agents.need(asked), asked, waiting.changes(rules))
        self._places[waiting.interaction] = place
        self._orders.add(place)
        self._plan(place)
        self._settled = False

    def remove(self, interaction: InteractionId) -> None:
        if place := self._places.pop(interaction, None):
            self._orders.remove(place)
            self._changes.cancel(("line", interaction))

    def free(self, agent: Agent) -> None:
        """The agent is free, or free with other skills."""
        self._agents.add(agent)
        self._settled = False

    def busy(self, agent: AgentId) -> None:
        self._agents.remove(agent)

    # -- decisions ----------------------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """When time alone may bring a match: someone becomes overdue, or a need is relaxed."""
        return self._changes.next()

    def choose(self, now: float) -> Choice | None:
        """The next caller for whom one of the free agents will do, and that agent."""
        self._let_pass(now)
        if self._settled:
            return None
        free = self._agents.mask
        unreserved = free & ~self._reserved()
        turn = self._turn(free)
        for rule, key in self._by_rule(free, unreserved, turn):
            if key is not None:
                among = turn if rule is Rule.OVERDUE_TURN else free
                return self._choice(rule, self._places[key[2]], among, unreserved)
        self._settled = True
        return None

    def take(self, choice: Choice) -> None:
        """Carry the choice out: caller and agent leave, and the turn of the overdue is counted."""
        place = self._places[choice.waiting.interaction]
        self._orders.given(self._agents.able(choice.agent.agent), overdue=place.overdue)
        if place.overdue or not self._orders.oldest:
            self._since_overdue = 0
        elif self._orders.oldest.first(self._agents.mask) is not None:
            self._since_overdue += 1
        self.remove(choice.waiting.interaction)
        self.busy(choice.agent.agent)

    def _turn(self, free: int) -> int:
        """The free agents of whom it is an overdue caller's turn to get one."""
        everybodys = self._since_overdue >= OVERDUE_TURN - 1
        return free if everybodys else self._orders.due(free)

    def _by_rule(self, free: int, unreserved: int, turn: int) -> Iterator[tuple[Rule, Key | None]]:
        """One rule after the other, none looked into once one has found somebody."""
        orders = self._orders
        yield Rule.OVERDUE_TURN, orders.oldest.first(turn)
        yield Rule.ACCESSIBILITY_FIRST, orders.accessibility.first(free)
        standard = (orders.overdue.first(free), orders.standard.first(unreserved))
        yield Rule.FIRST_COME, min((key for key in standard if key is not None), default=None)

    def _choice(self, rule: Rule, place: Place, free: int, unreserved: int) -> Choice:
        any_agent = place.overdue or place.waiting.lane is Lane.ACCESSIBILITY
        able = place.need.mask & (free if any_agent else unreserved)
        wishes: Mapping[str, int] = {} if place.overdue else place.waiting.wishes
        return Choice(place.waiting, self._agents.best(able, wishes), rule)

    def _reserved(self) -> int:
        reserved = 0
        for queue, least in self._reserves:
            reserved |= self._agents.reserved(queue, least)
        return reserved

    # -- for those who look on ----------------------------------------------------------------------------------

    def ahead(self, interaction: InteractionId) -> int:
        """How many stand before this caller, by lane and key, and want agents who would do for this caller, too."""
        place, orders = self._places[interaction], self._orders
        if place.waiting.lane is Lane.ACCESSIBILITY:
            return orders.accessibility.before(place.key, place.need)
        lane = (orders.standard, orders.overdue)
        return orders.accessibility.rivals(place.need) + sum(order.before(place.key, place.need) for order in lane)

    def decision(self, choice: Choice) -> Decision:
        """Why this choice, and why not the others; ask before `take`."""
        agent = choice.agent.agent
        return Judge(choice, self._agents.bit(agent), self._agents.able(agent), self._reserved()).decision(
            self._orders, self._places
        )

    # -- time ---------------------------------------------------------------------------------------------------

    def _let_pass(self, now: float) -> None:
        while due := self._changes.pop_due(now):
            place = self._places[InteractionId(due[1])]
            rules = self._rules.of(place.waiting.queue)
            passed_by = place.need.passed_by if place.overdue else 0
            self._orders.remove(place)
            place.need = self._need(
                place, sum(now >= place.waiting.first_arrival + each.after_s for each in rules.relax)
            )
            place.overdue = place.waiting.overdue(now, rules)
            self._orders.add(place)
            if passed_by > place.need.passed_by:
                self._orders.count(place.need, passed_by)
            while place.changes and place.changes[-1] <= now:
                place.changes.pop()
            self._plan(place)
            self._settled = False

    def _need(self, place: Place, relaxations: int) -> Need:
        """After so many relaxations of the queue's."""
        queue = place.waiting.queue
        known = self._relaxed.get((queue, place.asked, relaxations))
        if known is None:
            known = self._agents.need(relaxed(place.asked, self._rules.of(queue).relax[:relaxations]))
            self._relaxed[queue, place.asked, relaxations] = known
        return known

    def _plan(self, place: Place) -> None:
        if place.changes:
            self._changes.set(("line", place.waiting.interaction), place.changes[-1])
