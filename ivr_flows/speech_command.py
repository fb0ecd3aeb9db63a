"""Speech by a program of the operator's choice: a command that reads a text and writes a WAV file.

No shell is involved. Whatever the program does (hang, crash, write rubbish or without end), the outcome is a sound or
one clear error, and nothing of it is left.
"""

from __future__ import annotations

import os
import resource
import shlex
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from ivr_flows import audio
from ivr_flows.session import Prompt
from ivr_flows.speech import SpeechError

MAX_BYTES = 32 * 1024 * 1024  # two minutes of 48 kHz stereo and room to spare
MAX_S = 120.0
_LOOK_EVERY_S = 0.02
_FIELDS = frozenset({"text", "file", "language", "pace"})
_RATES_HZ = range(8000, 48_001)


@dataclass(frozen=True, slots=True)
class SpeechCommand:
    """`piper --model {language}.onnx --output_file {file}`: words as a shell would split them, filled in one by one.

    `{text}` is the text, which otherwise comes on standard input (UTF-8); `{file}` is where the WAV file goes, which
    otherwise is expected on standard output; `{language}` is `pl`, `en`, `uk`; `{pace}` is `normal` or `slow`.
    """

    template: str
    limit_s: float = 30.0

    def __post_init__(self) -> None:
        try:
            fields = {
                field for word in self._words() for _, field, _, _ in Formatter().parse(word) if field is not None
            }
        except ValueError as error:
            raise SpeechError(f"the speech command cannot be read: {error}") from error
        if not self._words():
            raise SpeechError("the speech command is empty")
        if unknown := fields - _FIELDS:
            raise SpeechError(f"the speech command has no {{{min(unknown)}}}; it has {', '.join(sorted(_FIELDS))}")

    def identity(self, prompt: Prompt) -> str:
        """What, besides the words, the sound depends on: part of the name of the file that is kept."""
        return f"command {self.template} {prompt.language} {_pace(prompt)}"

    def speak(self, prompt: Prompt) -> audio.Sound:
        """Blocks until the program is done or its time is up. Raises SpeechError."""
        with tempfile.TemporaryDirectory(prefix="speech-") as folder:
            out = Path(folder) / "out.wav"
            self._run(prompt, Path(folder), out)
            return _checked(out)

    def _words(self) -> list[str]:
        return shlex.split(self.template)

    def _run(self, prompt: Prompt, folder: Path, out: Path) -> None:
        filled = {"text": prompt.text, "file": str(out), "language": prompt.language, "pace": _pace(prompt)}
        words = [word.format_map(filled) for word in self._words()]
        to_file = any("{file}" in word for word in self._words())
        (folder / "text").write_text(prompt.text, "utf-8")
        said, errors = folder / "said" if to_file else out, folder / "errors"
        with (folder / "text").open("rb") as text, said.open("wb") as stdout, errors.open("wb") as stderr:
            try:
                process = subprocess.Popen(  # noqa: S603 - the operator's own setting, and no shell
                    words, stdin=text, stdout=stdout, stderr=stderr, start_new_session=True
                )
            except OSError as error:
                raise SpeechError(f"{words[0]} cannot be started: {error.strerror}") from error
            self._watch(process, words[0], (out, said, errors))
        if process.returncode:
            raise SpeechError(f"{words[0]} failed (exit status {process.returncode}){_last_line(errors)}")

    def _watch(self, process: subprocess.Popen[bytes], name: str, files: tuple[Path, ...]) -> None:
        """Until it ends; it and all it started are gone afterwards."""
        ends_at = time.monotonic() + self.limit_s
        try:
            with suppress(ProcessLookupError):  # done already; one byte more, so that reaching it is seen below
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (MAX_BYTES + 1, MAX_BYTES + 1))
            while True:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_LOOK_EVERY_S)
                if any(path.exists() and path.stat().st_size > MAX_BYTES for path in files):
                    raise SpeechError(f"{name} wrote more than {MAX_BYTES // 1024**2} MiB")
                if process.returncode is not None:
                    return
                if time.monotonic() > ends_at:
                    raise SpeechError(f"{name} took longer than {self.limit_s:g} s")
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _pace(prompt: Prompt) -> str:
    return "slow" if prompt.slow else "normal"


def _checked(out: Path) -> audio.Sound:
    try:
        sound = audio.read_wav(out)
    except (OSError, ValueError) as error:
        raise SpeechError(f"the speech command wrote no sound: {error}") from error
    if sound.rate_hz not in _RATES_HZ or len(sound.pcm) % 2:
        raise SpeechError(f"the speech command wrote a sound at {sound.rate_hz} Hz; 8,000 to 48,000 Hz are usable")
    if not 0 < sound.duration_s <= MAX_S:
        raise SpeechError(
            f"the speech command wrote a sound of {sound.duration_s:.0f} s; up to {MAX_S:.0f} s are usable"
        )
    return sound


def _last_line(errors: Path) -> str:
    """The end of what it complained of, fit for a terminal."""
    with errors.open("rb") as file:
        file.seek(max(0, errors.stat().st_size - 300))
        lines = file.read().decode(errors="replace").strip().splitlines()
    return ": " + "".join(sign for sign in lines[-1] if sign.isprintable()) if lines else ""
