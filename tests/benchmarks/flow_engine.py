"""The flow engine by itself: time per step and memory per session, 1,000 calls at a time on the shipped flows.

`python -m tests.benchmarks.flow_engine [seconds]` plays random callers, each call's step after another call's. A step
is one `start` or `resume`: from what the caller did to the next wait, through as many nodes as lie between.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

from ivr_flows import (
    SHIPPED,
    Digits,
    Facts,
    Flow,
    Given,
    LineResult,
    Result,
    Status,
    Step,
    TimedOut,
    Wait,
    WaitDigits,
    WaitLine,
    WaitResult,
    load_set,
    resume,
    start,
)
from ivr_flows.calendar import Calendar
from ivr_flows.calendar_file import load as load_calendar
from ivr_flows.variables import Value

SESSIONS = 1_000
SECONDS = 10.0
TARGET_US = 50.0
DID = "+48221000100"
CALENDAR = Path(__file__).parents[2] / "config" / "calendar.yaml"
NOW = 1_795_000_000.0  # a Wednesday morning
VALUES: dict[str, Value] = {"number": "4711", "amount": 7_050, "due": "2026-12-24", "paid": False, "state": "Sprawne."}
OUTAGES = ({"pl": "Awaria na ulicy Polnej.", "en": "Polna Street is out of order."},)


class Callers:
    """So many calls at a time; whoever is at the end of a flow is followed by the next caller."""

    def __init__(self, flows: Sequence[Flow], calendar: Calendar, rng: random.Random) -> None:
        self._flows = flows
        self._calendar = calendar
        self._rng = rng
        self.calls: list[tuple[Flow, Step]] = []
        self.ended = 0

    def arrive(self) -> tuple[Flow, Step]:
        flow = self._rng.choice(self._flows)
        customer = self._rng.choice((None, "100200"))
        return flow, start(flow, Facts(DID, customer=customer), NOW, self._calendar)

    def fill(self) -> None:
        self.calls = [self.arrive() for _ in range(SESSIONS)]

    def pass_over(self, note: Callable[[bool, int], None]) -> None:
        """One step of every call; `note` hears whether it was a beginning, and the nanoseconds."""
        for place, (flow, step) in enumerate(self.calls):
            given = self._answer(step.wait) if step.wait else None
            began = time.perf_counter_ns()
            if given is None:
                self.calls[place] = self.arrive()
                self.ended += 1
            else:
                self.calls[place] = flow, resume(flow, step.session, given, NOW, self._calendar)
            note(given is None, time.perf_counter_ns() - began)

    def _answer(self, wait: Wait) -> Given:
        """What a caller may do: mostly keys that a menu has, at times none or any."""
        rng = self._rng
        match wait:
            case WaitDigits():
                if rng.random() < 0.1:
                    return TimedOut()
                keys = "1234" if rng.random() < 0.8 else wait.keys
                return Digits("".join(rng.choices(keys, k=min(wait.max_digits, 6))))
            case WaitLine():
                return LineResult("answered")
            case WaitResult():
                return Result(rng.choice((Status.OK, Status.OK, Status.REFUSED, Status.UNAVAILABLE)), VALUES, OUTAGES)


def told(title: str, taken_ns: Sequence[int]) -> float:
    """Print one line of figures; the median in µs."""
    if len(taken_ns) < 2:
        print(f"{title}: too few")
        return 0.0
    percentiles = statistics.quantiles(taken_ns, n=1000)
    median, p99, p999 = (percentiles[place] / 1000 for place in (499, 989, 998))
    print(f"{title}: median {median:.1f} µs, p99 {p99:.1f} µs, p99.9 {p999:.1f} µs ({len(taken_ns):,} of them)")
    return median


def measure(callers: Callers, seconds: float) -> None:
    beginnings: list[int] = []
    answers: list[int] = []
    callers.fill()
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        callers.pass_over(lambda begins, taken_ns: (beginnings if begins else answers).append(taken_ns))
    median_us = told("all steps  ", beginnings + answers)
    told("  beginning", beginnings)
    told("  answer   ", answers)
    verdict = "met" if median_us < TARGET_US else "MISSED"
    print(f"median under {TARGET_US:.0f} µs: {verdict}; {callers.ended:,} calls were played to their end")


def memory(callers: Callers) -> None:
    """What a call in the middle of a flow holds: its step with what is to be done next, its session written down."""
    tracemalloc.start()
    callers.fill()
    for _ in range(3):
        callers.pass_over(lambda begins, taken_ns: None)
    held_bytes = tracemalloc.get_traced_memory()[0] / SESSIONS
    tracemalloc.stop()
    written_bytes = statistics.mean(len(step.session.to_json().encode()) for _, step in callers.calls)
    print(f"memory per session: {held_bytes / 1000:.1f} kB; written down as JSON: {written_bytes / 1000:.1f} kB")


def main(seconds: float) -> None:
    flows = load_set(SHIPPED).flows
    nodes = sum(len(flow.nodes) for flow in flows.values())
    print(f"{SESSIONS:,} sessions at a time on {len(flows)} shipped flows with {nodes} nodes")
    callers = Callers(list(flows.values()), load_calendar(CALENDAR), random.Random(1))
    measure(callers, seconds)
    memory(callers)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
