"""Letters of complaints from the console to the customer: written, kept, sent by a real carrier, among the steps."""

from __future__ import annotations

import base64
import email
import email.policy
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from telephony.complaint_api import ComplaintApi
from telephony.complaint_letter_api import ComplaintLetterApi
from telephony.complaints import Complaints
from telephony.console.api.endpoint import Endpoint
from telephony.core.account import Role
from telephony.core.complaints import USUAL, Act, NotPossibleError, State
from telephony.core.customer_message import Way
from telephony.core.ids import InteractionId
from telephony.core.promises import Complaint
from telephony.messages_wiring import carriers
from telephony.outward.carrying import NotCarriedError
from telephony.outward.posting import Posting
from telephony.store.letters import LetterState
from telephony.store.memory import Memory
from telephony.store.store import Store
from tests.integration.console_house import House
from tests.integration.test_complaints import CALL, CUSTOMER, ELEMENTS, noon
from tests.integration.test_console_api import Page, page_of
from tests.letters import messages, post

BY_MAIL = {**ELEMENTS, "answer_by": "e-mail", "email": "jan.zak@example.pl"}


class Refusing:
    async def carry(self, _: object) -> None:
        raise NotCarriedError("SMTP 550", final=True)


class Office:
    """With a folder where a mail server would be."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.now = noon("2026-03-20")
        self.store = store
        self.folder = folder
        self.told: list[tuple[str, str, str, tuple[str, ...]]] = []
        self.complaints = Complaints(USUAL, store, lambda: self.now, post(folder=folder), self._audited)
        self.carrier = dict(carriers(messages(folder=folder).rules))[Way.MAIL]

    def _audited(self, actor: str, act: str, complaint: Complaint, fields: tuple[str, ...]) -> None:
        self.told.append((actor, act, complaint.interaction, fields))

    async def file(self, elements: dict[str, str] = BY_MAIL, interaction: str = CALL) -> str:
        return await self.complaints.file(
            InteractionId(interaction), "service_quality", CUSTOMER.number, elements, "anna"
        )

    async def take(self, act: Act, actor: str = "anna", **facts: str) -> bool:
        return await self.complaints.take(CALL, act, actor, Role.SUPERVISOR, facts, f"{actor.title()} Nowak")

    async def carried(self) -> list[EmailMessage]:
        """What has gone out so far; the steps know."""
        await self.complaints.look()
        await Posting(str(Way.MAIL), self.carrier, self.store.outbox, lambda: self.now).look()
        await self.complaints.look()
        files = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        return [email.message_from_bytes(each.read_bytes(), policy=email.policy.default) for each in files]

    async def answers(self) -> list[str]:
        return [text_of(each) for each in await self.carried() if str(each["Subject"]).startswith("Odpowiedź")]

    async def steps(self) -> list[tuple[str, str, str]]:
        known, _ = await self.complaints.one(CALL)
        return [(str(step.act), step.actor, step.on.isoformat()) for step in known.steps]

    async def states(self) -> list[tuple[str, LetterState]]:
        return [(str(each.letter.act), each.state) for each in await self.complaints.letters(CALL)]


@pytest_asyncio.fixture(params=["postgres", "memory"])
async def office(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    store = await Store.open(database_url) if request.param == "postgres" else Store(Memory())
    await store.customers.add([CUSTOMER])
    yield Office(store, tmp_path / "out")
    await store.close()


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body
    return "\n".join(body.get_content().splitlines())


async def test_the_confirmation_goes_by_itself_and_counts_from_when_it_was_taken(office: Office) -> None:
    number = await office.file()
    await office.complaints.look()
    await office.complaints.look()
    assert await office.states() == [("confirm", LetterState.WAITING)]
    assert await office.steps() == [], "nobody has taken it yet"
    office.now = noon("2026-03-22")
    (mail,) = await office.carried()
    assert await office.steps() == [("confirm", "", "2026-03-22")]
    assert (mail["To"], mail["Subject"]) == ("jan.zak@example.pl", f"Potwierdzenie przyjęcia reklamacji {number}")
    assert "Odpowiemy najpóźniej 3 kwietnia 2026 r." in text_of(mail)
    assert text_of(mail).endswith("Z poważaniem\nMARSOFT S.A., Dział Reklamacji")
    (letter,) = mail.iter_attachments()
    assert letter.get_content().startswith(b"%PDF-1.7")
    known, now = await office.complaints.one(CALL)
    recipient = messages().recipient("jan.zak@example.pl")
    assert known.steps[0].facts == {"way": "e-mail", "letter": f"letter-{CALL}-confirm-0", "to": recipient}
    assert now.confirmation.done
    assert len(await office.carried()) == 1
    assert office.told[0] == ("anna", "file", CALL, ())
    assert office.told[-1] == ("", "confirm", CALL, ("way:e-mail", f"to:{recipient}"))
    assert "jan.zak" not in str(office.told)


@pytest.mark.parametrize("elements", [ELEMENTS, {**BY_MAIL, "answer_by": "letter"}, {**BY_MAIL, "email": "x@y\r\nz"}])
async def test_by_post_and_to_no_address_nothing_goes_by_itself(office: Office, elements: dict[str, str]) -> None:
    await office.file(elements)
    assert await office.carried() == []
    assert await office.take(Act.CONFIRM, way="letter")
    assert await office.states() == [("confirm", LetterState.SENT)]
    assert await office.steps() == [("confirm", "anna", "2026-03-20")]


async def test_what_nobody_took_is_shown_and_printed_instead(office: Office) -> None:
    await office.file()
    await office.complaints.look()
    office.carrier = Refusing()
    assert await office.carried() == []
    (letter,) = await office.complaints.letters(CALL)
    assert (letter.state, letter.why) == (LetterState.FAILED, "SMTP 550")
    await office.complaints.look()
    assert len(await office.complaints.letters(CALL)) == 1, "it is not tried again by itself"
    assert await office.take(Act.CONFIRM, way="letter")
    assert (await office.complaints.one(CALL))[1].confirmation.done


async def test_an_address_that_is_flooded_gets_no_more_confirmations_by_themselves(office: Office) -> None:
    for place in range(5):
        await office.file(interaction=f"c-{place}")
    await office.complaints.look()
    assert len(await office.store.outbox.open_messages(str(Way.MAIL))) == 3


async def test_the_answer_is_done_when_it_is_taken_and_only_once_on_its_way(office: Office) -> None:
    await office.file()
    await office.carried()
    await office.take(Act.PROPOSE, decision="partly", reasons="Nadajnik.", compensation="30 zł", paid_by="2026-04-15")
    await office.take(Act.APPROVE, "piotr")
    assert not await office.take(Act.ANSWER, "piotr", way="e-mail")
    with pytest.raises(NotPossibleError, match="queued"):
        await office.take(Act.ANSWER, "piotr", way="e-mail")
    assert (await office.complaints.one(CALL))[1].state is State.APPROVED
    office.now = noon("2026-03-23")
    text = (await office.answers())[-1]
    for said in ("uznana częściowo", "Nadajnik.", "30 zł, wypłata do 15 kwietnia 2026 r.", "Piotr Nowak\nkierownik"):
        assert said in text
    known, now = await office.complaints.one(CALL)
    assert (now.state, known.steps[-1].actor, now.answer.done) == (State.ANSWERED, "piotr", known.steps[-1].on)
    ticket = await office.store.ticket_of(CALL)
    assert ticket
    assert ticket.status == "closed"
    assert await office.complaints.all() == []


async def test_whoever_asks_gets_the_same_answer_again_within_three_working_days(office: Office) -> None:
    await office.file()
    await office.carried()
    with pytest.raises(NotPossibleError, match="not_answered"):
        await office.take(Act.WANT)
    await office.take(Act.PROPOSE, decision="accepted")
    await office.take(Act.APPROVE, "piotr")
    await office.take(Act.ANSWER, "piotr", way="e-mail")
    before = (await office.answers())[-1]
    office.now = noon("2026-04-30")  # a Thursday; then 1 May, a Saturday, 3 May, which is a Sunday
    await office.take(Act.WANT)
    ((known, now),) = await office.complaints.all()
    assert now.copy
    assert now.copy.due.isoformat() == "2026-05-06"
    office.now = noon("2026-05-05")
    await office.complaints.look()
    assert (await office.steps())[-1] == ("remind", "", "2026-05-05")
    assert not await office.take(Act.RESEND, "ewa", way="e-mail")
    assert (await office.answers())[-1] == before
    assert await office.complaints.all() == []
    assert known.complaint.interaction == CALL


async def test_a_request_counts_at_once_and_says_the_last_day(office: Office) -> None:
    await office.file({"grounds": "…", "email": "jan.zak@example.pl"})
    assert await office.take(Act.ASK, missing="adres", way="e-mail")
    assert await office.steps() == [("ask", "anna", "2026-03-20")]
    mails = [text_of(each) for each in await office.carried()]
    assert any("wymaga uzupełnienia: adres." in each and "najpóźniej 27 marca 2026 r." in each for each in mails)
    assert set(await office.states()) == {("ask", LetterState.SENT), ("confirm", LetterState.SENT)}
    assert [act for act, *_ in await office.steps()].count("ask") == 1


async def test_after_silence_the_letter_says_that_the_complaint_is_accepted(office: Office) -> None:
    await office.file()
    office.now = noon("2026-04-20")
    await office.take(Act.ANSWER, way="letter")
    (answer,) = [each for each in await office.complaints.letters(CALL) if each.letter.act is Act.ANSWER]
    assert "Reklamacja jest uznana, ponieważ nie odpowiedzieliśmy" in answer.letter.text


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({}, "decision"),
        ({"decision": "maybe"}, "decision"),
        ({"decision": "refused", "reasons": " "}, "reasons"),
        ({"decision": "partly"}, "reasons"),
        ({"decision": "accepted", "compensation": "30 zł"}, "paid_by"),
        ({"decision": "accepted", "compensation": "30 zł", "paid_by": "soon"}, "paid_by"),
    ],
)
async def test_a_decision_has_all_that_its_letter_must_name(office: Office, facts: dict[str, str], why: str) -> None:
    await office.file()
    with pytest.raises(NotPossibleError, match=why):
        await office.take(Act.PROPOSE, **facts)


# -- over HTTP ------------------------------------------------------------------------------------------------------

SEEN: list[tuple[str, str, str]] = []


@pytest.fixture
def desk(tmp_path: Path) -> Office:
    SEEN.clear()
    return Office(Store(Memory()), tmp_path / "out")


@pytest.fixture
def endpoints(desk: Office) -> tuple[Endpoint, ...]:
    api = ComplaintApi(desk.complaints, lambda *look: SEEN.append(look), lambda: InteractionId("new"))
    return (*api.endpoints(), *ComplaintLetterApi(desk.complaints, lambda *look: SEEN.append(look)).endpoints())


@pytest.fixture
async def anna(http: aiohttp.ClientSession, house: House) -> Page:
    return await page_of(http, house, "anna")


async def test_a_letter_is_shown_as_pdf_and_whoever_sees_it_is_noted(anna: Page, desk: Office) -> None:
    await desk.store.customers.add([CUSTOMER])
    await desk.file()
    await desk.carried()
    status, one = await anna.ask("GET", f"/complaints/{CALL}")
    assert (status, one["mail"], one["copy_clock"]) == (200, True, None)
    (letter,) = one["letters"]
    assert (letter["act"], letter["way"], letter["state"]) == ("confirm", "e-mail", "sent")
    SEEN.clear()
    for path in (f"letters/{letter['id']}", "letter?act=confirm"):
        status, shown = await anna.ask("GET", f"/complaints/{CALL}/{path}")
        assert (status, shown["title"][:12]) == (200, "Potwierdzeni")
        assert base64.b64decode(shown["pdf"]).startswith(b"%PDF-1.7")
        assert "potwierdzamy przyjęcie" in shown["text"]
    assert [("anna", CUSTOMER.number, CALL)] * 2 == SEEN
    for path in (f"/complaints/{CALL}/letters/nobody", "/complaints/nobody/letters/x"):
        assert (await anna.ask("GET", path))[0] == 404
    assert (await anna.ask("GET", f"/complaints/{CALL}/letter?act=answer"))[0] == 409
