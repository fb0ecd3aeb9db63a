"""What the catalogue says of a place where personal data lies [GDPR art. 5, 6, 17, 30].

Each column of each table holds one of a few things (`Holds`). Columns that name a person, a call or a ticket are keys:
by them a person's rows are found, exported, erased and held; columns of text are searched, too, and cleaned of numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Holds(StrEnum):
    CUSTOMER = "customer"  # key: a customer number
    PHONE = "phone"  # key: an E.164 number
    CALL = "call"  # key: an interaction
    TICKET = "ticket"  # key: a ticket's sequence
    PERSON = "person"  # anything else about a customer: a name, an address, a balance
    TEXT = "text"  # words that somebody wrote, or a message: anything may stand in it
    STAFF = "staff"  # of somebody who works here
    SEALED = "sealed"  # hashes and tokens: never exported, never read by reports
    PSEUDONYM = "pseudonym"  # nobody without the audit's key
    FACT = "fact"  # says nothing of who it was: times, states, figures


KEYS = (Holds.CUSTOMER, Holds.PHONE, Holds.CALL, Holds.TICKET)
SEARCHED = (*KEYS, Holds.PERSON, Holds.TEXT)  # where a search for a person looks
EXPORTED = (*SEARCHED, Holds.FACT)  # others' data and secrets are not the person's [GDPR art. 15(4)]


class Kind(StrEnum):
    MASTER = "customer record"
    CALLS = "call records"
    RECORDINGS = "recordings"
    NOTES = "notes"
    TICKETS = "tickets"
    COMPLAINTS = "complaints"
    SURVEYS = "survey answers"
    CALL_BACKS = "call-backs and appointments"
    MESSAGES = "messages to other systems and to customers"
    STAFF = "people who work here"
    EVIDENCE = "evidence of what was done with data"
    NOBODY = "nothing about a customer"


class Ground(StrEnum):
    CONTRACT = "contract [GDPR art. 6(1)(b)]"
    LAW = "legal obligation [GDPR art. 6(1)(c)]"
    INTEREST = "legitimate interest: a service that can be checked and mended [GDPR art. 6(1)(f)]"
    CONSENT = "consent [GDPR art. 6(1)(a)]"
    NONE = "no personal data"


class Keep(StrEnum):
    """How long: a figure of `[retention]`, or a rule of its own."""

    CALLS = "calls_days"
    RECORDINGS = "recordings_days"
    NOTES = "notes_days"
    TICKETS = "tickets_days"
    COMPLAINTS = "complaints_days"
    SURVEYS = "surveys_days"
    CALL_BACKS = "call_backs_days"
    MESSAGES = "messages_days"
    EVIDENCE = "evidence_days"
    CUSTOMER = "as long as the customer is one"
    ACCOUNT = "as long as the account is one"
    ALWAYS = "always"


class Erase(StrEnum):
    ROWS = "the person's rows are deleted; numbers of the person in other rows' texts are replaced"
    WORDS = "rows stay; the person's numbers and name in their texts are replaced"
    STAYS = "nothing in it leads to the person"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the database. `age` is SQL: seconds since the epoch from which `keep` counts, NULL: not yet.

    `by_law` is SQL, too: rows of which it is true are kept by law against a wish to erase, for as long as it is true,
    and `law` says why; `{calls_by_law_s}` in it is the statutory period of call records. `department` is SQL for the
    row's department, for people who read reports; empty: they cannot read the table. `with_files`: its rows are
    forgotten together with their files, by whoever keeps those.
    """

    name: str
    purpose: str
    kind: Kind
    ground: Ground
    keep: Keep
    columns: Mapping[str, Holds]
    age: str = ""
    erase: Erase = Erase.ROWS
    by_law: str = ""
    law: str = ""
    department: str = ""
    with_files: bool = False

    def of(self, *holds: Holds) -> tuple[str, ...]:
        """Its columns that hold one of these, in order."""
        return tuple(name for name, each in self.columns.items() if each in holds)


@dataclass(frozen=True, slots=True)
class Place:
    """Where personal data lies outside the database."""

    name: str
    where: str
    purpose: str
    kind: Kind
    ground: Ground
    keep: str  # in words
    erased: str  # how
    far: bool = False  # another system: whoever runs it has to be told [GDPR art. 19]


def columns(**given: str) -> dict[str, Holds]:
    """`columns(phone="caller", fact="node state")`: the names of columns by what they hold."""
    return {name: holds for holds, names in _parts(given) for name in names}


def _parts(given: Mapping[str, str]) -> Iterator[tuple[Holds, list[str]]]:
    """Errors: ValueError for what no column holds."""
    for holds, names in given.items():
        yield Holds(holds), names.split()
