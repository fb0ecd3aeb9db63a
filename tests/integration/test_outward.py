"""Other systems told over real sockets: slow, failing, redirecting and refusing ones; nothing lost, nothing doubled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from telephony.cli import main
from telephony.core.commands import CallEnded
from telephony.core.outbox import Message
from telephony.outward import sender as sending
from telephony.outward.news import CallNews
from telephony.outward.receivers import Webhook, Zammad
from telephony.outward.sender import DEAD_AFTER, REFUSED_AFTER, Sender
from telephony.store.memory import Memory
from telephony.store.store import Store
from tests.unit.test_outward import CALL, ENDED, SECRET

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest_asyncio.fixture(params=["postgres", "memory"])
async def store(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(database_url) if request.param == "postgres" else Store(Memory())
    yield opened
    await opened.close()


@asynccontextmanager
async def receiver(answer: Answering) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/hook", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/hook"))


def message(number: int) -> Message:
    return Message(f"m-{number}", "crm", f'{{"n":{number}}}', 1000.0 + number, next_at=1000.0)


async def test_messages_come_in_order_signed_and_once(store: Store) -> None:
    told: list[tuple[str, str, str]] = []

    async def take(request: web.Request) -> web.Response:
        told.append((request.headers["webhook-id"], request.headers["webhook-signature"][:3], await request.text()))
        return web.Response(status=204)

    await store.outbox.keep_messages([message(2), message(1), message(1)])
    async with receiver(take) as url, aiohttp.ClientSession() as http:
        sender = Sender(Webhook("crm", url, SECRET), store.outbox, Time())
        await sender.look(http)
        await sender.look(http)
    assert told == [("m-1", "v1,", '{"n":1}'), ("m-2", "v1,", '{"n":2}')]
    assert await store.outbox.open_messages("crm") == ()


async def test_a_receiver_that_is_down_gets_everything_later_in_order(store: Store) -> None:
    up, told = asyncio.Event(), []

    async def take(request: web.Request) -> web.Response:
        if not up.is_set():
            return web.Response(status=503)
        told.append(request.headers["webhook-id"])
        return web.Response()

    now = Time()
    await store.outbox.keep_messages([message(1), message(2)])
    async with receiver(take) as url, aiohttp.ClientSession() as http:
        sender = Sender(Webhook("crm", url, SECRET), store.outbox, now)
        await sender.look(http)
        up.set()
        await sender.look(http)
        assert told == [], "not before the pause is over"
        now.now += 1.0
        await sender.look(http)
    assert told == ["m-1", "m-2"]


@pytest.mark.parametrize(("status", "tries"), [(400, REFUSED_AFTER), (500, DEAD_AFTER), (429, DEAD_AFTER)])
async def test_what_is_never_taken_is_put_aside_with_its_reason(store: Store, status: int, tries: int) -> None:
    asked = 0

    async def refuse(_: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.Response(status=status)

    now = Time()
    await store.outbox.keep_messages([message(1)])
    async with receiver(refuse) as url, aiohttp.ClientSession() as http:
        sender = Sender(Webhook("crm", url, SECRET), store.outbox, now)
        for _ in range(DEAD_AFTER + 2):
            await sender.look(http)
            now.now += 3600.0
    assert asked == tries
    assert [(each.id, each.why) for each in await store.outbox.dead_messages()] == [("m-1", f"HTTP {status}")]
    assert await store.outbox.open_messages("crm") == ()


async def test_what_was_put_aside_is_sent_again_when_somebody_says_so(store: Store) -> None:
    await store.outbox.keep_messages([message(1), message(2), message(3)])
    for each in (1, 2):
        await store.outbox.message_failed(f"m-{each}", 9.0, "HTTP 400", dead_at=5.0 + each)
    dead = await store.outbox.dead_messages()
    assert [(each.id, each.target, each.attempts, each.why) for each in dead] == [
        ("m-2", "crm", 1, "HTTP 400"),
        ("m-1", "crm", 1, "HTTP 400"),
    ]
    assert await store.outbox.retry(["m-1", "m-3", "nobody"], 7.0) == 1, "m-3 was never put aside"
    assert [(each.id, each.attempts) for each in await store.outbox.open_messages("crm")] == [("m-1", 0), ("m-3", 0)]
    assert await store.outbox.retry(None, 8.0) == 1
    assert await store.outbox.retry(None, 9.0) == 0
    assert await store.outbox.dead_messages() == ()


async def test_the_command_tells_what_was_put_aside_and_sends_it_again(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path))
    store = await Store.open(database_url)
    await store.outbox.keep_messages([message(1), message(2)])
    for each in (1, 2):
        await store.outbox.message_failed(f"m-{each}", 9.0, "HTTP 400", dead_at=1_790_000_000.0 + each)

    async def say(*words: str) -> tuple[int, str]:
        status = await asyncio.to_thread(main, ["outbox", *words])
        told = capsys.readouterr()
        return status, told.out + told.err

    line = "2026-09-21 16:13  crm  m-2  HTTP 400 (1 tries)\n2026-09-21 16:13  crm  m-1  HTTP 400 (1 tries)\n"
    assert await say("list") == (0, line)
    assert [each["id"] for each in json.loads((await say("list", "--json"))[1])] == ["m-2", "m-1"]
    assert await say("retry", "m-1") == (0, "1 will be sent again\n")
    assert (await say("retry", "m-1"))[0] == 1
    assert await say("retry", "--all") == (0, "1 will be sent again\n")
    assert await say("retry", "--all") == (0, "0 will be sent again\n")
    assert await say("list") == (0, "nothing is put aside\n")
    with pytest.raises(SystemExit):
        main(["outbox", "retry"])
    await store.close()


async def test_nobody_leads_us_elsewhere(store: Store) -> None:
    led = []

    async def trap(request: web.Request) -> web.Response:
        led.append(request.path)
        return web.Response()

    async with receiver(trap) as elsewhere:

        async def redirect(_: web.Request) -> web.Response:
            return web.Response(status=307, headers={"Location": elsewhere})

        await store.outbox.keep_messages([message(1)])
        async with receiver(redirect) as url, aiohttp.ClientSession() as http:
            await Sender(Webhook("crm", url, SECRET), store.outbox, Time()).look(http)
    assert led == []
    assert len(await store.outbox.open_messages("crm")) == 1


async def test_a_receiver_that_never_answers_holds_up_nobody_for_long(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "ANSWER_S", 0.2)
    hanging = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await hanging.wait()
        return web.Response()

    await store.outbox.keep_messages([message(1)])
    async with receiver(hang) as url:
        sender = Sender(Webhook("crm", url, SECRET), store.outbox, Time())
        task = asyncio.create_task(sender.run())
        async with asyncio.timeout(10):
            while not (await store.outbox.open_messages("crm"))[0].attempts:  # noqa: ASYNC110 - a table tells nobody
                await asyncio.sleep(0.02)
        hanging.set()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    (kept,) = await store.outbox.open_messages("crm")
    assert kept.attempts == 1


async def test_while_the_outbox_is_away_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.outward.news.AGAIN_S", 0.01)
    kept: list[Message] = []
    failures = iter([OSError("away"), OSError("away")])

    async def keep(messages: object) -> None:
        if error := next(failures, None):
            raise error
        kept.extend(messages)  # type: ignore[arg-type]

    news = CallNews([Zammad("zammad", "https://z/")], keep)
    news.publish(CallEnded(ENDED), 1.0)
    task = asyncio.create_task(news.run())
    async with asyncio.timeout(5):
        while not kept:  # noqa: ASYNC110 - the list tells nobody
            await asyncio.sleep(0.01)
    task.cancel()
    assert [each.id for each in kept] == [f"zammad-{CALL.interaction}-ended"]


async def test_what_was_said_last_is_kept_before_the_server_stops(store: Store) -> None:
    news = CallNews([Webhook("crm", "https://crm.example/hook", SECRET)], store.outbox.keep_messages)
    running = asyncio.create_task(news.run())
    await news.drain(5)
    news.publish(CallEnded(ENDED), 2000.0)
    await news.drain(5)
    assert len(await store.outbox.open_messages("crm")) == 1
    running.cancel()


async def test_a_stop_does_not_wait_for_an_outbox_that_is_away() -> None:
    async def away(_: object) -> None:
        raise OSError

    news = CallNews([Webhook("crm", "https://crm.example/hook", SECRET)], away)
    running = asyncio.create_task(news.run())
    news.publish(CallEnded(ENDED), 2000.0)
    await asyncio.wait_for(news.drain(0.05), 5)
    running.cancel()
