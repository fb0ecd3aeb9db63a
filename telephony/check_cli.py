"""`hotline flow check [FILES]`: all that is wrong with flows; status 1 for an error, 0 for warnings alone."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Enter `check` into `hotline flow`."""
    summary = "say what is wrong with flows, where, and how to mend it"
    command = commands.add_parser("check", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    command.set_defaults(run=_run)
    command.add_argument("files", type=Path, nargs="*", metavar="FILE", help="or a folder; default: the shipped flows")
    command.add_argument(
        "--prompts", type=Path, metavar="FOLDER", help="say also which sounds are missing there (the server's folder)"
    )
    command.add_argument("--json", action="store_true", help="the findings as one JSON list")


def _run(chosen: argparse.Namespace) -> int:
    from dataclasses import asdict

    from ivr_flows import SHIPPED
    from ivr_flows.check import Severity, check, missing_prompts
    from ivr_flows.loading import flow_files
    from ivr_flows.prompts import PromptStore

    given = chosen.files or [SHIPPED]
    files = [file for each in given for file in (flow_files(each) if each.is_dir() else [each])]
    found = [finding for file in files for finding in check(file)]
    if chosen.prompts:
        store = PromptStore(chosen.prompts)
        found += [finding for file in files for finding in missing_prompts(file, store.ready)]
    if chosen.json:
        sys.stdout.write(json.dumps([asdict(each) for each in found], ensure_ascii=False) + "\n")
    for each in () if chosen.json else found:
        where = f"{each.file}:{each.line}:{each.column}"
        sys.stdout.write(f"{where}: {each.severity} {each.rule}: {each.message}\n  fix: {each.fix}\n")
    return int(any(each.severity is Severity.ERROR for each in found))
