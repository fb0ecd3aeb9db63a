"""What has to be there before the hotline can run on this machine: Asterisk, prompts, pages, voices of the demo."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import ivr_flows
from ivr_flows import Prompt
from ivr_flows.loading import flow_files
from ivr_flows.prompts import PromptStore, prompts_of
from ivr_flows.speech import PEOPLE, speak_to_file
from telephony.asterisk.install import AsteriskProgram, ensure_asterisk
from telephony.console import bundle

CUSTOMERS_SAY = {
    "customer": "Dzień dobry. Od wczoraj wieczorem nie działa mi internet, a na routerze świeci się czerwona lampka. "
    "Próbowałam go wyłączyć i włączyć, ale to nie pomogło. Czy mogą państwo to sprawdzić?",
    "customer-man": "Dzień dobry, dzwonię w sprawie faktury za październik. Kwota jest wyższa niż zwykle "
    "i chciałbym wiedzieć, za co dokładnie płacę. Mam pakiet z telewizją.",
}
CONSULTANTS_SAY = {
    "consultant-woman": "Dzień dobry, Anna Wiśniewska, w czym mogę pomóc? Już sprawdzam. Widzę pana umowę na ekranie. "
    "Proszę chwilę poczekać, uruchamiam test łącza.",
    "consultant": "Dzień dobry, mówi Piotr Zieliński. Rozumiem, już patrzę. Wysyłam sygnał do urządzenia, "
    "za moment powinno być lepiej. Czy lampka zmieniła kolor?",
}


# Said by Asterisk alone, when no server of ours leads the call.
FALLBACK = Prompt("Za chwilę odezwie się konsultant. Proszę się nie rozłączać.", "pl", slow=False)


class Progress:
    """One line that is rewritten on a terminal; elsewhere a line every two seconds."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._terminal = sys.stderr.isatty()
        self._said_at = 0.0
        self._used = False

    def __call__(self, text: str) -> None:
        if self._terminal:
            sys.stderr.write(f"\r\033[K{self._title}: {text}"[:150])
        elif time.monotonic() - self._said_at > 2:
            self._said_at = time.monotonic()
            sys.stderr.write(f"{self._title}: {text}\n")
        self._used = True
        sys.stderr.flush()

    def count(self, done: int, of: int) -> None:
        self(f"{done} of {of}")

    def done(self) -> None:
        if self._used and self._terminal:
            sys.stderr.write(f"\r\033[K{self._title}: done\n")


@dataclass(frozen=True, slots=True)
class Prepared:
    asterisk: AsteriskProgram
    prompts: Path
    voices: Path


async def prepare(tools: Path) -> Prepared:
    """Fetch and make what is missing below `tools`. Errors: PackagesError, FlowError, SpeechError, BuildError."""
    tools.mkdir(parents=True, exist_ok=True)
    progress = Progress("Asterisk 22")
    asterisk = await ensure_asterisk(tools, progress)
    progress.done()
    prompts = tools / "prompts"
    progress = Progress("prompts")
    await asyncio.to_thread(_make_prompts, prompts, progress)
    progress.done()
    progress = Progress("console")
    sizes = await asyncio.to_thread(bundle.build, tools, progress)
    progress(f"{sizes.total / 1000:.0f} kB of pages, compressed, without the phone library")
    progress.done()
    voices = tools / "voices"
    await asyncio.to_thread(_make_voices, voices)
    return Prepared(asterisk, prompts, voices)


def wanted_prompts() -> list[Prompt]:
    """Everything that callers can hear. Errors: FlowError."""
    flows = map(ivr_flows.load, flow_files(ivr_flows.SHIPPED))
    return [*frozenset().union(*map(prompts_of, flows)), FALLBACK]


def _make_prompts(folder: Path, progress: Progress) -> None:
    store = PromptStore(folder)
    wanted = wanted_prompts()
    if not all(map(store.ready, wanted)):
        store.build(wanted, progress.count)


def _make_voices(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for person, text in (CUSTOMERS_SAY | CONSULTANTS_SAY).items():
        path = folder / f"{person}.wav"
        if not path.exists():
            speak_to_file(text, path, PEOPLE[person])


def voice(folder: Path, of: dict[str, str], rng: random.Random) -> Path:
    """A WAV file of one of these people."""
    return folder / f"{rng.choice(sorted(of))}.wav"
