"""`hotline flow test [FILES]`: tests of flows, played without Asterisk; status 1 when one of them fails."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr_flows.flowtest import Verdict


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `test` into `hotline flow`; `config` is the folder with calendar.yaml."""
    summary = "play the tests of flows and say what did not come as expected"
    command = commands.add_parser("test", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    command.set_defaults(run=_run)
    command.add_argument(
        "files", type=Path, nargs="*", metavar="FILE", help="*.flowtest.yaml, or a folder of them; default: the shipped"
    )
    command.add_argument("--calendar", type=Path, default=config / "calendar.yaml", metavar="FILE", help="its hours")
    command.add_argument("--verbose", action="store_true", help="every call whole, also of tests that pass")


def _run(chosen: argparse.Namespace) -> int:
    from ivr_flows import SHIPPED, FlowError, calendar_file
    from ivr_flows.flowtest import files_of_tests, read_tests

    calendar = calendar_file.load(chosen.calendar)
    files = [file for each in chosen.files or [SHIPPED] for file in (files_of_tests(each) if each.is_dir() else [each])]
    if not files:
        raise FlowError("there is no *.flowtest.yaml to play")
    played = [(file, tests, tests.run(calendar)) for file, tests in ((file, read_tests(file)) for file in files)]
    verdicts = [verdict for _, _, each in played for verdict in each]
    for file, _, each in played:
        for verdict in each:
            _tell(verdict, file, verbose=chosen.verbose)
    for file, tests, _ in played:  # a sub-flow may be come to from the tests of another file
        for node in tests.unvisited(verdicts):
            sys.stdout.write(f"{file}: warning: no test comes to `{node}`\n")
    failed = sum(bool(verdict.problem) for verdict in verdicts)
    sys.stdout.write(f"{len(verdicts)} tests, {failed} failed\n")
    return int(failed > 0)


def _tell(verdict: Verdict, file: Path, *, verbose: bool) -> None:
    if verdict.problem:
        sys.stdout.write(f"{file.with_name(verdict.place)}: {verdict.name}: {verdict.problem}\n")
    for place, event in enumerate(verdict.played if verdict.problem or verbose else ()):
        mark = "->" if verdict.problem and place == verdict.right else ""
        sys.stdout.write(f"{mark:4}{event.t_s:6.1f} s  {event.node:20} {event.action:12} {event.text}".rstrip() + "\n")
