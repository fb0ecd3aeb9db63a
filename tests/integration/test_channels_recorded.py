"""Real recordings of AMI through parser, translation, picture of channels and engine: whole, and damaged by seeds.

Damaged: events left out, doubled, and shuffled among their neighbours. Whatever comes of it, there is one outcome per
interaction, no state goes backwards, and nothing raises.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from telephony.asterisk import channel_facts, translate
from telephony.asterisk.ami_wire import AmiEvent, Parser, Taint
from telephony.asterisk.translate import Attempt
from telephony.core import events as ev
from telephony.core.channels import Channels
from telephony.core.commands import CallChanged, CallEnded, Dial, ShowPop
from telephony.core.engine import Engine
from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid
from telephony.core.rules import QueueRules, Rules
from telephony.core.talks import Talks
from telephony.core.views import AgentState, CallState, CallView, Lane, SpanKind

RECORDINGS = Path(__file__).parents[1] / "fixtures" / "ami"
SCENES = sorted(path.stem for path in RECORDINGS.glob("*.ami"))
SUPPORT = QueueName("support")
ANNA, EWA = AgentId("anna"), AgentId("ewa")
RING = "4"  # the state of a channel that comes in
RULES = Rules({SUPPORT: QueueRules(max_wait_s=60.0, wrap_up_s=5.0, ring_timeout_s=8.0)})
# What the product reads, and what only the whole picture needs.
WANTED = {
    **channel_facts.FACTS,
    **{
        name: (*keys, *channel_facts.FACTS.get(name, ()), "Context", "Channel")
        for name, keys in translate.WANTED.items()
    },
    "AGIExecEnd": ("Uniqueid", "Command"),
    "VarSet": ("Uniqueid", "Variable", "Value"),
    "Newchannel": (*channel_facts.FACTS["Newchannel"], "Context"),
}
# The way of a state when nothing is lost; an offer that came to nothing goes back with a new attempt.
PROGRESS = {state: place for place, state in enumerate(
    (CallState.MENU, CallState.LINE, CallState.OFFERED, CallState.RINGING, CallState.FALLBACK, CallState.TALKING,
     CallState.FALLBACK_TALK, CallState.AFTER_TALK, CallState.TRANSFERRED_OUT, CallState.SERVED, CallState.ENDED)
)}  # fmt: skip


def recorded(scene: str) -> list[AmiEvent]:
    items = Parser(WANTED).feed(RECORDINGS.joinpath(f"{scene}.ami").read_bytes())
    assert not any(isinstance(item, Taint) for item in items)
    return [item for item in items if isinstance(item, AmiEvent)]


@dataclass
class Replay:
    """The server without sockets: what the AGI session would say is read from Asterisk's account of it."""

    engine: Engine = field(default_factory=lambda: Engine(RULES))
    talks: Talks = field(default_factory=Talks)
    states: dict[InteractionId, list[CallState]] = field(default_factory=dict)
    outcomes: dict[InteractionId, str] = field(default_factory=dict)
    freed: list[InteractionId] = field(default_factory=list)  # calls that lived when their agent was free again
    last: dict[InteractionId, CallView] = field(default_factory=dict)
    now: float = 0.0
    _attempts: dict[Uniqueid, Attempt] = field(default_factory=dict)
    _status: dict[str, str] = field(default_factory=dict)
    _last: dict[InteractionId, tuple[int, int]] = field(default_factory=dict)

    def run(self, events: Iterable[AmiEvent]) -> Replay:
        self.tell(ev.AgentSignedIn(ANNA, "anna", {SUPPORT: 1}))
        self.tell(ev.AgentReady(ANNA))
        for event in events:
            self.now += 0.01
            self.hear(event)
        return self

    def hear(self, event: AmiEvent) -> None:
        fields = event.fields
        if event.name == "Newchannel" and fields["Context"] == "hotline-in" and fields["ChannelState"] == RING:
            self.arrives(Uniqueid(fields["Uniqueid"]), fields["Linkedid"], fields["Channel"])
        elif event.name == "VarSet" and fields["Variable"] == "DIALSTATUS":
            self._status[fields["Uniqueid"]] = fields["Value"]
        elif event.name == "AGIExecEnd" and fields["Command"].startswith('EXEC "Dial'):
            self.dial_ended(Uniqueid(fields["Uniqueid"]))
        elif event.name in translate.WANTED and not event.name.startswith("RTCP") and event.name != "UserEvent":
            known = translate.to_core("n1", event, self._attempts.get)
            if isinstance(known, ev.CallAnswered):
                caller, agent = Uniqueid(fields["Uniqueid"]), Uniqueid(fields["DestUniqueid"])
                self.talks.answered(known.interaction, known.attempt, caller, agent)
            if known is not None:
                self.tell(known)
        self.picture(event)

    def picture(self, event: AmiEvent) -> None:
        if (fact := channel_facts.fact(event)) is not None:
            for news in self.talks.hear(fact):
                self.tell(news)
            if met := self.talks.met(fact, lambda uniqueid: uniqueid in self._attempts):
                attempt = self._attempts[met[0]]
                self.talks.answered(attempt.interaction, attempt.number, *met)
                channel = self.talks.channels.get(met[1])
                phone = translate.endpoint(channel.name) if channel else ""
                self.tell(ev.CallAnswered(attempt.interaction, attempt.number, phone))

    def arrives(self, uniqueid: Uniqueid, linkedid: str, channel: str) -> None:
        call = InteractionId(f"i-{uniqueid}")
        self._attempts[uniqueid] = Attempt(call, 1, "anna")
        self.tell(ev.CallArrived(call, "n1", channel, uniqueid, linkedid, "+48220000100", None))
        self.tell(ev.CallQueued(call, SUPPORT, Lane.STANDARD))

    def dial_ended(self, uniqueid: Uniqueid) -> None:
        if attempt := self._attempts.pop(uniqueid, None):
            self.tell(ev.DialEnded(attempt.interaction, attempt.number, self._status.get(uniqueid) or "CANCEL"))

    def tell(self, event: ev.Event) -> None:
        for command in self.engine.handle(event, self.now):
            match command:
                case CallChanged(call):
                    self.changed(call)
                case CallEnded(call):
                    assert call.interaction not in self.outcomes, "two outcomes"
                    self.outcomes[call.interaction] = str(call.outcome)
                case ShowPop(call):
                    self.tell(ev.PopPainted(call.interaction, ANNA, call.attempt))
                case Dial():
                    self._dial(command)
        self._note_freed()

    def _dial(self, dial: Dial) -> None:
        for uniqueid, attempt in self._attempts.items():
            if attempt.interaction == dial.interaction:
                self._attempts[uniqueid] = Attempt(dial.interaction, dial.attempt, dial.endpoint)

    def changed(self, call: CallView) -> None:
        self.last[call.interaction] = call
        states = self.states.setdefault(call.interaction, [])
        if not states or states[-1] is not call.state:
            states.append(call.state)
        attempt_over = call.state is CallState.LINE and call.attempt > 0
        here = call.attempt, PROGRESS[CallState.RINGING] if attempt_over else PROGRESS[call.state]
        assert here >= self._last.get(call.interaction, (0, 0)), "a step back"
        self._last[call.interaction] = here

    def _note_freed(self) -> None:
        wrapping = any(agent.state is AgentState.WRAP_UP for agent in self.engine.agents())
        self.freed += [
            call.interaction for call in self.engine.calls() if wrapping and call.interaction not in self.freed
        ]

    def end(self) -> None:
        """A snapshot without any channel, as after a log-in: what is left has gone."""
        self.now += 60.0
        for news in self.talks.keep_only(frozenset()):
            self.tell(news)
        self.tell(ev.NodeSnapshot("n1", frozenset(), self.now))
        assert set(self.outcomes) == set(self.states), "a call without an outcome"
        assert len(self.talks) == 0
        assert len(self.talks.channels) == 0
        assert all(agent.interaction is None for agent in self.engine.agents())


