"""Carriers that fail, hang or ask for proof, and settings that cannot be used."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509

from telephony import tls
from telephony.core.customer_message import Way
from telephony.message_settings import Messages
from telephony.messages_wiring import carriers
from telephony.outward import sms, smtp
from telephony.outward.carrying import NotCarriedError
from telephony.outward.folder import FolderCarrier
from telephony.outward.sms import Gateway, SmsCarrier
from telephony.outward.smtp import MailServer, SmtpCarrier
from tests.integration.carrier_places import LETTERHEAD, TEMPLATE, MailPlace, SmsPlace, mail_server, sms_gateway

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
