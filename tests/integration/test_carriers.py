"""One contract for all carriers of messages to customers: a real mail server, a real HTTP gateway, a real folder."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509

from telephony import tls
from telephony.core.customer_message import CustomerMessage, Way
from telephony.core.outbox import Message
from telephony.message_settings import Messages
from telephony.messages_wiring import carriers
from telephony.outward import sms, smtp
from telephony.outward.carrying import Carrier, NotCarriedError
from telephony.outward.folder import FolderCarrier
from telephony.outward.mail import Letterhead
from telephony.outward.pdf import rendered
from telephony.outward.posting import AT_ONCE, MINE_S, Posting
from telephony.outward.sender import DEAD_AFTER
from telephony.outward.sms import Gateway, SmsCarrier
from telephony.outward.smtp import MailServer, SmtpCarrier
from telephony.store.memory import Memory
from telephony.store.store import Store
from tests.integration.test_outward import Time
from tests.ports import free_port

AT = 1_790_000_000.0
LETTERHEAD = Letterhead("bok@marsoft.example", "MARSOFT S.A.", rendered)
TEXT = "Zażółć gęślą jaźń. Київ.\n.\nDrugi wiersz."


@dataclass(frozen=True, slots=True)
class Delivered:
    """What arrived, as the other side sees it."""

    to: str
    text: str
    id: str
    subject: str = ""


class Place:
    """Where messages arrive. `refuse` makes it say no for good, `away` for now."""

    carrier: Carrier
    way: Way
    to: str

    def __init__(self) -> None:
        self.refuse = False
        self.away = False
        self.raw: list[Any] = []

    def delivered(self) -> list[Delivered]:
        raise NotImplementedError

    def message(self, id_: str = "m-1", **changes: str) -> Message:
        told = replace(CustomerMessage(self.to, TEXT, "Zgłoszenie 000013"), **changes)
        return told.as_message(id_, self.way, "ab12", AT)


class MailPlace(Place):
    way, to = Way.MAIL, "jan.zak@example.pl"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse or self.away:
            return f"{550 if self.refuse else 451} no {address} here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.raw.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return "250 OK"

    def mails(self) -> list[EmailMessage]:
        return [email.message_from_bytes(each[2], policy=email.policy.default) for each in self.raw]

    def delivered(self) -> list[Delivered]:
        assert all(each[0] == "bok@marsoft.example" for each in self.raw)
        return [_of(mail, each[1]) for mail, each in zip(self.mails(), self.raw, strict=True)]


def _of(mail: EmailMessage, to: list[str]) -> Delivered:
    body = mail.get_body(("plain",))
    assert body
    assert mail["To"].addresses[0].addr_spec == to[0]
    assert len(to) == 1
    text = "\n".join(body.get_content().splitlines())
    return Delivered(to[0], text, str(mail["Message-ID"]), str(mail["Subject"]))


class SmsPlace(Place):
    way, to = Way.SMS, "+48600100200"

    async def take(self, request: web.Request) -> web.Response:
        if self.refuse or self.away:
            return web.Response(status=400 if self.refuse else 503, text=self.to)
        self.raw.append((dict(request.headers), await request.read()))
        return web.Response(status=202)

    def delivered(self) -> list[Delivered]:
        found = [(headers, json.loads(body)) for headers, body in self.raw]
        assert all(headers["Authorization"] == "Bearer secret" for headers, _ in found)
        return [Delivered(each["to"], each["text"], headers["Idempotency-Key"]) for headers, each in found]


class FolderPlace(Place):
    def __init__(self, folder: Path, way: Way) -> None:
        super().__init__()
        self.folder = folder
        self.way = way
        self.to = MailPlace.to if way is Way.MAIL else SmsPlace.to
        self.carrier = FolderCarrier(folder / "out", LETTERHEAD)

    def delivered(self) -> list[Delivered]:
        found = sorted((self.folder / "out").iterdir()) if (self.folder / "out").is_dir() else []
        assert all(oct(each.stat().st_mode)[-3:] == "600" for each in found)
        return [self._read(each) for each in found]

    def _read(self, path: Path) -> Delivered:
        if path.suffix == ".sms":
            to, _, text = path.read_text("utf-8").partition("\n")
            return Delivered(to, text.rstrip("\n"), path.stem)
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        return _of(mail, [mail["To"].addresses[0].addr_spec])


@asynccontextmanager
async def mail_server(place: MailPlace, **options: Any) -> AsyncIterator[int]:
    port = free_port()
    controller = Controller(place, hostname="127.0.0.1", port=port, **options)
    await asyncio.to_thread(controller.start)
    try:
        yield port
    finally:
        await asyncio.to_thread(controller.stop)


@asynccontextmanager
async def sms_gateway(place: SmsPlace) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/send", place.take)
    async with TestServer(app) as server:
        yield str(server.make_url("/send"))


TEMPLATE = {"to": "{to}", "text": "{text}"}


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


# -- mail servers ---------------------------------------------------------------------------------------------------


def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"hotline", b"secret")
    return AuthResult(success=good, handled=False)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # aiosmtpd does not know that there is TLS from the start
@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mails_go_over_tls_with_a_log_in(tmp_path: Path, security: Any) -> None:
    pair = tls.Pair(tmp_path / "certificate.pem", tmp_path / "key.pem", given=False)
    tls._make(pair, (x509.DNSName("localhost"),), datetime.now(UTC))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    place = MailPlace()
    options: dict[str, Any] = {"authenticator": check, "auth_required": True}
    options |= (
        {"tls_context": context, "require_starttls": True}
        if security == "starttls"
        else {"ssl_context": context, "auth_require_tls": False}
    )
    async with mail_server(place, **options) as port:
        server = MailServer("localhost", port, security, "hotline", "secret", pair.certificate)
        await SmtpCarrier(server, LETTERHEAD).carry(place.message())
        assert len(place.raw) == 1
        for wrong in (
            replace(server, password="wrong"),
            replace(server, authority=None),  # whoever has a certificate that nobody knows
            replace(server, host="127.0.0.1"),  # or one for another name
        ):
            with pytest.raises(NotCarriedError) as error:
                await SmtpCarrier(wrong, LETTERHEAD).carry(place.message())
            assert not error.value.final, "the settings are to be mended; the message is good"
    assert len(place.raw) == 1


async def test_a_server_without_starttls_gets_neither_password_nor_mail() -> None:
    place = MailPlace()
    async with mail_server(place) as port:
        carrier = SmtpCarrier(MailServer("127.0.0.1", port, "starttls", "hotline", "secret"), LETTERHEAD)
        with pytest.raises(NotCarriedError):
            await carrier.carry(place.message())
    assert place.raw == []


async def test_a_mail_says_what_machines_need_to_know_and_has_its_letter(tmp_path: Path) -> None:
    place = MailPlace()
    async with mail_server(place) as port:
        carrier = SmtpCarrier(MailServer("127.0.0.1", port, "none"), LETTERHEAD)
        await carrier.carry(place.message(title="Reklamacja 000013: odpowiedź"))
    (mail,) = place.mails()
    assert (mail["Auto-Submitted"], str(mail["From"])) == ("auto-generated", '"MARSOFT S.A." <bok@marsoft.example>')
    assert str(mail["Date"]) == "Mon, 21 Sep 2026 16:13:20 +0200"
    (letter,) = mail.iter_attachments()
    assert (letter.get_content_type(), letter.get_filename()) == (
        "application/pdf",
        "Reklamacja-000013-odpowiedź.pdf",
    )
    assert letter.get_content().startswith(b"%PDF-1.7")


async def test_a_server_that_hangs_holds_nobody_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "ANSWER_S", 0.2)
    monkeypatch.setattr(sms, "ANSWER_S", 0.2)
    over, closed = asyncio.Event(), asyncio.Semaphore(0)

    async def hang(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()
        await writer.wait_closed()
        closed.release()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for carrier, place in (
        (SmtpCarrier(MailServer("127.0.0.1", port, "none"), LETTERHEAD), MailPlace()),
        (SmsCarrier(Gateway(f"http://127.0.0.1:{port}/", TEMPLATE)), SmsPlace()),
    ):
        with pytest.raises(NotCarriedError, match=r"TimeoutError|SMTPServerDisconnected"):
            await carrier.carry(place.message())
    over.set()
    for _ in range(2):
        await closed.acquire()
    server.close()


# -- gateways -------------------------------------------------------------------------------------------------------


async def test_a_gateways_template_is_filled_in_and_nothing_in_a_text_is_a_place() -> None:
    place = SmsPlace()
    async with sms_gateway(place) as url:
        template = {"receiver": "{to_digits}", "body": "{text}", "from": "{sender}", "ref": "{id}", "flash": "no"}
        gateway = Gateway(url, template, "form", sender="MARSOFT")
        await SmsCarrier(gateway).carry(place.message(text="{to} & {id}=1"))
    ((headers, body),) = place.raw
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in headers
    sent = dict(pair.split("=") for pair in body.decode().split("&"))
    assert sent["receiver"] == "48600100200"
    assert sent["body"] == "%7Bto%7D+%26+%7Bid%7D%3D1"
    assert sent["ref"] == headers["Idempotency-Key"]


async def test_a_gateway_leads_us_nowhere() -> None:
    place = SmsPlace()

    def redirect(url: str) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(_: web.Request) -> web.Response:
            return web.Response(status=307, headers={"Location": url})

        return answer

    async with sms_gateway(place) as elsewhere:
        app = web.Application()
        app.router.add_post("/send", redirect(elsewhere))
        async with TestServer(app) as server:
            with pytest.raises(NotCarriedError, match="HTTP 307"):
                await SmsCarrier(Gateway(str(server.make_url("/send")), TEMPLATE)).carry(place.message())
    assert place.raw == []


# -- settings -------------------------------------------------------------------------------------------------------

SMTP_SET = {"host": "127.0.0.1", "port": 2525, "security": "none"}
SMS_SET = {"url": "https://sms.example/send", "hosts": ["sms.example"]}


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        ({}, {}),
        ({"folder": "out"}, {Way.MAIL: FolderCarrier, Way.SMS: FolderCarrier}),
        ({"smtp": SMTP_SET}, {Way.MAIL: SmtpCarrier}),
        ({"sms": SMS_SET, "folder": "out"}, {Way.MAIL: FolderCarrier, Way.SMS: SmsCarrier}),
    ],
)
def test_each_way_has_its_own_carrier_or_the_folder(given: dict[str, Any], kinds: dict[Way, type]) -> None:
    assert {way: type(each) for way, each in carriers(Messages(**given))} == kinds


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"smtp": {**SMTP_SET, "host": "mail.example"}}, "on this machine alone"),
        ({"smtp": {**SMTP_SET, "user": "hotline"}}, "belong together"),
        ({"sms": {**SMS_SET, "url": "http://sms.example/send"}}, "https"),
        ({"sms": {**SMS_SET, "hosts": ["other.example"]}}, "not among"),
        ({"sms": {**SMS_SET, "template": {"to": "{to}", "text": "{texts}"}}}, "is no value"),
        ({"sms": {**SMS_SET, "template": {"text": "{text}"}}}, "has"),
        ({"sender": "x\r\nBcc: y@z.pl"}, "e-mail address"),
        ({"sender_name": "x\r\nBcc: y@z.pl"}, "pattern"),
    ],
)
def test_what_cannot_be_used_is_said(given: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Messages(**given)