OUTCOMES = {
    "plain": ["answered"],
    "caller_hangs_up": ["answered"],
    "no_answer": ["abandoned_line"],
    "busy": ["abandoned_line"],
    "declined": ["abandoned_line"],
    "gives_up_ringing": ["abandoned_line"],
    "hold": ["answered"],
    "blind_to_phone": ["answered"],
    "blind_to_trunk": ["transferred_out"],
    "blind_unanswered": ["answered"],
    "blind_refused": ["answered"],
    "attended_to_phone": ["answered"],
    "attended_to_trunk": ["transferred_out"],
    "attended_while_ringing": ["answered"],
    "attended_to_agi": ["answered"],
    "consultation_given_up": ["answered"],
    "conference": ["answered"],
    "pickup": ["answered"],
    "music": [],
    "local_channels": [],
    "hangup_causes": [],
}


def test_every_recording_is_replayed() -> None:
    assert set(SCENES) == {*OUTCOMES, "queue"}


@pytest.mark.parametrize("scene", sorted(OUTCOMES))
def test_each_call_has_the_outcome_that_it_had(scene: str) -> None:
    replay = Replay().run(recorded(scene))
    assert list(replay.outcomes.values()) == OUTCOMES[scene]
    assert len(replay.talks) == len(replay.talks.channels) == 0


@pytest.mark.parametrize("scene", [scene for scene in sorted(OUTCOMES) if scene.startswith(("blind_", "attended_"))])
def test_an_agent_who_handed_over_is_free_while_the_caller_lives_on(scene: str) -> None:
    replay = Replay().run(recorded(scene))
    assert len(replay.freed) == (0 if scene == "blind_refused" else 1)
    if scene != "blind_refused":
        assert CallState.AFTER_TALK in replay.states[replay.freed[0]]


