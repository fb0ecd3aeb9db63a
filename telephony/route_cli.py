"""`hotline route …`: the line, its decisions and what they would be."""

from __future__ import annotations

import argparse
from pathlib import Path

from telephony import route_explain_cli, route_simulate_cli


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `route` into `hotline`; `config` is the settings' file unless another is named."""
    route = commands.add_parser("route", help="the line: explain a decision, simulate a day", description="The line.")
    groups = route.add_subparsers(required=True, metavar="GROUP")
    route_simulate_cli.add(groups)
    route_explain_cli.add(groups, config)
