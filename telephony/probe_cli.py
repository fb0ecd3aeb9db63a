"""`hotline quality probe`: a test call by a real phone to an echo, once or again and again (docs/probes.md)."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from telephony.store_cli import say, settings_of

if TYPE_CHECKING:
    from quality.probe_result import ProbeResult, Way
    from telephony.probing import Target
    from telephony.settings import Settings

UNITS_S = {"s": 1, "m": 60, "h": 3600}
SHORTEST_S = 30  # between two calls: carriers take more for an attack


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `probe` into `hotline quality`; `config` is the settings' file unless another is named."""
    probe = actions.add_parser(
        "probe",
        help="call an echo by a trunk and say how it was",
        description="A real call to an echo: speech both ways, digits there and back, the score of each direction.",
    )
    probe.add_argument(
        "target", metavar="TRUNK|NUMBER|echo",
        help="a trunk, by which `probes.number` is called; the number of an echo (+48…); or Asterisk's own echo",
    )  # fmt: skip
    probe.add_argument("--number", metavar="NUMBER", help="with a trunk: the echo to call by it")
    probe.add_argument("--node", default="", metavar="NAME", help="the [[asterisk]] to call through, if not the first")
    probe.add_argument("--every", type=_interval, metavar="5m", help="again and again, until Ctrl-C")
    probe.add_argument("--json", action="store_true", help="one JSON object for each call")
    probe.add_argument("--config", type=Path, action="append", metavar="FILE", help="settings; later files win")
    probe.set_defaults(run=_probe, default=config)


def _interval(text: str) -> float:
    found = re.fullmatch(r"([0-9]{1,6})([smh])", text)
    if found is None or int(found[1]) * UNITS_S[found[2]] < SHORTEST_S:
        raise argparse.ArgumentTypeError(f"{text!r} is no time from 30s on, such as 5m")
    return float(int(found[1]) * UNITS_S[found[2]])


def _probe(chosen: argparse.Namespace) -> int:
    from telephony.probing import prober_of

    settings = settings_of(chosen)
    target, prober = target_of(chosen, settings), prober_of(settings, time.time)

    async def work() -> int:
        while True:
            began = time.monotonic()
            result = await prober.probe(target)
            say(json.dumps(asdict(result), ensure_ascii=False) if chosen.json else told(result))
            if chosen.every is None:
                return int(result.verdict in {"bad", "failed"})
            await asyncio.sleep(max(0.0, chosen.every - (time.monotonic() - began)))

    return asyncio.run(work())


def target_of(chosen: argparse.Namespace, settings: Settings) -> Target:
    """Errors: ProbeError for what is neither a trunk nor a number."""
    from telephony.probing import ProbeError, Target

    what, number = chosen.target, chosen.number or settings.probes.number
    for each in (what, chosen.number or ""):
        if each[:1] in {"+", "0"} | set("123456789") and not re.fullmatch(r"\+[1-9][0-9]{6,14}", each):
            raise ProbeError(f"{each} is no number such as +48221234599")
    if what == "echo":
        return Target(node=chosen.node)
    if what.startswith("+"):
        return Target(what, node=chosen.node)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,39}", what):
        raise ProbeError(f"{what!r} is neither the name of a trunk nor a number such as +48221234599")
    if number is None:
        raise ProbeError(
            f"which number is to be called by {what}? Give --number, or set probes.number (docs/probes.md)"
        )
    return Target(number, what, chosen.node)


def told(result: ProbeResult) -> str:
    """The result in lines for people."""
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(result.at))
    by = f" by {result.trunk}" if result.trunk and result.trunk != result.target else ""
    lines = [f"{when} {result.target}{by}: {result.verdict} ({result.outcome}, {result.phone})"]
    if result.outcome == "answered":
        delay, answered = _seconds(result.post_dial_delay_s), _seconds(result.answered_s)
        lines.append(f"  post-dial delay {delay}, answered after {answered}, {result.codec or 'unknown codec'}")
        lines += [
            f"  {name:9}{_way(way)}" for name, way in (("sent", result.sent), ("received", result.received)) if way
        ]
        if result.heard_ratio is not None:
            late = f", {result.echo_delay_ms:.0f} ms later" if result.echo_delay_ms is not None else ""
            lines.append(f"  speech   {result.heard_ratio:.0%} came back{late}")
        digits = {True: "came back right", False: "did not come back right", None: "were not sent"}
        lines.append(f"  digits   {digits[result.digits_right]}")
    return "\n".join([*lines, *(f"  ! {each}" for each in result.problems)])


def _way(way: Way) -> str:
    if way.mos is None and way.loss_ratio is None:
        return f"no MOS: {way.reason}"
    mos = f"MOS {way.mos:.2f} ({way.scale})" if way.mos is not None else f"no MOS: {way.reason}"
    parts = [mos, f"{way.loss_ratio or 0:.1%} lost", f"jitter {way.jitter_ms or 0:.1f} ms"]
    parts += [f"round trip {way.rtt_ms:.0f} ms"] if way.rtt_ms is not None else []
    return f"{', '.join(parts)} [{way.source}]"


def _seconds(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f} s"
