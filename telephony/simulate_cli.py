"""`hotline flow simulate FLOW`: one call played without Asterisk, as text or as JSON Lines.

On a terminal without `--keys` whoever sits there is the caller.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr_flows.caller import Act, Awaits, Caller
    from ivr_flows.simulate import Event

HOW = "You are the caller. Enter alone is silence, `hangup` or Ctrl-D ends the call, Ctrl-C leaves.\n"
PROMPTS: Mapping[Awaits, str] = {
    "keys": "keys> ",
    "line": "in the line: answer, hangup, or Enter for what --line says> ",
    "message": "speak, such as w20,# for 20 s; Enter says nothing> ",
}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `simulate` into `hotline flow`; `config` is the folder with calendar.yaml."""
    summary = "play a call without Asterisk"
    command = commands.add_parser("simulate", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    command.set_defaults(run=_run)
    command.add_argument("flow", metavar="FLOW", help="a shipped flow's name, or a file")
    command.add_argument("--caller", type=_number, metavar="NUMBER", help="who calls, such as +48600100200")
    command.add_argument("--did", type=_number, default="+48220000100", metavar="NUMBER", help="default: %(default)s")
    command.add_argument("--at", metavar="TIME", help="such as 2026-12-24T10:00, Polish time (default: now)")
    command.add_argument(
        "--keys",
        metavar="KEYS",
        help="what the caller does: 1,w3,2#,answer,5,hangup; then silence (default: you are asked, on a terminal)",
    )
    command.add_argument("--crm", type=Path, metavar="FILE", help="YAML: customers, PINs, outages (docs/flows.md)")
    command.add_argument(
        "--calendar", type=Path, default=config / "calendar.yaml", metavar="FILE", help="opening hours"
    )
    command.add_argument("--closed", action="append", default=[], metavar="DEPARTMENT", help="closed in an emergency")
    command.add_argument(
        "--line", choices=("answered", "overflow", "failed"), default="answered", help="default: %(default)s"
    )
    command.add_argument("--language", choices=("pl", "en", "uk"), default="pl", help="default: %(default)s")
    command.add_argument("--slow", action="store_true", help="the caller's remembered preference asks for more time")
    command.add_argument("--json", action="store_true", help="JSON Lines: t_s, node, action, text")


def _run(chosen: argparse.Namespace) -> int:
    from ivr_flows import Facts, calendar_file, closures, load, simulate
    from ivr_flows.pretend import EMPTY, read_crm
    from telephony.flow_path import flow_path

    now = time.time()
    began_at = closures.moment(chosen.at, now) if chosen.at else now
    house = read_crm(chosen.crm) if chosen.crm else EMPTY
    known = house.person(chosen.caller)
    slow = chosen.slow or (known is not None and known.accessibility)
    facts = Facts(chosen.did, slow, known.number if known else None, chosen.language)
    calendar = calendar_file.load(chosen.calendar).closed(chosen.closed, "by command")
    flow, caller = load(flow_path(chosen.flow)), _caller(chosen)
    for event in simulate.play(flow, facts, caller, began_at, chosen.line, house=house, calendar=calendar):
        sys.stdout.write(_plain(event) if chosen.json else _words(event))
        sys.stdout.flush()
    return 0


def _caller(chosen: argparse.Namespace) -> Caller:
    from ivr_flows.caller import Caller, script

    if chosen.keys is None and not chosen.json and sys.stdin.isatty() and sys.stdout.isatty():
        sys.stdout.write(HOW)
        return Caller(more=_asked)
    return Caller(script(chosen.keys or ""))


def _asked(awaits: Awaits) -> tuple[Act, ...]:
    """What whoever sits at the terminal does now; the end of input is a hang-up."""
    from ivr_flows.caller import ANSWER, HANG_UP, ScriptError, script

    while True:
        try:
            acts = script(input(PROMPTS[awaits]))
            if awaits == "line" or not acts or acts[0].what != ANSWER:
                return acts
            sys.stdout.write(f"`{ANSWER}` ends a talk, and you are in no line\n")
        except EOFError:
            sys.stdout.write("\n")
            return script(HANG_UP)
        except ScriptError as error:
            sys.stdout.write(f"{error}\n")


def _plain(event: Event) -> str:
    return json.dumps(asdict(event) | {"t_s": round(event.t_s, 2)}, ensure_ascii=False) + "\n"


def _words(event: Event) -> str:
    return f"{event.t_s:7.1f} s  {event.node:20} {event.action:15} {event.text}".rstrip() + "\n"


def _number(text: str) -> str:
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", text):
        raise argparse.ArgumentTypeError(f"`{text}` is no number in the form +48600100200")
    return text
