"""Wrong PINs: what a guesser is allowed, and what a customer keeps while somebody guesses."""

from telephony.core.pin_limits import Attempt, PinLimits

OWN = Attempt("+48220100100", "100200", own_number=True)
NEIGHBOUR = Attempt("+48220100200", "100200", own_number=False)
DAY_S = 86_400.0


def stranger(number: int, customer: str = "100200") -> Attempt:
    return Attempt(f"+4860{number:07}", customer, own_number=False)


def test_three_mistakes_in_a_row_and_then_one_an_hour() -> None:
    limits = PinLimits()
    assert [limits.take(NEIGHBOUR, 0.0) for _ in range(5)] == [True, True, True, False, False]
    assert not limits.take(NEIGHBOUR, 3599.0)
    assert limits.take(NEIGHBOUR, 3601.0)


def test_a_refusal_is_not_counted() -> None:
    limits = PinLimits()
    for _ in range(100):
        limits.take(NEIGHBOUR, 0.0)
    assert limits.take(NEIGHBOUR, 3601.0)


def test_right_pins_cost_nothing() -> None:
    limits = PinLimits()
    for _ in range(50):
        assert limits.take(OWN, 0.0)
        limits.right(OWN, 0.0)


def test_one_caller_cannot_try_one_pin_on_many_customers() -> None:
    limits = PinLimits()
    tried = [limits.take(Attempt("+48600100200", str(100_000 + each), own_number=False), 0.0) for each in range(50)]
    assert sum(tried) == 10


def test_strangers_cannot_lock_a_customer_out() -> None:
    limits = PinLimits()
    for number in range(1000):
        limits.take(stranger(number), 0.0)
    assert not limits.take(stranger(5000), 1.0)
    assert limits.take(OWN, 1.0)


def test_a_guesser_who_claims_any_number_gets_a_few_guesses_a_day() -> None:
    limits = PinLimits()
    guesses = 0
    for minute in range(24 * 60):
        now = 60.0 * minute
        guesses += limits.take(stranger(minute), now)
        guesses += limits.take(OWN, now)
    assert 10 < guesses <= 40
    assert sum(limits.take(stranger(9000 + minute), DAY_S + 60.0 * minute) for minute in range(24 * 60)) <= 11


def test_a_withheld_number_is_a_caller_like_any_other() -> None:
    limits = PinLimits()
    nobody = [limits.take(Attempt(None, str(each), own_number=False), 0.0) for each in range(20)]
    assert sum(nobody) == 10
    assert limits.take(stranger(1), 0.0)
