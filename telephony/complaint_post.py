"""Letters of complaints: written, kept as they are, and sent by e-mail where that is the way; or printed and posted."""

from __future__ import annotations

from dataclasses import dataclass

from ivr_flows.calendar import local
from telephony.core.complaint_letters import Letter, letter, title
from telephony.core.complaints import HOTLINE, Act, Level, Standing
from telephony.core.customer_message import CustomerMessage, Way, mail_address
from telephony.customer_messages import CustomerMessages
from telephony.store.complaints import FiledComplaint
from telephony.store.letters import KeptLetter, LetterState, SentLetter
from telephony.store.store import Store

BY_MAIL, BY_POST = "e-mail", "letter"
WRITTEN = frozenset({Act.CONFIRM, Act.ASK, Act.ANSWER, Act.RESEND})  # steps that are letters
DONE_WHEN_SENT = frozenset({Act.CONFIRM, Act.ANSWER, Act.RESEND})  # their clocks stop when somebody has taken them


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs; without a name the unit alone."""

    login: str = HOTLINE
    name: str = ""
    level: Level = Level.CONSULTANT


class ComplaintPost:
    """`unit` answers for the operator."""

    def __init__(self, unit: str, messages: CustomerMessages) -> None:
        self.unit = unit
        self._messages = messages

    def address(self, known: FiledComplaint) -> str | None:
        """Where e-mails of it go; None where none can."""
        given = known.complaint.elements.get("email")
        return mail_address(str(given)) if given and self._messages.mail else None

    def wants_mail(self, known: FiledComplaint) -> bool:
        """Whether the customer has chosen it, or has nothing against it."""
        return known.complaint.elements.get("answer_by", BY_MAIL) == BY_MAIL and self.address(known) is not None

    def text(self, known: FiledComplaint, now: Standing, act: Act, at: float, signer: Signer) -> str:
        """As it would be written now; `now` is where it stands with this step. Errors: NoLetterError."""
        elements = {name: str(value) for name, value in known.complaint.elements.items()}
        number = known.ticket or known.complaint.interaction
        today = local(at).date()
        about = Letter(self.unit, number, known.complaint.kind, known.filed, today, signer.name, signer.level, elements)
        asked = next((step for step in reversed(known.steps) if step.act is Act.ASK), None)
        return letter(about, act, now, asked.facts.get("missing", "") if asked else "")

    async def written(self, store: Store, interaction: str, act: Act) -> list[SentLetter]:
        """Those of this step so far."""
        return [each for each in await store.letters.of(interaction) if each.letter.act is act]

    async def keep(
        self, store: Store, known: FiledComplaint, act: Act, way: str, text: str, signer: Signer, at: float
    ) -> KeptLetter | None:
        """By e-mail it is on its way, else it is sent already. None: the address has had enough for today."""
        to = self.address(known) if way == BY_MAIL else None
        interaction = known.complaint.interaction
        id_ = f"letter-{interaction}-{act}-{len(await self.written(store, interaction, act))}"
        recipient = self._messages.recipient(to) if to else ""
        kept = KeptLetter(id_, interaction, act, way, recipient, text, signer.login, at, None if to else at)
        if to:
            named = title(act, known.ticket or interaction)
            message = CustomerMessage(to, text, named, named)
            by_itself = signer.login == HOTLINE
            if not await self._messages.send(store, id_, Way.MAIL, message, at, by_itself=by_itself):
                return None
        await store.letters.keep(kept)
        return kept


def waits(written: list[SentLetter]) -> bool:
    """Whether one is on its way."""
    return any(each.state is LetterState.WAITING for each in written)
