"""A study as JSON for programs and as a page of text for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from telephony.simulation.run import Call
from telephony.simulation.study import SeedRows, Study
from telephony.simulation.summary import Figures, Row
from telephony.simulation.theory import Pool

ALL = "all"  # in place of a queue or a priority; in JSON: null


def as_json(base: Study, changed: Study | None = None, change: str = "") -> dict[str, object]:
    """`calls` and `summary` are of the first seed; times in seconds from the start of the run, not rounded."""
    found: dict[str, object] = {
        "duration_s": base.scenario.duration_s,
        "service_level_s": base.scenario.service_level_s,
        "calls": [_call(each) for each in base.first.calls],
        **_figures(base),
    }
    if changed:
        found["what_if"] = {"change": change, **_figures(changed)}
    return found


def _figures(study: Study) -> dict[str, object]:
    return {
        "summary": _summary(study.seeds[0]),
        "seeds": [{"seed": each.seed, "summary": _summary(each)} for each in study.seeds],
        "theory": [asdict(pool) for pool in study.theory],
    }


def _call(call: Call) -> Mapping[str, object]:
    caller = call.caller
    return {
        "id": caller.id,
        "queue": caller.queue,
        "priority": caller.lane,
        "arrived_s": caller.arrived_s,
        "handle_s": caller.handle_s,
        "answered_s": call.answered_s,
        "agent": call.agent,
        "abandoned_s": call.abandoned_s,
        "callback": call.called_back,
        "explanation": call.explanation,
    }


def _summary(seed: SeedRows) -> Sequence[Mapping[str, object]]:
    return [{"queue": row.queue, "priority": row.priority} | asdict(row.figures) for row in seed.rows]


def as_text(base: Study, changed: Study | None = None, change: str = "") -> str:
    lines = [*_page(base, "as it is" if changed else "")]
    if changed:
        lines += ["", *_page(changed, f"with {change}")]
    return "\n".join(lines) + "\n"


def _page(study: Study, title: str) -> Iterator[str]:
    seeds = study.seeds
    of = f"seed {seeds[0].seed}" + (f", the first of {len(seeds)}" if len(seeds) > 1 else "")
    within = f"≤{study.scenario.service_level_s:g} s"
    yield f"{title}: {of}" if title else of
    yield (
        f"{'queue':16} {'priority':13} {'calls':>7} {'answered':>8} {'gave up':>7} {'sent on':>7} {'waiting':>7} "
        f"{within:>8} {'mean':>8} {'median':>8} {'95 %':>8} {'longest':>8} {'busy':>6}"
    )
    for row in seeds[0].rows:
        yield _line(row)
    if len(seeds) > 1:
        yield f"over {len(seeds)} seeds, all callers: {_over_seeds(study)}"
    for pool in study.theory:
        yield from _theory(pool)


def _line(row: Row) -> str:
    found = row.figures
    times = (found.wait.mean_s, found.wait.median_s, found.wait.p95_s, found.wait.max_s)
    return (
        f"{row.queue or ALL:16} {row.priority or ALL:13} {found.calls:7} {found.answered:8} {found.abandoned:7} "
        f"{found.left:7} {found.waiting:7} {_percent(found.service_level.of_all):>8} "
        f"{' '.join(f'{_seconds(each):>8}' for each in times)} {_percent(found.occupancy):>6}"
    )


def _over_seeds(study: Study) -> str:
    wait, level = study.spread(lambda each: each.wait.mean_s), study.spread(_of_all)
    if wait is None or level is None:
        return "nobody called"
    return (
        f"mean wait {wait.mean:.2f} s (standard error {wait.standard_error or 0:.2f} s), "
        f"answered in time {level.mean:.1%} (standard error {level.standard_error or 0:.2%})"
    )


def _of_all(found: Figures) -> float | None:
    return found.service_level.of_all


def _theory(pool: Pool) -> Iterator[str]:
    yield f"{', '.join(pool.queues)}: {pool.erlangs:.1f} erlangs for {pool.agents:g} agents on the average"
    for name, found in (("Erlang C", pool.erlang_c), ("Erlang A", pool.erlang_a)):
        if found:
            yield (
                f"  {name}: mean wait {found.wait_mean_s:.2f} s, gave up {found.abandoned_ratio:.1%}, "
                f"answered in time {found.answered_in_time_ratio:.1%}, busy {found.occupancy:.0%}"
            )
    if pool.erlang_c is None:
        yield "  Erlang C: no answer, for some of the time more work comes than these agents can do"


def _percent(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.1%}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
