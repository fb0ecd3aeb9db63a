"""A caller's way through one AGI session: the flow is played, then the caller waits in line until we dial an agent.

The session holds the dead-man's switch: it renews TIMEOUT(absolute) at least every 10 s, so that a server that hangs
loses the caller to Asterisk's own queue, not to silence. Whenever the session ends in any way but by a hang-up, the
core hears of it (`SessionLost`) and the dialplan goes on with the call by the stage that was set last.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
from dataclasses import dataclass

import structlog

from ivr_flows import (
    Action,
    Ending,
    EnterLine,
    Facts,
    Flow,
    Given,
    HangUp,
    HearEcho,
    KeepAnswer,
    LineResult,
    PauseRecording,
    Question,
    RequestCallBack,
    Result,
    ResumeRecording,
    Say,
    StartRecording,
    Status,
    Step,
    TakeVoicemail,
    Transfer,
    WaitDigits,
    WaitLine,
    WaitResult,
    resume,
    start,
)
from ivr_flows.standing import Standing, standings
from telephony.asterisk.agi import AgiSession, SessionEndedError
from telephony.asterisk.agi_wire import AgiError, Environment
from telephony.asterisk.announcing import Announcing
from telephony.asterisk.asking import Asker
from telephony.asterisk.config import ACCESSIBILITY_PRIORITY
from telephony.asterisk.echoing import hear_echo
from telephony.asterisk.handset import Handset
from telephony.asterisk.in_line import InLine
from telephony.asterisk.interaction_id import is_interaction_id, new_interaction_id
from telephony.asterisk.sending_out import SendingOut
from telephony.asterisk.services import Services
from telephony.asterisk.taping import Taping
from telephony.core import events as core
from telephony.core.hand_over import HandOver
from telephony.core.ids import InteractionId, QueueName, Uniqueid
from telephony.core.rules import Boost
from telephony.core.views import Direction, Lane, Outcome

log = structlog.get_logger()

FACTS_S = 1.0  # what is known of the caller must come within this, or the call starts without it
END_S = 1.0  # how long Asterisk may take to say HANGUP after a command has failed
WAKE_DIGIT = "D"
PATH = 30  # nodes of a caller's way that are told

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_ID = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_CODEC = re.compile(r"\(?([a-z0-9_-]{1,20})(?:\|.*)?\)?")


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who calls whom on which channel, from the AGI header; only what is strictly well-formed."""

    channel: str
    uniqueid: Uniqueid
    did: str
    caller: str | None
    follows: InteractionId | None = None
    linkedid: str = ""  # empty from a dialplan written before it passed these two on: then they are asked for
    formats: str = ""

    @classmethod
    def of(cls, environment: Environment) -> Arrival:
        """Errors: AgiError where the dialplan did not pass a number on; the fallback takes the call."""
        did, caller = environment["arg_1"], environment["arg_2"]
        if not _E164.fullmatch(did) or not environment["channel"] or not environment["uniqueid"]:
            raise AgiError("the dialplan named no number, channel or id")
        known = caller if _E164.fullmatch(caller) else None
        before = environment["arg_4"]
        follows = InteractionId(before) if is_interaction_id(before) else None
        linkedid = environment["arg_5"] if _ID.fullmatch(environment["arg_5"]) else ""
        uniqueid = Uniqueid(environment["uniqueid"])
        return cls(environment["channel"], uniqueid, did, known, follows, linkedid, environment["arg_6"])


