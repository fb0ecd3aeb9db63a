"""Where messages arrive: a mail server, an SMS gateway, folders."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from telephony.core.customer_message import CustomerMessage, Way
from telephony.core.outbox import Message
from telephony.outward.carrying import Carrier
from telephony.outward.folder import FolderCarrier
from telephony.outward.mail import Letterhead
from telephony.outward.pdf import rendered
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
