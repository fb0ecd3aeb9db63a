"""Customers of the in-memory twin (`memory.py`): who they are, what they have, how they are found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from operator import itemgetter
from typing import Any

from telephony.store.connection import Row
from telephony.store.errors import StoreRefusedError

Values = dict[str, Any]


class MemoryCustomers:
    def __init__(self) -> None:
        super().__init__()
        self.customers: dict[str, Values] = {}
        self.phones: dict[str, str] = {}
        self.words: dict[tuple[str, str], Values] = {}  # customer and word
        self.pins: dict[str, Values] = {}
        self.money: dict[str, Values] = {}
        self.contracts: dict[str, Values] = {}
        self.devices: dict[tuple[str, str], Values] = {}
        self.invoices: dict[str, Values] = {}

    def add_customer(self, **customer: Any) -> None:
        self.customers[customer["number"]] = customer

    def add_phone(self, e164: str, customer: str) -> None:
        self.phones[e164] = customer

    def add_customer_account(self, customer: str, **account: Any) -> None:
        self._known(customer, "add_customer_account")
        self.money[customer] = {"customer": customer, **account}

    def customer_account(self, customer: str) -> Iterable[Row]:
        return [self.money[customer]] if customer in self.money else ()

    def set_pin(self, customer: str, pin_hash: str, set_at: float) -> None:
        self._known(customer, "set_pin")
        self.pins[customer] = {"pin_hash": pin_hash, "set_at": set_at}

    def pin_of(self, customer: str) -> Iterable[Row]:
        return [self.pins[customer]] if customer in self.pins else ()

    def customer_by_phone(self, e164: str) -> Iterable[Row]:
        return self.customer_by_number(self.phones[e164]) if e164 in self.phones else ()

    def customer_by_number(self, number: str) -> Iterable[Row]:
        phones = sorted(e164 for e164, customer in self.phones.items() if customer == number)
        return [{**self.customers[number], "phones": phones}] if number in self.customers else ()

    def customers_by_digits(self, low: str, high: str, most: int) -> Iterable[Row]:
        found = {customer for e164, customer in self.phones.items() if e164[1:].endswith(low[::-1])}
        return [row for number in sorted(found)[:most] for row in self.customer_by_number(number)]

    def customers_by_name(self, low: str, high: str, words: Sequence[str], most: int) -> Iterable[Row]:
        begins = {customer for customer, word in self.words if low <= word < high}
        found = [each for each in begins if all(f" {word}" in self.customers[each]["folded"] for word in words)]
        return [row for number in sorted(found)[:most] for row in self.customer_by_number(number)]

    def forget_words(self, customer: str) -> None:
        self.words = {key: value for key, value in self.words.items() if key[0] != customer}

    def add_word(self, word: str, customer: str) -> None:
        self.words[customer, word] = {}

    # -- what they have and owe -----------------------------------------------------------------------------------

    def add_contract(self, **contract: Any) -> None:
        self._known(contract["customer"], "add_contract")
        self.contracts[contract["number"]] = contract

    def contracts_of(self, customer: str) -> Iterable[Row]:
        found = [each for each in self.contracts.values() if each["customer"] == customer]
        return sorted(sorted(found, key=itemgetter("number")), key=itemgetter("since"), reverse=True)

    def add_device(self, **device: Any) -> None:
        self._known(device["customer"], "add_device")
        self.devices[device["customer"], device["serial"]] = device

    def devices_of(self, customer: str) -> Iterable[Row]:
        found = [each for (of, _), each in self.devices.items() if of == customer]
        return sorted(found, key=itemgetter("kind", "serial"))

    def add_invoice(self, **invoice: Any) -> None:
        self._known(invoice["customer"], "add_invoice")
        self.invoices[invoice["number"]] = invoice

    def invoices_of(self, customer: str, most: int) -> Iterable[Row]:
        found = [each for each in self.invoices.values() if each["customer"] == customer]
        return sorted(found, key=lambda each: (each["due"] or date.min, each["number"]), reverse=True)[:most]

    def _known(self, customer: str, query: str) -> None:
        if customer not in self.customers:
            raise StoreRefusedError(f"PostgreSQL refuses `{query}`: ForeignKeyViolationError")
