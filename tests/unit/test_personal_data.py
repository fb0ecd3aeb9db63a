"""The catalogue of personal data by itself: it names what to add, and each entry can be worked with."""

from __future__ import annotations

import pytest

from telephony.core.personal_data.model import EXPORTED, KEYS, Erase, Ground, Holds, Keep, Kind, Table, columns
from telephony.core.personal_data.places import PLACES
from telephony.core.personal_data.schema import differences
from telephony.core.personal_data.tables import TABLES

NOTE = Table(
    "note", "a test", Kind.NOTES, Ground.INTEREST, Keep.NOTES, columns(call="interaction", text="text"), age="saved_at"
)


def test_a_catalogue_that_fits_has_no_differences() -> None:
    assert differences({"note": ["interaction", "text"]}, [NOTE]) == []


def test_what_is_new_is_named_with_what_to_add() -> None:
    real = {"note": ["interaction", "text", "mood"], "letter": ["number", "body"]}
    table, column = differences(real, [NOTE])
    assert "`letter`" in table
    assert "number, body" in table
    assert "`note.mood`" in column
    assert "columns(…)" in column


def test_what_is_gone_is_named() -> None:
    assert "`note.text` is in the catalogue" in differences({"note": ["interaction"]}, [NOTE])[0]
    assert "`note` is in the catalogue" in differences({}, [NOTE])[0]


def test_columns_hold_what_is_known() -> None:
    assert columns(phone="caller", fact="node state") == {
        "caller": Holds.PHONE,
        "node": Holds.FACT,
        "state": Holds.FACT,
    }
    with pytest.raises(ValueError, match="colour"):
        columns(colour="red")
    assert NOTE.of(*KEYS) == ("interaction",)
    assert Holds.SEALED not in EXPORTED
    assert Holds.STAFF not in EXPORTED


@pytest.mark.parametrize("table", TABLES, ids=lambda each: each.name)
def test_an_entry_can_be_worked_with(table: Table) -> None:
    of_customers = table.kind not in {Kind.STAFF, Kind.EVIDENCE, Kind.NOBODY}
    assert of_customers == (table.erase is Erase.ROWS), "what is a customer's is erased"
    if of_customers:
        assert table.of(*KEYS, Holds.TEXT), "its rows are found by a key or by a text"
    if table.keep.endswith("_days"):
        assert table.age, f"{table.keep} counts from somewhere"
    assert bool(table.by_law) == bool(table.law), "whoever is told that the law keeps it hears why"
    assert (table.ground is Ground.NONE) == (table.kind is Kind.NOBODY)


def test_each_place_has_one_name() -> None:
    names = [each.name for each in TABLES] + [each.name for each in PLACES]
    assert len(names) == len(set(names))
