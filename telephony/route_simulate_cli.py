"""`hotline route simulate SCENARIO.toml`: a simulated day with the router of production."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

MAX_SEEDS = 1_000


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Enter `simulate` into `hotline route`."""
    summary = "play a scenario with the router of production and a fake clock"
    command = commands.add_parser("simulate", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    command.set_defaults(run=_run)
    command.add_argument("scenario", type=Path, metavar="SCENARIO.toml", help="see docs/route-simulate.md")
    command.add_argument("--json", action="store_true", help="every call and all figures as one JSON document")
    command.add_argument(
        "--what-if", type=_change, metavar="agents=+N", help="compare: N agents more (agents=-1, agents.GROUP=+2)"
    )
    command.add_argument("--seeds", type=_seeds, default=1, metavar="N", help="so many runs (default: %(default)s)")
    command.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw the waits, and the effect of more agents")


def _run(chosen: argparse.Namespace) -> int:
    from telephony.simulation import plot, report, scenario_file
    from telephony.simulation.study import study

    scenario = scenario_file.load(chosen.scenario)
    changed_scenario = scenario.with_agents(chosen.what_if[1], chosen.what_if[0]) if chosen.what_if else None
    change = _shown(*chosen.what_if) if chosen.what_if else ""
    base = study(scenario, chosen.seeds)
    changed = study(changed_scenario, chosen.seeds) if changed_scenario else None
    if chosen.plot:
        chosen.plot.write_text(plot.plot(base, chosen.scenario.name), "utf-8")
    if chosen.json:
        document = report.as_json(base, changed, change)
        sys.stdout.write(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")
    else:
        sys.stdout.write(report.as_text(base, changed, change))
    return 0


def _shown(group: str, more: int) -> str:
    return f"agents{'.' if group else ''}{group}={more:+d}"


def _change(text: str) -> tuple[str, int]:
    found = re.fullmatch(r"agents(?:\.([a-z][a-z0-9-]{0,39}))?=([+-][0-9]{1,5})", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not like agents=+2 or agents.GROUP=-1")
    return found[1] or "", int(found[2])


def _seeds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_SEEDS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {MAX_SEEDS}")
    return int(text)
