"""`hotline quality worst`: the calls that sounded worst lately, and one of them in detail; nobody's number."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from telephony.store_cli import say, settings_of, with_store

if TYPE_CHECKING:
    from telephony.core.quality_interval import QualityInterval
    from telephony.core.quality_views import WorstCall


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `worst` into `hotline quality`; `config` is the settings' file unless another is named."""
    worst = actions.add_parser(
        "worst",
        help="the calls that sounded worst lately",
        description="The calls with the longest bad time first; with --call one of them, ten seconds at a time.",
    )
    worst.add_argument("--config", type=Path, action="append", metavar="FILE", help="settings; later files win")
    worst.add_argument("--hours", type=float, default=24.0, metavar="H", help="of the last H hours (default: 24)")
    worst.add_argument("--trunk", metavar="NAME", help="over this trunk")
    worst.add_argument("--most", type=int, default=20, metavar="N", help="calls (default: 20)")
    worst.add_argument("--call", metavar="ID", help="this call, ten seconds at a time")
    worst.add_argument("--json", action="store_true", help="as one JSON document")
    worst.set_defaults(run=_run, default=config)


def _run(chosen: argparse.Namespace) -> int:
    return _one(chosen) if chosen.call else _worst(chosen)


def _worst(chosen: argparse.Namespace) -> int:
    now = time.time()
    found = with_store(
        settings_of(chosen),
        lambda store: store.quality.views.worst(now - chosen.hours * 3600, now, chosen.trunk, chosen.most),
    )
    if chosen.json:
        return say(json.dumps([asdict(each) for each in found], indent=2))
    return say("\n".join(map(_line, found)) or "nothing is known of calls of this time")


def _one(chosen: argparse.Namespace) -> int:
    found = with_store(settings_of(chosen), lambda store: store.quality.intervals_of(chosen.call))
    if chosen.json:
        return say(json.dumps([asdict(each) for each in found], indent=2), failed=not found)
    return say("\n".join(map(_interval, found)) or "nothing is known of how it sounded", failed=not found)


def _line(call: WorstCall) -> str:
    from ivr_flows.calendar import local

    scores = ", ".join(
        f"{value:.2f} {scale}"
        for scale, value in (("nb", call.mos_nb), ("wb", call.mos_wb), ("fb", call.mos_fb))
        if value is not None
    )
    begun = f"{local(call.begun_at):%Y-%m-%d %H:%M:%S}"
    loss = "-" if call.loss_most is None else f"{call.loss_most:.1%}"
    head = f"{begun}  {call.interaction}  {_plain(call.trunk or '-')}"
    return f"{head}  bad {call.bad_s:.0f} s  MOS {scores or '-'}  loss {loss}  {' '.join(call.verdicts)}".rstrip()


def _interval(each: QualityInterval) -> str:
    from ivr_flows.calendar import local

    begun = f"{local(each.starts_at):%H:%M:%S}"
    loss = "-" if each.loss_ratio is None else f"{each.loss_ratio:.1%}"
    jitter = "-" if each.jitter_ms is None else f"{each.jitter_ms:.1f} ms"
    mos = "-" if each.mos_lq is None else f"{each.mos_lq:.2f} {each.scale}"
    told = f"{begun}  {each.leg} {each.direction}  loss {loss}  jitter {jitter}  MOS {mos}  {each.verdict}"
    return f"{told}  {' '.join(each.verdicts)}".rstrip()


def _plain(text: str) -> str:
    """Nothing that a terminal takes for an order."""
    return "".join(each if each.isprintable() else "?" for each in text)
