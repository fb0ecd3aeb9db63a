"""`hotline route explain CALL`: why the line gave a caller to this consultant, as it was written down at the time."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from telephony.core.commands import Decided
    from telephony.core.views import CallView


class UnknownCallError(ValueError):
    """There is no such call."""


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `explain` into `hotline route`; `config` is the settings' file unless another is named."""
    summary = "why a caller went to this consultant, and why not another"
    explain = groups.add_parser("explain", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    explain.set_defaults(run=_explain, default=config)
    explain.add_argument("call", metavar="CALL", help="the call's interaction id, as records and tickets name it")
    explain.add_argument("--json", action="store_true", help="the decisions as one JSON document")
    explain.add_argument("--config", type=Path, action="append", metavar="FILE", help="settings; later files win")


def _explain(chosen: argparse.Namespace) -> int:
    from telephony.settings import load

    url = load(chosen.config or [chosen.default]).database_url.get_secret_value()
    call, decisions = asyncio.run(_read(url, chosen.call))
    sys.stdout.write(as_json(decisions) if chosen.json else as_text(call, decisions))
    return 0


def as_text(call: CallView, decisions: Sequence[Decided]) -> str:
    """Each decision with its time; a caller who was offered twice has two."""
    if not decisions:
        return f"{call.interaction} was never given to a consultant ({call.outcome or call.state})\n"
    return "\n".join(_told(decisions))


def as_json(decisions: Iterable[Decided]) -> str:
    return json.dumps([asdict(each) for each in decisions], ensure_ascii=False, indent=2) + "\n"


def _told(decisions: Iterable[Decided]) -> Iterable[str]:
    from ivr_flows.calendar import local

    for attempt, each in enumerate(decisions, 1):
        at = f"{local(each.decided_at):%Y-%m-%d %H:%M:%S}"
        yield f"{attempt}. {at} → {each.agent} ({each.rule}, {each.waiting} in line)\n{each.explanation}\n"


async def _read(url: str, interaction: str) -> tuple[CallView, tuple[Decided, ...]]:
    from telephony.store.store import Store

    store = await Store.open(url)
    try:
        call = await store.interaction(interaction)
        if call is None:
            raise UnknownCallError(f"no call {interaction!r} is known; `interaction` in its record or ticket names it")
        return call, await store.decisions_of(interaction)
    finally:
        await store.close()
