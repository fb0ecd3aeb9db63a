"""Who sees which part of a customer's card: the shipped file cell by cell, and what is wrong in such a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import pytest
import yaml

from ivr_flows.errors import FlowError
from telephony.console import wire
from telephony.core.account import Account, Role
from telephony.core.card_fields import NOTHING_HIDDEN, CardField, CardRules, Look
from telephony.core.customer import Card, Contact, Contract, Customer, Device, Identity, Invoice, TicketSummary
from telephony.core.ids import InteractionId
from telephony.core.views import Direction, Outcome
from telephony.guidance import card_fields_file
from telephony.shipped import CONFIG_FOLDER

SHIPPED = CONFIG_FOLDER / "card-fields.yaml"
DEPARTMENTS = ("sales", "support", "billing")
# What stands in the words to a page when, and only when, a part of the card is among them.
TRACES: Mapping[CardField, str] = {
    CardField.NUMBER: "1004217",
    CardField.NAME: "Żaneta Ćwik",
    CardField.ADDRESS: "ul. Cicha 5",
    CardField.SINCE: "2016-04-01",
    CardField.SERVICES: "Internet 600",
    CardField.ACCESSIBILITY: '"accessibility":true',
    CardField.CONTRACTS: "U/2016/7",
    CardField.DEVICES: "SN-77",
    CardField.INVOICES: "FV-771",
    CardField.TICKETS: "Brak sygnału",
    CardField.HISTORY: '"outcome":"answered"',
    CardField.NOTES: "Prosi o ciszę",
    CardField.QUALITY: "3.125",
}
NESTED = {CardField.NOTES, CardField.QUALITY}  # within the history


def card(identity: Identity) -> Card:
    return Card(
        Customer(
            "1004217", "Żaneta Ćwik", ("+48500000123",), "ul. Cicha 5", ("Internet 600",), date(2016, 4, 1),
            accessibility=True,
        ),
        (TicketSummary("17-8", "Brak sygnału", "open", 5.0),),
        history=(
            Contact(9.0, Direction.IN, "support", Outcome.ANSWERED, "anna", None, "Prosi o ciszę", mos=3.125),
        ),
        contracts=(Contract("U/2016/7", (), date(2017, 1, 1)),),
        devices=(Device("Router", "AX-2", "SN-77"),),
        invoices=(Invoice("FV-771", 5999),),
        identity=identity,
    )  # fmt: skip


def told(rules: CardRules, account: Account, identity: Identity) -> str:
    """What leaves the server, as text."""
    return wire.text(wire.card(rules.shown(card(identity), account), {}))


def written(field: CardField, role: Role, department: str, identity: Identity) -> bool:
    """The cell as the file has it, read without our own reader."""
    rule = yaml.safe_load(SHIPPED.read_text("utf-8"))["fields"][field]
    departments = rule.get("departments", DEPARTMENTS)
    belongs = role is not Role.AGENT or department in departments
    sure = list(Identity).index(identity) >= list(Identity).index(Identity(rule.get("identity", "unknown")))
    return role in rule["roles"] and belongs and sure


CELLS = list(product(Role, DEPARTMENTS, Identity))


@pytest.mark.parametrize(("role", "department", "identity"), CELLS)
def test_each_cell_of_the_matrix(role: Role, department: str, identity: Identity) -> None:
    account = Account("x", "X", "", role=role, departments=(department,))
    text = told(card_fields_file.load(SHIPPED), account, identity)
    seen = {field for field in CardField if written(field, role, department, identity)}
    assert json.loads(text)["fields"] == sorted(seen)
    for field, trace in TRACES.items():
        whole = field in seen and (field not in NESTED or CardField.HISTORY in seen)
        assert (trace in text) is whole, f"{field} to {role} of {department} where the caller is {identity}"


def test_what_a_surer_identity_would_open_is_named_to_whom_it_would_open() -> None:
    rules = card_fields_file.load(SHIPPED)
    billing, sales = (Account("x", "X", "", departments=(each,)) for each in ("billing", "sales"))
    assert rules.shown(card(Identity.NUMBER), billing).closed == {CardField.INVOICES: Identity.PIN}
    assert rules.shown(card(Identity.NUMBER), sales).closed == {}
    assert rules.shown(card(Identity.PIN), billing).closed == {}


def test_nobody_sees_anything_without_an_account() -> None:
    shown = NOTHING_HIDDEN.shown(card(Identity.PIN), None)
    assert not shown.fields
    assert not any(trace in wire.text(wire.card(shown, {})) for trace in TRACES.values())


def test_who_is_of_several_departments_sees_what_any_of_them_sees() -> None:
    both = Account("x", "X", "", departments=("sales", "support"))
    seen = card_fields_file.load(SHIPPED).shown(card(Identity.PIN), both).fields
    assert {CardField.CONTRACTS, CardField.DEVICES} <= seen
    assert CardField.INVOICES not in seen


def test_each_look_at_a_customer_is_told_with_what_was_seen() -> None:
    looks: list[Look] = []
    rules = card_fields_file.load(SHIPPED, looks.append)
    shown = rules.shown(card(Identity.NUMBER), Account("anna", "X", "", departments=("sales",)), InteractionId("i-1"))
    assert looks == [Look("anna", "1004217", shown.fields, InteractionId("i-1"))]


def test_who_sees_nothing_of_a_customer_has_not_looked() -> None:
    looks: list[Look] = []
    agent = Account("anna", "X", "", departments=("sales",))
    card_fields_file.load(SHIPPED, looks.append).shown(card(Identity.PIN), None)
    card_fields_file.load(SHIPPED, looks.append).shown(replace(card(Identity.PIN), customer=None), agent)
    CardRules({}, looks.append).shown(card(Identity.PIN), agent)
    assert looks == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  name: {roles: [agent, supervisor, admin], identity: number}\n", "", "`name` is missing"),
        ("identity: pin}", "identity: passport}", "identity"),
        ("roles: [agent, admin]", "roles: [agent, boss]", "roles"),
        ("fields:", "fields:\n  shoe_size: {roles: [agent]}", "shoe_size"),
        ("departments: [billing]", "departments: [Billing!]", "departments"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = SHIPPED.read_text("utf-8")
    assert old in text
    path = tmp_path / "card-fields.yaml"
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(FlowError, match=r"card-fields\.yaml:\d+") as error:
        card_fields_file.load(path)
    assert said in str(error.value)
