"""What a scenario comes to: the first seed call by call, the figures of every seed, their mean beside the theory."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from telephony.simulation.callers import draw
from telephony.simulation.run import Run, play
from telephony.simulation.scenario import Scenario
from telephony.simulation.summary import Figures, Row, summary
from telephony.simulation.theory import Pool, expected


@dataclass(frozen=True, slots=True)
class Spread:
    """A mean over seeds and its standard error (None with one seed)."""

    mean: float
    standard_error: float | None


@dataclass(frozen=True, slots=True)
class SeedRows:
    seed: int
    rows: tuple[Row, ...]

    @property
    def total(self) -> Figures:
        return self.rows[-1].figures


@dataclass(frozen=True, slots=True)
class Study:
    scenario: Scenario
    first: Run
    seeds: tuple[SeedRows, ...]
    theory: tuple[Pool, ...]

    def spread(self, figure: Callable[[Figures], float | None]) -> Spread | None:
        """A figure of all callers over the seeds that have it."""
        return spread([value for each in self.seeds if (value := figure(each.total)) is not None])


def study(scenario: Scenario, seeds: int = 1) -> Study:
    """Play the scenario with its own seed and the `seeds` - 1 that follow it."""
    runs = _runs(scenario, range(scenario.seed, scenario.seed + seeds))
    seed, first = next(runs)
    rows = [_rows(scenario, seed, first), *(_rows(scenario, seed, run) for seed, run in runs)]
    return Study(scenario, first, tuple(rows), tuple(expected(scenario)))


def spread(values: Sequence[float]) -> Spread | None:
    if not values:
        return None
    error = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else None
    return Spread(statistics.fmean(values), error)


def _runs(scenario: Scenario, seeds: range) -> Iterator[tuple[int, Run]]:
    return ((seed, play(scenario, draw(scenario, seed))) for seed in seeds)


def _rows(scenario: Scenario, seed: int, run: Run) -> SeedRows:
    return SeedRows(seed, tuple(summary(run, scenario.service_level_s, scenario.duration_s)))
