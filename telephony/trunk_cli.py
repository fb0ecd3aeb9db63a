"""`hotline trunk`: trunks as a reviewed file."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Enter `trunk` and what belongs to it."""
    summary = "trunks: carriers, numbers and ways out, as a file under review"
    command = commands.add_parser("trunk", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    ways = command.add_subparsers(required=True, metavar="COMMAND")
    _way(ways, "check", _check, "say what is wrong with a file of trunks, with line and column").add_argument(
        "file", type=Path, metavar="FILE", help="trunks.toml"
    )
    _way(ways, "schema", _schema, "print the JSON Schema of such files, for editors that complete and check them")


def _way(
    ways: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
) -> argparse.ArgumentParser:
    command = ways.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    command.set_defaults(run=run)
    return command


def _check(chosen: argparse.Namespace) -> int:
    from sip_trunk import trunk_file
    from sip_trunk.errors import TrunkFileError

    try:
        trunks = trunk_file.load(chosen.file)
    except TrunkFileError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    counts = f"{len(trunks.trunks)} trunks, {len(trunks.dids)} numbers, {len(trunks.outbound)} rules for calls out"
    sys.stdout.write(f"{chosen.file.name} is good: {counts}\n")
    return 0


def _schema(_: argparse.Namespace) -> int:
    from sip_trunk.trunk_file import json_schema

    sys.stdout.write(json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n")
    return 0
