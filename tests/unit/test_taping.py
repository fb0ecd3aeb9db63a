"""A message that is left: what counts as one, and what is said of the disk."""

from __future__ import annotations

import array
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr_flows import Prompt, ResumeRecording, StartRecording, Status, TakeVoicemail
from telephony.asterisk.agi_wire import Reply
from telephony.asterisk.handset import Handset
from telephony.asterisk.taping import HEADER_BYTES, RATE_HZ, Tapes, Taping
from telephony.core.ids import InteractionId
from tests.unit.journey_scene import ScriptedSession, Ticking

ASKED = TakeVoicemail("message", None, 60)


def sound(seconds: float, amplitude: int) -> bytes:
    """As Asterisk leaves it when the caller has just hung up: its header does not know the length yet."""
    count = round(seconds * RATE_HZ)
    tone = array.array("h", (round(amplitude * math.sin(n / 3)) for n in range(count)))
    return bytes(HEADER_BYTES) + tone.tobytes()


async def unspoken(prompt: Prompt) -> Path:
    raise AssertionError(prompt)


def taping(folder: Path | None, written: bytes | None, result: int) -> Taping:
    clock = Ticking()
    session = ScriptedSession([("RECORD FILE", Reply(result))], clock)

    def record(line: str) -> None:
        if line.startswith("RECORD FILE") and written is not None:
            Path(line.split()[2] + ".wav").write_bytes(written)

    session.on_command = record
    return Taping(
        session, Handset(session, unspoken, clock), InteractionId("i"), Tapes(folder, clock) if folder else None
    )


@pytest.mark.parametrize("result", [ord("#"), 0, -1])
async def test_what_was_said_counts_however_it_ends(tmp_path: Path, result: int) -> None:
    answer, hung_up = await taping(tmp_path, sound(3.0, 4000), result).message(ASKED)
    assert (answer.status, dict(answer.values), hung_up) == (Status.OK, {"recording": "i-1"}, result < 0)
    assert [path.name for path in tmp_path.iterdir()] == ["i-1.wav"]


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda: sound(0.4, 4000), id="a moment"),
        pytest.param(lambda: sound(6.0, 0), id="silence"),
        pytest.param(lambda: sound(6.0, 40), id="a line's own noise"),  # -58 dBFS
        pytest.param(lambda: bytes(HEADER_BYTES), id="nothing"),
        pytest.param(lambda: b"RIFF", id="not even a header"),
    ],
)
async def test_nothing_said_is_no_message_and_leaves_no_file(tmp_path: Path, written: Callable[[], bytes]) -> None:
    answer, _ = await taping(tmp_path, written(), 0).message(ASKED)
    assert answer.status is Status.REFUSED
    assert list(tmp_path.iterdir()) == []


async def test_without_room_nothing_is_recorded_and_the_call_goes_on(tmp_path: Path) -> None:
    clock = Ticking()
    session = ScriptedSession([], clock)
    tapes = Tapes(tmp_path, clock, room=lambda: False)
    tape = Taping(session, Handset(session, unspoken, clock), InteractionId("i"), tapes)
    await tape.talk(StartRecording())
    await tape.talk(ResumeRecording())
    assert not tape.running
    assert (await tape.message(ASKED))[0].status is Status.UNAVAILABLE
    assert session.commands == []
    assert list(tmp_path.iterdir()) == []


async def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    assert (await taping(tmp_path, None, -1).message(ASKED))[0].status is Status.UNAVAILABLE
    assert (await taping(None, None, 0).message(ASKED))[0].status is Status.UNAVAILABLE
