"""A folder takes what would be sent, a file for each message: the demo's way, and where another program sends it on."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from ivr_flows.calendar import local
from telephony.core.customer_message import Way
from telephony.core.outbox import Message
from telephony.outward.carrying import NotCarriedError, content
from telephony.outward.mail import Letterhead, name_of


class FolderCarrier:
    """E-mails as `.eml`, SMS as `.sms` with the number on the first line; the same message is the same file."""

    def __init__(self, folder: Path, letterhead: Letterhead) -> None:
        self._folder = folder
        self._letterhead = letterhead

    async def carry(self, message: Message) -> None:
        """Errors: NotCarriedError."""
        try:
            await asyncio.to_thread(self._write, message)
        except OSError as error:
            raise NotCarriedError(type(error).__name__) from None

    def _write(self, message: Message) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mail = message.target == Way.MAIL
        path = self._folder / f"{local(message.created_at):%Y%m%dT%H%M%S}-{name_of(message)}.{'eml' if mail else 'sms'}"
        told = content(message)
        written = self._letterhead.mail_of(message).as_bytes() if mail else f"{told.to}\n{told.text}\n".encode()
        part = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(written)
        part.replace(path)
