"""Letters of complaints in the console: as they would be written now, and as they were sent, as text and as PDF."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Iterator
from typing import Literal

from telephony.complaint_api import told_plainly
from telephony.complaint_post import Signer
from telephony.complaints import Complaints
from telephony.console.api.endpoint import STAFF, Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.core.complaint_letters import NoLetterError, title
from telephony.core.complaints import LEVEL_OF, Act
from telephony.core.customer_message import CustomerMessage
from telephony.outward.pdf import rendered
from telephony.store.complaints import FiledComplaint


class LetterAsked(Wire):
    """What is asked for, in words, where it is a request; else it stands in the complaint."""

    act: Literal["ask", "confirm", "answer"]


class LetterText(Wire):
    """`pdf` in base64 [RFC 4648 section 4]: PDF/A, to be printed or kept."""

    title: str
    text: str
    pdf: str


class ComplaintLetterApi:
    """`seen(login, customer, interaction)` is told who has read what of whom."""

    def __init__(self, complaints: Complaints, seen: Callable[[str, str, str], None]) -> None:
        self._complaints = complaints
        self._seen = seen

    def endpoints(self) -> Iterator[Endpoint]:
        one = "/complaints/{interaction}"
        yield Endpoint(
            "GET", f"{one}/letter", "the letter for this step, for a durable medium", STAFF, self._draft,
            query=LetterAsked, gives=LetterText, refuses=(404, 409, 503),
        )  # fmt: skip
        yield Endpoint(
            "GET", f"{one}/letters/{{letter}}", "a letter as it was sent", STAFF, self._sent, gives=LetterText,
            refuses=(404, 503),
        )  # fmt: skip

    async def _draft(self, asked: Asked) -> LetterText:
        act, account = Act(asked.query_as(LetterAsked).act), asked.account
        async with told_plainly():
            known, now = await self._complaints.one(asked.path["interaction"])
        signer = Signer(asked.by, account.display_name, LEVEL_OF[account.role])
        at = self._complaints.now
        try:
            text = self._complaints.post.text(known, now, act, at, signer)
        except NoLetterError:
            raise ProblemError(409, "complaint_no_letter") from None
        return await self._shown(asked, known, act, text, at)

    async def _sent(self, asked: Asked) -> LetterText:
        async with told_plainly():
            known, _ = await self._complaints.one(asked.path["interaction"])
            letters = await self._complaints.letters(asked.path["interaction"])
        found = next((each.letter for each in letters if each.letter.id == asked.path["letter"]), None)
        if found is None:
            raise ProblemError(404, detail="there is no such letter")
        return await self._shown(asked, known, found.act, found.text, found.made_at)

    async def _shown(self, asked: Asked, known: FiledComplaint, act: Act, text: str, at: float) -> LetterText:
        self._seen(asked.by, known.complaint.customer or "", known.complaint.interaction)
        named = title(act, known.ticket or known.complaint.interaction)
        pdf = await asyncio.to_thread(rendered, CustomerMessage("", text, title=named), at)
        return LetterText(title=named, text=text, pdf=base64.b64encode(pdf).decode())
