"""Which parts of a customer's card who may see: by role, by department, and by how surely the caller is known.

Pure. A part that somebody may not see is taken out of the card before it leaves the server; what would open with a
surer identity is named, so that the page can say so, and nothing else is [GDPR art. 5(1)(c), data minimisation].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from telephony.core.account import Account, Role
from telephony.core.customer import Card, Customer, Identity
from telephony.core.ids import InteractionId


class CardField(StrEnum):
    NUMBER = "number"
    NAME = "name"
    ADDRESS = "address"
    SINCE = "since"
    SERVICES = "services"
    ACCESSIBILITY = "accessibility"
    CONTRACTS = "contracts"
    DEVICES = "devices"
    INVOICES = "invoices"
    TICKETS = "tickets"
    HISTORY = "history"
    NOTES = "notes"  # of earlier contacts
    QUALITY = "quality"  # of the last calls


@dataclass(frozen=True, slots=True)
class FieldRule:
    """`departments`: whose consultants, where the role is an agent's; empty: all of them."""

    roles: frozenset[Role]
    departments: frozenset[str] = frozenset()
    identity: Identity = Identity.UNKNOWN

    def concerns(self, account: Account) -> bool:
        """Whether somebody may see it at all, however sure the caller's identity is."""
        if account.role not in self.roles:
            return False
        agents = account.role is Role.AGENT and bool(self.departments)
        return not agents or not self.departments.isdisjoint(account.departments)


@dataclass(frozen=True, slots=True)
class Shown:
    """A card as somebody may see it, and which of its parts would open with a surer identity."""

    card: Card
    fields: frozenset[CardField]
    closed: Mapping[CardField, Identity]


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody is shown parts of a customer's card; `call` is None where a search has found the customer."""

    login: str
    customer: str
    fields: frozenset[CardField]
    call: InteractionId | None


class CardRules:
    """What has no rule is seen by nobody; `seen` is told of each look at a customer."""

    def __init__(self, rules: Mapping[CardField, FieldRule], seen: Callable[[Look], None] = lambda _: None) -> None:
        self._rules = dict(rules)
        self._seen = seen

    def shown(self, card: Card, account: Account | None, call: InteractionId | None = None) -> Shown:
        concern = {name: rule for name, rule in self._rules.items() if account and rule.concerns(account)}
        opened = self.opened(account, card.identity) if account else frozenset()
        if account and card.customer and opened:
            self._seen(Look(account.login, card.customer.number, opened, call))
        closed = {name: rule.identity for name, rule in concern.items() if name not in opened}
        return Shown(_only(card, opened), opened, closed)

    def opened(self, account: Account, identity: Identity) -> frozenset[CardField]:
        """What somebody may see of a customer who is known so surely; it is no look at one."""
        rules = self._rules.items()
        return frozenset(
            name for name, rule in rules if rule.concerns(account) and identity.suffices_for(rule.identity)
        )


NOTHING_HIDDEN = CardRules({each: FieldRule(frozenset(Role)) for each in CardField})


def _only(card: Card, seen: frozenset[CardField]) -> Card:
    """Nothing but these parts; how surely the caller is known is always told."""
    notes, quality = CardField.NOTES in seen, CardField.QUALITY in seen
    history = tuple(
        replace(each, note=each.note if notes else "", mos=each.mos if quality else None) for each in card.history
    )
    return Card(
        _customer(card.customer, seen) if card.customer else None,
        card.open_tickets if CardField.TICKETS in seen else (),
        card.available,
        history if CardField.HISTORY in seen else (),
        card.contracts if CardField.CONTRACTS in seen else (),
        card.devices if CardField.DEVICES in seen else (),
        card.invoices if CardField.INVOICES in seen else (),
        card.identity,
    )


def _customer(customer: Customer, seen: frozenset[CardField]) -> Customer:
    """What is not to be seen is empty."""
    return Customer(
        customer.number if CardField.NUMBER in seen else "",
        customer.name if CardField.NAME in seen else "",
        (),  # the caller's own is on the page, and the others are nobody's business
        customer.address if CardField.ADDRESS in seen else "",
        customer.services if CardField.SERVICES in seen else (),
        customer.since if CardField.SINCE in seen else None,
        CardField.ACCESSIBILITY in seen and customer.accessibility,
    )
