"""`hotline flow graph FLOW`: a flow drawn as SVG or written as Mermaid text."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Enter `graph` into `hotline flow`."""
    summary = "draw a flow: SVG for a browser, or Mermaid text"
    command = commands.add_parser("graph", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    command.set_defaults(run=_run)
    command.add_argument("flow", metavar="FLOW", help="a shipped flow's name, or a file")
    command.add_argument("--mermaid", action="store_true", help="Mermaid text instead of SVG")
    command.add_argument("--language", choices=("en", "pl"), default="en", help="of the picture's own words")
    command.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: standard output")


def _run(chosen: argparse.Namespace) -> int:
    from ivr_flows import load, picture
    from telephony.flow_path import flow_path

    flow = load(flow_path(chosen.flow))
    draw = picture.mermaid if chosen.mermaid else picture.svg
    drawn = draw(flow, picture.Language(chosen.language))
    if chosen.output:
        chosen.output.write_text(drawn, "utf-8")
    else:
        sys.stdout.write(drawn)
    return 0
