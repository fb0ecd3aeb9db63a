"""What makes the members of Asterisk's own queue the consultants of now."""

from __future__ import annotations

import pytest

from telephony.asterisk.ami_actions import QueueAdd, QueuePause, QueueRemove
from telephony.asterisk.ami_wire import AmiEvent
from telephony.asterisk.fallback_members import Member, changes, members

ANNA, PAUSED = Member("anna", of_file=True, paused=False), Member("anna", of_file=True, paused=True)
EWA = Member("ewa", of_file=False, paused=False)


@pytest.mark.parametrize(
    ("known", "wanted", "expected"),
    [
        ([ANNA], {"anna"}, []),
        ([ANNA], {"anna", "ewa"}, [QueueAdd("ewa")]),
        ([ANNA, EWA], {"anna"}, [QueueRemove("ewa")]),
        ([ANNA, EWA], {"ewa"}, [QueuePause("anna", paused=True)]),
        ([PAUSED], {"anna"}, [QueuePause("anna", paused=False)]),
        ([PAUSED, EWA], {"ewa"}, []),
        ([ANNA], set(), []),  # rather too many phones than none
    ],
)
def test_only_what_differs_is_changed(known: list[Member], wanted: set[str], expected: list[object]) -> None:
    assert list(changes(known, wanted)) == expected


def test_members_of_other_queues_and_what_is_no_phone_are_not_ours() -> None:
    def event(queue: str, location: str) -> AmiEvent:
        fields = {"Queue": queue, "Location": location, "Membership": "dynamic", "Paused": "1"}
        return AmiEvent("QueueMember", fields)

    said = [event("hotline-fallback", "PJSIP/ewa"), event("other", "PJSIP/x"), event("hotline-fallback", "Local/1@a")]
    assert members(said) == [Member("ewa", of_file=False, paused=True)]


def test_no_endpoint_can_bring_another_action_along() -> None:
    with pytest.raises(ValueError, match="endpoint"):
        QueueAdd("ewa\r\nAction: Logoff").fields()