class Journey:
    """One caller. What comes from the core goes to `line`, everything else happens in `run`."""

    direction = Direction.IN

    def __init__(
        self, session: AgiSession, arrival: Arrival, services: Services, interaction: InteractionId | None = None
    ) -> None:
        self._session = session
        self._services = services
        self._handset = Handset(session, services.speak, services.clock, services.together)
        self.arrival = arrival
        self.interaction: InteractionId = interaction or new_interaction_id(services.clock(), services.rng)
        self.line = InLine(session, self._handset, self.interaction, services.node, services.submit)
        self.asks = False  # a question is under way whose answer may decide the outcome
        self.hung_up: core.CallHungUp | None = None  # heard meanwhile, told once the session is over
        self.standings: tuple[Standing, ...] = ()  # the nodes the caller is at
        self._taping = Taping(session, self._handset, self.interaction, services.tapes)
        self.sending_out = SendingOut(session, self._handset, self.interaction, self._sent_out)
        self._asker = Asker(self.interaction, arrival.did, arrival.caller)
        self._path: dict[str, None] = {}  # the nodes the caller has been at, in order
        self._closed = False  # we have hung up on purpose

    @property
    def channel(self) -> str:
        return self.arrival.channel

    @property
    def uniqueid(self) -> Uniqueid:
        return self.arrival.uniqueid

    # -- the way ------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until the caller hung up, we did, or the dialplan goes on by itself. Errors: AgiError, FlowError, …"""
        try:
            await self._announce()
            handed = self._services.handed_over(self.arrival.follows) if self.arrival.follows else None
            if handed:
                await self._handed_over(handed)
            else:
                await self._follow(self._flow())
        except SessionEndedError:
            pass
        finally:
            await self._finish()

    async def _finish(self) -> None:
        if self._session.ending and not self._session.hung_up:
            with contextlib.suppress(TimeoutError, AgiError):
                async with asyncio.timeout(END_S):
                    await self._session.listen_for_end()
        if not self._closed and not self._session.hung_up:
            self._services.submit(core.SessionLost(self.interaction))

    async def _announce(self) -> None:
        session, arrival = self._session, self.arrival
        await session.set_variable("__HOTLINE_INTERACTION", self.interaction)
        linkedid = arrival.linkedid or await session.variable("CHANNEL(linkedid)")
        codec = _CODEC.fullmatch(arrival.formats or await session.variable("CHANNEL(audionativeformat)"))
        self._services.submit(
            core.CallArrived(
                self.interaction,
                self._services.node,
                arrival.channel,
                arrival.uniqueid,
                linkedid,
                arrival.did,
                arrival.caller,
                codec[1] if codec else "unknown",
                arrival.follows,
                self.direction,
            )
        )

    def _flow(self) -> Flow:
        """Errors: KeyError for a number that is not ours."""
        return self._services.flow_for(self.arrival.did)

    async def _facts(self) -> Facts:
        did = self.arrival.did
        try:
            return await asyncio.wait_for(self._services.facts(did, self.arrival.caller), FACTS_S)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a directory, the caller is served without it
            log.warning("call.facts_missing", interaction=self.interaction, reason=type(error).__name__)
            return Facts(did)

    async def _follow(self, flow: Flow) -> None:
        services = self._services
        step = start(flow, await self._facts(), services.clock(), services.calendar())
        while True:
            self.standings = standings(flow, step.session)
            self._path.update(dict.fromkeys(f"{each.flow}.{each.node}" for each in self.standings))
            if step.unsaid:
                log.warning("flow.unsaid", interaction=self.interaction, node=step.session.node, why=step.unsaid)
            if isinstance(step.wait, WaitDigits):
                self._log_question(step)
            key = ""
            for action in step.actions:
                key = await self._do(action, step) or key
            match step.wait:
                case WaitDigits() as wait:
                    given: Given = await self._handset.keys(wait, key)
                case WaitLine():
                    given = LineResult(await self.line.wait(self._announcing(step)))
                case WaitResult(budget_s):
                    self.asks = True
                    given = await self._result(step.actions[-1], budget_s)
                    self.asks = False
                case None:
                    return
            step = resume(flow, step.session, given, services.clock(), services.calendar())

    def _log_question(self, step: Step) -> None:
        """What is asked, never what is answered."""
        session = step.session
        log.info("flow.asked", interaction=self.interaction, node=session.node, what=str(session.stage))

    async def _do(self, action: Action, step: Step) -> str:
        """Carry one action out; the key that interrupted it, if any."""
        match action:
            case Say():
                if action.interruptible and isinstance(step.wait, WaitDigits):
                    return await self._handset.ask(action.prompts, step.wait)
                await self._handset.say(action.prompts)
            case EnterLine():
                await self._enter_line(action, repeat=step.session.facts.repeat)
            case HangUp(reason):
                await self._hang_up(reason)
            case KeepAnswer():
                self._services.asking.keep(self._asker, action)
            case StartRecording() | PauseRecording() | ResumeRecording():
                await self._taping.talk(action)
            case _:
                pass  # a question: the last action, answered where the result is awaited
        return ""

    async def _result(self, question: Action, budget_s: float | None) -> Result:
        assert isinstance(question, Question), "what is awaited was asked last"
        if isinstance(question, TakeVoicemail):
            return await self._message(question)
        if isinstance(question, Transfer):
            return await self.sending_out.send(question)
        if isinstance(question, HearEcho):
            await hear_echo(self._session, self._handset, question.seconds)
        await self._handset.renew(budget_s or 0.0)
        result = await self._services.asking.result(self._asker, question, budget_s)
        if isinstance(question, RequestCallBack) and result.status is Status.OK:
            self._services.submit(core.CallServed(self.interaction, Outcome.CALLBACK))
        return result

    async def _hang_up(self, reason: Ending) -> None:
        if not self.line.answered and reason is not Ending.SERVED:
            self._services.submit(core.CallServed(self.interaction, Outcome(reason)))
        await self._session.set_variable("HOTLINE_STAGE", "done")
        self._closed = True
        await self._session.run("HANGUP")

    def _sent_out(self) -> None:
        """At the answer, because the caller may be the first to hang up."""
        self._services.submit(core.CallServed(self.interaction, Outcome.TRANSFERRED_OUT))

    async def _message(self, asked: TakeVoicemail) -> Result:
        """What was said counts, even when the caller hangs up instead of pressing a key."""
        result, hung_up = await self._taping.message(asked)
        if asked.purpose == "message" and result.status is Status.OK:
            self._services.submit(core.CallServed(self.interaction, Outcome.VOICEMAIL))
        if hung_up:
            raise self._session.over()
        return result

    # -- the line -----------------------------------------------------------------------------------------------

    async def _enter_line(self, action: EnterLine, *, repeat: bool) -> None:
        await self._session.set_variable("HOTLINE_STAGE", "line")
        if action.accessibility:  # the fallback queue keeps the priority chosen in the menu
            await self._session.set_variable("QUEUE_PRIO", str(ACCESSIBILITY_PRIORITY))
        lane = Lane.ACCESSIBILITY if action.accessibility else Lane.STANDARD
        boosts = frozenset({Boost(action.boost)} if action.boost else ()) | ({Boost.REPEAT} if repeat else set())
        queued = core.CallQueued(
            self.interaction,
            QueueName(action.queue),
            lane,
            dict(action.requires),
            dict(action.wishes),
            boosts,
            action.overflows,
            tuple(self._path)[-PATH:],
        )
        self._services.submit(queued)

    async def _handed_over(self, handed: HandOver) -> None:
        """No menu again: the caller has said all that. The fallback queue keeps the priority of the first call."""
        accessibility = handed.lane is Lane.ACCESSIBILITY
        await self._session.set_variable("HOTLINE_STAGE", "line")
        self._services.submit(
            core.CallQueued(self.interaction, handed.queue, handed.lane, path=handed.path, agent=handed.agent)
        )
        language = self._services.flow_for(self.arrival.did).language
        await self.line.wait(self._announces(language, slow=accessibility))
        await self._hang_up(Ending.SERVED)

    def _announcing(self, step: Step) -> Announcing:
        return self._announces(step.session.language, slow=step.session.accessibility)

    def _announces(self, language: str, *, slow: bool) -> Announcing:
        ask = functools.partial(self._services.announce, self.interaction)
        return Announcing(ask, self._services.clock, language, slow)
