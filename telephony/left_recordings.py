"""What Asterisk has left in the folder of recordings: talks of two files, messages of one, and which time is where."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from telephony.asterisk.taping import HEADER_BYTES, RATE_HZ, talk_files, times_file
from telephony.core.ids import InteractionId
from telephony.core.recording import RecordingKind, RecordingPause
from telephony.vault.vault import Spans

TALK_HZ = 16_000  # TALK_FORMAT
BYTES_PER_S = 2 * TALK_HZ
MARGIN_S = 0.25  # around a pause: Asterisk mutes a little before it has said so

_FILE = re.compile(r"([0-9a-f-]{36})-(caller\.sln16|house\.sln16|[1-9][0-9]{0,2}\.wav)")


@dataclass(frozen=True, slots=True)
class Left:
    """One recording to be: `files` are its channels, left to right; `changed_at`: when one was last written to."""

    interaction: InteractionId
    part: str  # "talk", or the message's number
    files: tuple[Path, ...]
    changed_at: float

    @property
    def name(self) -> str:
        """In the vault."""
        return f"{self.interaction}-{self.part}"

    @property
    def kind(self) -> RecordingKind:
        return RecordingKind.TALK if self.part == "talk" else RecordingKind.MESSAGE

    @property
    def rate_hz(self) -> int:
        return TALK_HZ if self.kind is RecordingKind.TALK else RATE_HZ

    @property
    def header_bytes(self) -> int:
        """Before the samples of each file. What a header says of the length is not believed: it may never have come."""
        return 0 if self.kind is RecordingKind.TALK else HEADER_BYTES

    def remove(self) -> None:
        """Errors: OSError."""
        for path in (*self.files, times_file(self.files[0].parent, self.interaction)):
            path.unlink(missing_ok=True)


def left_in(folder: Path) -> list[Left]:
    """What lies there now, the oldest first; files of other names are not ours. Errors: OSError."""
    found: dict[tuple[str, str], list[Path]] = {}
    for path in folder.iterdir():
        if known := _FILE.fullmatch(path.name):
            part = "talk" if known[2].endswith(".sln16") else known[2].removesuffix(".wav")
            found.setdefault((known[1], part), []).append(path)
    return sorted((_left(folder, *key, paths) for key, paths in found.items()), key=lambda each: each.changed_at)


def _left(folder: Path, name: str, part: str, paths: list[Path]) -> Left:
    interaction = InteractionId(name)
    files = talk_files(folder, interaction) if part == "talk" else tuple(paths)
    changed_at = max(path.lstat().st_mtime for path in paths)
    return Left(interaction, part, files, changed_at)


def times_of(left: Left) -> tuple[tuple[float, int], ...]:
    """From which byte on the file is of which time, in order; empty where that was not noted. Errors: OSError."""
    path = times_file(left.files[0].parent, left.interaction)
    lines = path.read_text("ascii", "replace").splitlines() if path.is_file() else ()
    return tuple(_readable(lines))


def _readable(lines: Iterable[str]) -> Iterator[tuple[float, int]]:
    for line in lines:
        try:
            at, begin = json.loads(line)
            yield float(at), int(begin)
        except (ValueError, TypeError):  # half a line, of a server that was killed
            continue


def marked(times: tuple[tuple[float, int], ...], pauses: Iterable[RecordingPause]) -> Spans:
    """Where in the file the pauses are, in seconds from its beginning.

    A pause without an end lasts to the end of what was recorded then; without times it cannot be told where one is.
    """
    pauses = tuple(pauses)
    spans = []
    for place, (at, begin) in enumerate(times):
        last_s = times[place + 1][1] / BYTES_PER_S if place + 1 < len(times) else float("inf")
        begin_s = begin / BYTES_PER_S
        for pause in pauses:
            from_s = begin_s + pause.from_at - at - MARGIN_S
            to_s = last_s if pause.to_at is None else begin_s + pause.to_at - at + MARGIN_S
            if from_s < last_s and to_s > begin_s:
                spans.append((round(max(from_s, begin_s), 3), min(round(to_s, 3), last_s)))
    return tuple(spans)
