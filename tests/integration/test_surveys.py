"""Surveys at work: links that go out once, the page behind them over real HTTP, the report and the digest."""

from __future__ import annotations

import json
import random
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from telephony.console.console import Console
from telephony.console.more_pages import MorePages
from telephony.console.survey_form import AT_ONCE, SurveyForm
from telephony.core.customer_message import Way
from telephony.core.hours import POLAND
from telephony.core.ids import InteractionId
from telephony.core.periods import quarter, week
from telephony.core.survey import DAY_S
from telephony.core.ticket import OpenTicket, TicketStatus
from telephony.crm.seed import customers
from telephony.customer_messages import CustomerMessages
from telephony.digest import DigestPost, digest_of
from telephony.message_settings import Messages
from telephony.outreach_wiring import Letters, SurveyAnswers
from telephony.store.errors import StoreError
from telephony.store.memory import Memory
from telephony.store.store import Store
from telephony.survey_report import COLUMNS, as_csv, as_text, report, rows
from telephony.survey_settings import Surveys as Rules
from telephony.surveys import Surveys

LETTERS = Letters(CustomerMessages(Messages(folder=Path("outbox")), b"a key of the tests"))
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
PHONE = "+48600100200"  # a mobile one
CUSTOMER = replace(customers(1)[0], phones=(PHONE,))
TOKEN = "t" * 43


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=POLAND).timestamp()


class House:
    """A store, surveys over it, and the public page."""

    def __init__(self) -> None:
        self.now = at("2026-11-30T12:00")
        self.store = Store(Memory())
        self.rules = Rules(public_url="https://ankieta.example.pl", share=1.0)
        self.tokens = iter([TOKEN, "u" * 43, "v" * 43])
        self.surveys = self.with_rules(self.rules)
        self.url = ""

    def with_rules(self, rules: Rules) -> Surveys:
        return Surveys(
            rules, self.store, LETTERS, lambda: self.now, takes_sms=LETTERS.takes_sms, rng=random.Random(1),
            new_token=lambda: next(self.tokens),
        )  # fmt: skip

    async def closed(self, name: str, phone: str = PHONE) -> None:
        from tests.integration.test_store_surveys import call

        await self.store.record_calls([call(name, phone, self.now)])
        ticket = OpenTicket(InteractionId(name), None, "Sprawa", "…", status=TicketStatus.CLOSED)
        await self.store.open_ticket(ticket, self.now)

    async def texts(self) -> list[dict[str, str]]:
        return [json.loads(each.body) for each in await self.store.outbox.open_messages(str(Way.SMS))]


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    known = House()
    await known.store.customers.add([CUSTOMER])
    form = SurveyForm(SurveyAnswers(known.surveys), "iod@example.pl", lambda: known.now)

    async def nobody(_: str) -> None:
        return None

    async def no_card(_: object) -> None:
        raise AssertionError

    console = Console(
        accounts=nobody, card=no_card, submit=lambda _: None, clock=lambda: known.now,  # type: ignore[arg-type]
        more=MorePages(tuple(form.routes())),
    )  # fmt: skip
    known.url = f"http://127.0.0.1:{await console.start('127.0.0.1', 0)}"
    yield known
    await console.stop()


