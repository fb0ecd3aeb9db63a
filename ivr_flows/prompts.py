"""The sound files of prompts: synthesised or recorded ahead of time, cached by content, at 8 and 16 kHz.

Asterisk picks `<name>.sln16` for wideband callers and `<name>.sln` for the rest when told to play `<name>`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ivr_flows import audio
from ivr_flows.errors import FlowError
from ivr_flows.files import write_atomically
from ivr_flows.model import Flow, HangUpNode, LineNode, MenuNode, SayNode, Text, load
from ivr_flows.session import Prompt
from ivr_flows.speech import PEOPLE, Voice, speak

RECIPE = 1  # raise it whenever the sound of the same text changes; cached files are then made anew
SUFFIXES = (".sln16", ".sln")

_POLISH = PEOPLE["hotline"]
_VOICES = {"pl": _POLISH, "en": replace(_POLISH, language="en"), "uk": replace(_POLISH, language="uk")}
_SLOW_WORDS_PER_MINUTE = 115
_SLOW_WORD_GAP = 4

Progress = Callable[[int, int], None]  # prompts done, prompts in all


def voice_of(prompt: Prompt) -> Voice:
    """The hotline's voice for the prompt; raises FlowError for a language it does not speak."""
    try:
        voice = _VOICES[prompt.language]
    except KeyError:
        raise FlowError(f"no voice speaks `{prompt.language}`; there are {', '.join(sorted(_VOICES))}") from None
    if not prompt.slow:
        return voice
    return replace(voice, words_per_minute=_SLOW_WORDS_PER_MINUTE, word_gap=_SLOW_WORD_GAP)


def prompt_key(prompt: Prompt) -> str:
    """The name a recorded file of this prompt carries: language, pace, and a hash of the words, not of the voice."""
    pace = "slow" if prompt.slow else "normal"
    return f"{prompt.language}-{pace}-{hashlib.sha256(prompt.text.encode()).hexdigest()[:16]}"


def prompts_of(flow: Flow) -> frozenset[Prompt]:
    """Everything the flow can say, in each language and pace it can say it in."""
    paces = (True,) if flow.accessibility else (False, True)
    return frozenset(
        Prompt(words, language, slow)
        for text in _texts(flow)
        for language, words in text.by_language.items()
        for slow in paces
    )


class PromptStore:
    """Prompts as files of one folder. A WAV file `<prompt_key>.wav` in `recorded` wins over the synthesiser."""

    def __init__(self, folder: Path, recorded: Path | None = None) -> None:
        self.folder = folder.absolute()
        files = sorted(recorded.glob("*.wav")) if recorded else []
        self._recorded = {file.stem: (file, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files}

    def path(self, prompt: Prompt) -> Path:
        """The absolute path to play, without the suffix; the files are there once the prompt has been built."""
        key = prompt_key(prompt)
        _, source = self._recorded.get(key, (None, repr(voice_of(prompt))))
        recipe = f"{RECIPE}|{audio.TARGET_DBFS}|{audio.PEAK_DBFS}|{audio.HEAD_MS}|{audio.TAIL_MS}|{source}"
        return self.folder / f"{key}-{hashlib.sha256(recipe.encode()).hexdigest()[:8]}"

    def ready(self, prompt: Prompt) -> bool:
        return all(self._file(prompt, suffix).is_file() for suffix in SUFFIXES)

    def build(self, prompts: Iterable[Prompt], progress: Progress | None = None) -> int:
        """Make what is missing and tell how many that was; blocks, so a server calls it through `asyncio.to_thread`.

        Raises SpeechError, FlowError (a language without a voice) and ValueError (a bad recording).
        """
        wanted = sorted(set(prompts), key=prompt_key)
        missing = [prompt for prompt in wanted if not self.ready(prompt)]
        self.folder.mkdir(parents=True, exist_ok=True)
        for done, prompt in enumerate(missing, start=len(wanted) - len(missing)):
            if progress:
                progress(done, len(wanted))
            self._make(prompt)
        if progress:
            progress(len(wanted), len(wanted))
        return len(missing)

    def build_all(self, flows: Sequence[Path], progress: Progress | None = None) -> int:
        """`build` for everything the flow files can say; raises FlowError for a broken file before building."""
        return self.build(frozenset().union(*(prompts_of(load(path)) for path in flows)), progress)

    def _make(self, prompt: Prompt) -> None:
        recording = self._recorded.get(prompt_key(prompt))
        sound = audio.read_wav(recording[0]) if recording else speak(prompt.text, voice_of(prompt))
        for suffix, made in zip(SUFFIXES, audio.telephone_pair(sound), strict=True):
            write_atomically(self._file(prompt, suffix), made.slin)

    def _file(self, prompt: Prompt, suffix: str) -> Path:
        path = self.path(prompt)
        return path.with_name(path.name + suffix)


def _texts(flow: Flow) -> Iterator[Text]:
    yield flow.closing
    yield flow.wrong_key
    for node in flow.nodes.values():
        if isinstance(node, SayNode | MenuNode | LineNode | HangUpNode) and node.say:
            yield node.say
        if isinstance(node, MenuNode):
            yield from (choice.say for choice in node.choices.values())
