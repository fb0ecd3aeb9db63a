"""The server side of `screen_pop`: the console on the production core; the telephone is played by time alone.

`python -m tests.benchmarks._pops PORT AGENTS PER_S SECONDS` waits until so many agents are ready, offers calls at
random moments, and writes how each offer went as JSON. Who is dialled answers after a moment, talks, and is free again.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import date

from telephony.clock import Clock
from telephony.console.console import Console
from telephony.console.passwords import hash_password
from telephony.console.rules import ConsoleRules
from telephony.core import events as ev
from telephony.core.account import Account
from telephony.core.commands import Command, Dial, PopLate
from telephony.core.customer import Caller, Card, Contact, CustomerFile, Identity, TicketSummary
from telephony.core.engine import Engine
from telephony.core.ids import InteractionId, QueueName, Uniqueid
from telephony.core.rules import QueueRules, Rules
from telephony.core.views import AgentState, Direction, Lane, Outcome
from telephony.crm.seed import accounts, customers, files
from telephony.guidance import card_fields_file, dispositions_file, script_file
from telephony.knowledge import Knowledge
from telephony.notes import StoredNotes
from telephony.pump import Pump
from telephony.shipped import CONFIG_FOLDER
from telephony.store.memory import Memory
from telephony.store.store import Store

PASSWORD = "trudne hasło"
QUEUE = QueueName("support")
DEPARTMENTS = ("sales", "support", "billing")  # everybody works in all: the cards are as large as they get
BROWSER = "browser"  # the agent whose page is a real one, and who alone has the skill of that name
OF_BROWSER = 0.04  # share of callers who need that skill
RINGS_S, TALKS_S = 0.01, 1.0  # the phone rings so soon after the dial; PlayDTMF takes 6 ms
KNOWN = customers(200)
FILES = {each.customer.phones[0]: each for each in files(KNOWN, accounts(KNOWN, date(2026, 11, 30)))}
TICKETS = tuple(TicketSummary(f"00041{place}-7", "Przerwy w działaniu internetu", "open", 1000.0) for place in range(3))
NOTE = "Router wymieniony, dioda świeci. Klient prosi o telefon po siedemnastej. " * 3
HISTORY = tuple(  # as much as a card shows
    Contact(1000.0 * place, Direction.IN, "support", Outcome.ANSWERED, "piotr", "000412-7", NOTE, mos=4.1)
    for place in range(10)
)


def whole_card(of: CustomerFile) -> Card:
    return Card(
        of.customer,
        TICKETS,
        history=HISTORY,
        contracts=of.contracts,
        devices=of.devices,
        invoices=of.invoices,
        identity=Identity.PIN,
    )


@dataclass
class House:
    agents: int
    clock: Clock = field(default_factory=Clock)
    offered: list[InteractionId] = field(default_factory=list)
    late: int = 0

    def __post_init__(self) -> None:
        self.engine = Engine(Rules({QUEUE: QueueRules(60.0, 0.0, 20.0)}))
        one = hash_password(PASSWORD)
        names = [BROWSER, *(f"agent-{place}" for place in range(1, self.agents))]
        self.accounts = {
            name: Account(
                name,
                name,
                one,
                name,
                {"support": 1} | ({BROWSER: 1} if name == BROWSER else {}),
                departments=DEPARTMENTS,
            )
            for name in names
        }
        self.console = Console(
            accounts=self.account,
            card=self.cards,
            submit=self.submit,
            clock=self.clock,
            rules=ConsoleRules(),
            card_rules=card_fields_file.load(CONFIG_FOLDER / "card-fields.yaml"),
            dispositions=dispositions_file.load(CONFIG_FOLDER / "dispositions.yaml", DEPARTMENTS),
            scripts=script_file.load_all(CONFIG_FOLDER / "scripts", DEPARTMENTS),
            library=Knowledge(CONFIG_FOLDER / "articles", Store(Memory()).articles),
            notes=StoredNotes(Store(Memory()), self.clock),
        )
        self.pump = Pump(self.engine, self.clock, [self.console.publish, self.played])

    def submit(self, event: ev.Event) -> None:
        self.pump.submit(event)

    async def account(self, login: str) -> Account | None:
        return self.accounts.get(login)

    async def cards(self, caller: Caller) -> AsyncIterator[Card]:
        await asyncio.sleep(0.001)  # the built-in directory's median
        yield whole_card(FILES[caller.number or ""])

    def played(self, command: Command, _now: float) -> None:
        """Asterisk's side."""
        loop = asyncio.get_running_loop()
        if isinstance(command, PopLate):
            self.late += 1
        if isinstance(command, Dial):
            call, attempt = command.interaction, command.attempt
            for after_s, event in (
                (RINGS_S, ev.AgentRinging(call, attempt)),
                (RINGS_S + 0.5, ev.CallAnswered(call, attempt)),
                (RINGS_S + 0.5 + TALKS_S, ev.CallHungUp(Uniqueid(call), 16)),
            ):
                loop.call_later(after_s, self.pump.submit, event)

    def arrives(self, number: int, rng: random.Random) -> None:
        call, caller = InteractionId(f"call-{number}"), rng.choice(list(FILES))
        self.offered.append(call)
        self.pump.submit(ev.CallArrived(call, "n1", "PJSIP/t", Uniqueid(call), call, "+48220000100", caller, "alaw"))
        lane = Lane.ACCESSIBILITY if rng.random() < 0.1 else Lane.STANDARD
        requires = {BROWSER: 1} if rng.random() < OF_BROWSER else {}
        self.pump.submit(ev.CallQueued(call, QUEUE, lane, requires))

    def ready(self) -> int:
        return sum(agent.state is AgentState.AVAILABLE for agent in self.engine.agents())

    def timings(self) -> Iterator[dict[str, object]]:
        for call in self.offered:
            for each in self.console.pop_timing(call):
                yield {
                    "browser": each.agent == BROWSER,
                    "pop_ms": each.pop_ms,
                    "before_ring": each.before_ring,
                    "visible": each.visible,
                }


async def main(port: int, agents: int, per_s: float, seconds: float) -> None:
    house, rng = House(agents), random.Random(5)
    await house.console.start("127.0.0.1", port)
    async with asyncio.TaskGroup() as tasks:
        pumping = tasks.create_task(house.pump.run())
        while house.ready() < agents:  # noqa: ASYNC110 - the engine tells nobody
            await asyncio.sleep(0.1)
        ends_at, number = house.clock() + seconds, 0
        while house.clock() < ends_at:
            await asyncio.sleep(rng.expovariate(per_s))
            house.arrives(number, rng)
            number += 1
        await asyncio.sleep(3.0)
        sys.stdout.write(json.dumps({"offers": list(house.timings()), "late": house.late, "calls": number}) + "\n")
        pumping.cancel()
        await house.console.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])))
