"""A caller in line through one AGI session: under music until the core names an agent's phone, which is then dialled.

The same for a call-back: its session waits for what it is to dial, the agent's phone or the customer's number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from telephony.asterisk.agi import AgiSession
from telephony.asterisk.announcing import Announcing
from telephony.asterisk.handset import PIECE_S, Handset
from telephony.asterisk.translate import Attempt
from telephony.core import events as core
from telephony.core.commands import Dial, DialOut, LeaveLine
from telephony.core.ids import InteractionId

APPLICATION_MISSING = -2  # EXEC's result when Asterisk does not know the application

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_ENDPOINT = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_STATUS = re.compile(r"[A-Z]{1,20}")

Instruction = Dial | DialOut | LeaveLine


class InLine:
    """`instruct` and `withdraw` come from the core; the session asks for `next` and carries it out."""

    def __init__(
        self,
        session: AgiSession,
        handset: Handset,
        interaction: InteractionId,
        node: str,
        submit: Callable[[core.Event], None],
    ) -> None:
        self._session = session
        self._handset = handset
        self.interaction = interaction
        self._node = node
        self._submit = submit
        self.instruction: Instruction | None = None  # given, not yet taken
        self.attempt: Attempt | None = None  # the dial under way
        self.agent_channel: str | None = None  # the phone that rings, once AMI has named it
        self.unwanted = False  # the dial under way is to be stopped
        self.waiting = False  # inside WAIT FOR DIGIT: a wake reaches it
        self.answered = False

    def instruct(self, command: Instruction) -> None:
        self.instruction = command

    def withdraw(self, attempt: int) -> None:
        """Forget an instruction that was not taken yet; mark a dial under way as unwanted."""
        if isinstance(self.instruction, Dial) and self.instruction.attempt == attempt:
            self.instruction = None
        if self.attempt and self.attempt.number == attempt:
            self.unwanted = True

    async def wait(self, announcing: Announcing) -> str:
        """Under music, until somebody has talked with the caller ("answered"), or the core says to go on
        ("overflow"). Errors: SessionEndedError, AgiError.
        """
        await self._session.run("SET MUSIC", "ON")
        while True:
            command = await self.next()
            if command is None:
                await self._tell_wait(announcing)
                continue
            if not isinstance(command, Dial):
                await self._session.run("SET MUSIC", "OFF")
                return "overflow"
            if await self.dial(command) == "ANSWER":
                self.instruction = None  # whatever was meant for a caller who waits
                return "answered"
            await self._session.run("SET MUSIC", "ON")

    async def next(self) -> Instruction | None:
        """What the core says within a piece of time."""
        if self.instruction is None:
            self.waiting = True
            try:
                await self._handset.wait(PIECE_S)  # a key is only a hint to look
            finally:
                self.waiting = False
        command, self.instruction = self.instruction, None
        return command

    async def dial(self, dial: Dial) -> str:
        """An agent's phone; DIALSTATUS, once all is over."""
        peer = dial.node if dial.node != self._node else ""
        if not _ENDPOINT.fullmatch(dial.endpoint) or (peer and not _ENDPOINT.fullmatch(peer)):
            raise ValueError("an endpoint's name with other characters than letters, digits and _.-")
        ring_s = math.ceil(dial.ring_timeout_s)
        # g: the session goes on after the talk; m: music, not ringing, while the phone rings.
        how = f"PJSIP/{dial.endpoint},{ring_s},gmU(hotline-answered)"
        if peer:  # b: the header by which the leg joins this interaction there
            how = f"PJSIP/{dial.endpoint}@{peer},{ring_s},gmU(hotline-answered)b(hotline-leg-out^s^1)"
        return await self._dial(how, Attempt(self.interaction, dial.attempt, dial.endpoint, peer), ring_s)

    async def dial_out(self, dial: DialOut, trunk: str) -> str:
        """The customer, for an agent who is on the line already; DIALSTATUS, once all is over."""
        if not all(map(_E164.fullmatch, (dial.number, dial.shown))) or not _ENDPOINT.fullmatch(trunk):
            raise ValueError("not a number in E.164, or not the name of a trunk")
        ring_s = math.ceil(dial.ring_timeout_s)
        await self._session.set_variable("CALLERID(all)", f"<{dial.shown}>")
        await self._session.set_variable("__HOTLINE_DID", dial.shown)  # the customer's, who may be handed over
        how = f"PJSIP/{dial.number}@{trunk},{ring_s},gU(hotline-answered)"
        return await self._dial(how, Attempt(self.interaction, dial.attempt, trunk, outward=True), ring_s)

    async def _dial(self, how: str, attempt: Attempt, ring_s: int) -> str:
        self.attempt, self.agent_channel, self.unwanted = attempt, None, False
        await self._handset.renew(ring_s + PIECE_S)
        reply = await self._session.run("EXEC", "Dial", how, takes_s=None)
        self._handset.lifted()
        status = await self._session.variable("DIALSTATUS") if reply.result != APPLICATION_MISSING else ""
        status = status if _STATUS.fullmatch(status) else "CHANUNAVAIL"
        self.attempt, self.agent_channel = None, None
        self.answered = self.answered or status == "ANSWER"
        self._submit(core.DialEnded(self.interaction, attempt.number, status))
        return status

    async def _tell_wait(self, announcing: Announcing) -> None:
        """An agent who is found meanwhile is dialled after these few words."""
        if prompt := announcing.due():
            await self._session.run("SET MUSIC", "OFF")
            await self._handset.say((prompt,))
            await self._session.run("SET MUSIC", "ON")
