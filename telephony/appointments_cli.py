"""`hotline appointments`: visits that customers are called about: load a list, look at it, take one back."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from telephony.store_cli import Actions, say, settings_of, with_store

if TYPE_CHECKING:
    from telephony.core.appointments import Appointment


class NoSuchVisitError(ValueError):
    """None of that reference is open."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `appointments` into `hotline`; `config` is the settings' file unless another is named."""
    appointments = commands.add_parser(
        "appointments",
        help="visits that customers are called about: load a list, look at it, take one back",
        description="Calls to customers about visits (docs/appointments.md).",
    )
    actions = Actions(appointments, config)
    load = actions.add("load", _load, "have customers called about the visits of a CSV file: all of them, or none")
    load.add_argument("file", type=Path, metavar="FILE", help="head: reference,number,date,time,place[,language]")
    listing = actions.add("list", _list, "where each visit stands")
    listing.add_argument("--json", action="store_true", help="as one JSON document")
    withdraw = actions.add("withdraw", _withdraw, "nobody is called about it any more")
    withdraw.add_argument("reference", help="as it stands in the list")


def _load(chosen: argparse.Namespace) -> int:
    from telephony.appointments import ListError, read_list
    from telephony.core.ids import QueueName
    from telephony.store.appointments import AppointmentStore

    settings = settings_of(chosen)
    try:
        text = chosen.file.read_text("utf-8")
    except UnicodeDecodeError:
        raise ListError(f"{chosen.file} is not in UTF-8") from None
    visits = read_list(text, settings.appointments.rules, time.time())
    queue = QueueName(settings.appointments.queue)
    new = with_store(settings, lambda store: AppointmentStore(store).load(visits, queue))
    return say(f"{new} loaded, {len(visits) - new} known before")


def _list(chosen: argparse.Namespace) -> int:
    from telephony.store.appointments import AppointmentStore

    known = with_store(settings_of(chosen), lambda store: AppointmentStore(store).all())
    if chosen.json:
        return say(json.dumps([_told(*each) for each in known], indent=2))
    return say("\n".join(_line(*each) for each in known) or "there are none")


def _told(visit: Appointment, ticket: str | None) -> dict[str, object]:
    when = {"date": visit.day.isoformat(), "time": visit.begins.isoformat("minutes")}
    return {"reference": visit.reference, **when, "state": visit.state, "attempts": visit.attempts, "ticket": ticket}


def _line(visit: Appointment, ticket: str | None) -> str:
    told = _told(visit, ticket)
    return (
        f"{told['date']} {told['time']}  {visit.state:<11}  {visit.attempts} calls  {ticket or '-'}  {visit.reference}"
    )


def _withdraw(chosen: argparse.Namespace) -> int:
    from telephony.core.appointments import VisitState, settled
    from telephony.store.appointments import AppointmentStore

    async def work(store: AppointmentStore) -> bool:
        visit, now = await store.by_reference(chosen.reference), time.time()
        opened = visit is not None and visit.state is VisitState.OPEN
        if visit is None or not opened:
            return False
        return await store.keep(settled(visit, VisitState.WITHDRAWN, now), visit.attempts, now)

    if not with_store(settings_of(chosen), lambda store: work(AppointmentStore(store))):
        raise NoSuchVisitError("no such visit is open; `hotline appointments list` tells which are")
    return say("nobody is called about it any more")
