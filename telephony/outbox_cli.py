"""`hotline outbox`: what other systems did not take and was put aside, and sending it once more."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from telephony.store_cli import Actions, say, settings_of, with_store

if TYPE_CHECKING:
    from telephony.core.outbox import DeadMessage


class NothingToRetryError(ValueError):
    """None of what was named is put aside."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `outbox` into `hotline`; `config` is the settings' file unless another is named."""
    outbox = commands.add_parser(
        "outbox",
        help="what other systems did not take: look at it, send it again",
        description="Messages to other systems that were put aside, because nobody took them (docs/pops.md).",
    )
    actions = Actions(outbox, config)
    listing = actions.add("list", _list, "what was put aside, the latest first, and why")
    listing.add_argument("--json", action="store_true", help="as one JSON document")
    listing.add_argument("--most", type=int, default=100, metavar="N", help="messages (default: 100)")
    retry = actions.add("retry", _retry, "send messages again that were put aside")
    which = retry.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="*", default=[], metavar="ID", help="as `hotline outbox list` tells it")
    which.add_argument("--all", action="store_true", help="all of them")


def _list(chosen: argparse.Namespace) -> int:
    dead = with_store(settings_of(chosen), lambda store: store.outbox.dead_messages(chosen.most))
    if chosen.json:
        return say(json.dumps([asdict(each) for each in dead], indent=2))
    return say("\n".join(map(_line, dead)) or "nothing is put aside")


def _line(each: DeadMessage) -> str:
    from ivr_flows.calendar import local

    return f"{local(each.dead_at):%Y-%m-%d %H:%M}  {each.target}  {each.id}  {each.why} ({each.attempts} tries)"


def _retry(chosen: argparse.Namespace) -> int:
    ids = None if chosen.all else chosen.id
    count = with_store(settings_of(chosen), lambda store: store.outbox.retry(ids, time.time()))
    if not count and not chosen.all:
        raise NothingToRetryError("nothing of that is put aside; `hotline outbox list` tells what is")
    return say(f"{count} will be sent again")
