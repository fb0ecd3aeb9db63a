"""What is recorded of a real caller: a message left, a talk with its secrets cut out, and nothing of who refuses."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import pytest

from telephony.asterisk.ami import AmiRefusedError
from telephony.asterisk.ami_actions import StopRecording
from telephony.asterisk.taping import talk_files
from telephony.core import events as core
from telephony.core.views import Outcome
from tests.acceptance.conftest import StartNode
from tests.acceptance.flow_scene import CALLER_HZ, House, flow_scene
from tests.tones import part_strength, samples_of, tone

MESSAGE = """\
  asked: {type: voicemail, say: "Proszę mówić.", queue: support, max_s: 30, next: bye, on_nothing: bye}
  bye: {type: hang_up, say: "Dziękujemy."}
  person: {type: line, queue: support}
"""
RECORDED = """\
  told: {type: record, say: "Nagrywamy. Bez nagrania: dziewięć.", refuse_key: 9, next: menu}
  menu: {type: menu, timeout_s: 20, choices: {1: {say: "Kod: jeden.", next: code}, 2: {say: "Koniec: dwa.", next: bye}}}
  code: {type: collect, say: "Proszę podać kod.", into: code, min_digits: 4, max_digits: 6, timeout_s: 20, next: menu}
  bye: {type: hang_up}
  person: {type: line, queue: support}
"""


def as_wav(raw: Path) -> Path:
    """Raw samples at 16 kHz with the header that makes them a WAV file."""
    file = raw.with_suffix(".wav")
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(raw.read_bytes())
    return file


def long_s(file: Path) -> float:
    rate, samples = samples_of(file)
    return len(samples) / rate


@pytest.mark.parametrize("by_key", [True, False], ids=["key", "hang-up"])
async def test_a_message_is_kept_however_the_caller_ends_it(
    asterisk_node: StartNode,
    tmp_path: Path,
    by_key: bool,  # noqa: FBT001 - a case of the table
) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    async with flow_scene(asterisk_node, tmp_path, MESSAGE, House(recordings=folder)) as scene:
        call = await scene.calls()
        await scene.hears("Proszę mówić")
        await asyncio.sleep(4)  # the caller speaks
        if by_key:
            await call.dtmf("#")
            await scene.hears("Dziękujemy")
            await call.ended()
        else:
            await call.hang_up()
        ended = await scene.ended()
        assert ended.outcome is Outcome.VOICEMAIL
        (file,) = folder.iterdir()
        assert file.name == f"{ended.interaction}-1.wav"
        assert 1.0 < long_s(file) < 6.0
        assert part_strength(file, CALLER_HZ) > 0.5


async def test_a_recording_leaves_out_what_is_secret(asterisk_node: StartNode, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    async with flow_scene(asterisk_node, tmp_path, RECORDED, House(recordings=folder), code="secret") as scene:
        now = asyncio.get_running_loop().time
        call = await scene.calls()
        await scene.hears("Koniec: dwa")
        begun = now()
        await asyncio.sleep(1)  # nobody presses before the first word is heard
        await call.dtmf("1")
        await scene.hears("Proszę podać kod")
        paused = now()
        await asyncio.sleep(4)  # what is said meanwhile is nobody's business
        await call.dtmf("918273#")
        await scene.hears("Koniec: dwa", times=2)
        resumed = now()
        await asyncio.sleep(2)
        await call.dtmf("2")
        await call.ended()
        ended = await scene.ended()
        heard_s = now() - begun
        caller, house = (folder / f"{ended.interaction}-{who}.sln16" for who in ("caller", "house"))
        assert sorted(folder.glob("*.sln16")) == [caller, house]
        assert part_strength(as_wav(caller), CALLER_HZ) > 0.5
        assert long_s(as_wav(caller)) == pytest.approx(heard_s - (resumed - paused), abs=1.5)
        assert long_s(as_wav(house)) > 1.0


async def test_a_recording_that_is_stopped_for_want_of_room_ends_no_call(
    asterisk_node: StartNode, tmp_path: Path
) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    async with flow_scene(asterisk_node, tmp_path, RECORDED, House(recordings=folder), code="secret") as scene:
        call = await scene.calls()
        await scene.hears("Koniec: dwa")
        await asyncio.sleep(1)
        arrived = await scene.until(lambda each: isinstance(each, core.CallArrived))
        assert isinstance(arrived, core.CallArrived)
        await scene.gateway.carry_out(StopRecording(arrived.channel))
        await asyncio.sleep(0.5)
        caller = talk_files(folder, arrived.interaction)[0]
        written = caller.stat().st_size
        assert written > 0
        await asyncio.sleep(1.5)
        assert caller.stat().st_size == written
        with pytest.raises(AmiRefusedError):
            await scene.gateway.carry_out(StopRecording(arrived.channel))
        await call.dtmf("2")
        await call.ended()
        assert (await scene.ended()).outcome is Outcome.SELF_SERVED


async def test_who_refuses_is_not_recorded(asterisk_node: StartNode, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    async with flow_scene(asterisk_node, tmp_path, RECORDED, House(recordings=folder), code="secret") as scene:
        call = await scene.calls()
        await scene.hears("Nagrywamy")
        await asyncio.sleep(1)
        await call.dtmf("9")
        await scene.hears("Koniec: dwa")
        await asyncio.sleep(1)
        await call.dtmf("2")
        await call.ended()
        assert (await scene.ended()).outcome is Outcome.SELF_SERVED
        assert list(folder.iterdir()) == []


async def test_without_a_folder_a_caller_comes_to_a_person(asterisk_node: StartNode, tmp_path: Path) -> None:
    async with flow_scene(asterisk_node, tmp_path, MESSAGE) as scene:
        call = await scene.calls()
        await scene.until(lambda each: isinstance(each, core.CallQueued))
        await call.hang_up()
        await scene.ended()


async def test_who_says_nothing_has_left_no_message(asterisk_node: StartNode, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    async with flow_scene(asterisk_node, tmp_path, MESSAGE, House(recordings=folder)) as scene:
        tone(tmp_path / "customer.wav", 0.0)  # silence
        call = await scene.calls()
        await scene.hears("Dziękujemy")  # Asterisk has heard nothing for 5 s
        await call.ended()
        assert (await scene.ended()).outcome is Outcome.SELF_SERVED
        assert list(folder.iterdir()) == []
