"""The built-in directory of customers: who they are, what they have, what they owe, and how they are found."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

from telephony.core.customer import Contract, Customer, CustomerAccount, CustomerFile, Device, Invoice
from telephony.core.sought import sought, words_of
from telephony.store.connection import Connection, Row

T = TypeVar("T")
INVOICES = 6


class CustomerStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- a directory's questions (telephony.crm.directory) --------------------------------------------------------

    async def by_phone(self, e164: str) -> CustomerFile | None:
        """Of the customer who has this number."""
        found = await self.customer_by_phone(e164)
        return await self._file(found) if found else None

    async def by_number(self, number: str) -> CustomerFile | None:
        """Of the customer of this customer number."""
        found = await self.customer_by_number(number)
        return await self._file(found) if found else None

    async def search(self, text: str, most: int = 20) -> tuple[Customer, ...]:
        """By the last digits of a number (four or more) or the customer number, or by how words of a name begin."""
        wanted = sought(text)
        if wanted is None:
            return ()
        if wanted.digits:
            low = wanted.digits[::-1]
            ends = await self._connection.rows("customers_by_digits", low=low, high=low + ":", most=most)
            own = await self._connection.rows("customer_by_number", number=wanted.digits)
            found = {str(row["number"]): row for row in (*own[:most], *ends)}
            return tuple(map(_customer, list(found.values())[:most]))
        low, words = wanted.words[0], list(wanted.words)
        rows = await self._connection.rows("customers_by_name", low=low, high=_after(low), words=words, most=most)
        return tuple(map(_customer, rows))

    async def customer_by_phone(self, e164: str) -> Customer | None:
        return _first(map(_customer, await self._connection.rows("customer_by_phone", e164=e164)))

    async def customer_by_number(self, number: str) -> Customer | None:
        return _first(map(_customer, await self._connection.rows("customer_by_number", number=number)))

    async def customer_account(self, customer: str) -> CustomerAccount | None:
        rows = await self._connection.rows("customer_account", customer=customer)
        return _first(CustomerAccount(**_fields(CustomerAccount, row)) for row in rows)

    async def pin_of(self, customer: str) -> str | None:
        """The hash of the customer's PIN; None for nobody, and for who has none."""
        rows = await self._connection.rows("pin_of", customer=customer)
        return str(rows[0]["pin_hash"]) if rows else None

    # -- entering -------------------------------------------------------------------------------------------------

    async def add(self, customers: Iterable[Customer]) -> None:
        """Insert or replace them, all or none."""
        known = tuple(customers)
        people = [_entered(each) for each in known]
        phones = [{"e164": e164, "customer": each.number} for each in known for e164 in each.phones]
        words = [{"word": word, "customer": each.number} for each in known for word in words_of(each.name)]
        async with self._connection.together() as connection:
            await connection.run_many("add_customer", people)
            await connection.run_many("add_phone", phones)
            await connection.run_many("forget_words", [{"customer": each.number} for each in known])
            await connection.run_many("add_word", words)

    async def add_files(self, files: Iterable[CustomerFile]) -> None:
        """What these customers, who are known, have and owe; all or none. Errors: StoreRefusedError for a stranger."""
        known = tuple(files)
        async with self._connection.together() as connection:
            await connection.run_many("add_contract", [_of(f, each) for f in known for each in f.contracts])
            await connection.run_many("add_device", [_of(f, each) for f in known for each in f.devices])
            await connection.run_many("add_invoice", [_of(f, each) for f in known for each in f.invoices])

    async def add_accounts(self, accounts: Iterable[CustomerAccount]) -> None:
        """Insert or replace them, all or none. Errors: StoreRefusedError for a customer who is not known."""
        await self._connection.run_many("add_customer_account", [dataclasses.asdict(each) for each in accounts])

    async def set_pin(self, customer: str, pin_hash: str, set_at: float) -> None:
        """Errors: StoreRefusedError for a customer who is not known."""
        await self._connection.run("set_pin", customer=customer, pin_hash=pin_hash, set_at=set_at)

    # -- inside ---------------------------------------------------------------------------------------------------

    async def _file(self, customer: Customer) -> CustomerFile:
        contracts = await self._connection.rows("contracts_of", customer=customer.number)
        devices = await self._connection.rows("devices_of", customer=customer.number)
        invoices = await self._connection.rows("invoices_of", customer=customer.number, most=INVOICES)
        return CustomerFile(
            customer,
            tuple(Contract(**{**_fields(Contract, row), "services": tuple(_texts(row))}) for row in contracts),
            tuple(Device(**_fields(Device, row)) for row in devices),
            tuple(Invoice(**_fields(Invoice, row)) for row in invoices),
        )


def _after(begins: str) -> str:
    """Greater than every word that begins so, in the order of bytes."""
    return begins + "\U0010ffff"


def _entered(customer: Customer) -> dict[str, object]:
    values = dataclasses.asdict(customer)
    del values["phones"]
    folded = "".join(f" {word}" for word in sorted(words_of(customer.name)))
    return {**values, "services": list(customer.services), "folded": folded}


def _of(file: CustomerFile, part: Contract | Device | Invoice) -> dict[str, object]:
    values = dataclasses.asdict(part)
    return {
        **{name: list(each) if isinstance(each, tuple) else each for name, each in values.items()},
        "customer": file.customer.number,
    }


def _texts(row: Row) -> Sequence[str]:
    return cast(Sequence[str], row["services"])


def _fields(kind: type, row: Row) -> Mapping[str, Any]:
    return {each.name: row[each.name] for each in dataclasses.fields(kind)}


def _customer(row: Row) -> Customer:
    values = _fields(Customer, row)
    return Customer(**{**values, "phones": tuple(values["phones"]), "services": tuple(values["services"])})


def _first(records: Iterable[T]) -> T | None:
    return next(iter(records), None)
