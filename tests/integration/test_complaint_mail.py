"""`hotline complaint take`, as a mail server runs it: a program of its own with the e-mail on standard input."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from telephony.complaint_cli import DATA_ERROR, TRY_LATER
from telephony.store.store import Store
from tests.unit.test_mailed_complaint import mail


async def take(raw: bytes, url: str, data: Path) -> tuple[int, str]:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "telephony", "complaint", "take", "--kind", "service_quality",
        env={**os.environ, "HOTLINE_DATABASE_URL": url, "HOTLINE_DATA": str(data)},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await program.communicate(raw)
    assert program.returncode is not None
    return program.returncode, (out + err).decode().strip()


async def test_an_e_mail_is_a_complaint_once_and_is_not_lost(database_url: str, tmp_path: Path) -> None:
    raw = bytes(mail())
    status, number = await take(raw, database_url, tmp_path)
    assert (status, number) == (0, "000013")
    assert await take(raw, database_url, tmp_path) == (0, number)
    store = await Store.open(database_url)
    (known,) = await store.complaints.all(open_only=True)
    await store.close()
    assert (known.ticket, known.complaint.kind, known.complaint.customer) == (number, "service_quality", None)
    assert known.complaint.elements["grounds"] == "Internet rwie się od rana."
    assert await take(bytes(mail(Auto_Submitted="auto-replied")), database_url, tmp_path) == (
        0,
        "left: it is of a machine",
    )
    assert await take(b"\xff\x00", database_url, tmp_path) == (
        DATA_ERROR,
        "hotline: the e-mail has no sender to whom could be written",
    )
    status, said = await take(raw, "postgresql://127.0.0.1:1/nobody", tmp_path)
    assert (status, "zaneta" in said) == (TRY_LATER, False)


@pytest.mark.parametrize("words", [[], ["take", "--kind", "weather"]])
async def test_what_is_called_wrongly_is_said(words: list[str]) -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "telephony", "complaint", *words, stderr=asyncio.subprocess.DEVNULL
    )
    assert await program.wait() == 2
