"""Reading in over real files and the store's twin: once, whatever crashes in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from telephony.core.account import Account
from telephony.core.commands import CallEnded, Command
from telephony.core.engine import Engine
from telephony.core.events import CallArrived, CallHungUp, CallQueued, CallsRecovered, Event, NodeSnapshot
from telephony.core.ids import InteractionId, QueueName, Uniqueid
from telephony.core.views import CallView, Lane, Outcome
from telephony.read_in import MOST_FINISHED, ReadIn
from telephony.store.errors import StoreError
from telephony.store.memory import Memory
from telephony.store.store import Store
from tests.unit.core_story import RULES
from tests.unit.test_afterwards import ARRIVES, CARRIER, DID, FALLBACK, HANGS_UP, LED_END, ONE, QUEUES, T0

GONE = NodeSnapshot("node-1", frozenset(), T0 + 50)


class House:
    """Engine, store and reader without their tasks; `restart` keeps the store and the files alone."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "cel-custom/hotline.csv"
        self.log.parent.mkdir(parents=True)
        self.store = Store(Memory())
        self.now = T0 + 60
        self.writes = True
        self.restart()

    def restart(self) -> None:
        self.engine = Engine(RULES)
        self.said: list[Command] = []
        self.waiting: list[Event] = []
        self.reader = ReadIn(
            "node-1", self.log.parents[1], self.store, submit=self.waiting.append, clock=lambda: self.now,
            lane_of=lambda _did: Lane.ACCESSIBILITY,
        )  # fmt: skip

    def append(self, *lines: str) -> None:
        with self.log.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)

    async def tell(self, *events: Event) -> None:
        for event in events:
            for command in self.engine.handle(event, self.now):
                self.said.append(command)
                self.reader.publish(command, self.now)
                if self.writes and isinstance(command, CallEnded):
                    await self.store.record_call(command.call)

    async def round(self, snapshot: NodeSnapshot | None = None) -> None:
        await self.reader.round(snapshot)
        await self.tell(*self.waiting)
        self.waiting.clear()

    def ended(self) -> list[CallView]:
        return [command.call for command in self.said if isinstance(command, CallEnded)]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


ARRIVED = CallArrived(InteractionId("i-1"), "node-1", "PJSIP/carrier-00000000", Uniqueid(ONE), ONE, DID, None)


async def test_a_call_nobody_saw_is_recorded_once(house: House) -> None:
    house.append(*FALLBACK)
    for _ in range(3):
        await house.round()
    (call,) = house.ended()
    assert (call.outcome, call.agent, call.lane) == (Outcome.FALLBACK_ANSWERED, "anna", Lane.ACCESSIBILITY)
    position = (await house.store.log_positions("node-1"))["cel"]
    assert position.bytes == house.log.stat().st_size
    house.restart()
    await house.round()
    assert house.ended() == []


async def test_a_crash_before_the_store_has_it_repeats_it_as_the_same_interaction(house: House) -> None:
    house.append(*FALLBACK)
    house.writes = False
    await house.round()
    (lost,) = house.ended()
    await house.round()
    house.restart()
    house.writes = True
    await house.round()
    assert house.ended() == [lost]
    assert await house.store.interaction(lost.interaction) == lost


async def test_a_call_that_a_dead_server_left_open_ends_as_the_log_tells(house: House) -> None:
    house.now = T0
    await house.tell(ARRIVED)
    house.now = T0 + 60
    (left,) = house.engine.calls()
    house.restart()
    house.append(*FALLBACK)
    await house.tell(CallsRecovered((left,)))
    await house.round(GONE)
    (call,) = house.ended()
    assert (call.interaction, call.outcome, call.agent) == ("i-1", Outcome.FALLBACK_ANSWERED, "anna")
    assert (call.answered_at, call.ended_at) == (T0 + 3.2, T0 + 9)


async def test_what_the_logs_do_not_tell_is_interrupted(house: House) -> None:
    house.now = T0
    await house.tell(ARRIVED)
    house.now = T0 + 60
    house.append(*FALLBACK[:-2])
    await house.round(GONE)
    assert [call.outcome for call in house.ended()] == [Outcome.INTERRUPTED]


async def test_a_call_cut_off_by_asterisks_death_while_we_were_away_is_interrupted(house: House) -> None:
    house.append(*FALLBACK[:-2])
    await house.round(GONE)
    await house.round()
    assert [call.outcome for call in house.ended()] == [Outcome.INTERRUPTED]


