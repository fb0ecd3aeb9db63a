"""One contract for all carriers of messages to customers: a real mail server, a real HTTP gateway, a real folder."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from telephony.core.customer_message import Way
from telephony.core.outbox import Message
from telephony.outward.carrying import Carrier, NotCarriedError
from telephony.outward.posting import AT_ONCE, MINE_S, Posting
from telephony.outward.sender import DEAD_AFTER
from telephony.outward.sms import Gateway, SmsCarrier
from telephony.outward.smtp import MailServer, SmtpCarrier
from telephony.store.memory import Memory
from telephony.store.store import Store
from tests.integration.carrier_places import (
    AT,
    LETTERHEAD,
    TEMPLATE,
    TEXT,
    FolderPlace,
    MailPlace,
    Place,
    SmsPlace,
    mail_server,
    sms_gateway,
)
from tests.integration.test_outward import Time


@pytest_asyncio.fixture(params=["smtp", "http", "folder of mails", "folder of sms"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    if request.param == "smtp":
        mail = MailPlace()
        async with mail_server(mail) as port:
            mail.carrier = SmtpCarrier(MailServer("127.0.0.1", port, "none"), LETTERHEAD)
            yield mail
    elif request.param == "http":
        sms_place = SmsPlace()
        async with sms_gateway(sms_place) as url:
            sms_place.carrier = SmsCarrier(Gateway(url, TEMPLATE, token="secret"))
            yield sms_place
    else:
        yield FolderPlace(tmp_path, Way.MAIL if "mails" in request.param else Way.SMS)


# -- the contract ---------------------------------------------------------------------------------------------------


async def test_what_is_carried_arrives_as_it_is(place: Place) -> None:
    await place.carrier.carry(place.message())
    (found,) = place.delivered()
    assert (found.to, found.text) == (place.to, TEXT)
    assert found.subject == ("Zgłoszenie 000013" if place.way is Way.MAIL else "")


async def test_the_same_message_again_can_be_told_from_another(place: Place) -> None:
    for id_ in ("m-1", "m-1", "m-2"):
        await place.carrier.carry(place.message(id_))
    assert len({each.id for each in place.delivered()}) == 2


async def test_what_cannot_be_carried_says_nothing_of_the_customer(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    if isinstance(place, FolderPlace):
        (place.folder / "out").write_text("a file where the folder should be")
    place.away = True
    with pytest.raises(NotCarriedError) as error:
        await place.carrier.carry(place.message())
    assert not error.value.final
    assert place.to not in str(error.value) + caplog.text
    if not isinstance(place, FolderPlace):
        place.away, place.refuse = False, True
        with pytest.raises(NotCarriedError) as error:
            await place.carrier.carry(place.message())
        assert error.value.final
        assert str(error.value) in ("SMTP 550", "HTTP 400")


async def test_what_is_no_message_is_never_tried_again(place: Place) -> None:
    with pytest.raises(NotCarriedError) as error:
        await place.carrier.carry(replace(place.message(), body="[]"))
    assert error.value.final
    assert place.delivered() == []


@pytest.mark.parametrize("evil", ["x\r\nBcc: all@example.pl", "x\nBcc: all@example.pl", "x\x0bBcc: y", "x\u2028Bcc: y"])
async def test_no_header_is_injected(place: Place, evil: str) -> None:
    await place.carrier.carry(place.message(subject=evil, text=evil, title="" if place.way is Way.SMS else evil))
    if place.way is Way.MAIL:
        with pytest.raises(NotCarriedError, match="no address"):
            await place.carrier.carry(place.message("m-2", to=f"{place.to}{evil}"))
    if isinstance(place, MailPlace):
        (mail,) = place.mails()
        assert mail["Bcc"] is None
        assert [each[1] for each in place.raw] == [[place.to]]
        head = place.raw[0][2].split(b"\r\n\r\n")[0]
        assert not re.search(rb"^Bcc", head, re.MULTILINE)


# -- the outbox before them -----------------------------------------------------------------------------------------


@pytest_asyncio.fixture(params=["postgres", "memory"])
async def store(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(database_url) if request.param == "postgres" else Store(Memory())
    yield opened
    await opened.close()


class Carried:
    """A carrier that says what the test wants."""

    def __init__(self, answers: Callable[[Message], Exception | None] = lambda _: None) -> None:
        self.answers = answers
        self.ids: list[str] = []

    async def carry(self, message: Message) -> None:
        self.ids.append(message.id)
        if error := self.answers(message):
            raise error


def post(store: Store, carrier: Carrier, clock: Time, **more: Any) -> Posting:
    return Posting(str(Way.MAIL), carrier, store.outbox, clock, **more)


MAIL = MailPlace()


async def test_nobody_waits_behind_a_message_that_is_not_taken(store: Store) -> None:
    clock = Time()
    clock.now = AT
    await store.outbox.keep_messages([MAIL.message(f"m-{n}") for n in range(3)])
    carrier = Carried(lambda message: NotCarriedError("SMTP 451") if message.id == "m-0" else None)
    posting = post(store, carrier, clock)
    assert await posting.look() == 3
    assert await posting.look() == 0, "m-0 waits"
    assert (posting.sent, posting.failed) == (2, 1)
    clock.now += 1.0
    carrier.answers = lambda _: None
    assert await posting.look() == 1
    assert carrier.ids.count("m-0") == 2
    assert await store.outbox.open_messages(str(Way.MAIL)) == ()


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (NotCarriedError("SMTP 550", final=True), 1),
        (NotCarriedError("SMTP 451"), DEAD_AFTER),
        (RuntimeError("a bug with jan.zak@example.pl"), DEAD_AFTER),
    ],
)
async def test_what_is_never_taken_is_put_aside_and_can_be_sent_again(
    store: Store, error: Exception, tries: int
) -> None:
    clock = Time()
    clock.now = AT
    await store.outbox.keep_messages([MAIL.message()])
    carrier = Carried(lambda _: error)
    posting = post(store, carrier, clock)
    for _ in range(DEAD_AFTER + 2):
        await posting.look()
        clock.now += 3600.0
    assert len(carrier.ids) == tries
    (dead,) = await store.outbox.dead_messages()
    assert dead.why == (error.why if isinstance(error, NotCarriedError) else "RuntimeError")
    carrier.answers = lambda _: None
    await store.outbox.retry(["m-1"], clock.now)
    assert await posting.look() == 1
    assert await store.outbox.dead_messages() == ()


async def test_two_servers_send_each_message_once_and_who_dies_loses_none(store: Store) -> None:
    clock = Time()
    clock.now = AT
    many = 3 * AT_ONCE
    await store.outbox.keep_messages([MAIL.message(f"m-{n:02}") for n in range(many)])
    lost = await store.outbox.claim(str(Way.MAIL), AT, AT + MINE_S, AT_ONCE)  # and died
    one, other = Carried(), Carried()
    servers = [post(store, one, clock), post(store, other, clock)]
    while sum(await asyncio.gather(*(each.look() for each in servers))):
        pass
    assert sorted(one.ids + other.ids) == [f"m-{n:02}" for n in range(AT_ONCE, many)]
    clock.now += MINE_S
    await servers[0].look()
    assert set(one.ids) >= {each.id for each in lost}
