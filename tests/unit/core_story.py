"""A story told to the engine with literal times; what it answered is kept for the tests."""

from __future__ import annotations

from telephony.core import events as ev
from telephony.core.commands import CallEnded, Command, Dial
from telephony.core.engine import Engine
from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid
from telephony.core.rules import QueueRules, Rules
from telephony.core.views import AgentState, CallView, Lane

SUPPORT = QueueName("support")
ANNA, PIOTR = AgentId("anna"), AgentId("piotr")
RULES = Rules({SUPPORT: QueueRules(max_wait_s=1200.0, wrap_up_s=5.0, ring_timeout_s=20.0)}, pop_paint_s=0.25)


class Story:
    def __init__(self, rules: Rules = RULES) -> None:
        self.engine = Engine(rules)
        self.said: list[Command] = []

    def tell(self, event: ev.Event, now: float) -> list[Command]:
        answer = self.engine.handle(event, now)
        self.said += answer
        return answer

    def wait_until(self, now: float) -> list[Command]:
        answer = self.engine.handle_timer(now)
        self.said += answer
        return answer

    def agent(self, agent: AgentId, now: float = 0.0, skills: dict[str, int] | None = None) -> None:
        self.tell(ev.AgentSignedIn(agent, f"phone-{agent}", skills or {"support": 1}), now)
        self.tell(ev.AgentReady(agent), now)

    def arrives(self, name: str, now: float) -> InteractionId:
        call = InteractionId(name)
        self.tell(
            ev.CallArrived(call, "n1", f"PJSIP/{name}", Uniqueid(f"u-{name}"), f"l-{name}", "+48221", "+48500"), now
        )
        return call

    def queues(self, name: str, now: float, lane: Lane = Lane.STANDARD) -> InteractionId:
        call = self.arrives(name, now)
        self.tell(ev.CallQueued(call, SUPPORT, lane), now)
        return call

    def hangs_up(self, call: InteractionId, now: float) -> list[Command]:
        return self.tell(ev.CallHungUp(Uniqueid(f"u-{call}"), 16), now)

    def painted(self, call: InteractionId, agent: AgentId, now: float) -> list[Command]:
        return self.tell(ev.PopPainted(call, agent, self.view(call).attempt), now)

    def talks(self, call: InteractionId, agent: AgentId, now: float) -> None:
        self.painted(call, agent, now)
        attempt = self.view(call).attempt
        self.tell(ev.AgentRinging(call, attempt), now)
        self.tell(ev.CallAnswered(call, attempt), now)

    def view(self, call: InteractionId) -> CallView:
        return next(view for view in self.engine.calls() if view.interaction == call)

    def agent_state(self, agent: AgentId) -> AgentState:
        return next(each.state for each in self.engine.agents() if each.agent == agent)

    def dials(self) -> list[tuple[str, str]]:
        return [(each.interaction, each.agent) for each in self.said if isinstance(each, Dial)]

    def endings(self) -> dict[str, str]:
        ended = [each.call for each in self.said if isinstance(each, CallEnded)]
        assert len({call.interaction for call in ended}) == len(ended), "an interaction ended twice"
        return {call.interaction: str(call.outcome) for call in ended}