@pytest_asyncio.fixture
async def http(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(house.url) as session:
        yield session


async def sent(house: House, http: aiohttp.ClientSession, token: str = TOKEN, **fields: str) -> tuple[int, str]:
    async with http.post(f"/survey/{token}", data=fields, headers={"Origin": house.url}) as answer:
        return answer.status, await answer.text()


async def test_a_link_goes_out_once_in_the_day_and_the_store_knows_no_token(house: House) -> None:
    await house.closed("i-1")
    house.now = at("2026-11-30T22:00")
    await house.surveys.look()
    assert await house.texts() == [], "nobody gets a message at night"
    house.now = at("2026-12-01T08:00")
    await house.surveys.look()
    await house.surveys.look()
    (text,) = await house.texts()
    assert text["to"] == PHONE
    assert text["text"].endswith(f" https://ankieta.example.pl/survey/{TOKEN}")
    assert TOKEN not in repr(house.store.connection.invitations)  # type: ignore[attr-defined]
    await house.closed("i-2")
    await house.surveys.look()
    assert len(await house.texts()) == 1, "not again before the quiet period is over"
    house.now += house.rules.quiet_days * DAY_S
    await house.closed("i-3")
    await house.surveys.look()
    assert len(await house.texts()) == 2


async def test_landlines_get_no_text_and_a_share_of_none_asks_nobody(house: House) -> None:
    await house.closed("i-1", "+48220123456")
    await house.surveys.look()
    house.surveys = house.with_rules(house.rules.model_copy(update={"share": 0.0}))
    await house.closed("i-2")
    await house.surveys.look()
    assert await house.texts() == []
    assert await house.store.surveys.undecided(0.0) == ()


async def test_the_page_takes_one_answer(house: House, http: aiohttp.ClientSession) -> None:
    await house.closed("i-1")
    await house.surveys.look()
    for _ in range(2):  # whoever looks at the link beforehand uses nothing up
        async with http.get(f"/survey/{TOKEN}") as page:
            text = await page.text()
            assert page.status == 200
            assert page.headers["Referrer-Policy"] == "strict-origin"
            assert "script-src 'self'" in page.headers["Content-Security-Policy"]
            assert page.headers["Cache-Control"] == "no-store"
            assert not page.cookies
    assert "<script" not in text
    assert len(re.findall(r'name="nps" value="\d+"', text)) == 11
    status, page_text = await sent(house, http, nps="9", csat="", comment=HOSTILE)
    assert (status, "Dziękujemy" in page_text) == (200, True)
    assert (await sent(house, http, nps="0"))[0] == 410
    async with http.get(f"/survey/{TOKEN}") as page:
        assert page.status == 410
        assert TOKEN not in await page.text()
    (comment,) = await house.store.surveys.comments(quarter("2026Q4"), 9)
    assert comment.comment == HOSTILE


async def test_what_was_typed_comes_back_as_text(house: House, http: aiohttp.ClientSession) -> None:
    await house.closed("i-1")
    await house.surveys.look()
    for wrong in ({}, {"nps": "11", "comment": HOSTILE}, {"csat": "0"}, {"nps": HOSTILE}):
        status, text = await sent(house, http, **wrong)
        assert status == 422
        assert "<script>" not in text
        assert "<img" not in text
        assert "<title>Błąd: " in text
    status, text = await sent(house, http, lang="en")
    assert "Please answer at least one question." in text
    status, text = await sent(house, http, comment="x" * 5000)
    assert status == 200
    (comment,) = await house.store.surveys.comments(quarter("2026Q4"), 9)
    assert len(comment.comment) == 2000


async def test_foreign_pages_and_wrong_or_old_links_get_nothing(house: House, http: aiohttp.ClientSession) -> None:
    await house.closed("i-1")
    await house.surveys.look()
    async with http.post(f"/survey/{TOKEN}", data={"nps": "9"}, headers={"Origin": "https://evil.example"}) as answer:
        assert answer.status == 403
    for token in ("x" * 43, "x", HOSTILE.replace("/", ""), "a" * 4000):
        status, text = await sent(house, http, token, nps="9")
        assert status == 410
        assert "<script>" not in text
    house.now += house.rules.link_days * DAY_S
    assert (await sent(house, http, nps="9"))[0] == 410


async def test_who_objects_is_never_asked_again(house: House, http: aiohttp.ClientSession) -> None:
    await house.closed("i-1")
    await house.surveys.look()
    status, text = await sent(house, http, act="object")
    assert (status, "Zapisaliśmy sprzeciw" in text) == (200, True)
    assert (await sent(house, http, act="object"))[0] == 410
    house.now += 1000 * DAY_S
    await house.closed("i-2")
    await house.surveys.look()
    assert len(await house.texts()) == 1
    assert not await house.surveys.after_call([CUSTOMER.number])
    assert not await house.surveys.after_call([PHONE])
    assert await house.surveys.after_call(["+48600999000"])
    assert await house.surveys.after_call([])


async def test_nobody_tries_tokens_out(house: House, http: aiohttp.ClientSession) -> None:
    for _ in range(AT_ONCE):
        async with http.get("/survey/" + "x" * 43) as page:
            assert page.status == 410
    status, text = await sent(house, http, nps="9")
    assert status == 429
    assert "Za dużo prób" in text
    house.now += 60
    async with http.get("/survey/" + "x" * 43) as page:
        assert page.status == 410


async def test_an_outage_costs_no_answer(
    house: House, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.closed("i-1")
    await house.surveys.look()

    async def away(*_: object) -> bool:
        raise StoreError("away")

    with monkeypatch.context() as patched:
        patched.setattr(house.surveys, "answer", away)
        status, text = await sent(house, http, nps="7", comment="Za długo")
        assert (status, "Za długo" in text, 'value="7" checked' in text) == (503, True, True)
    assert (await sent(house, http, nps="7"))[0] == 200


async def test_the_report_has_all_first_and_is_the_same_in_every_form(house: House) -> None:
    await house.closed("i-1")
    await house.surveys.look()
    from telephony.core.survey import LinkAnswer

    await house.surveys.answer(TOKEN, LinkAnswer(9, 4))
    known = await report(house.store.surveys, quarter("2026Q4"))
    assert (known.links, known.answered) == (1, 1)
    first, second = rows(known)
    assert (first["department"], first["nps"], first["csat_mean"]) == ("*", 100.0, 4.0)
    assert second["department"] == ""
    head, *lines = as_csv(known).splitlines()
    assert head == ",".join(COLUMNS)
    assert lines[0].startswith("2026Q4,*,100.0,")
    assert "no department" in as_text(known, {})
    empty = await report(house.store.surveys, quarter("2026Q3"))
    assert "-" in as_text(empty, {})


async def test_the_digest_goes_out_on_monday_once_and_says_nothing_of_whom(house: House) -> None:
    from telephony.core.survey import LinkAnswer

    house.now = at("2026-11-27T12:00")
    await house.closed("i-1")
    await house.surveys.look()
    await house.surveys.answer(TOKEN, LinkAnswer(0, 1, "Proszę o telefon 600 100 200, jan@example.pl"))
    rules = house.rules.model_copy(update={"editors": ("ewa@example.pl", "jan@example.pl")})

    def post() -> DigestPost:
        return DigestPost(rules, house.store, LETTERS, dict, lambda: house.now)

    for moment in ("2026-11-29T12:00", "2026-11-30T06:00", "2026-11-30T09:00", "2026-11-30T10:00", "2026-12-01T09:00"):
        house.now = at(moment)
        await post().look()  # each time as after a restart
        count = len(await house.store.outbox.open_messages(str(Way.MAIL)))
        assert count == (0 if moment < "2026-11-30T09:00" else 2)
    first, second = (json.loads(each.body) for each in await house.store.outbox.open_messages(str(Way.MAIL)))
    assert {first["to"], second["to"]} == {"ewa@example.pl", "jan@example.pl"}
    assert first["subject"] == "Baza wiedzy: tydzień 2026-W48"
    assert "Proszę o telefon •••, •••" in first["text"]
    assert "600" not in first["text"]
    assert (await digest_of(house.store, week("2026-W47"))).comments == ()
