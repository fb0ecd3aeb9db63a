"""What callers hear and leave, where the settings have it: prompts, speech made on demand, recordings."""

from __future__ import annotations

from pathlib import Path

from ivr_flows.on_demand import OnDemand
from ivr_flows.prompts import PromptStore
from telephony.settings import Settings, speaker


def recordings(settings: Settings) -> Path:
    """The folder for messages and talks, which Asterisk writes to; nobody else but its user and ours may look."""
    folder = settings.recording_folder
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=0o770)
    return folder.absolute()


def speech(settings: Settings) -> OnDemand:
    """What says prompts: built ones from their folder, words that are known only during a call from one of their own.

    Errors: SpeechError for a command that cannot be understood.
    """
    kept = PromptStore(settings.data / "said", settings.recorded, speaker(settings.speech_command))
    return OnDemand(built_prompts(settings), kept)


def built_prompts(settings: Settings) -> PromptStore:
    return PromptStore(settings.prompt_folder, settings.recorded, speaker(settings.speech_command))
