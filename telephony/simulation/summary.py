"""The figures of a run, each with one definition; seconds and ratios, None where nobody was there to be counted.

A caller counts for a service level once it is decided: answered, gone, or in line for longer than the threshold.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from telephony.core.ids import QueueName
from telephony.core.views import Lane
from telephony.simulation.run import Call, Run


@dataclass(frozen=True, slots=True)
class Waits:
    """p95 is the smallest wait that 95 % of the callers did not exceed (nearest rank)."""

    mean_s: float | None
    median_s: float | None
    p95_s: float | None
    max_s: float | None


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """Shares of callers answered within the threshold, by the four definitions in use.

    They differ in what becomes of the callers who gave up: `of_all` counts them as lost, `of_answered` forgets them,
    `without_short` forgets those who gave up within the threshold, `short_as_met` counts those as served.
    """

    of_all: float | None
    of_answered: float | None
    without_short: float | None
    short_as_met: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """`wait`: of everybody whose waiting has ended, answered or not; `answered_wait`: of those who were answered."""

    calls: int
    answered: int
    abandoned: int
    left: int  # sent on by an overflow: to a call-back, or away
    called_back: int  # of these, those who were called back and have talked; they are not among the answered
    waiting: int  # still in line when the run ended
    service_level: ServiceLevel
    wait: Waits
    answered_wait: Waits
    occupancy: float | None  # ringing, talk and wrap-up in the time signed in, of agents with the skill of the queue


@dataclass(frozen=True, slots=True)
class Row:
    """`queue` or `priority` None: all of them."""

    queue: QueueName | None
    priority: Lane | None
    figures: Figures


def summary(run: Run, threshold_s: float, end_s: float) -> list[Row]:
    """A row for each queue and priority that had callers, for each queue with both, and for all."""
    found: list[Row] = []
    for queue in sorted({call.caller.queue for call in run.calls}):
        own = [call for call in run.calls if call.caller.queue == queue]
        occupancy = _occupancy(run, queue)
        lanes = [lane for lane in Lane if any(call.caller.lane is lane for call in own)]
        for lane in lanes:
            its = [call for call in own if call.caller.lane is lane]
            found.append(Row(queue, lane, figures(its, threshold_s, end_s, occupancy)))
        if len(lanes) > 1:
            found.append(Row(queue, None, figures(own, threshold_s, end_s, occupancy)))
    return [*found, Row(None, None, figures(run.calls, threshold_s, end_s, _occupancy(run, None)))]


def figures(calls: Sequence[Call], threshold_s: float, end_s: float, occupancy: float | None = None) -> Figures:
    ended = [wait for call in calls if (wait := call.waited_s) is not None]
    answered = [
        call.answered_s - call.caller.arrived_s
        for call in calls
        if call.answered_s is not None and not call.called_back
    ]
    abandoned = sum(call.abandoned_s is not None for call in calls)
    return Figures(
        calls=len(calls),
        answered=len(answered),
        abandoned=abandoned,
        left=sum(call.left_s is not None for call in calls),
        called_back=sum(call.called_back and call.answered_s is not None for call in calls),
        waiting=len(calls) - len(ended),
        service_level=_service_level(calls, threshold_s, end_s),
        wait=waits(ended),
        answered_wait=waits(answered),
        occupancy=occupancy,
    )


def waits(found: Collection[float]) -> Waits:
    if not found:
        return Waits(None, None, None, None)
    ordered = sorted(found)
    p95 = ordered[math.ceil(0.95 * len(ordered)) - 1]
    return Waits(math.fsum(ordered) / len(ordered), statistics.median(ordered), p95, ordered[-1])


def _service_level(calls: Iterable[Call], threshold_s: float, end_s: float) -> ServiceLevel:
    in_time = answered = short = decided = 0
    for call in calls:
        waited_s, served = call.waited_s, call.answered_s is not None and not call.called_back
        if waited_s is None and end_s - call.caller.arrived_s <= threshold_s:
            continue
        decided += 1
        within = waited_s is not None and waited_s <= threshold_s
        answered += served
        in_time += within and served
        short += within and not served
    return ServiceLevel(
        of_all=_ratio(in_time, decided),
        of_answered=_ratio(in_time, answered),
        without_short=_ratio(in_time, decided - short),
        short_as_met=_ratio(in_time + short, decided),
    )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _occupancy(run: Run, queue: QueueName | None) -> float | None:
    own = [each for each in run.shifts.values() if queue is None or each.group.skills.get(queue, 0) >= 1]
    return _ratio(math.fsum(each.worked_s for each in own), math.fsum(each.staffed_s for each in own))
