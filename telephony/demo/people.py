"""The simulated people: consultants with real phones and pages, customers who call, press keys, speak and give up."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from quality.softphone_client import CallFailedError, PhoneCall, PhoneError, PhoneOptions, SoftPhone
from telephony.console.page_client import PageClient
from telephony.core.customer import Customer
from telephony.demo.house import ACCESSIBLE, CONSULTANTS, GENERAL, House
from telephony.demo.setup import CONSULTANTS_SAY, CUSTOMERS_SAY, voice

log = structlog.get_logger()

AT_ONCE = 4  # calls one phone process can hold
CONSULTANT_RTP = (30_000, 30_999)
CUSTOMER_RTP = (31_000, 31_999)


@dataclass(frozen=True, slots=True)
class Habits:
    """How people behave, in seconds."""

    between_calls_s: float = 16.0  # mean of the pauses between two customers
    talk_s: tuple[float, float] = (15.0, 40.0)
    patience_s: tuple[float, float] = (70.0, 140.0)
    key_after_s: tuple[float, float] = (2.0, 9.0)
    answer_after_s: float = 1.5
    give_up_in_menu: float = 0.08  # share of those who hang up before they press a key
    accessible_every: int = 5  # one in five calls the accessibility number


async def consultants_phone(house: House, voices: Path, log_file: Path, answer_after_s: float) -> SoftPhone:
    """Both consultants' phones, registered; they answer by themselves."""
    phone = await SoftPhone.start(
        PhoneOptions(rtp_ports=CONSULTANT_RTP),
        log=log_file,  # any port: phones are known by registration
    )
    try:
        everyone = zip(CONSULTANTS, sorted(CONSULTANTS_SAY, reverse=True), strict=True)
        for number, (login, person) in enumerate(everyone):
            place = number % len(house.nodes)
            await phone.register(
                login,
                uri=house.uri(login, place),
                registrar=house.registrar_of(place),
                user=login,
                password=house.sip_secret(login),
                auto_answer_after_s=answer_after_s,
                play=voices / f"{person}.wav",
            )
    except BaseException:
        await phone.close()
        raise
    return phone


async def customers_phone(house: House, log_file: Path) -> SoftPhone:
    """The carrier's side: Asterisk knows it by its port."""
    return await SoftPhone.start(PhoneOptions(sip_port=house.ports.customers, rtp_ports=CUSTOMER_RTP), log=log_file)


async def consult(phone: SoftPhone, habits: Habits, rng: random.Random) -> None:
    """Talk with each caller for a while, then hang up. Until cancelled."""
    async with asyncio.TaskGroup() as talks:
        while True:
            talks.create_task(_talk(await phone.incoming(), rng.uniform(*habits.talk_s)))


async def _talk(call: PhoneCall, talk_s: float) -> None:
    with suppress(CallFailedError, PhoneError):
        await call.answered()
        await asyncio.wait({asyncio.ensure_future(call.ended())}, timeout=talk_s)
        if call.end is None:
            await call.hang_up()
            await call.ended()


async def sit_at_pages(house: House) -> None:
    """Both consultants' pages: log in, be available, acknowledge every pop. Until cancelled."""
    async with asyncio.TaskGroup() as pages:
        for login in CONSULTANTS:
            pages.create_task(_page(house, login))


async def _page(house: House, login: str) -> None:
    async with PageClient(house.console_url, login, house.password(login), keep_ready=True) as page:
        await page.run()


async def stream(house: House, phone: SoftPhone, voices: Path, people: Sequence[Customer], habits: Habits) -> None:
    """Customers call one after the other, the first at once. Until cancelled."""
    rng = random.Random()
    places = asyncio.Semaphore(AT_ONCE)
    number = 0
    async with asyncio.TaskGroup() as calls:
        while True:
            await places.acquire()
            did = ACCESSIBLE if number % habits.accessible_every == habits.accessible_every - 1 else GENERAL
            place = number // 2 % len(house.nodes)
            customer = _Customer(rng, habits, rng.choice(people).phones[0], in_a_hurry=number == 0)
            task = calls.create_task(customer.call(phone, house.uri(did, place), voice(voices, CUSTOMERS_SAY, rng)))
            task.add_done_callback(lambda _: places.release())
            number += 1
            await asyncio.sleep(min(60.0, rng.expovariate(1 / habits.between_calls_s)))


class _Customer:
    def __init__(self, rng: random.Random, habits: Habits, caller: str, *, in_a_hurry: bool) -> None:
        self._caller = caller
        self._key_after_s = habits.key_after_s[0] if in_a_hurry else rng.uniform(*habits.key_after_s)
        self._key = "2" if in_a_hurry else rng.choice("1223")
        self._gives_up = not in_a_hurry and rng.random() < habits.give_up_in_menu
        self._patience_s = rng.uniform(*habits.patience_s)

    async def call(self, phone: SoftPhone, to: str, says: Path) -> None:
        with suppress(CallFailedError, PhoneError):
            call = await phone.call(to, caller=self._caller, play=says)
            await call.answered()
            ended = asyncio.ensure_future(call.ended())
            await asyncio.wait({ended}, timeout=self._key_after_s)
            if not self._gives_up and not ended.done():
                await call.dtmf(self._key)
                await asyncio.wait({ended}, timeout=self._patience_s)
            if not ended.done():
                await call.hang_up()
            await ended
