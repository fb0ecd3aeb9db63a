"""`hotline flow prompts …`: make the sound of everything flows can say, and tell what is missing or out of date."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the synthesiser is slow to import, and most commands need none
    from ivr_flows import Prompt
    from ivr_flows.prompts import Inventory, PromptStore
    from telephony.settings import Settings


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `prompts`; `config` is the folder with hotline.toml."""
    prompts = commands.add_parser("prompts", help="the sound of everything flows can say")
    prompts.set_defaults(settings=config / "hotline.toml")
    actions = prompts.add_subparsers(required=True, metavar="ACTION")
    build = actions.add_parser("build", help="make what is missing or out of date")
    build.set_defaults(run=_build)
    status = actions.add_parser("status", help="tell what is missing or out of date; exit status 1 if anything is")
    status.set_defaults(run=_status)
    status.add_argument("--json", action="store_true", help="one JSON document")
    for action in (build, status):
        action.add_argument("--config", type=Path, action="append", metavar="FILE", help="settings; later files win")
        action.add_argument("--folder", type=Path, help="where they lie (default: prompts in the data folder)")
        action.add_argument("--recorded", type=Path, metavar="FOLDER", help="recorded WAV files, which win")
        action.add_argument(
            "--speech",
            metavar="COMMAND",
            help="reads a text, writes WAV; {text} {file} {language} {pace} (default: ours)",
        )


def _settings(chosen: argparse.Namespace) -> Settings:
    from telephony import settings

    return settings.load(chosen.config or [chosen.settings])


def _wanted(known: Settings) -> frozenset[Prompt]:
    """Everything that callers can hear from the flows that are served. Errors: FlowError."""
    from ivr_flows import Known
    from telephony.demo.setup import FALLBACK
    from telephony.flows import Origin, can_say

    return can_say(Origin.of(known).read(Known())[1]) | {FALLBACK}


def _store(chosen: argparse.Namespace, known: Settings) -> PromptStore:
    from ivr_flows.prompts import PromptStore
    from telephony import settings
    from telephony.settings_types import SettingsError

    if chosen.recorded and not chosen.recorded.is_dir():
        raise SettingsError(f"{chosen.recorded}: no such folder")
    speaker = settings.speaker(known.speech_command if chosen.speech is None else chosen.speech)
    return PromptStore(chosen.folder or known.prompt_folder, chosen.recorded or known.recorded, speaker)


def _build(chosen: argparse.Namespace) -> int:
    known = _settings(chosen)
    store, wanted = _store(chosen, known), _wanted(known)
    made = build_with_bar(store, wanted)
    sys.stdout.write(f"{made} made, {len(wanted)} in {store.folder}\n{_sound(store, wanted)}\n")
    return 0


def build_with_bar(store: PromptStore, wanted: Collection[Prompt]) -> int:
    """Make what is missing, with a progress bar on a terminal; how many that were. Errors: SpeechError, FlowError."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("prompts", total=len(wanted))
        return store.build(wanted, lambda done, total: progress.update(bar, completed=done, total=total))


def _status(chosen: argparse.Namespace) -> int:
    known = _settings(chosen)
    found = _store(chosen, known).inventory(_wanted(known))
    sys.stdout.write(json.dumps(_plain(found), ensure_ascii=False) + "\n" if chosen.json else _words(found))
    return 1 if found.missing or found.stale else 0


def _sound(store: PromptStore, prompts: Collection[Prompt]) -> str:
    levels = [store.levels(prompt) for prompt in prompts]
    loudness = [each.rms_dbfs for each in levels]
    peak = max(each.peak_dbfs for each in levels)
    head_ms, tail_ms = max(each.head_ms for each in levels), max(each.tail_ms for each in levels)
    heard = f"loudness {min(loudness):.1f} to {max(loudness):.1f} dBFS, highest peak {peak:.1f} dBFS"
    return f"{heard}, silence before at most {head_ms} ms, after {tail_ms} ms"


def _plain(found: Inventory) -> dict[str, object]:
    from ivr_flows.prompts import prompt_key

    plain = asdict(found)
    for name in ("missing", "stale"):
        plain[name] = [{"id": prompt_key(each), **asdict(each)} for each in getattr(found, name)]
    return plain


def _words(found: Inventory) -> str:
    from ivr_flows.prompts import prompt_key

    lines = [f"{found.wanted} prompts: {len(found.missing)} missing, {len(found.stale)} stale"]
    lines += [f"missing  {prompt_key(each)}  {each.text}" for each in found.missing]
    lines += [f"stale    {prompt_key(each)}  {each.text}" for each in found.stale]
    lines += [f"unused   recording {name}: no prompt has these words any more" for name in found.unused_recordings]
    if found.left_over:
        lines.append(f"{len(found.left_over)} files of earlier texts and voices are played no more")
    return "\n".join(lines) + "\n"
