"""Customer number and PIN: right, wrong, unknown, blocked; and nothing told that a guesser could use."""

from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from telephony.core.customer import Customer
from telephony.crm.seed import customers
from telephony.identity import IdentityCheck, PinError, Verdict, hashed

CUSTOMER = customers(1)[0]
PIN_HASH = hashed("4711")


@dataclass
class Records:
    asked: list[str] = field(default_factory=list)

    async def customer_by_phone(self, e164: str) -> Customer | None:
        return CUSTOMER if e164 in CUSTOMER.phones else None

    async def pin_of(self, customer: str) -> str | None:
        self.asked.append(customer)
        return PIN_HASH if customer == CUSTOMER.number else None


@dataclass
class House:
    records: Records = field(default_factory=Records)
    now: float = 0.0

    def __post_init__(self) -> None:
        self.identity = IdentityCheck(self.records, lambda: self.now)
        self.check = self.identity.check


async def test_the_right_pin_proves_who_calls_from_wherever() -> None:
    house = House()
    for caller in (CUSTOMER.phones[0], "+48600100200", None):
        assert await house.check(caller, CUSTOMER.number, "4711") is Verdict.RIGHT


async def test_a_wrong_pin_and_an_unknown_customer_look_the_same() -> None:
    house = House()
    assert await house.check(None, CUSTOMER.number, "4712") is Verdict.WRONG
    assert await house.check(None, "999999", "4711") is Verdict.WRONG
    assert house.records.asked == [CUSTOMER.number, "999999"]


async def test_too_many_are_blocked_with_an_alarm_even_when_right_at_last() -> None:
    house = House()
    with capture_logs() as told:
        for _ in range(3):
            assert await house.check("+48600100200", CUSTOMER.number, "0001") is Verdict.WRONG
        assert await house.check("+48600100200", CUSTOMER.number, "4711") is Verdict.BLOCKED
    assert house.identity.blocked == 1
    assert told == [{"event": "identity.blocked", "log_level": "warning", "own_number": False}]
    assert await house.check(CUSTOMER.phones[0], CUSTOMER.number, "4711") is Verdict.RIGHT
    house.now = 3601.0
    assert await house.check("+48600100200", CUSTOMER.number, "4711") is Verdict.RIGHT


@pytest.mark.parametrize(
    "pin", ["123", "123456789", "12a4", "\uff11\uff12\uff13\uff15", "1111", "00000000", "1234", "123456", "2580", ""]
)
def test_a_pin_that_would_be_guessed_first_is_refused(pin: str) -> None:
    with pytest.raises(PinError):
        hashed(pin)


def test_a_pin_is_not_kept_in_clear() -> None:
    assert "4711" not in hashed("4711")
