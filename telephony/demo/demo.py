"""`hotline demo`: everything on one machine, with simulated people, until Ctrl-C."""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from telephony.core.views import CallView, Outcome
from telephony.crm.seed import COUNT, customers
from telephony.demo import people
from telephony.demo.house import CONSULTANTS, PIN, SUPERVISOR, House
from telephony.demo.setup import Prepared, prepare
from telephony.store.errors import StoreError
from telephony.store.store import Store

MOST_NODES = 4
STRANGERS = 25  # callers whom the directory does not know
OUTCOMES = {
    Outcome.ANSWERED: "talked with a consultant",
    Outcome.TRANSFERRED_OUT: "handed over to a number outside",
    Outcome.FALLBACK_ANSWERED: "answered by Asterisk's own queue",
    Outcome.ABANDONED_MENU: "hung up in the menu",
    Outcome.ABANDONED_LINE: "hung up in the line",
    Outcome.INTERRUPTED: "interrupted on our side",
}
COLUMNS = (
    f"{'ended':8}  {'number':12}  {'lane':13}  {'waited':>6}  {'talked':>6}  {'agent':5}  {'MOS':>4}  {'ticket':>6}"
)


class DemoError(Exception):
    """The demo cannot run; the message says why."""


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Hold the data folder's lock. Errors: DemoError when another demo has it."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "demo.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise DemoError(f"a demo already runs in {data} (process {lock.read().strip() or '?'})") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def is_running(data: Path) -> bool:
    """Whether a demo has this data folder right now."""
    try:
        with (data / "demo.lock").open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


async def run(data: Path, tools: Path, config: Path, *, between_calls_s: float, nodes: int = 1) -> int:
    """Until SIGINT or SIGTERM. Errors: those of the parts, DemoError."""
    if not between_calls_s > 0:
        raise DemoError(f"a pause of {between_calls_s} s between two customers is not possible")
    if not 1 <= nodes <= MOST_NODES:
        raise DemoError(f"{nodes} Asterisk nodes are not possible: 1 to {MOST_NODES}")
    with only_one(data), suppress(asyncio.CancelledError):
        _cancel_on_signals()
        prepared = await prepare(tools)
        began = time.monotonic()
        house = House(data, prepared.asterisk, config, prompts=prepared.prompts, nodes=nodes)
        async with opened(house):
            _introduce(house, time.monotonic() - began)
            await _live(house, prepared, people.Habits(between_calls_s))
    sys.stdout.write("\nThe demo has stopped; what it made is kept for the next start (make clean-demo removes it).\n")
    return 0


@asynccontextmanager
async def opened(house: House) -> AsyncIterator[House]:
    await house.start()
    try:
        yield house
    finally:
        await house.stop()


def _cancel_on_signals() -> None:
    task = asyncio.current_task()
    assert task
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)


async def _live(house: House, prepared: Prepared, habits: people.Habits) -> None:
    logs = house.data / "log"
    store = await house.open_store()
    try:
        async with (
            await people.consultants_phone(
                house, prepared.voices, logs / "consultants.log", habits.answer_after_s
            ) as consultants,
            await people.customers_phone(house, logs / "customers.log") as callers,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(people.consult(consultants, habits, random.Random()))
            tasks.create_task(people.sit_at_pages(house))
            tasks.create_task(people.stream(house, callers, prepared.voices, customers(COUNT + STRANGERS), habits))
            tasks.create_task(_tell(store))
            tasks.create_task(_watch(house))
    finally:
        await store.close()


async def _watch(house: House) -> None:
    """The demo ends with a clear word when a part of it dies."""
    while True:
        await asyncio.sleep(1)
        if house.server and house.server.returncode is not None:
            raise DemoError(f"the server has ended (status {house.server.returncode}): see {house.data}/log/server.log")
        for asterisk in house.nodes:
            if not asterisk.running:
                raise DemoError(f"Asterisk has ended: see {asterisk.node.folder}/log/messages.log")
        if not house.postgres.running:
            raise DemoError(f"PostgreSQL has ended: see {house.data}/postgres/postgres.log")


# -- what a person reads --------------------------------------------------------------------------------------------


def _introduce(house: House, took_s: float) -> None:
    lines = [
        "",
        f"hotline is up ({took_s:.1f} s).",
        "",
        f"  Console   {house.console_url}",
        *(f"            log in as {login:6} password {house.password(login)}" for login in CONSULTANTS),
        f"            log in as {SUPERVISOR[0]:6} password {house.password(SUPERVISOR[0])} (supervisor)",
        f"  Metrics   {house.metrics_url}",
        *(
            f"  {'' if place else 'Numbers':9} {number} {flow:14} {house.uri(number)}"
            for place, (number, flow) in enumerate(house.flows.items())
        ),
        *(
            f"            the same at {node.node.name}: {house.registrar_of(place)}"
            for place, node in enumerate(house.nodes)
            if place
        ),
        f"  PIN       {PIN} of customer {customers(1)[0].number}, for the keypad",
        f"  Data      {house.data}",
        "",
        *_moved(house),
        "Two simulated consultants answer; customers call one after the other, one in five on the accessibility",
        "number. Log in to watch the pop of a caller appear before the phone rings. Ctrl-C stops everything.",
        "",
        f"{COLUMNS}  outcome",
    ]  # fmt: skip
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _moved(house: House) -> list[str]:
    moved = ", ".join(f"{name} {port}" for name, port in house.moved_ports.items())
    return [f"Some usual ports were taken; these are used instead: {moved}.", ""] if moved else []


async def _tell(store: Store) -> None:
    """A line for each call that has ended, once its ticket is there too."""
    told = {call.interaction for call in await store.recent_interactions() if call.outcome}
    while True:
        await asyncio.sleep(0.5)
        with suppress(StoreError):
            for call in reversed(await store.recent_interactions(30)):
                if call.outcome and call.interaction not in told and await _tell_one(store, call):
                    told.add(call.interaction)


async def _tell_one(store: Store, call: CallView) -> bool:
    ticket = await store.ticket_of(call.interaction)
    if ticket is None or call.ended_at is None or call.outcome is None:
        return False
    scores = [record.mos_cq for record in await store.quality.of(call.interaction) if record.mos_cq]
    talked = f"{call.ended_at - call.answered_at:.0f} s" if call.answered_at else "-"
    ended = time.strftime("%H:%M:%S", time.localtime(call.ended_at))
    mos = f"{min(scores):.2f}" if scores else "-"
    waited = f"{(call.answered_at or call.ended_at) - call.queued_at:.0f} s" if call.queued_at else "-"
    sys.stdout.write(
        f"{ended:8}  {call.did:12}  {call.lane:13}  {waited:>6}  {talked:>6}  {call.agent or '-':5}  {mos:>4}  "
        f"{ticket.number:>6}  {OUTCOMES[call.outcome]}\n"
    )
    sys.stdout.flush()
    return True
