from __future__ import annotations

from datetime import date

import phonenumbers
import pytest

from telephony.crm.seed import MOST, accounts, customers


def test_the_same_seed_gives_the_same_customers_and_more_of_them_begin_alike() -> None:
    assert customers() == customers()
    assert customers(250)[:200] == customers(200)
    assert customers(5, seed=1) != customers(5, seed=2)


def test_every_number_is_one_persons_valid_and_nobodys_in_the_real_network() -> None:
    phones = [phone for customer in customers(MOST) for phone in customer.phones]
    assert len(set(phones)) == len(phones)
    assert all(phone[5] == "0" for phone in phones), "no subscriber's number begins with 0"
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in phones[:500])


def test_there_are_200_with_services_and_one_in_eight_with_accessibility() -> None:
    seeded = customers()
    assert len(seeded) == len({customer.number for customer in seeded}) == 200
    assert sum(customer.accessibility for customer in seeded) == 25
    assert all(customer.services and customer.address for customer in seeded)


def test_accounts_follow_the_seed_and_agree_with_themselves() -> None:
    made = accounts(customers(), date(2026, 11, 23))
    assert made == accounts(customers(), date(2026, 11, 23))
    assert {account.line_state for account in made} == {"ok", "fault"}
    for account in made:
        assert (account.balance == 0) is bool(account.invoice_paid)
        assert (account.line_since is None) is (account.line_state == "ok")


def test_surnames_follow_their_bearers_gender() -> None:
    for customer in customers(MOST):
        first_name, surname = customer.name.split(" ")
        if surname.endswith(("ski", "cki", "dzki", "ska", "cka", "dzka")):
            assert first_name.endswith("a") == surname.endswith("a"), customer.name


def test_more_than_the_numbers_reach_is_refused() -> None:
    with pytest.raises(ValueError, match="there are numbers for 5000"):
        customers(MOST + 1)
