"""`hotline doctor`: what is right on this machine and in these settings, what is wrong, and how to mend it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from telephony.demo.demo import is_running
from telephony.doctor import machine, parts, running
from telephony.doctor.finding import Finding, as_json, healthy, lines


async def run(data: Path, tools: Path, config: Path, files: Sequence[Path], *, json: bool) -> int:
    """0 when nothing is wrong, else 1. Without `files`: the shipped `config`, and the demo's own while it runs."""
    findings = await examine(data, tools, config, files)
    text = as_json(findings) if json else "\n".join(lines(findings, colours=sys.stdout.isatty()))
    sys.stdout.write(text + "\n")
    return 0 if healthy(findings) else 1


async def examine(data: Path, tools: Path, config: Path, files: Sequence[Path]) -> list[Finding]:
    findings = [*machine.examine(data)]
    findings += [finding async for finding in parts.examine(data, tools)]
    demo = not files and is_running(data)
    chosen = files or ([config, data / "server.toml"] if demo else [config])
    findings += [finding async for finding in running.examine(chosen, will_serve=demo or bool(files))]
    return findings
