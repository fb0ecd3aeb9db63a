"""A real console on the real core in a real Chromium, for the tests of its pages; only the telephone is played by hand.

Screenshots go to the folder HOTLINE_SCREENSHOTS names, or to `screenshots` in the data folder.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from ivr_flows import Flow
from telephony.asterisk.ami_actions import MuteRecording
from telephony.audit import AuditTrail
from telephony.call_evidence import SipStep
from telephony.complaint_api import ComplaintApi
from telephony.complaint_letter_api import ComplaintLetterApi
from telephony.complaints import Complaints
from telephony.console.api.endpoint import ENGINEERS, STAFF, Endpoint
from telephony.console.caller_message import CallBack, CallerMessage, Filed
from telephony.console.console import Console
from telephony.console.desk import Desk
from telephony.console.floor import SUPERVISORS
from telephony.console.flow_pages import Served
from telephony.console.line_test import LineTestApi
from telephony.console.more_pages import StaffPage
from telephony.console.passwords import hash_password
from telephony.console.recording import RecordingApi
from telephony.console.rules import ConsoleRules
from telephony.console.texts import PageTemplate
from telephony.core.account import Account, Role
from telephony.core.complaints import USUAL
from telephony.core.customer import Caller, Card, Contact, Contract, Customer, Device, Identity, Invoice, TicketSummary
from telephony.core.customer_message import Way
from telephony.core.engine import Engine
from telephony.core.events import (
    AgentRinging,
    CallAnswered,
    CallArrived,
    CallHungUp,
    CallQueued,
    Event,
)
from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid
from telephony.core.rules import QueueRules, Rules
from telephony.core.views import Direction, Lane, Outcome
from telephony.factors import StoredFactors
from telephony.guidance import card_fields_file, dispositions_file, script_file
from telephony.handing_over import HandingOver
from telephony.knowledge import Knowledge
from telephony.messages_wiring import carriers
from telephony.notes import StoredNotes
from telephony.opening import Opening
from telephony.outages import Outages
from telephony.outbox_api import OutboxApi
from telephony.outward.posting import Posting
from telephony.quality_api import QualityApi
from telephony.recording_pauses import RecordingPauses
from telephony.recordings_api import RecordingsApi
from telephony.shipped import CONFIG_FOLDER
from telephony.store.memory import Memory
from telephony.store.store import Store
from telephony.supervision import SupervisionApi
from telephony.ticket_api import TicketApi
from telephony.vault.keys import own_ring
from telephony.vault.vault import Vault
from tests import tools
from tests.acceptance.console_checks import (
    FLAGS,
    axe_findings,
    chromium,
    low_contrasts,
    overflow_px,
    small_targets,
    unnamed,
)
from tests.acceptance.survey_scene import Outreach
from tests.letters import messages, post
from tests.unit.trunk_scene import TrunkScene

PASSWORD = "trudne hasło"
HOSTILE = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"
KNOWN = "+48500000123"
HOSTILE_NUMBER = "<svg onload=alert(1)>"
DEPARTMENTS = ("support", "sales", "billing")
TITLES = {"support": "Pomoc techniczna", "sales": "Sprzedaż", "billing": "Rozliczenia", "fibre": "Światłowód"}
ANNA = Account(
    "anna", "Anna Wiśniewska", hash_password(PASSWORD), "anna", dict.fromkeys(DEPARTMENTS, 1), departments=DEPARTMENTS
)
EWA = Account("ewa", "Ewa Malinowska", ANNA.password_hash, role=Role.SUPERVISOR)
OLA = Account("ola", "Ola Nowak", ANNA.password_hash, role=Role.ENGINEER)
SHIPPED_HOURS = CONFIG_FOLDER / "calendar.yaml"
expect.set_options(timeout=20_000)  # ms: what is slow on a busy machine is no fault
REFLOW, REFLOW_FROM = 320, 360  # what is left of 1280 at 400 % [WCAG 1.4.10]
WIDTHS = {360: 740, 1280: 800, 1920: 1000}
BOTH_LAYOUTS = 1280

FORBIDDEN = "Failed to load resource: the server responded with a status of 403"
# Chromium reports each try of a WebSocket while the server is away, and each answer that refuses what was typed.
REFUSED = tuple(
    f"Failed to load resource: the server responded with a status of {status}" for status in (401, 409, 410, 422)
)
EXPECTED = ("WebSocket connection to", *REFUSED, FORBIDDEN)

CARDS = {
    KNOWN: Card(
        Customer(
            number="1004217",
            name="Katarzyna Żółkiewska-Brzęczyszczykiewicz",
            phones=(KNOWN,),
            address="ul. Świętej Jadwigi 12 m. 4, 35-001 Rzeszów",
            services=("Internet 600 Mb/s", "Telewizja Komfort", "VoIP"),
            since=date(2016, 4, 1),
            accessibility=True,
        ),
        (
            TicketSummary(
                "000412-7",
                "Przerwy w działaniu internetu wieczorem",
                "open",
                1_780_000_000.0,
                there="4711",
                word="Technik będzie w piątek rano.",
            ),
            TicketSummary("000398-2", "Reklamacja: jakość usług", "open", 1_780_000_000.0, date(2026, 6, 11)),
        ),
        history=(
            Contact(
                1_780_000_000.0,
                Direction.CALL_BACK,
                "support",
                Outcome.ANSWERED,
                "piotr",
                "000412-7",
                "Router wymieniony.\nDioda świeci.",
            ),
            Contact(1_779_950_000.0, Direction.IN, "support", Outcome.ANSWERED, "anna", None, mos=3.1),
            Contact(1_779_900_000.0, Direction.IN, "support", Outcome.CALLBACK, None, None),
            Contact(1_779_000_000.0, Direction.IN, None, Outcome.ABANDONED_MENU, None, None),
        ),
        contracts=(Contract("U/2016/1004217", ("Internet 600 Mb/s", "VoIP"), date(2016, 4, 1), None, 11_980),),
        devices=(Device("Router", "HG-120 AX", "77A0B1C2"), Device("Dekoder", "TV-4K", "00FF12AB")),
        invoices=(
            Invoice("2026111004217", 11_980, date(2026, 12, 4), paid=False),
            Invoice("2026101004217", 11_980, date(2026, 11, 4), paid=True),
        ),
        identity=Identity.NUMBER,
    ),
    HOSTILE_NUMBER: Card(
        Customer("1", HOSTILE, (), HOSTILE, (HOSTILE, "a" * 300), date(2020, 1, 2)),
        (TicketSummary(HOSTILE, HOSTILE, HOSTILE, 1_780_000_000.0, date(2026, 6, 11), HOSTILE, HOSTILE),),
        contracts=(Contract(HOSTILE, (HOSTILE,), date(2020, 1, 2), date(2030, 1, 2), 1),),
        devices=(Device(HOSTILE, HOSTILE, HOSTILE),),
        invoices=(Invoice(HOSTILE, 10**12, date(2030, 1, 2), paid=False),),
        identity=Identity.PIN,
        history=(Contact(1_780_000_000.0, Direction.IN, HOSTILE, Outcome.ANSWERED, HOSTILE, HOSTILE, HOSTILE),),
    ),
}


class House:
    """`data` holds closures and outages."""

    def __init__(self, data: Path, rules: ConsoleRules | None = None) -> None:
        self.engine = Engine(Rules({QueueName("support"): QueueRules(wrap_up_s=3600.0)}))
        self.flows: list[Flow] = []
        self.problem = ""
        self.later_s = 0.0  # the console's clock ahead of the world's
        self.callers: dict[tuple[str, str], dict[str, int]] = {}
        self.opening = Opening(SHIPPED_HOURS, data)
        self.outages = Outages(data / "outages.yaml", data, self, time.time)
        self.messages: list[CallerMessage] = []
        self.memory = memory = Memory()
        memory.people.update({each.login: {"login": each.login} for each in (ANNA, EWA, OLA)})
        self.store = Store(memory)
        self.vault = Vault(data / "vault", lambda: own_ring(data / "vault-keys"))
        self.ladders: dict[str, tuple[SipStep, ...]] = {}  # by interaction
        self.heard: list[tuple[str, ...]] = []  # login, customer, interaction, reason
        self.out = data / "out"  # where its e-mails go
        self.complaints = Complaints(USUAL, self.store, lambda: time.time() + self.later_s, post(folder=self.out))
        self.trunks = TrunkScene(data, self.store, now=time.time())
        self.outreach = Outreach(self.store)
        card_rules = card_fields_file.load(CONFIG_FOLDER / "card-fields.yaml")
        trail = AuditTrail(b"key", data / "audit.spool", self.store, time.time)
        self.tickets = TicketApi(self.store, TITLES, card_rules, trail, time.time)
        self.moved: list[tuple[str, str]] = []  # callers handed over, and to which number
        self.console = Console(
            rules=rules,
            factors=StoredFactors(self.store, "a key of the tests"),
            accounts=self.account,
            card=self.cards,
            submit=self.submit,
            clock=lambda: time.time() + self.later_s,
            flows=lambda: Served(tuple(self.flows), self.problem),
            callers=lambda: self.callers,
            file_message=self.file_message,
            notes=StoredNotes(self.store, time.time),
            search=self.search,
            card_rules=card_rules,
            dispositions=dispositions_file.load(CONFIG_FOLDER / "dispositions.yaml", ("sales", "support", "billing")),
            scripts=script_file.load_all(CONFIG_FOLDER / "scripts", ("sales", "support", "billing")),
            library=Knowledge(CONFIG_FOLDER / "articles", self.store.articles),
            endpoints=(
                *SupervisionApi(self.opening.current, data, time.time).endpoints(),
                *OutboxApi(self.store, time.time).endpoints(),
                *ComplaintApi(self.complaints, lambda *_: None, lambda: InteractionId("c-new")).endpoints(),
                *ComplaintLetterApi(self.complaints, lambda *_: None).endpoints(),
                *RecordingsApi(self.vault, self.store, self.note_heard, time.time).endpoints(),
                *self.trunks.endpoints(),
                *self.tickets.endpoints(),
                *QualityApi(
                    self.store, self.note_heard, time.time, lambda call: self.ladders.get(call.interaction)
                ).endpoints(),
                *self.outreach.endpoints(),
            ),
            moves=HandingOver({"node-1": self}, ("+48220000900",)),
            more=self.outreach.pages(
                *(
                    StaffPage(f"/{name}", PageTemplate(f"{name}.html"), SUPERVISORS)
                    for name in ("outbox", "recordings")
                ),
                StaffPage("/tickets", PageTemplate("tickets.html"), STAFF),
                StaffPage("/trunks", PageTemplate("trunks.html"), ENGINEERS),
                StaffPage("/quality", PageTemplate("quality.html"), ENGINEERS),
            ),
            of_desks=self.of_desks,
        )

    def of_desks(self, desk: Callable[[AgentId], Desk]) -> Iterator[Endpoint]:
        pauses = RecordingPauses({"node-1": self}, self.store.recordings, time.time)
        yield from RecordingApi(pauses, lambda agent, call: desk(agent).call_of(call)).endpoints()
        yield from LineTestApi(lambda *_: {}, lambda agent, call: desk(agent).call_of(call), time.time).endpoints()

    async def send_mails(self) -> None:
        """What the server does by itself."""
        carrier = dict(carriers(messages(folder=self.out).rules))[Way.MAIL]
        await Posting(str(Way.MAIL), carrier, self.store.outbox, time.time).look()
        await self.complaints.look()

    async def carry_out(self, action: MuteRecording) -> None:
        """Every talk is recorded."""

    def note_heard(self, *what: str) -> None:
        self.heard.append(what)

    async def hand_over(self, caller: Uniqueid, number: str = "") -> None:
        self.moved.append((caller, number))

    async def search(self, text: str, most: int) -> tuple[Customer, ...]:
        known = [card.customer for card in CARDS.values() if card.customer]
        return tuple(each for each in known if text in each.name or text == each.number)[:most]

    async def account(self, login: str) -> Account | None:
        return {each.login: each for each in (ANNA, EWA, OLA)}.get(login)

    async def customer_by_number(self, number: str) -> Customer | None:
        known = (card.customer for card in CARDS.values() if card.customer)
        return next((each for each in known if each.number == number), None)

    async def file_message(self, message: CallerMessage) -> Filed:
        self.messages.append(message)
        due = date(2026, 12, 8) if message.complaint else None
        return Filed("000413-5", CallBack.PROMISED if message.call_back else CallBack.NOT_WISHED, due)

    async def cards(self, caller: Caller) -> AsyncIterator[Card]:
        of = {card.customer.number: card for card in CARDS.values() if card.customer}
        yield of[caller.customer] if caller.customer else CARDS.get(caller.number or "", Card(None))

    def submit(self, event: Event) -> None:
        now = time.time()
        for command in self.engine.handle(event, now):
            self.console.publish(command, now)

    def arrive(
        self, name: str, caller: str | None, lane: Lane, queue: str = "support", path: tuple[str, ...] = ()
    ) -> None:
        interaction = InteractionId(name)
        self.submit(CallArrived(interaction, "node-1", "PJSIP/t", Uniqueid(name), name, "+48220000100", caller, "alaw"))
        self.submit(CallQueued(interaction, QueueName(queue), lane, path=path))

    def ring(self, name: str) -> None:
        self.submit(AgentRinging(InteractionId(name), 1))

    def answer(self, name: str) -> None:
        self.ring(name)
        self.submit(CallAnswered(InteractionId(name), 1))

    def hang_up(self, name: str, ticket: str) -> None:
        self.submit(CallHungUp(Uniqueid(name), 16))
        self.console.ticket_opened(InteractionId(name), ticket)


@pytest.fixture
def shots() -> Path:
    folder = Path(os.environ.get("HOTLINE_SCREENSHOTS") or tools.data_folder() / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[tuple[House, str]]:
    house = House(tmp_path)
    port = await house.console.start("127.0.0.1", 0)
    yield house, f"http://127.0.0.1:{port}"
    await house.console.stop()


@pytest.fixture
async def chrome() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chrome = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield chrome
        await chrome.close()


@pytest.fixture
async def page(
    chrome: Browser,
    house: object,  # stops after the page, which would complain of a server that is gone
) -> AsyncIterator[Page]:
    """A fresh window; whatever it complains about fails the test."""
    context = await chrome.new_context(
        color_scheme="light",
        locale="pl-PL",
        viewport=_size(1280),
        ignore_https_errors=True,  # a self-made certificate is one that browsers warn of
    )
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    await context.close()
    found = [each for each in complaints if not each.startswith(EXPECTED)]
    assert not found, found


def _size(width: int) -> ViewportSize:
    return {"width": width, "height": WIDTHS[width]}


async def press(page: Page, *keys: str) -> None:
    for key in keys:
        await page.keyboard.press(key)


async def pointed_at(page: Page) -> list[int]:
    """Grows whenever something is pressed by mouse or finger, on every page that is opened from now on."""
    pointed: list[int] = []
    await page.expose_function("pointed", lambda: pointed.append(1))
    await page.add_init_script("addEventListener('pointerdown', () => pointed(), true)")
    return pointed


async def focused(page: Page) -> str:
    return str(await page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))


async def tab_to(page: Page, wanted: str, most: int = 20) -> None:
    for _ in range(most):
        if await focused(page) == wanted:
            return
        await press(page, "Tab")
    raise AssertionError(f"{wanted} cannot be reached by Tab")


async def log_in(page: Page, url: str, login: str = "anna") -> None:
    """Like somebody without a mouse."""
    await page.goto(url)
    await expect(page.locator("#login")).to_be_focused()
    await page.keyboard.type(login)
    await press(page, "Tab")
    await page.keyboard.type(PASSWORD)
    await press(page, "Enter")
    shown = {"anna": "#ready", "ola": ".trail a"}.get(login, "#floor")
    await expect(page.locator(shown).first).to_be_visible()
    if login == "anna":
        await expect(page.locator("#ready")).to_be_enabled()


async def choose(page: Page, **how: str) -> None:
    """In "Aa": language="en", theme="dark", size="200", shortcuts="off"."""
    await page.locator(".look summary").click()
    for name, value in how.items():
        await page.locator(f"#look-{name}").select_option(value)
    await page.locator(".look-form button").click()
    for name, value in how.items():
        attribute = "lang" if name == "language" else f"data-{name}"
        await expect(page.locator("html")).to_have_attribute(attribute, value)


async def looks_right(page: Page, shots: Path, name: str, widths: Iterable[int] = tuple(WIDTHS)) -> None:
    """At each width, and at the first in the dark: a picture, no sideways scrolling, contrast, targets, axe silent."""
    chosen, widths = await page.locator("html").get_attribute("data-theme"), tuple(widths)
    if chosen in {"light", "dark"}:  # by the person: the browser's wish does not count
        await _looks_right_in(page, shots, name, chosen, widths)
    else:
        await _looks_right_in(page, shots, name, "light", widths)
        await page.emulate_media(color_scheme="dark")
        await _looks_right_in(page, shots, name, "dark", widths[:1])
        await page.emulate_media(color_scheme="light")
    if REFLOW_FROM in widths:
        await page.set_viewport_size({"width": REFLOW, "height": 256})
        assert await overflow_px(page) == 0, f"{name} at {REFLOW} scrolls sideways"
    await page.set_viewport_size(_size(1280))


async def _looks_right_in(page: Page, shots: Path, name: str, scheme: str, widths: Sequence[int]) -> None:
    language = await page.locator("html").get_attribute("lang")
    for width in widths:
        await page.set_viewport_size(_size(width))
        file = shots / f"{name}-{language}-{scheme}-{width}.png"
        await page.screenshot(path=file, full_page=True, animations="disabled")
        assert await overflow_px(page) == 0, f"{name} at {width} scrolls sideways"
        # Both layouts are among the first two widths; axe takes longer than all else together.
        for check in (low_contrasts, small_targets, unnamed, *((axe_findings,) if width <= BOTH_LAYOUTS else ())):
            found = await check(page)
            assert not found, f"{name} at {width}, {scheme}: {found}"
