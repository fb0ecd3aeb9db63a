"""`hotline flow check [FILES]`: all that is wrong with flows; status 1 for an error, 0 for warnings alone."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr_flows import Prompt
    from telephony.settings import Settings


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `check` into `hotline flow`; `config` is the folder with hotline.toml."""
    summary = "say what is wrong with flows, where, and how to mend it"
    command = commands.add_parser("check", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    command.set_defaults(run=_run, settings=config / "hotline.toml")
    command.add_argument(
        "files", type=Path, nargs="*", metavar="FILE", help="flows, or folders of them; default: the shipped flows"
    )
    command.add_argument("--config", type=Path, action="append", metavar="FILE", help="settings; later files win")
    command.add_argument(
        "--prompts",
        type=Path,
        metavar="FOLDER",
        help="say also which sounds are missing there (the server's folder)",
    )
    command.add_argument("--json", action="store_true", help="the findings as one JSON list")


def _run(chosen: argparse.Namespace) -> int:
    from dataclasses import asdict

    from ivr_flows import SHIPPED
    from ivr_flows.check import check_all
    from ivr_flows.rules import Severity
    from telephony import settings
    from telephony.flows import known_to

    house = settings.load(chosen.config or [chosen.settings])
    files = [file for each in chosen.files or [SHIPPED] for file in _files(each)]
    found = check_all(files, known_to(house), _ready(chosen.prompts, house))
    if chosen.json:
        sys.stdout.write(json.dumps([asdict(each) for each in found], ensure_ascii=False) + "\n")
    for each in () if chosen.json else found:
        where = f"{each.file}:{each.line}:{each.column}"
        sys.stdout.write(f"{where}: {each.severity} {each.rule}: {each.message}\n  fix: {each.fix}\n")
    return int(any(each.severity is Severity.ERROR for each in found))


def _files(path: Path) -> list[Path]:
    """Raises FlowError for a folder without a flow: a wrong name must not pass for sound flows."""
    from ivr_flows import FlowError
    from ivr_flows.loading import flow_files

    found = flow_files(path) if path.is_dir() else [path]
    if not found:
        raise FlowError(f"{path}: there is no flow in this folder")
    return found


def _ready(folder: Path | None, house: Settings) -> Callable[[Prompt], bool] | None:
    """Whether a prompt has its sound; None where that is not asked for."""
    if folder is None:
        return None
    from ivr_flows.prompts import PromptStore
    from telephony import settings

    speaker = settings.speaker(house.speech_command)
    return PromptStore(folder, house.recorded, speaker).ready