async def test_a_call_that_is_led_is_not_taken_for_a_strangers(house: House) -> None:
    await house.tell(ARRIVED, CallQueued(InteractionId("i-1"), QueueName("support"), Lane.STANDARD))
    house.append(*FALLBACK)
    await house.round()
    assert house.ended() == []  # its hang-up is on its way
    house.now += 7200
    await house.round()
    assert house.ended() == []


async def test_a_call_that_ended_a_moment_before_the_picture_has_one_outcome(house: House) -> None:
    house.writes = False  # and the store does not have it yet
    await house.tell(ARRIVED, CallHungUp(Uniqueid(ONE), 16))
    house.append(*FALLBACK)
    await house.round(GONE)
    await house.round()
    assert len(house.ended()) == 1


async def test_a_call_just_ended_is_given_time_to_be_known(house: House) -> None:
    house.append(*FALLBACK)
    house.now = T0 + 10
    await house.round()
    assert house.ended() == []
    house.now = T0 + 20
    await house.round()
    assert len(house.ended()) == 1


async def test_the_position_waits_for_the_oldest_open_call(house: House) -> None:
    house.append(*ARRIVES, QUEUES)
    await house.round()
    house.restart()
    house.append(*HANGS_UP)
    await house.round()
    assert [call.outcome for call in house.ended()] == [Outcome.ABANDONED_LINE]


async def test_a_picture_goes_its_way_whatever_is_wrong(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_node: str) -> None:
        raise StoreError("away")

    monkeypatch.setattr(house.store, "log_positions", away)
    await house.reader.round(GONE)
    assert house.waiting == [GONE]


async def test_rubbish_is_counted(house: House) -> None:
    house.append("rubbish", *FALLBACK, '"')
    await house.round()
    assert (house.reader.counters.malformed, house.reader.counters.calls) == (2, 1)


async def test_a_call_of_hours_ago_is_not_passed_before_the_store_has_it(house: House) -> None:
    house.append(*FALLBACK)
    house.now += 20_000
    house.writes = False
    for _ in range(3):
        await house.round()
    assert (await house.store.log_positions("node-1"))["cel"].bytes == 0


async def test_a_talk_that_began_without_us_and_goes_on_is_known_as_one(house: House) -> None:
    house.now = T0
    await house.tell(ARRIVED)
    (left,) = house.engine.calls()
    house.restart()
    house.now = T0 + 60
    house.append(*FALLBACK[:-4])
    await house.tell(CallsRecovered((left,)))
    await house.round(NodeSnapshot("node-1", frozenset({Uniqueid(ONE)}), T0 + 50))
    await house.tell(CallHungUp(Uniqueid(ONE), 16))
    (call,) = house.ended()
    assert (call.outcome, call.agent, call.answered_at) == (Outcome.FALLBACK_ANSWERED, "anna", T0 + 3.2)


@pytest.mark.parametrize("queued", [False, True])
async def test_a_caller_who_gave_up_while_ami_was_away(house: House, queued: bool) -> None:  # noqa: FBT001
    house.now = T0
    await house.tell(ARRIVED)
    if queued:
        await house.tell(CallQueued(InteractionId("i-1"), QueueName("support"), Lane.STANDARD))
    house.now = T0 + 60
    house.append(*ARRIVES, *LED_END)
    await house.round(GONE)
    (call,) = house.ended()
    assert call.outcome is (Outcome.ABANDONED_LINE if queued else Outcome.ABANDONED_MENU)
    assert call.ended_at == T0 + 9


async def test_the_agent_is_whoever_has_the_phone(house: House) -> None:
    await house.store.add_account(Account("wisniewska", "Anna", "$argon2id$", endpoint="anna"))
    house.append(*FALLBACK)
    await house.round()
    assert [call.agent for call in house.ended()] == ["wisniewska"]


async def test_more_calls_than_are_told_at_a_time(house: House) -> None:
    """Each is in the store before many more are read: memory has its bound."""
    most = 3 * MOST_FINISHED
    for number in range(most):
        changed = {ONE: f"node-1-1.{number}", CARRIER: f"PJSIP/c-{number:08x}"}
        house.append(*(line.replace(ONE, changed[ONE]).replace(CARRIER, changed[CARRIER]) for line in FALLBACK))

    async def pause(_s: float) -> None:
        await house.tell(*house.waiting)
        house.waiting.clear()

    house.reader._pause = pause
    for _ in range(3):
        await house.round()
    assert len(house.ended()) == most
    assert (await house.store.log_positions("node-1"))["cel"].bytes == house.log.stat().st_size
