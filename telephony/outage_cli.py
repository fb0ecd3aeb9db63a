"""`hotline outage …`: what callers are told to be out of order, entered and removed in a hurry."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], data: Path) -> None:
    """Enter `outage` into `hotline`; what is entered lies in `data`."""
    outage = commands.add_parser("outage", help="what callers are told to be out of order", description="Outages.")
    outage.set_defaults(data=data)
    actions = outage.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="what was entered").set_defaults(run=_list)
    enter = actions.add_parser("add", help="announce one, from the next call on")
    enter.set_defaults(run=_add)
    enter.add_argument("name", metavar="NAME", help="to remove it by, such as polna-1")
    enter.add_argument(
        "--area", action="append", default=[], metavar="AREA", help="a town, a street and its town, 02-1"
    )
    enter.add_argument("--until", metavar="TIME", help="18:00 or 2026-12-24T18:00 (default: until it is removed)")
    for language, name in (("pl", "Polish"), ("en", "English"), ("uk", "Ukrainian")):
        enter.add_argument(f"--{language}", metavar="TEXT", required=language == "pl", help=f"what is said in {name}")
    remove = actions.add_parser("remove", help="say it no longer")
    remove.set_defaults(run=_remove)
    remove.add_argument("name", metavar="NAME")


def _list(chosen: argparse.Namespace) -> int:
    from ivr_flows.calendar import local
    from ivr_flows.outages import FILE, live

    for name, outage in sorted(live(chosen.data / FILE).read().items()):
        areas = ", ".join(outage.areas) or "everywhere"
        end = f"until {local(outage.until_at):%Y-%m-%d %H:%M}" if outage.until_at else "until removed"
        sys.stdout.write(f"{name}: {areas}, {end}: {outage.texts['pl']}\n")
    return 0


def _add(chosen: argparse.Namespace) -> int:
    from ivr_flows.outages import FILE, enter, entered, live

    text = {language: said for language in ("pl", "en", "uk") if (said := getattr(chosen, language))}
    entry = json.dumps({"areas": chosen.area, "until": chosen.until, "text": text})
    enter(live(chosen.data / FILE), chosen.name, entered(entry, time.time()))
    where = "to callers from " + ", ".join(chosen.area) if chosen.area else "to every caller"
    sys.stdout.write(f"{chosen.name} is announced {where}\n")
    return 0


def _remove(chosen: argparse.Namespace) -> int:
    from ivr_flows.outages import FILE, live, remove

    found = remove(live(chosen.data / FILE), chosen.name)
    sys.stdout.write(f"{chosen.name} {'is announced no longer' if found else 'was not announced'}\n")
    return 0
