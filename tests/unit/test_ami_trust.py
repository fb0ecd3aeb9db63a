"""Trust in the event stream: lost at a taint, back with the marker's answer, a snapshot at most every 10 s."""

from __future__ import annotations

from telephony.asterisk.ami_trust import Trust


def holds(trust: Trust) -> bool:
    return trust.holds


def test_trust_comes_back_with_the_markers_answer_only() -> None:
    trust = Trust()
    assert holds(trust)
    assert trust.taint("m1")
    assert not holds(trust)
    assert not trust.awaits("guess")
    assert trust.awaits("m1")
    assert trust.answered("m2")
    assert holds(trust)


def test_a_second_taint_needs_a_second_marker_and_they_go_one_at_a_time() -> None:
    trust = Trust()
    assert trust.taint("m1")
    assert not trust.taint("m2")
    assert not trust.taint("m3")
    assert not trust.answered("m4")
    assert trust.awaits("m4")
    assert trust.answered("m5")
    assert holds(trust)


def test_a_snapshot_is_wanted_after_a_taint_at_most_every_10_s() -> None:
    trust = Trust()
    assert trust.resync_in_s(100.0) is None
    trust.taint("m1")
    assert trust.resync_in_s(100.0) is None  # nothing is to be believed yet
    trust.answered("m2")
    assert trust.resync_in_s(100.0) == 0.0
    trust.resync_begins(100.0)
    assert trust.resync_in_s(100.0) is None
    trust.ask_resync()
    assert trust.resync_in_s(103.0) == 7.0
    assert trust.resync_in_s(120.0) == 0.0
