"""The callers of a run, drawn from a scenario and a seed.

Each stream of arrivals has generators of its own, so that the same people call, talk as long and are as patient
whatever is changed about agents or rules (common random numbers): two runs differ by the change alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from telephony.core.ids import InteractionId, QueueName
from telephony.core.rules import Boost
from telephony.core.views import Lane
from telephony.simulation.scenario import HOUR_S, Arrivals, Handle, OverflowTo, PastCall, Scenario, ScenarioError

MAX_CALLS = 1_000_000
TRIES = 20  # to reach somebody; more are not allowed


@dataclass(frozen=True, slots=True)
class Caller:
    """One caller before anything has happened. `patience_s` None: waits for ever."""

    id: InteractionId
    queue: QueueName
    lane: Lane
    arrived_s: float
    handle_s: float
    patience_s: float | None
    requires: Mapping[str, int] = field(default_factory=dict)
    wishes: Mapping[str, int] = field(default_factory=dict)
    boosts: frozenset[Boost] = frozenset()
    overflow: OverflowTo | None = None
    takes_call_back: bool = False
    reached: tuple[bool, ...] = ()  # whether the customer picks up, try by try; the last holds for all further ones


def draw(scenario: Scenario, seed: int) -> tuple[Caller, ...]:
    """Everybody who calls during the run, by arrival; those of one moment in the order of the scenario."""
    found: list[tuple[float, int, int, Arrivals, PastCall]] = []
    chances = [random.Random(f"{seed}/{number}/call-back") for number in range(len(scenario.arrivals))]
    for number, stream in enumerate(scenario.arrivals):
        found += [
            (each.arrived_s, number, nth, stream, each)
            for nth, each in enumerate(_stream(stream, scenario.duration_s, f"{seed}/{number}"))
        ]
        if len(found) > MAX_CALLS:
            raise ScenarioError(f"more than {MAX_CALLS:,} calls: shorten the run or lower the rates")
    found.sort(key=lambda each: each[:3])
    return tuple(
        _caller(f"call-{place}", stream, past, chances[number])
        for place, (_, number, _, stream, past) in enumerate(found, 1)
    )


def _caller(id_: str, stream: Arrivals, past: PastCall, chance: random.Random) -> Caller:
    assert past.handle_s is not None
    takes = chance.random() < stream.callback_ratio
    reached = tuple(chance.random() < stream.reached_ratio for _ in range(TRIES))
    return Caller(
        InteractionId(id_),
        stream.queue,
        stream.lane,
        past.arrived_s,
        past.handle_s,
        past.patience_s,
        stream.requires,
        stream.wishes,
        stream.boosts,
        stream.overflow,
        takes and stream.overflow is not None and stream.overflow.call_back,
        reached,
    )


def _stream(stream: Arrivals, duration_s: float, seed: str) -> Iterator[PastCall]:
    handle, patience = random.Random(f"{seed}/handle"), random.Random(f"{seed}/patience")
    known = stream.calls or _poisson(stream, duration_s, random.Random(f"{seed}/arrivals"))
    for call in known:
        handle_s = _handle_s(stream, handle)
        patience_s = patience.expovariate(1.0) * stream.patience_mean_s if stream.patience_mean_s is not None else None
        if 0 <= call.arrived_s <= duration_s:
            yield PastCall(
                call.arrived_s,
                handle_s if call.handle_s is None else call.handle_s,
                patience_s if call.patience_s is None else call.patience_s,
            )


def _handle_s(stream: Arrivals, rng: random.Random) -> float:
    drawn = rng.expovariate(1.0)
    return stream.handle_mean_s * (drawn if stream.handle is Handle.EXP else 1.0)


def _poisson(stream: Arrivals, duration_s: float, rng: random.Random) -> Iterator[PastCall]:
    """A Poisson process whose rate is constant within each hour: the exponential has no memory, so that each hour may
    begin anew [Ross, Introduction to Probability Models, §5.4].
    """
    hourly = len(stream.rates_per_h) > 1
    begins = [hour * HOUR_S for hour in range(len(stream.rates_per_h))] if hourly else [0.0]
    for begin, rate in zip(begins, stream.rates_per_h, strict=True):
        end = min(begin + HOUR_S, duration_s) if hourly else duration_s
        at = begin
        while rate > 0 and (at := at + rng.expovariate(rate / HOUR_S)) < end:
            yield PastCall(at)
