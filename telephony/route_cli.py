"""`hotline route …`: the line, its decisions and what they would be."""

from __future__ import annotations

import argparse

from telephony import route_simulate_cli


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Enter `route` into `hotline`."""
    route = commands.add_parser("route", help="the line: simulate a day", description="The line.")
    groups = route.add_subparsers(required=True, metavar="GROUP")
    route_simulate_cli.add(groups)
