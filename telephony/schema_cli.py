"""`hotline flow schema`: the JSON Schema of flow files, for editors that complete and check them."""

from __future__ import annotations

import argparse
import json
import sys


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Enter `schema` into `hotline flow`."""
    summary = "print the JSON Schema of flow files"
    command = commands.add_parser("schema", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    command.set_defaults(run=_run)


def _run(_: argparse.Namespace) -> int:
    from ivr_flows.nodes import json_schema

    sys.stdout.write(json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n")
    return 0
