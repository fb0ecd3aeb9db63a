"""The sound files of prompts: synthesised or recorded ahead of time, cached by content, at 8 and 16 kHz.

Asterisk picks `<name>.sln16` for wideband callers and `<name>.sln` for the rest when told to play `<name>`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

from ivr_flows import audio
from ivr_flows.errors import FlowError
from ivr_flows.files import write_atomically
from ivr_flows.loading import load
from ivr_flows.model import Flow
from ivr_flows.nodes import texts
from ivr_flows.session import Prompt
from ivr_flows.speech import PEOPLE, SpeechError, Voice, speak
from ivr_flows.texts import Text, said_in

RECIPE = 1  # raise it whenever the sound of the same text changes; cached files are then made anew
SUFFIXES = (".sln16", ".sln")

_POLISH = PEOPLE["hotline"]
_VOICES = {"pl": _POLISH, "en": replace(_POLISH, language="en"), "uk": replace(_POLISH, language="uk")}
_SLOW_WORDS_PER_MINUTE = 115
_SLOW_WORD_GAP = 4

MANY = 40  # from so many on, starting further processes is worth it
Pair = tuple[audio.Sound, audio.Sound]
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
        if not said_in(words)  # what says a value is made during the call
        for slow in paces
    )


class Speaker(Protocol):
    """What makes speech of a prompt; two speakers with the same identity for a prompt sound the same."""

    def identity(self, prompt: Prompt) -> str: ...

    def speak(self, prompt: Prompt) -> audio.Sound:
        """Blocks. Raises SpeechError, FlowError (a language without a voice)."""
        ...


class Espeak:
    """The synthesiser that comes along."""

    def identity(self, prompt: Prompt) -> str:
        return repr(voice_of(prompt))

    def speak(self, prompt: Prompt) -> audio.Sound:
        return speak(prompt.text, voice_of(prompt))


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a folder of prompts lacks and what it holds in vain."""

    wanted: int
    missing: tuple[Prompt, ...]  # no sound of these words at all
    stale: tuple[Prompt, ...]  # a sound, but of another voice, command or recording
    left_over: tuple[str, ...]  # files nobody plays any more
    unused_recordings: tuple[str, ...]  # recorded files that belong to no prompt


class PromptStore:
    """Prompts as files of one folder. A WAV file `<prompt_key>.wav` in `recorded` wins over the speaker."""

    def __init__(self, folder: Path, recorded: Path | None = None, speaker: Speaker | None = None) -> None:
        self.folder = folder.absolute()
        self._speaker = speaker or Espeak()
        files = sorted(recorded.glob("*.wav")) if recorded else []
        self._recorded = {file.stem: (file, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files}
        self._paths = lru_cache(maxsize=4096)(self._path)

    def path(self, prompt: Prompt) -> Path:
        """The absolute path to play, without the suffix; the files are there once the prompt has been built."""
        return self._paths(prompt)

    def _path(self, prompt: Prompt) -> Path:
        key = prompt_key(prompt)
        _, source = self._recorded.get(key, (None, self._speaker.identity(prompt)))
        recipe = f"{RECIPE}|{audio.TARGET_DBFS}|{audio.PEAK_DBFS}|{audio.HEAD_MS}|{audio.TAIL_MS}|{source}"
        return self.folder / f"{key}-{hashlib.sha256(recipe.encode()).hexdigest()[:8]}"

    def ready(self, prompt: Prompt) -> bool:
        return all(self._file(prompt, suffix).is_file() for suffix in SUFFIXES)

    def build(self, prompts: Iterable[Prompt], progress: Progress | None = None) -> int:
        """Make what is missing and tell how many that was; blocks, so a server calls it through `asyncio.to_thread`.

        Raises SpeechError (also for a recording that is no sound) and FlowError (a language without a voice).
        """
        wanted = sorted(set(prompts), key=prompt_key)
        missing = [prompt for prompt in wanted if not self.ready(prompt)]
        self.folder.mkdir(parents=True, exist_ok=True)
        ready = len(wanted) - len(missing)
        tell = progress or _untold
        tell(ready, len(wanted))
        with self._making(missing) as making:
            for done, (prompt, pair) in enumerate(making, start=ready + 1):
                self._write(prompt, pair)
                tell(done, len(wanted))
        return len(missing)

    @contextmanager
    def _making(self, prompts: Sequence[Prompt]) -> Iterator[Iterator[tuple[Prompt, Pair]]]:
        """The sounds in order; of many, on all processors: the filters keep one of them busy for a minute."""
        sources = [self._recorded.get(prompt_key(prompt), (None, ""))[0] for prompt in prompts]
        if len(prompts) < MANY or (os.cpu_count() or 1) == 1:
            yield zip(prompts, map(_pair, repeat(self._speaker), prompts, sources), strict=True)
            return
        # Spawned, not forked: a server that builds prompts has threads.
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            try:
                made = pool.map(_pair, repeat(self._speaker), prompts, sources, chunksize=4)
                yield zip(prompts, made, strict=True)
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def build_all(self, flows: Sequence[Path], progress: Progress | None = None) -> int:
        """`build` for everything the flow files can say; raises FlowError for a broken file before building."""
        return self.build(frozenset().union(*(prompts_of(load(path)) for path in flows)), progress)

    def inventory(self, prompts: Iterable[Prompt]) -> Inventory:
        """What there is, compared with everything that flows can say."""
        wanted = {prompt_key(prompt): prompt for prompt in prompts}
        files = {file.name for file in self.folder.glob("*") if file.suffix in SUFFIXES}
        played = {self._file(prompt, suffix).name for prompt in wanted.values() for suffix in SUFFIXES}
        made = {file.rpartition("-")[0] for file in files - played}
        lacking = [prompt for _, prompt in sorted(wanted.items()) if not self.ready(prompt)]
        return Inventory(
            len(wanted),
            tuple(prompt for prompt in lacking if prompt_key(prompt) not in made),
            tuple(prompt for prompt in lacking if prompt_key(prompt) in made),
            tuple(sorted(files - played)),
            tuple(sorted(file.name for key, (file, _) in self._recorded.items() if key not in wanted)),
        )

    def levels(self, prompt: Prompt) -> audio.Levels:
        """What can be measured on the 16 kHz file; raises OSError where it has not been built."""
        return audio.measure(audio.Sound(self._file(prompt, SUFFIXES[0]).read_bytes(), audio.WIDE_HZ))

    def _write(self, prompt: Prompt, pair: Pair) -> None:
        """Both files or none."""
        try:
            for suffix, made in zip(SUFFIXES, pair, strict=True):
                write_atomically(self._file(prompt, suffix), made.slin)
        except BaseException:
            for suffix in SUFFIXES:
                self._file(prompt, suffix).unlink(missing_ok=True)
            raise

    def _file(self, prompt: Prompt, suffix: str) -> Path:
        path = self.path(prompt)
        return path.with_name(path.name + suffix)


def _untold(_done: int, _total: int) -> None:
    """Nobody looks on."""


def _pair(speaker: Speaker, prompt: Prompt, recording: Path | None) -> Pair:
    try:
        return audio.telephone_pair(audio.read_wav(recording) if recording else speaker.speak(prompt))
    except ValueError as error:
        raise SpeechError(f"prompt {prompt_key(prompt)}: {error}") from error


def _texts(flow: Flow) -> Iterator[Text]:
    for each in (flow, *flow.subs.values()):
        for said in (each.words, *each.nodes.values()):
            yield from (text for _, text in texts(said))
