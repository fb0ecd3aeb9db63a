"""Handing callers over, between the console and the nodes: Asterisk moves the caller, and the call that follows finds
here whose it is to be.

In memory alone: should the server die between the two, the caller hears the number from its beginning, or comes to
Asterisk's own queue.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import Protocol

import structlog

from telephony.asterisk.ami import AmiError, AmiLostError
from telephony.console.api.problems import ProblemError
from telephony.core.hand_over import HandOver
from telephony.core.ids import InteractionId, Uniqueid
from telephony.core.views import CallView

log = structlog.get_logger()

MOST_PENDING = 1000


class NotMovedError(ProblemError):
    """The caller is certainly where the caller was."""


class Node(Protocol):
    async def hand_over(self, caller: Uniqueid, number: str = "") -> None: ...


class HandingOver:
    """`nodes` by name; `numbers`: outside the house, E.164, that stand in the dialplan."""

    def __init__(self, nodes: Mapping[str, Node], numbers: Collection[str]) -> None:
        self._nodes = nodes
        self.numbers = tuple(numbers)
        self._pending: OrderedDict[InteractionId, HandOver] = OrderedDict()
        self._moving: set[InteractionId] = set()

    def of(self, follows: InteractionId) -> HandOver | None:
        """What the call that follows this one was handed over to; told once."""
        return self._pending.pop(follows, None)

    async def inside(self, call: CallView, to: HandOver) -> None:
        """To a colleague or a queue. Errors: ProblemError."""
        before = self._pending.get(call.interaction)
        self._pending[call.interaction] = to
        while len(self._pending) > MOST_PENDING:
            self._pending.popitem(last=False)
        try:
            await self._move(call, "")
        except NotMovedError:  # a button pressed twice must not undo the first time
            if before is None:
                self._pending.pop(call.interaction, None)
            else:
                self._pending[call.interaction] = before
            raise

    async def outside(self, call: CallView, number: str) -> None:
        """Errors: ProblemError, for a number that is not permitted, too."""
        if number not in self.numbers:
            raise ProblemError(422, "not_permitted")
        await self._move(call, number)

    async def _move(self, call: CallView, number: str) -> None:
        if call.interaction in self._moving:
            raise NotMovedError(409, detail="it is being handed over already")
        self._moving.add(call.interaction)
        try:
            await self._nodes[call.node].hand_over(call.uniqueid, number)
        except LookupError as error:
            raise NotMovedError(409, detail=str(error)) from None
        except AmiLostError:  # it may have happened: what it was for is kept
            raise ProblemError(503, "not_handed_over", detail="Asterisk did not answer in time") from None
        except AmiError as error:
            log.warning("call.not_handed_over", interaction=call.interaction, reason=type(error).__name__)
            raise NotMovedError(503, "not_handed_over") from None
        finally:
            self._moving.discard(call.interaction)
        log.info("call.handed_over", interaction=call.interaction, agent=call.agent, outside=bool(number))
