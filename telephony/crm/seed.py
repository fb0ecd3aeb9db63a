"""Made-up customers for a demonstration: plausible Polish names, addresses and services, the same for the same seed.

Their telephone numbers are area codes of real towns followed by a 0. Poland reserves no block for fiction, but no
subscriber's number begins with 0: until 2010 that was the digit dialled before an area code. So nobody can be
reached by them, and they pass for valid numbers everywhere (nine digits after +48).
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta

from telephony.core.customer import Contract, Customer, CustomerAccount, CustomerFile, Device, Invoice

COUNT = 200
MOST = 5_000
SEED = 2026
ACCESSIBILITY_EVERY = 8  # one customer in so many has asked for support
FIRST_NUMBER = 100_000
OLDEST, YOUNGEST = date(2009, 9, 30), date(2026, 6, 30)

_WOMEN = (
    "Anna", "Katarzyna", "Małgorzata", "Agnieszka", "Barbara", "Ewa", "Krystyna", "Elżbieta", "Zofia", "Józefa",
    "Grażyna", "Łucja", "Bożena", "Wiesława", "Żaneta", "Joanna", "Halina", "Urszula", "Stanisława", "Róża",
)  # fmt: skip
_MEN = (
    "Jan", "Piotr", "Krzysztof", "Andrzej", "Stanisław", "Tomasz", "Paweł", "Michał", "Łukasz", "Wojciech",
    "Józef", "Zdzisław", "Mirosław", "Grzegorz", "Rafał", "Bogusław", "Świętosław", "Kazimierz", "Błażej", "Mikołaj",
)  # fmt: skip
# Surnames that are adjectives change their ending with the bearer's gender; nouns do not.
_ADJECTIVES = (
    "Kowalski", "Wiśniewski", "Kamiński", "Lewandowski", "Zieliński", "Szymański", "Dąbrowski", "Kozłowski",
    "Jabłoński", "Głowacki", "Zawadzki", "Górski", "Świątecki", "Żurawski", "Ostrowski", "Różański", "Czarnecki",
)  # fmt: skip
_NOUNS = (
    "Nowak", "Wójcik", "Kaczmarek", "Mazur", "Krawczyk", "Zając", "Król", "Wróbel", "Pawlak", "Dudek", "Gołąb",
    "Bąk", "Stępień", "Ślęzak", "Źrebiec", "Ćwik", "Sikora", "Kołodziej", "Dąb", "Łoś",
)  # fmt: skip
_TOWNS = (  # name, area code, first two digits of its postcodes
    ("Warszawa", "22", "02"), ("Kraków", "12", "30"), ("Łódź", "42", "91"), ("Wrocław", "71", "50"),
    ("Poznań", "61", "60"), ("Gdańsk", "58", "80"), ("Rzeszów", "17", "35"), ("Białystok", "85", "15"),
    ("Częstochowa", "34", "42"), ("Toruń", "56", "87"), ("Zielona Góra", "68", "65"), ("Bielsko-Biała", "33", "43"),
    ("Przemyśl", "16", "37"), ("Łomża", "86", "18"), ("Suwałki", "87", "16"), ("Nowy Sącz", "18", "33"),
)  # fmt: skip
_STREETS = (
    "Długa", "Krótka", "Lipowa", "Polna", "Leśna", "Słoneczna", "Źródlana", "Ogrodowa", "Świętojańska", "Mickiewicza",
    "Żeromskiego", "Piłsudskiego", "Kościuszki", "Łąkowa", "Brzozowa", "Różana", "Skłodowskiej-Curie", "Dąbrowskiego",
)  # fmt: skip
_INTERNET = ("Internet 100 Mb/s", "Internet 300 Mb/s", "Internet 600 Mb/s", "Internet 1 Gb/s")
_TELEVISION = ("Telewizja Start", "Telewizja Komfort", "Telewizja Pełna")
_ROUTERS = "Router", ("HG-120 AX", "HG-60 AC", "ONT 4E2P")
_DECODERS = "Dekoder", ("TV-4K", "TV-HD")
_GATEWAYS = "Bramka VoIP", ("VG-2",)
_VOIP = ("Telefon VoIP", "Telefon VoIP bez limitu")


def customers(count: int = COUNT, seed: int = SEED) -> tuple[Customer, ...]:
    """`count` customers; a larger count continues a smaller one. Errors: ValueError when their numbers run out."""
    if count > MOST:
        raise ValueError(f"{count} customers: there are numbers for {MOST}")
    made = random.Random(seed)
    return tuple(_customer(made, place) for place in range(count))


def accounts(of: Iterable[Customer], today: date, seed: int = SEED) -> tuple[CustomerAccount, ...]:
    """What these customers owe and how their lines are; one in ten lines is out of order."""
    made = random.Random(seed)
    return tuple(_account(made, customer.number, today) for customer in of)


def files(of: Iterable[Customer], owed: Iterable[CustomerAccount], seed: int = SEED) -> tuple[CustomerFile, ...]:
    """Contracts, devices and the last invoices of these customers, the very last as in what they owe."""
    made = random.Random(seed)
    return tuple(_file(made, customer, account) for customer, account in zip(of, owed, strict=True))


def _file(made: random.Random, customer: Customer, owed: CustomerAccount) -> CustomerFile:
    since, amount = customer.since or OLDEST, owed.invoice_amount or 0
    kinds = (("Internet", _ROUTERS), ("Telewizja", _DECODERS), ("Telefon", _GATEWAYS))
    models = [choice for begins, choice in kinds if any(each.startswith(begins) for each in customer.services)]
    devices = tuple(Device(kind, made.choice(known), f"{made.randrange(16**8):08X}") for kind, known in models)
    contract = Contract(f"U/{since.year}/{customer.number}", customer.services, since, None, amount)
    invoices = tuple(_invoice(customer, owed, months) for months in range(4))
    return CustomerFile(customer, (contract,), devices, invoices)


def _invoice(customer: Customer, owed: CustomerAccount, months: int) -> Invoice:
    """The last one as in what is owed; those of the months before it are paid."""
    due, amount = owed.invoice_due or YOUNGEST, owed.invoice_amount or 0
    if not months:
        return Invoice(owed.invoice or customer.number, amount, due, owed.invoice_paid)
    year, month = divmod(due.year * 12 + due.month - 2 - months, 12)
    return Invoice(f"{year}{month + 1:02}{customer.number}", amount, due - timedelta(days=30 * months), paid=True)


def _account(made: random.Random, customer: str, today: date) -> CustomerAccount:
    amount = made.randint(39, 199) * 100 + made.choice((0, 50, 90, 99))
    paid, fault = made.random() < 0.7, made.random() < 0.1
    due = today + timedelta(days=made.randint(3, 20))
    return CustomerAccount(
        customer,
        balance=0 if paid else amount,
        balance_due=None if paid else due,
        invoice=f"{today:%Y%m}{customer}",
        invoice_amount=amount,
        invoice_due=due,
        invoice_paid=paid,
        line_state="fault" if fault else "ok",
        line_since=today - timedelta(days=1) if fault else None,
        line_repair=today + timedelta(days=1) if fault else None,
    )


def _customer(made: random.Random, place: int) -> Customer:
    town, area_code, postcode = made.choice(_TOWNS)
    return Customer(
        number=str(FIRST_NUMBER + place),
        name=_name(made),
        phones=_phones(made, area_code, place),
        address=_address(made, town, postcode),
        services=_services(made),
        since=OLDEST + timedelta(days=made.randrange((YOUNGEST - OLDEST).days)),
        accessibility=place % ACCESSIBILITY_EVERY == ACCESSIBILITY_EVERY - 1,
    )


def _name(made: random.Random) -> str:
    woman = made.random() < 0.52
    surname = made.choice(_ADJECTIVES) if made.random() < 0.5 else made.choice(_NOUNS)
    return f"{made.choice(_WOMEN if woman else _MEN)} {_feminine(surname) if woman else surname}"


def _feminine(surname: str) -> str:
    return f"{surname[:-1]}a" if surname.endswith(("ski", "cki", "dzki")) else surname


def _phones(made: random.Random, area_code: str, place: int) -> tuple[str, ...]:
    """One number or two, each of them nobody else's: the customer's place is part of it."""
    count = 2 if made.random() < 0.25 else 1
    return tuple(f"+48{area_code}0{made.randint(10, 99)}{place * 2 + each:04}" for each in range(count))


def _address(made: random.Random, town: str, postcode: str) -> str:
    flat = f"/{made.randint(1, 60)}" if made.random() < 0.6 else ""
    street = f"ul. {made.choice(_STREETS)} {made.randint(1, 120)}{flat}"
    return f"{street}, {postcode}-{made.randint(100, 899)} {town}"


def _services(made: random.Random) -> tuple[str, ...]:
    offers = ((_INTERNET, 0.85), (_TELEVISION, 0.55), (_VOIP, 0.45))
    chosen = tuple(made.choice(offer) for offer, share in offers if made.random() < share)
    return chosen or (made.choice(_INTERNET),)
