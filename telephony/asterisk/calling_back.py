"""A call-back's first leg through one AGI session: the agent, for whom the customer is dialled, or the customer, who
then waits for the agent like any caller.

The leg's Uniqueid is ours and says which try of which interaction it is. An agent's leg whose session is lost is hung
up by the dialplan; a customer's comes to Asterisk's own queue.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import structlog

from ivr_flows import Prompt
from ivr_flows.standing import Standing
from telephony.asterisk.agi import AgiSession, SessionEndedError
from telephony.asterisk.agi_wire import AgiError, Environment
from telephony.asterisk.announcing import Announcing
from telephony.asterisk.handset import Handset
from telephony.asterisk.in_line import InLine
from telephony.asterisk.interaction_id import is_interaction_id
from telephony.asterisk.services import Services
from telephony.core import events as core
from telephony.core.commands import Dial, DialOut
from telephony.core.ids import InteractionId, Uniqueid

log = structlog.get_logger()

SCRIPT = "call-back"
INSTRUCTED_PIECES = 2  # how many waits of 5 s until the core has said what to dial
GREETING = Prompt(
    "Dzień dobry, tu MARSOFT. Oddzwaniamy, bo prosili państwo o rozmowę. Łączę z konsultantem.", "pl", slow=False
)

_LEG = re.compile(r"(?:.*)-([0-9a-f]{32})\.([1-9][0-9]{0,5})", re.DOTALL)
_CODEC = re.compile(r"\(?([a-z0-9_-]{1,20})(?:\|.*)?\)?")


@dataclass(frozen=True, slots=True)
class Leg:
    """Which try of which interaction a channel is."""

    interaction: InteractionId
    attempt: int
    channel: str
    uniqueid: Uniqueid
    to_agent: bool

    @classmethod
    def of(cls, environment: Environment) -> Leg:
        """Errors: AgiError for a channel that is no call-back of ours."""
        found = _LEG.fullmatch(environment["uniqueid"])
        name = _hyphened(found[1]) if found else ""
        if found is None or not is_interaction_id(name) or not environment["channel"]:
            raise AgiError("no call-back of ours")
        uniqueid = Uniqueid(environment["uniqueid"])
        return cls(
            InteractionId(name), int(found[2]), environment["channel"], uniqueid, environment["arg_1"] == "agent"
        )


def _hyphened(digits: str) -> str:
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


class CallingBack:
    """One leg of one try. `trunk` is where calls to customers leave the node."""

    def __init__(self, session: AgiSession, leg: Leg, services: Services, trunk: str) -> None:
        self._session = session
        self._services = services
        self._trunk = trunk
        self._handset = Handset(session, services.speak, services.clock, services.together)
        self.leg = leg
        self.interaction, self.channel, self.uniqueid = leg.interaction, leg.channel, leg.uniqueid
        self.standings: tuple[Standing, ...] = ()  # in no flow
        self.asks, self.hung_up = False, None  # no question's answer decides the outcome
        self.line = InLine(session, self._handset, leg.interaction, services.node, services.submit)

    async def run(self) -> None:
        """Until the talk is over, or somebody hung up, or nobody wants the leg any more. Errors: AgiError, …"""
        try:
            await self._lead()
        except SessionEndedError:
            pass
        finally:
            if not self._session.hung_up and not self.leg.to_agent and not self.line.answered:
                self._services.submit(core.SessionLost(self.leg.interaction))

    async def _lead(self) -> None:
        session, leg = self._session, self.leg
        await session.set_variable("__HOTLINE_INTERACTION", leg.interaction)
        linkedid = await session.variable("CHANNEL(linkedid)")
        codec = _CODEC.fullmatch(await session.variable("CHANNEL(audionativeformat)"))
        told = core.FirstLegAnswered(
            leg.interaction, leg.attempt, leg.channel, linkedid, codec[1] if codec else "unknown"
        )
        self._services.submit(told)
        if leg.to_agent:
            await self._for_agent()
        else:
            await self._for_customer()

    async def _for_agent(self) -> None:
        command = await self._instructed()
        if isinstance(command, DialOut):
            await self.line.dial_out(command, self._trunk)
        await self._session.run("HANGUP")

    async def _for_customer(self) -> None:
        await self._handset.say((GREETING,))
        await self._session.set_variable("HOTLINE_STAGE", "line")
        command = await self._instructed()
        if command is None:  # the try was given up meanwhile: Asterisk's own queue has somebody
            log.warning("call_back.unwanted", interaction=self.leg.interaction)
            return
        self.line.instruct(command)
        announce = functools.partial(self._services.announce, self.leg.interaction)
        await self.line.wait(Announcing(announce, self._services.clock, "pl", slow=False))
        await self._session.set_variable("HOTLINE_STAGE", "done")
        await self._session.run("HANGUP")

    async def _instructed(self) -> Dial | DialOut | None:
        for _ in range(INSTRUCTED_PIECES):
            if isinstance(command := await self.line.next(), Dial | DialOut):
                return command
        log.info("call_back.not_instructed", interaction=self.leg.interaction)
        return None
