from __future__ import annotations

import pytest

from telephony.store.queries import Query, queries


def test_names_become_places_once_each_and_casts_stay() -> None:
    known = queries()["record_call"]
    assert known.parameters[:2] == ("interaction", "node")
    assert ":" not in known.sql
    assert f"${len(known.parameters)}" in known.sql


def test_each_query_says_what_it_is_for() -> None:
    assert all(query.purpose and query.sql for query in queries().values())


def test_values_come_in_the_order_of_the_places() -> None:
    query = Query("q", "A test.", "SELECT $1, $2", ("b", "a"))
    assert query.arguments({"a": 1, "b": 2}) == [2, 1]
    for wrong in ({"a": 1}, {"a": 1, "b": 2, "c": 3}):
        with pytest.raises(TypeError, match="q takes"):
            query.arguments(wrong)
