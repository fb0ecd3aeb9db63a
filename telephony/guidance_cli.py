"""`hotline guidance check`: all that is wrong with what helps consultants; status 1 where anything is."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `guidance` into `hotline`; `config` is the settings' file unless another is named."""
    guidance = commands.add_parser(
        "guidance",
        help="what helps consultants during a call: check it",
        description="Dispositions, scripts, articles, the parts of the card.",
    )
    groups = guidance.add_subparsers(required=True, metavar="GROUP")
    summary = "say what is wrong with dispositions, scripts, articles and the parts of the card, and where"
    check = groups.add_parser("check", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    check.add_argument("--config", type=Path, action="append", metavar="FILE", help="settings; later files win")
    check.set_defaults(run=_run, settings=config)


def _run(chosen: argparse.Namespace) -> int:
    from telephony import settings
    from telephony.guidance.check import check

    house = settings.load(chosen.config or [chosen.settings])
    found = check(house)
    for each in found:
        sys.stdout.write(f"{each}\n")
    if not found:
        sys.stdout.write("nothing is wrong\n")
    return int(bool(found))
