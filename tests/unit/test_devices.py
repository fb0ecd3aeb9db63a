"""Several nodes' words on one phone."""

from __future__ import annotations

import pytest

from telephony.core.devices import Devices


def devices(**said: str) -> Devices:
    """What each node has said of `anna`, in this order."""
    heard = Devices()
    for node, state in said.items():
        heard.changed(node, "anna", state)
    return heard


@pytest.mark.parametrize(
    ("said", "state", "node"),
    [
        ({}, "", "a"),
        ({"a": "NOT_INUSE"}, "NOT_INUSE", "a"),
        ({"a": "UNAVAILABLE", "b": "NOT_INUSE"}, "NOT_INUSE", "b"),
        ({"b": "NOT_INUSE", "a": "UNAVAILABLE"}, "NOT_INUSE", "b"),  # the one that has it was heard first
        ({"a": "UNAVAILABLE", "b": "INUSE"}, "INUSE", "b"),
        ({"a": "NOT_INUSE", "b": "INUSE"}, "INUSE", "a"),  # registered at both: busy, and near enough
        ({"b": "NOT_INUSE", "c": "RINGING"}, "RINGING", "c"),
        ({"a": "UNAVAILABLE", "b": "UNAVAILABLE"}, "UNAVAILABLE", "a"),
        ({"a": "INVALID", "b": "UNAVAILABLE"}, "UNAVAILABLE", "a"),
    ],
)
def test_the_strongest_word_counts_and_says_where_the_phone_is(said: dict[str, str], state: str, node: str) -> None:
    heard = devices(**said)
    assert heard.state("anna") == state
    assert heard.node_of("anna", near="a") == node


def test_a_lost_node_gives_way_to_those_that_are_heard() -> None:
    heard = devices(a="INUSE", b="UNAVAILABLE")
    assert heard.lost("a") == ("anna",)
    assert heard.state("anna") == "UNAVAILABLE"
    heard.changed("b", "anna", "NOT_INUSE")  # the phone has turned to the other node
    assert (heard.state("anna"), heard.node_of("anna", near="a")) == ("NOT_INUSE", "b")
    heard.changed("a", "anna", "NOT_INUSE")  # and the first one is back
    assert heard.node_of("anna", near="a") == "a"


def test_of_an_only_node_the_last_word_counts_while_it_is_lost() -> None:
    heard = devices(a="NOT_INUSE")
    heard.lost("a")
    assert (heard.state("anna"), heard.node_of("anna", near="a")) == ("NOT_INUSE", "a")
    assert heard.lost("b") == ()
