"""`[crm]` of the settings: what can be used, and what is wrong with the rest."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from telephony.core.customer import Customer, CustomerFile
from telephony.crm.breaker import Guarded
from telephony.crm_settings import Crm
from telephony.crm_wiring import source_of
from telephony.metrics import Metrics
from telephony.settings_types import SettingsError

FIELDS = {"number": "$.id", "name": "$.name"}
REST = {
    "by_phone": "https://crm.example/find?phone={phone}",
    "by_number": "https://crm.example/one/{number}",
    "hosts": ["crm.example"],
    "fields": FIELDS,
}


class Own:
    async def by_phone(self, e164: str) -> CustomerFile | None: ...

    async def by_number(self, number: str) -> CustomerFile | None: ...

    async def search(self, text: str, most: int) -> tuple[Customer, ...]:
        return ()


def test_our_own_database_is_the_directory_unless_another_is_named() -> None:
    own = Own()
    assert source_of(Crm(), own, lambda: 0.0, Metrics(())) is own
    there = source_of(Crm.model_validate({"rest": REST}), own, lambda: 0.0, Metrics(()))
    assert isinstance(there, Guarded)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"by_phone": "https://crm.example/find"}, "`by_phone` has {phone}"),
        ({"by_number": "https://{number}.crm.example/"}, "`by_number` has {number}"),
        ({"search": "https://crm.example/find?q="}, "`search` has {text}"),
        ({"search": "https://crm.example.com/find?q={text}"}, "is not among `hosts`"),
        ({"by_phone": "http://crm.example/find?phone={phone}"}, "begins with https"),
        ({"hosts": []}, "crm.example of `by_phone` is not among `hosts`"),
        ({"amounts": "euro"}, "amounts"),
        ({"shoe": 1}, "shoe"),
    ],
)
def test_what_is_wrong_is_told(change: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Crm.model_validate({"rest": {**REST, **change}})


def test_a_path_that_is_none_is_told_with_its_setting() -> None:
    crm = Crm.model_validate({"rest": {**REST, "fields": {**FIELDS, "name": "$["}}})
    with pytest.raises(SettingsError, match=r"crm\.rest"):
        source_of(crm, Own(), lambda: 0.0, Metrics(()))


TRYTON = {"url": "https://tryton.example/crm", "user": "hotline", "password": "x"}
ODOO = {"url": "https://odoo.example", "key": "x", "database": "crm"}


@pytest.mark.parametrize("named", [{"tryton": TRYTON}, {"odoo": ODOO}])
def test_tryton_and_odoo_are_directories_behind_the_same_guard(named: dict[str, object]) -> None:
    crm = Crm.model_validate(named)
    assert isinstance(source_of(crm, Own(), lambda: 0.0, Metrics(())), Guarded)
    assert "x" not in repr(crm).replace("example", "")


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ({"tryton": TRYTON, "odoo": ODOO}, "one directory, not tryton and odoo"),
        ({"tryton": {**TRYTON, "url": "http://tryton.example/crm"}}, "begins with https"),
        ({"tryton": {**TRYTON, "user": ""}}, "at least 1 character"),
        ({"odoo": {**ODOO, "url": "https://user:x@odoo.example"}}, "a host and a path"),
        ({"odoo": {**ODOO, "url": "https://odoo.example?db=crm"}}, "a host and a path"),
        ({"odoo": {"url": "https://odoo.example"}}, "Field required"),
    ],
)
def test_one_directory_that_can_be_reached_in_secret(named: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Crm.model_validate(named)
