"""Speech from text by espeak-ng, bound through ctypes to the library in the `espeakng-loader` wheel.

The library keeps global state and is not thread-safe: one lock holds it, and the long C call lets other threads run.
Also a command for the speech of simulated people: `python -m ivr_flows.speech "Dzień dobry" out.wav --voice customer`.
"""

from __future__ import annotations

import argparse
import array
import atexit
import ctypes
import shutil
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import espeakng_loader  # type: ignore[import-untyped]

from ivr_flows import audio

MAX_DATA_PATH = 150  # the library keeps the path in a buffer of 160 characters and fails past it

_SYNCHRONOUS = 2  # espeak_AUDIO_OUTPUT: samples go to the callback, nothing to a sound card
_DONT_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT: report missing data instead of ending our process
_UTF8 = 1  # espeakCHARS_UTF8
_RATE, _VOLUME, _PITCH, _RANGE, _WORD_GAP = 1, 2, 3, 4, 7  # espeak_PARAMETER
_POSITION_CHARACTER = 1
_VOLUME_PERCENT = 60  # the loudness is evened afterwards; at 100 the loudest vowels clip inside the synthesiser

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


class SpeechError(Exception):
    """The synthesiser is missing, or does not know the voice."""


@dataclass(frozen=True, slots=True)
class Voice:
    """How to speak: an espeak-ng voice and variant, its speed in words a minute, pitch and its range from 0 to 99."""

    language: str
    variant: str
    words_per_minute: int
    pitch: int = 50
    pitch_range: int = 50
    word_gap: int = 0  # in units of 10 ms at the standard speed

    @property
    def name(self) -> str:
        return f"{self.language}+{self.variant}" if self.variant else self.language


PEOPLE = {
    # No echo and no roughness, unlike f1 to f5, and clear consonants inside the telephone band.
    "hotline": Voice("pl", "Annie", 158, pitch=45, pitch_range=60),
    "customer": Voice("pl", "belinda", 160, pitch=50, pitch_range=55),
    "customer-man": Voice("pl", "Diogo", 155, pitch=45),
    "consultant": Voice("pl", "Michael", 150, pitch=42, pitch_range=50),
    "consultant-woman": Voice("pl", "linda", 150, pitch=38, pitch_range=50),
}


class _Espeak:
    """The library, initialised once in a process."""

    def __init__(self, data: Path) -> None:
        self._lock = threading.Lock()
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_Synth.argtypes = [
            ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint,
            ctypes.c_void_p, ctypes.c_void_p,
        ]  # fmt: skip
        self._samples = array.array("h")
        self._callback = _Callback(self._take)  # kept here: the library holds no reference to it
        place = str(short_path(data)).encode()
        self.rate_hz = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, place, _DONT_EXIT))
        if self.rate_hz <= 0:
            raise SpeechError(f"espeak-ng cannot read its data in {data}; install the espeakng-loader wheel again")
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: int | None, count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._samples.frombytes(ctypes.string_at(samples, count * 2))
        return 0

    def say(self, text: str, voice: Voice) -> bytes:
        words = text.encode() + b"\0"
        with self._lock:
            self._samples = array.array("h")
            if self._library.espeak_SetVoiceByName(voice.name.encode()) != 0:
                raise SpeechError(f"espeak-ng has no voice {voice.name}")
            for parameter, value in (
                (_RATE, voice.words_per_minute), (_VOLUME, _VOLUME_PERCENT), (_PITCH, voice.pitch),
                (_RANGE, voice.pitch_range), (_WORD_GAP, voice.word_gap),
            ):  # fmt: skip
                self._library.espeak_SetParameter(parameter, value, 0)
            status = self._library.espeak_Synth(words, len(words), 0, _POSITION_CHARACTER, 0, _UTF8, None, None)
            if status != 0:
                raise SpeechError(f"espeak-ng could not speak (status {status})")
            return self._samples.tobytes()


def short_path(data: Path) -> Path:
    """The path itself, or a link to it from a short place where it is too long for the library."""
    if len(str(data)) < MAX_DATA_PATH:
        return data
    folder = Path(tempfile.mkdtemp(prefix="espeak-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    link = folder / "data"
    link.symlink_to(data, target_is_directory=True)
    return link


@cache
def _espeak(data: Path) -> _Espeak:
    return _Espeak(data)


def speak(text: str, voice: Voice, *, data: Path | None = None) -> audio.Sound:
    """The text as mono 16-bit sound at the synthesiser's own rate; blocks for about 1 ms a word.

    The same text is not the same twice to the sample: the voice flutters a little, like a person's. Raises SpeechError.
    `data` names another folder of espeak-ng data, the same one for the life of the process.
    """
    espeak = _espeak(data or Path(espeakng_loader.get_data_path()))
    return audio.Sound(espeak.say(text, voice), espeak.rate_hz)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write one text as a WAV file; the exit status is 0, or 1 with a message where that failed."""
    parser = argparse.ArgumentParser(prog="python -m ivr_flows.speech", description="Speak a text into a WAV file.")
    parser.add_argument("text")
    parser.add_argument("file", type=Path)
    parser.add_argument("--voice", choices=sorted(PEOPLE), default="customer")
    parser.add_argument("--rate-hz", type=int, choices=(audio.NARROW_HZ, audio.WIDE_HZ), default=audio.NARROW_HZ)
    chosen = parser.parse_args(arguments)
    try:
        speak_to_file(chosen.text, chosen.file, PEOPLE[chosen.voice], rate_hz=chosen.rate_hz)
    except (OSError, SpeechError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def speak_to_file(text: str, path: Path, voice: Voice, *, rate_hz: int = audio.NARROW_HZ) -> audio.Levels:
    """Write the text as a mono 16-bit PCM WAV file, evened and trimmed; tells what it measures."""
    sound = audio.resample(audio.even(speak(text, voice)), rate_hz)
    audio.write_wav(path, sound)
    return audio.measure(sound)


if __name__ == "__main__":
    sys.exit(main())
