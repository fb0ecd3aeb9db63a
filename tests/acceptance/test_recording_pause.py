"""A consultant pauses the recording of a real talk: neither voice is in it meanwhile. Then it is sealed, and found."""

from __future__ import annotations

import array
import asyncio
import io
import wave
from itertools import pairwise
from pathlib import Path

from telephony.core.ids import InteractionId
from telephony.core.recording import PauseReason
from telephony.core.views import CallState
from telephony.recording_keys import OWN_KEYS
from telephony.vault.keys import own_ring
from telephony.vault.vault import AudioFacts, Vault
from tests.acceptance.world import CONSULTANT_HZ, CUSTOMER_HZ, World, world
from tests.tones import part_strength, samples_of

SALES, CALLER = "+48220000101", "+48500000101"
PAUSE_S = 3.0
QUIET = 60  # of 32,767, levelled: nobody's voice
SEALED_S = 30.0


def silences_s(file: Path) -> list[float]:
    """How long each stretch of silence is, between two sounds."""
    rate, samples = samples_of(file)
    loud = [at for at, sample in enumerate(samples) if abs(sample) >= QUIET]
    return [(after - before) / rate for before, after in pairwise(loud) if after - before > rate / 2]


async def sealed(town: World, interaction: InteractionId) -> tuple[AudioFacts, bytes]:
    """The one recording of this call, opened, once it is in the vault and nothing plain is left."""
    folder = town.house.data / "recordings"
    async with asyncio.timeout(SEALED_S):
        while any(folder.iterdir()):  # noqa: ASYNC110 - a folder tells nobody
            await asyncio.sleep(0.2)
    (listed,) = await town.store.recordings.listed(interaction=interaction)
    vault = Vault(town.house.data / "vault", lambda: own_ring(town.house.data / OWN_KEYS))
    assert list(vault.names()) == [listed.recording.name]
    with vault.open(listed.recording.name) as opened:
        return opened.facts, opened.read(0, opened.size)


def channel_files(folder: Path, sound: bytes) -> tuple[Path, Path]:
    """The caller's channel and the house's, as files of their own."""
    with wave.open(io.BytesIO(sound)) as file:
        rate, samples = file.getframerate(), array.array("h", file.readframes(file.getnframes()))
    paths = (folder / "left.wav", folder / "right.wav")
    for place, path in enumerate(paths):
        with wave.open(str(path), "wb") as out:
            out.setparams((1, 2, rate, 0, "NONE", ""))
            out.writeframes(samples[place::2].tobytes())
    return paths


async def test_what_is_said_during_a_pause_is_in_no_recording_and_what_is_kept_is_sealed(tmp_path: Path) -> None:
    async with asyncio.timeout(120), world(tmp_path) as town:
        caller = await town.calls(SALES, CALLER)
        folder = town.house.data / "recordings"
        while not any(folder.glob("*-caller.sln16")):  # noqa: ASYNC110 - a folder tells nobody
            await asyncio.sleep(0.1)
        await asyncio.sleep(1)  # nobody presses before the first word is heard
        await caller.dtmf("0")
        await town.until(lambda seen: any(each.state is CallState.LINE for each in seen))
        await town.page.ready()
        await town.answered_by_a_consultant()
        (call,) = await town.until(lambda seen: seen[0].state is CallState.TALKING)
        path = f"/calls/{call.interaction}/recording"
        await asyncio.sleep(2)
        await town.page.ask("PUT", path, {"pause": "card"})
        await asyncio.sleep(PAUSE_S)
        await town.page.ask("PUT", path, {"pause": None})
        await asyncio.sleep(2)
        await caller.hang_up()
        await town.until(lambda seen: all(each.outcome for each in seen))
        (pause,) = await town.store.recordings.pauses(call.interaction)
        facts, sound = await sealed(town, call.interaction)
    assert (pause.agent, pause.reason) == ("anna", PauseReason.CARD)
    assert pause.to_at is not None
    (muted,) = facts.muted
    assert PAUSE_S < muted[1] - muted[0] < PAUSE_S + 2
    left, right = channel_files(tmp_path, sound)
    for file, tone_hz, other_hz in ((left, CUSTOMER_HZ, CONSULTANT_HZ), (right, CONSULTANT_HZ, CUSTOMER_HZ)):
        assert part_strength(file, tone_hz) > 0.5
        assert part_strength(file, other_hz) < 0.1
        assert any(PAUSE_S - 0.5 < each < PAUSE_S + 1.5 for each in silences_s(file))
        _, samples = samples_of(file)
        assert not any(samples[int(muted[0] * facts.rate_hz) : int(muted[1] * facts.rate_hz)])
    for each in (town.house.data / "vault").rglob("*.sealed"):
        assert b"RIFF" not in each.read_bytes()
