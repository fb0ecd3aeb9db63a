"""Windows of several workers put together; what a process has kept of its privileges."""

from __future__ import annotations

from collections.abc import Sequence

from quality.drop_privileges import kept
from quality.live_window import StreamWindow, WindowEnd
from telephony.capture_process import Together
from tests.unit.test_captured_legs import end, stream

STATUS = """Name:	python
Uid:	65534	65534	65534	65534
CapInh:	0000000000000000
CapPrm:	0000000000000000
CapEff:	0000000000000000
CapAmb:	0000000000000000
NoNewPrivs:	1
"""


def together(*workers: int) -> tuple[Together, list[tuple[int, WindowEnd]]]:
    told: list[tuple[int, WindowEnd]] = []

    def note(streams: Sequence[StreamWindow], whole: WindowEnd) -> None:
        told.append((len(streams), whole))

    made = Together(note)
    made.workers.update(workers)
    return made, told


def test_a_window_counts_once_all_have_told_theirs() -> None:
    windows, told = together(0, 1)
    windows.take(0, [stream()], end(0, drops=2))
    assert told == []
    windows.take(1, [stream(to_us=False)], end(0, drops=1))
    assert told == [(2, WindowEnd(0.0, 10.0, 2, 2000, 3))]


def test_who_is_silent_is_waited_for_until_the_next_window() -> None:
    windows, told = together(0, 1)
    windows.take(0, [stream()], end(0))
    windows.take(0, [stream()], end(1))
    assert [count for count, _ in told] == [1]
    windows.workers.discard(1)
    windows.take(0, [], end(2))
    assert [count for count, _ in told] == [1, 1, 0]


def test_one_worker_waits_for_nobody() -> None:
    windows, told = together(0)
    windows.take(0, [stream()], end(0))
    assert told == [(1, WindowEnd(0.0, 10.0, 1, 1000, 0))]


def test_what_was_not_given_up_is_named() -> None:
    assert kept(STATUS) == []
    assert kept(STATUS.replace("Eff:\t0000000000000000", "Eff:\t0000000000002000")) == ["CapEff"]
    assert kept(STATUS.replace("Uid:\t65534\t65534", "Uid:\t65534\t0")) == ["root"]
    assert kept(STATUS.replace("NoNewPrivs:\t1", "NoNewPrivs:\t0")) == ["NoNewPrivs"]
