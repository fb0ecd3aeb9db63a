"""`hotline outbox`: what other systems did not take and was put aside, and sending it once more."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from telephony.core.outbox import DeadMessage
    from telephony.settings import Settings


class NothingToRetryError(ValueError):
    """None of what was named is put aside."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `outbox` into `hotline`; `config` is the settings' file unless another is named."""
    outbox = commands.add_parser(
        "outbox",
        help="what other systems did not take: look at it, send it again",
        description="Messages to other systems that were put aside, because nobody took them (docs/pops.md).",
    )
    groups = outbox.add_subparsers(required=True, metavar="GROUP")

    def action(name: str, run: Callable[[argparse.Namespace], int], summary: str) -> argparse.ArgumentParser:
        parser = groups.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        parser.add_argument("--config", type=Path, action="append", metavar="FILE", help="settings; later files win")
        parser.set_defaults(run=run, default=config)
        return parser

    listing = action("list", _list, "what was put aside, the latest first, and why")
    listing.add_argument("--json", action="store_true", help="as one JSON document")
    listing.add_argument("--most", type=int, default=100, metavar="N", help="messages (default: 100)")
    retry = action("retry", _retry, "send messages again that were put aside")
    which = retry.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="*", default=[], metavar="ID", help="as `hotline outbox list` tells it")
    which.add_argument("--all", action="store_true", help="all of them")


def _list(chosen: argparse.Namespace) -> int:
    dead = asyncio.run(_dead(_settings(chosen), chosen.most))
    if chosen.json:
        return _say(json.dumps([asdict(each) for each in dead], indent=2))
    return _say("\n".join(map(_line, dead)) or "nothing is put aside")


def _line(each: DeadMessage) -> str:
    from ivr_flows.calendar import local

    return f"{local(each.dead_at):%Y-%m-%d %H:%M}  {each.target}  {each.id}  {each.why} ({each.attempts} tries)"


def _retry(chosen: argparse.Namespace) -> int:
    count = asyncio.run(_again(_settings(chosen), None if chosen.all else chosen.id))
    if not count and not chosen.all:
        raise NothingToRetryError("nothing of that is put aside; `hotline outbox list` tells what is")
    return _say(f"{count} will be sent again")


async def _dead(settings: Settings, most: int) -> Sequence[DeadMessage]:
    from telephony.store.store import Store

    store = await Store.open(settings.database_url.get_secret_value())
    try:
        return await store.outbox.dead_messages(most)
    finally:
        await store.close()


async def _again(settings: Settings, ids: Sequence[str] | None) -> int:
    from telephony.store.store import Store

    store = await Store.open(settings.database_url.get_secret_value())
    try:
        return await store.outbox.retry(ids, time.time())
    finally:
        await store.close()


def _settings(chosen: argparse.Namespace) -> Settings:
    from telephony.settings import load

    return load(chosen.config or [chosen.default])


def _say(text: str) -> int:
    sys.stdout.write(f"{text}\n")
    return 0