def test_who_picks_a_call_up_is_named_and_who_was_dialled_is_free() -> None:
    replay = Replay()
    replay.tell(ev.AgentSignedIn(EWA, "ewa", {}))
    replay.run(recorded("pickup"))
    assert [call.agent for call in replay.last.values()] == [EWA]
    assert {agent.agent: agent.state for agent in replay.engine.agents()} == {
        ANNA: AgentState.AVAILABLE,
        EWA: AgentState.PAUSED,  # as she was before
    }


def test_a_hold_is_in_the_history_of_its_call() -> None:
    ((span,),) = (call.spans for call in Replay().run(recorded("hold")).last.values())
    assert span.kind is SpanKind.HOLD
    assert span.to_at is not None
    assert all(not call.spans for call in Replay().run(recorded("plain")).last.values())


def dropped(events: list[AmiEvent], rng: random.Random) -> list[AmiEvent]:
    return [event for event in events if rng.random() > 0.15]


def doubled(events: list[AmiEvent], rng: random.Random) -> list[AmiEvent]:
    return [each for event in events for each in [event] * (1 + (rng.random() < 0.3))]


def shuffled(events: list[AmiEvent], rng: random.Random) -> list[AmiEvent]:
    """Each moves by up to ten places, which is what happens within a second of a call."""
    places = sorted((place + rng.uniform(0, 10), place) for place in range(len(events)))
    return [events[place] for _, place in places]


def everything(events: list[AmiEvent], rng: random.Random) -> list[AmiEvent]:
    return shuffled(doubled(dropped(events, rng), rng), rng)


@pytest.mark.parametrize("damage", [dropped, doubled, shuffled, everything])
@pytest.mark.parametrize("scene", SCENES)
def test_damaged_streams_lose_no_call(
    scene: str, damage: Callable[[list[AmiEvent], random.Random], list[AmiEvent]]
) -> None:
    events = recorded(scene)
    for seed in range(25):
        replay = Replay().run(damage(events, random.Random(f"{scene}-{seed}")))
        replay.end()


@pytest.mark.parametrize("scene", sorted(OUTCOMES))
def test_doubled_events_change_nothing(scene: str) -> None:
    events = recorded(scene)
    for seed in range(10):
        assert list(Replay().run(doubled(events, random.Random(seed))).outcomes.values()) == OUTCOMES[scene]


# -- the picture of channels -------------------------------------------------------------------------------------


class Film:
    """What the picture showed after each event, by the channels' names without their numbers."""

    def __init__(self, scene: str) -> None:
        self.talks: set[frozenset[str]] = set()
        self.held: set[str] = set()
        self.calls: set[frozenset[str]] = set()
        self.channels = Channels()
        for event in recorded(scene):
            if (fact := channel_facts.fact(event)) is not None:
                self.channels.hear(fact)
                self._look()

    def _look(self) -> None:
        for channel in self.channels.living():
            if not self.channels.is_local(channel.uniqueid):
                partners = self.channels.partners(channel.uniqueid)
                if partners:
                    self.talks.add(frozenset(self._short(each) for each in (channel.uniqueid, *partners)))
            if self.channels.held(channel.uniqueid):
                self.held.add(self._short(channel.uniqueid))
            if call := self.channels.call_of(channel.uniqueid):
                self.calls.add(frozenset(self._short(each) for each in call.channels))

    def _short(self, uniqueid: Uniqueid) -> str:
        channel = self.channels.get(uniqueid)
        assert channel
        return channel.name.removeprefix("PJSIP/").rpartition("-")[0]


@pytest.mark.parametrize(
    ("scene", "talks"),
    [
        ("plain", [{"carrier", "anna"}]),
        ("busy", []),
        ("blind_to_phone", [{"carrier", "anna"}, {"carrier", "piotr"}]),
        ("attended_to_phone", [{"carrier", "anna"}, {"anna", "piotr"}, {"carrier", "piotr"}]),
        ("attended_while_ringing", [{"carrier", "anna"}, {"carrier", "piotr"}]),
        ("attended_to_agi", [{"carrier", "anna"}]),
        ("conference", [{"carrier", "anna"}, {"carrier", "anna", "ewa"}]),
        ("pickup", [{"carrier", "ewa"}]),
        ("local_channels", [{"anna", "piotr"}]),
    ],
)
def test_who_talks_with_whom(scene: str, talks: list[set[str]]) -> None:
    assert Film(scene).talks == {frozenset(talk) for talk in talks}


def test_who_is_held() -> None:
    assert Film("hold").held == {"carrier"}
    assert Film("plain").held == set()


def test_an_attended_transfer_makes_one_call_of_two() -> None:
    calls = Film("attended_to_phone").calls
    assert frozenset({"anna", "piotr"}) in calls
    assert frozenset({"carrier", "anna", "piotr"}) in calls
