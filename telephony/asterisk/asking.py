"""A flow's question on its way to the house: answered within its budget, or the flow goes on without an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from ivr_flows import KeepAnswer, Question, Result, Status
from telephony.core.ids import InteractionId

log = structlog.get_logger()

UNAVAILABLE = Result(Status.UNAVAILABLE)
MOST_ASKED = 256  # questions under way: more of them means that nobody answers


@dataclass(frozen=True, slots=True)
class Asker:
    """On whose behalf a flow asks. `caller` is claimed by the network and proves nothing."""

    interaction: InteractionId
    did: str
    caller: str | None


Ask = Callable[[Asker, Question], Awaitable[Result]]
Keep = Callable[[Asker, KeepAnswer], None]


async def nobody_answers(_asker: Asker, _question: Question) -> Result:
    return UNAVAILABLE


def nobody_keeps(_asker: Asker, _answer: KeepAnswer) -> None:
    """Where there is no store."""


class Asking:
    """One for a node: it bounds the time of each question and the number of those that nobody answers."""

    def __init__(self, ask: Ask = nobody_answers, keep: Keep = nobody_keeps) -> None:
        self._ask = ask
        self.keep = keep
        self._asked: set[asyncio.Future[Result]] = set()

    async def result(self, asker: Asker, question: Question, budget_s: float | None) -> Result:
        """The answer; UNAVAILABLE after `budget_s`, and whatever goes wrong. Never an error."""
        what = type(question).__name__
        if len(self._asked) >= MOST_ASKED:
            log.warning("question.busy", question=what)
            return UNAVAILABLE
        asked = asyncio.ensure_future(self._ask(asker, question))
        self._asked.add(asked)
        asked.add_done_callback(self._done)
        try:
            # Not asyncio.timeout: a driver takes its time even to be cancelled (asyncpg: seconds, on a hung server).
            await asyncio.wait({asked}, timeout=budget_s)
            if not asked.done():
                log.warning("question.late", interaction=asker.interaction, question=what, budget_s=budget_s)
                return UNAVAILABLE
            return asked.result()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a system behind, the call goes on
            # The type only: a message may carry what was asked for.
            log.warning("question.failed", interaction=asker.interaction, question=what, error=type(error).__name__)
            return UNAVAILABLE
        finally:
            asked.cancel()

    def _done(self, asked: asyncio.Future[Result]) -> None:
        self._asked.discard(asked)
        if not asked.cancelled():
            asked.exception()  # whoever asked may have given up: then nobody else looks at it
