"""The one face of this package towards the app: a node's AMI client and its callers' journeys behind three methods.

Events go to the core through `submit`, RTCP reports past it through `rtcp`; commands come in through `execute`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Iterator
from dataclasses import replace

import structlog

from ivr_flows import Facts, Flow
from ivr_flows.calendar import Calendar
from ivr_flows.standing import Standing
from telephony.asterisk import calling_back, channel_facts, translate, visiting
from telephony.asterisk.agi import AgiSession
from telephony.asterisk.ami import AmiCounters, AmiError, Listing
from telephony.asterisk.ami_actions import BlindTransfer, Entry, Hangup, OfTalks, Originate, Outside, Phone, PlayDtmf
from telephony.asterisk.ami_client import AmiClient, AmiSettings, AmiSetupError, AmiTiming, Listener, Snapshot
from telephony.asterisk.ami_wire import AmiEvent, AmiResponse
from telephony.asterisk.asking import Asking
from telephony.asterisk.calling_back import CallingBack, Leg
from telephony.asterisk.fallback_members import FallbackMembers, Phones
from telephony.asterisk.handset import Speak, Together
from telephony.asterisk.in_line import Instruction
from telephony.asterisk.journey import WAKE_DIGIT, Arrival, Journey
from telephony.asterisk.services import Announce, HandedOver, Services, VisitOf
from telephony.asterisk.taping import Tapes
from telephony.asterisk.translate import Attempt, CodecTold, LegTold
from telephony.asterisk.trunk_actions import JudgeTrunk, ShowRegistrations, TrunkFigure
from telephony.asterisk.trunk_news import TrunkNews
from telephony.asterisk.visiting import Visiting
from telephony.core.channels import Fact
from telephony.core.commands import CancelDial, Dial, DialOut, HangUpLeg, LeaveLine, RingFirst
from telephony.core.events import (
    AgentRinging,
    CallAnswered,
    CallHungUp,
    Event,
    FirstLegFailed,
    NodeLost,
    NodeSnapshot,
)
from telephony.core.ids import InteractionId, Uniqueid
from telephony.core.rtcp_event import RtcpEvent
from telephony.core.talks import Talks
from telephony.core.views import CallState, CallView, Direction, SpanKind

log = structlog.get_logger()

WAKE_EVERY_S = 0.15
WAKES = 20

Led = Journey | CallingBack  # what a session of ours leads
ForSession = Dial | DialOut | CancelDial | LeaveLine


class Gateway:
    """One Asterisk node. `serve` is for the AGI server, `run` lives as long as the app."""

    def __init__(
        self,
        node: str,
        *,
        ami: AmiSettings,
        submit: Callable[[Event], None],
        flow_for: Callable[[str], Flow],
        speak: Speak,
        facts: Callable[[str, str | None], Awaitable[Facts]],
        clock: Callable[[], float],
        rtcp: Callable[[RtcpEvent], None],
        codec: Callable[[Uniqueid, str], None] = lambda _uniqueid, _codec: None,
        peers: Collection[str] = (),
        attempt_at: Callable[[InteractionId], Attempt | None] = lambda _interaction: None,
        joined: Callable[[str, InteractionId], None] = lambda _linkedid, _interaction: None,
        timing: AmiTiming | None = None,
        rng: random.Random | None = None,
        calendar: Callable[[], Calendar] = lambda: Calendar({}),
        tapes: Tapes | None = None,
        together: Together | None = None,
        asking: Asking | None = None,
        announce: Announce = lambda _: None,
        handed_over: HandedOver = lambda _: None,
        trunk: str = "",
        phones: Phones | None = None,
        visit_of: VisitOf = lambda _: None,
        of_trunk: Callable[[str, TrunkNews], None] = lambda _node, _news: None,
    ) -> None:
        """`phones` are those of all consultants, who serve Asterisk's own queue; `trunk` is where call-backs leave this
        node, if it may make any; `peers` are the other nodes; `attempt_at` knows the dials under way on any of them;
        `joined` hears of the Linkedid under which this node has a leg of an interaction.
        """
        self.node, self._trunk = node, trunk
        self._peers = frozenset(peers)
        self._attempt_at = attempt_at
        self._joined = joined
        self._of_trunk = of_trunk
        self._legs: dict[Uniqueid, Attempt] = {}  # from other nodes, until they are answered
        self._submit = submit
        self._rtcp = rtcp
        self._codec = codec
        self._clock = clock
        self._services = Services(
            node, submit, flow_for, speak, facts, clock, rng or random.SystemRandom(), calendar, tapes, together,
            asking or Asking(), handed_over, announce, visit_of,
        )  # fmt: skip
        listener = Listener(self._heard, self._pictured, self._lost)
        self._ami = AmiClient(node, ami, translate.WANTED, listener, clock, timing=timing or AmiTiming())
        self._members = FallbackMembers(self._ami, phones) if phones else None
        self._talks = Talks()
        self._journeys: dict[InteractionId, Led] = {}
        self._by_uniqueid: dict[Uniqueid, Led] = {}
        self._left_behind: dict[Uniqueid, Attempt] = {}  # callers for whom a server before us may have dialled
        self._tasks: asyncio.TaskGroup | None = None

    @property
    def counters(self) -> AmiCounters:
        return self._ami.counters

    @property
    def connected(self) -> bool:
        """Logged in to AMI, with a whole picture."""
        return self._ami.connected

    async def carry_out(self, action: OfTalks) -> None:
        """Errors: AmiError."""
        await self._ami.request(action)

    async def ask(self, action: JudgeTrunk | TrunkFigure) -> AmiResponse:
        """Errors: AmiError."""
        return await self._ami.request(action)

    async def registrations(self, action: ShowRegistrations) -> Listing:
        """Errors: AmiError."""
        return await self._ami.listing(action)

    async def hand_over(self, caller: Uniqueid, number: str = "") -> None:
        """Whoever talks with this caller hands over: out of the house, or back to us. Errors: AmiError, LookupError."""
        talking = self._talks.channels.beside(caller)
        if talking is None:
            raise LookupError("nobody here talks with that caller alone")
        await self._ami.request(BlindTransfer(talking.name, number))

    @property
    def sessions(self) -> int:
        return len(self._journeys)

    def standings(self) -> Iterator[Standing]:
        """Where the callers of this node are in their flows."""
        return (standing for journey in self._journeys.values() for standing in journey.standings)

    async def run(self) -> None:
        """Until cancelled. Errors: AmiSetupError when the manager account must be mended."""
        self._lost(self._clock(), SpanKind.LINK)
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._tasks.create_task(self._ami.run())
                if self._members:
                    self._tasks.create_task(self._members.run())
        except ExceptionGroup as group:
            if setup := group.subgroup(AmiSetupError):
                raise setup.exceptions[0] from None
            raise
        finally:
            self._tasks = None

    def attempt(self, interaction: InteractionId) -> Attempt | None:
        """The dial under way for a caller of this node, by us or by a server before us."""
        if journey := self._journeys.get(interaction):
            return journey.line.attempt
        return next((each for each in self._left_behind.values() if each.interaction == interaction), None)

    def recover(self, calls: Iterable[CallView]) -> None:
        """Calls that a server before us led; to be told before `run`."""
        for call in calls:
            if call.node == self.node:
                outward = call.direction is not Direction.IN and call.state is CallState.CALLING
                self._left_behind[call.uniqueid] = Attempt(call.interaction, call.attempt, "", outward=outward)

    def resynchronise(self) -> None:
        """Take the node's picture anew, for instance after the core's inbox has overflowed."""
        self._ami.resynchronise()

    # -- callers ------------------------------------------------------------------------------------------------

    async def serve(self, session: AgiSession) -> None:
        """Lead one caller through, or one leg of a call-back; returns when the AGI session is over."""
        environment = session.environment
        led: Led
        if environment["network_script"] == calling_back.SCRIPT:
            led = CallingBack(session, Leg.of(environment), self._services, self._trunk)
        elif environment["network_script"] == visiting.SCRIPT:
            led = Visiting(session, self._services)
        else:
            led = Journey(session, Arrival.of(environment), self._services)
        self._journeys[led.interaction] = led
        self._by_uniqueid[led.uniqueid] = led
        for news in self._talks.begin_anew(led.uniqueid):
            self._submit(news)
        try:
            await led.run()
        finally:
            if self._journeys.get(led.interaction) is led:
                del self._journeys[led.interaction]
            if self._by_uniqueid.get(led.uniqueid) is led:
                del self._by_uniqueid[led.uniqueid]
            if led.hung_up:
                self._submit(led.hung_up)

    # -- commands -----------------------------------------------------------------------------------------------

    def execute(self, command: ForSession) -> bool:
        """Carry a command out; False where the call is not in a session of this node."""
        led = self._journeys.get(command.interaction)
        if led is None:
            return False
        if isinstance(command, CancelDial):
            led.line.withdraw(command.attempt)
            self._stop_ringing(led)
        else:
            led.line.instruct(command)
            self._spawn(self._wake(led, command))
        return True

    def ring_first(self, command: RingFirst) -> None:
        """Begin the first leg of a call-back; that it could not be begun is told as `FirstLegFailed`."""
        self._spawn(self._ring_first(command))

    async def _ring_first(self, command: RingFirst) -> None:
        to_agent = bool(command.endpoint)
        entry = Entry.CALL_BACK_AGENT if to_agent else Entry.CALL_BACK_CUSTOMER
        shown = command.number if to_agent else command.shown
        try:
            target = Phone(command.endpoint) if to_agent else Outside(command.number, self._trunk)
            await self._ami.request(
                Originate(target, entry, command.uniqueid, ring_s=command.ring_timeout_s, shown=shown)
            )
        except (AmiError, ValueError) as error:
            log.warning("call_back.not_begun", interaction=command.interaction, reason=type(error).__name__)
            self._submit(FirstLegFailed(command.interaction, command.attempt))

    def hang_up_leg(self, command: HangUpLeg) -> None:
        self._spawn(self._hang_up(command.uniqueid, command.uniqueid))

    def _stop_ringing(self, led: Led) -> None:
        if led.line.unwanted and led.line.agent_channel:
            self._spawn(self._hang_up(led.line.interaction, led.line.agent_channel))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        if self._tasks is None:  # not running: AMI could not help either
            work.close()
        else:
            self._tasks.create_task(work)

    async def _hang_up(self, call: str, channel: str) -> None:
        """`channel` by its name, or by its Uniqueid."""
        try:
            await self._ami.request(Hangup(channel))
        except AmiError as error:  # the phone stops ringing by its own time-out
            log.info("call.ringing_not_stopped", call=call, reason=type(error).__name__)

    async def _wake(self, led: Led, command: Instruction) -> None:
        """Wake the session until it has taken the instruction. Without AMI it looks by itself within 5 s."""
        for _ in range(WAKES):
            if led.line.instruction is not command:
                return
            if led.line.waiting:
                try:
                    await self._ami.request(PlayDtmf(led.channel, WAKE_DIGIT))
                except AmiError as error:
                    log.info("call.not_woken", interaction=command.interaction, reason=type(error).__name__)
            await asyncio.sleep(WAKE_EVERY_S)

    # -- from AMI -----------------------------------------------------------------------------------------------

    def _lost(self, since: float, why: SpanKind) -> None:
        self._submit(NodeLost(self.node, since, why))

    def _heard(self, event: AmiEvent) -> None:
        try:
            self._understand(event)
        except (KeyError, ValueError):
            self._ami.counters.malformed += 1
            log.warning("ami.malformed", node=self.node, ami_event=event.name)

    def _understand(self, event: AmiEvent) -> None:
        if event.name in {"RTCPSent", "RTCPReceived"}:
            if not self._leads_to_peer(event.fields["Channel"]):  # the phone is scored at its own node
                self._rtcp(translate.rtcp(self.node, event, self._clock()))
            return
        if event.name == "UserEvent":
            self._told(translate.told(event))
            return
        if event.name == "FullyBooted":
            self._ami.resynchronise()
            return
        known = translate.to_core(self.node, event, self._attempt_of)
        if isinstance(known, AgentRinging | CallAnswered):
            self._follow_dial(known, event)
        if known is not None and not self._is_early(known):
            self._submit(known)
        if event.name == "Hangup":
            self._legs.pop(Uniqueid(event.fields["Uniqueid"]), None)
        if event.name == "DialEnd":
            self._dial_ended(Uniqueid(event.fields.get("Uniqueid", "")), event.fields["DialStatus"])
        if (fact := channel_facts.fact(event)) is not None:
            self._learn(fact)

    def _is_early(self, known: Event) -> bool:
        """A hang-up waits for the question it ended: a message may have been left, and that is told by the session."""
        journey = self._by_uniqueid.get(known.uniqueid) if isinstance(known, CallHungUp) else None
        if journey is None or not journey.asks:
            return False
        assert isinstance(known, CallHungUp)
        journey.hung_up = known
        return True

    def _dial_ended(self, caller: Uniqueid, status: str) -> None:
        if status != "ANSWER":  # the caller goes on in the dialplan
            self._left_behind.pop(caller, None)
        elif isinstance(journey := self._by_uniqueid.get(caller), Journey):
            journey.sending_out.answered()

    def _told(self, told: CodecTold | LegTold | TrunkNews) -> None:
        if isinstance(told, CodecTold):
            self._codec(told.uniqueid, told.codec)
        elif isinstance(told, TrunkNews):
            self._of_trunk(self.node, told)
        elif attempt := self._attempt_at(told.interaction):  # it joins its interaction and makes none
            self._legs[told.uniqueid] = replace(attempt, peer="")
            self._joined(told.linkedid, told.interaction)

    def _leads_to_peer(self, channel: str) -> bool:
        return translate.endpoint(channel) in self._peers

    def _learn(self, fact: Fact) -> None:
        """A fact about channels: what it means for the talks, and whether somebody has answered unheard."""
        for news in self._talks.hear(fact):
            self._submit(news)
        met = self._talks.met(fact, lambda uniqueid: self._attempt_of(uniqueid) is not None)
        attempt = self._attempt_of(met[0]) if met else None
        if met and attempt:
            customer, agent = reversed(met) if attempt.outward else met
            reached = customer if attempt.outward else None
            phone = "" if attempt.outward else self._phone(agent)
            known = CallAnswered(attempt.interaction, attempt.number, phone, reached)
            self._answered(known, customer, agent)
            self._submit(known)

    def _phone(self, uniqueid: Uniqueid) -> str:
        channel = self._talks.channels.get(uniqueid)
        endpoint = translate.endpoint(channel.name) if channel else ""
        return "" if endpoint in self._peers else endpoint

    def _answered(self, known: CallAnswered, caller: Uniqueid, agent: Uniqueid) -> None:
        if journey := self._journeys.get(known.interaction):
            journey.line.agent_channel = None  # from now on nothing may stop it
        self._legs.pop(caller, None)
        self._talks.answered(known.interaction, known.attempt, caller, agent)

    def _follow_dial(self, known: AgentRinging | CallAnswered, event: AmiEvent) -> None:
        if isinstance(known, CallAnswered):
            dialled_for, dialled = Uniqueid(event.fields["Uniqueid"]), Uniqueid(event.fields["DestUniqueid"])
            self._answered(known, *((dialled, dialled_for) if known.customer else (dialled_for, dialled)))
        elif journey := self._journeys.get(known.interaction):
            journey.line.agent_channel = event.fields["DestChannel"]
            self._stop_ringing(journey)

    def _attempt_of(self, uniqueid: Uniqueid) -> Attempt | None:
        journey = self._by_uniqueid.get(uniqueid)
        return journey.line.attempt if journey else self._left_behind.get(uniqueid) or self._legs.get(uniqueid)

    def _pictured(self, snapshot: Snapshot) -> None:
        try:
            events = translate.snapshot(self.node, snapshot)
            dialled = translate.still_dialled(snapshot)
            legs = translate.legs(snapshot)
        except (KeyError, ValueError):
            self._ami.counters.malformed += 1
            log.warning("ami.malformed_snapshot", node=self.node)
            return
        self._left_behind = {caller: self._left_behind[caller] for caller in dialled & self._left_behind.keys()}
        self._legs.clear()
        for told in legs:
            self._told(told)
        for event in events:
            self._submit(event)
            if isinstance(event, NodeSnapshot):
                self._sit(snapshot, event.uniqueids)

    def _sit(self, snapshot: Snapshot, uniqueids: frozenset[Uniqueid]) -> None:
        """Who is in which bridge, as the snapshot has it."""
        for news in self._talks.keep_only(uniqueids):
            self._submit(news)
        for channel in snapshot.channels:
            known = self._talks.channels.get(Uniqueid(channel.fields["Uniqueid"]))
            self._learn(channel_facts.listed(channel.fields, known))
