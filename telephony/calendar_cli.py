"""`hotline flow calendar …`: what is open now, closing in an emergency, opening again."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path, data: Path) -> None:
    """Enter `calendar`; `config` is the folder with calendar.yaml, closures lie in `data`."""
    calendar = commands.add_parser("calendar", help="opening hours, and closing in an emergency")
    calendar.set_defaults(data=data)
    calendar.add_argument("--calendar", type=Path, default=config / "calendar.yaml", metavar="FILE", help="its hours")
    actions = calendar.add_subparsers(required=True, metavar="ACTION")
    show = _action(actions, "show", _show, "what is open now, and when the rest opens")
    show.add_argument("--at", metavar="TIME", help="at another time, such as 2026-12-24T10:00")
    show.add_argument("--json", action="store_true", help="one JSON document")
    close = _action(actions, "close", _close, "close a department in an emergency")
    close.add_argument("department", metavar="DEPARTMENT")
    close.add_argument("--until", metavar="TIME", help="18:00 or 2026-12-24T18:00 (default: until opened again)")
    close.add_argument("--reason", required=True, help="for the consultants and the log; callers do not hear it")
    _action(actions, "open", _open, "end an emergency closing").add_argument("department", metavar="DEPARTMENT")


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
) -> argparse.ArgumentParser:
    action = actions.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    action.set_defaults(run=run)
    return action


def _show(chosen: argparse.Namespace) -> int:
    from ivr_flows import calendar_file, closures
    from ivr_flows.calendar import Calendar, status

    now = closures.moment(chosen.at, time.time()) if chosen.at else time.time()
    hours = calendar_file.load(chosen.calendar)
    calendar = Calendar(hours.departments, closures.live(_closures(chosen)).read())
    found = {name: status(calendar, name, now) for name in calendar.departments}
    if chosen.json:
        sys.stdout.write(json.dumps({name: _plain(each) for name, each in found.items()}, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("".join(f"{name}: {_words(each, now)}\n" for name, each in found.items()))
    return 0


def _close(chosen: argparse.Namespace) -> int:
    from ivr_flows import closures
    from ivr_flows.calendar import Closure

    _known(chosen)
    until_at = closures.until(chosen.until, time.time()) if chosen.until else None
    closures.close(_closures(chosen), chosen.department, Closure(chosen.reason, until_at))
    end = f"until {_local(until_at)}" if until_at else f"until `hotline flow calendar open {chosen.department}`"
    sys.stdout.write(f"{chosen.department} is closed {end}\n")
    return 0


def _open(chosen: argparse.Namespace) -> int:
    from ivr_flows import closures

    _known(chosen)
    was_closed = closures.reopen(_closures(chosen), chosen.department)
    words = "follows its hours again" if was_closed else "was not closed in an emergency"
    sys.stdout.write(f"{chosen.department} {words}\n")
    return 0


def _closures(chosen: argparse.Namespace) -> Path:
    from ivr_flows.closures import FILE

    return Path(chosen.data, FILE)


def _known(chosen: argparse.Namespace) -> None:
    from ivr_flows import calendar_file
    from ivr_flows.calendar import status

    status(calendar_file.load(chosen.calendar), chosen.department, time.time())  # raises for an unknown department


def _plain(status: object) -> dict[str, object]:
    from ivr_flows.calendar import Closed, Open

    match status:
        case Open(closes_at):
            return {"open": True, "closes_at": _local(closes_at)}
        case Closed(why, words, opens_at):
            return {"open": False, "why": why.value, "words": words, "opens_at": _local(opens_at)}
    raise TypeError(type(status))


def _words(status: object, now: float) -> str:
    from ivr_flows.calendar import Closed, opening_words

    plain = _plain(status)
    if not isinstance(status, Closed):
        return f"open until {plain['closes_at']}" if plain["closes_at"] else "open round the clock"
    why = f"{status.why.value}: {status.words}" if status.words else status.why.value
    if status.opens_at is None:
        return f"closed ({why}), until opened again"
    return f"closed ({why}), opens {plain['opens_at']}, said as „{opening_words(status.opens_at, now, 'pl')}”"


def _local(at: float | None) -> str | None:
    from ivr_flows.calendar import local

    return None if at is None else local(at).isoformat(timespec="minutes")
