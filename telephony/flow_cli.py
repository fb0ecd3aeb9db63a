"""`hotline flow …`: what is done with flows, their prompts and the calendar. Each group has a module of its own."""

from __future__ import annotations

import argparse
from pathlib import Path

from telephony import (
    calendar_cli,
    check_cli,
    flowtest_cli,
    graph_cli,
    prompt_cli,
    revision_cli,
    schema_cli,
    simulate_cli,
)


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path, data: Path) -> None:
    """Enter `flow` into `hotline`; `config` is the folder of what operators change, `data` of what we write."""
    flow = commands.add_parser(
        "flow",
        help="what callers hear: check, simulate, draw, publish, prompts, opening hours",
        description="What callers hear.",
    )
    groups = flow.add_subparsers(required=True, metavar="GROUP")
    calendar_cli.add(groups, config, data)
    prompt_cli.add(groups, config)
    check_cli.add(groups, config)
    simulate_cli.add(groups, config)
    flowtest_cli.add(groups, config)
    schema_cli.add(groups)
    graph_cli.add(groups)
    revision_cli.add(groups, config)
