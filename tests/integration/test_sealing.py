"""What Asterisk leaves is sealed by real processes: once the call is over, also after a crash, and never twice."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.asterisk.ami import AmiRefusedError
from telephony.asterisk.ami_actions import StopRecording
from telephony.core.ids import AgentId, InteractionId, Uniqueid
from telephony.core.recording import PauseReason, RecordingKind, RecordingPause
from telephony.core.views import CallState, CallView, Lane, Outcome
from telephony.recording_retention import DAY_S, RecordingRetention
from telephony.sealing import AGAIN_S, SETTLED_S, UNKNOWN_SETTLED_S, Sealing
from telephony.store.memory import Memory
from telephony.store.store import Store
from telephony.vault.keys import own_ring
from telephony.vault.room import Room
from telephony.vault.sealed import BrokenSealError
from telephony.vault.vault import Vault
from tests.unit.test_vault import channels, silence, tone

FIRST, SECOND = (InteractionId(f"0190a1b2-c3d4-7e5f-8a9b-0000000000{number:02}") for number in (1, 2))
NOW = 1_790_000_000.0
OPEN = CallView(
    FIRST, "n1", "PJSIP/t-1", Uniqueid("u-1"), "l-1", "+48220000100", "+48600100200", "alaw", CallState.TALKING,
    Lane.STANDARD, None, NOW - 60, None, None, None, AgentId("anna"), 1, None,
)  # fmt: skip
ENDED = replace(OPEN, state=CallState.ENDED, ended_at=NOW, outcome=Outcome.ANSWERED)


class Node:
    def __init__(self) -> None:
        self.stopped: list[str] = []

    async def carry_out(self, action: StopRecording) -> None:
        if action.channel in self.stopped:
            raise AmiRefusedError("no MixMonitor")
        self.stopped.append(action.channel)


@dataclass
class Cellar:
    """Everything around the sealing, in sight."""

    folder: Path
    store: Store
    now: float = NOW + SETTLED_S + 1
    free: int = 10_000
    node: Node = field(default_factory=Node)

    def __post_init__(self) -> None:
        self.spool = self.folder / "recordings"
        self.spool.mkdir()
        self.vault = Vault(self.folder / "vault", lambda: own_ring(self.folder / "keys"))
        self.room = Room([self.spool], 1_000, 2_000, lambda _: self.free)
        self.sealing = self.started()

    def started(self) -> Sealing:
        return Sealing(self.spool, self.vault, self.store, self.room, {"n1": self.node}, lambda: self.now)

    def writes(self, name: str, content: bytes, at: float = NOW) -> Path:
        path = self.spool / name
        path.write_bytes(content)
        os.utime(path, (at, at))
        return path

    def talks(self, interaction: InteractionId = FIRST, seconds: float = 2.0, at: float = NOW) -> None:
        self.writes(f"{interaction}-caller.sln16", tone(seconds), at)
        self.writes(f"{interaction}-house.sln16", tone(seconds, 880), at)

    @property
    def plain(self) -> list[str]:
        return sorted(path.name for path in self.spool.iterdir())


@pytest_asyncio.fixture(params=["postgres", "memory"])
async def cellar(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> AsyncIterator[Cellar]:
    store = await Store.open(database_url) if request.param == "postgres" else Store(Memory())
    yield Cellar(tmp_path, store)
    await store.close()


async def test_a_talk_is_sealed_once_its_call_is_over_and_then_found(cellar: Cellar) -> None:
    await cellar.store.record_call(OPEN)
    cellar.talks()
    await cellar.sealing.look()
    assert len(cellar.plain) == 2, "the call goes on"
    await cellar.store.record_call(ENDED)
    await cellar.sealing.look()
    assert cellar.plain == []
    (listed,) = await cellar.store.recordings.listed(interaction=FIRST)
    known = listed.recording
    assert (known.name, known.kind, known.duration_s, known.begun_at) == (
        f"{FIRST}-talk",
        RecordingKind.TALK,
        2.0,
        NOW - 60,
    )
    assert listed.agent == "anna"
    with cellar.vault.open(known.name) as opened:
        left, right = channels(opened)
    assert len(left) == len(right) == 32_000
    assert (cellar.sealing.sealed, cellar.sealing.failures) == (1, 0)


async def test_a_caller_who_is_handed_over_is_still_being_recorded(cellar: Cellar) -> None:
    await cellar.store.record_call(ENDED)
    await cellar.store.record_call(replace(OPEN, interaction=SECOND, follows=FIRST, arrived_at=NOW))
    cellar.talks()
    await cellar.sealing.look()
    assert len(cellar.plain) == 2
    await cellar.store.record_call(replace(ENDED, interaction=SECOND, follows=FIRST, arrived_at=NOW))
    await cellar.sealing.look()
    assert cellar.plain == []


async def test_pauses_of_all_its_calls_are_muted_at_their_place_in_the_file(cellar: Cellar) -> None:
    await cellar.store.record_call(ENDED)
    await cellar.store.record_call(replace(ENDED, interaction=SECOND, follows=FIRST, arrived_at=NOW))
    pause = RecordingPause(FIRST, AgentId("anna"), PauseReason.CARD, NOW - 58, NOW - 57)
    await cellar.store.recordings.begin_pause(pause)
    await cellar.store.recordings.end_pause(FIRST, NOW - 57)
    # Recorded for 4 s from NOW - 60 on, not for some time, and again from NOW - 20 on; the second pause never ended.
    await cellar.store.recordings.begin_pause(RecordingPause(SECOND, AgentId("piotr"), PauseReason.WISH, NOW - 19))
    cellar.talks(seconds=8)
    times = [[NOW - 60, 0], [NOW - 20, 4 * 32_000]]
    cellar.writes(f"{FIRST}-talk.times", "".join(f"{json.dumps(each)}\n" for each in times).encode() + b"[17900")
    await cellar.sealing.look()
    assert cellar.plain == []
    with cellar.vault.open(f"{FIRST}-talk") as opened:
        assert opened.facts.begun_at == NOW - 60
        assert opened.facts.muted == ((1.75, 3.25), (4.75, 8.0))
        for samples in channels(opened):
            assert not any(samples[28_000:52_000])
            assert not any(samples[76_000:])
            assert any(samples[52_000:76_000])


async def test_what_is_still_written_to_waits(cellar: Cellar) -> None:
    await cellar.store.record_call(ENDED)
    cellar.talks(at=cellar.now - 1)
    await cellar.sealing.look()
    assert len(cellar.plain) == 2
    cellar.now += SETTLED_S
    await cellar.sealing.look()
    assert cellar.plain == []


async def test_what_a_crash_has_left_is_sealed_though_nobody_knows_its_call(cellar: Cellar) -> None:
    cellar.talks()
    cellar.writes(f"{SECOND}-1.wav", bytes(44) + tone(1))
    await cellar.sealing.look()
    assert len(cellar.plain) == 3, "its facts may be on their way"
    cellar.now = NOW + UNKNOWN_SETTLED_S + 1
    await cellar.started().look()
    assert cellar.plain == []
    names = {each.recording.name: each.recording.duration_s for each in await cellar.store.recordings.listed()}
    assert names == {f"{FIRST}-talk": 2.0, f"{SECOND}-1": 2.0}


async def test_a_server_killed_before_it_removed_the_plain_seals_it_no_second_time(cellar: Cellar) -> None:
    await cellar.store.record_call(ENDED)
    cellar.talks()
    await cellar.sealing.look()
    await cellar.store.recordings.remove(f"{FIRST}-talk")  # it had come no further than the file
    cellar.talks()
    await cellar.started().look()
    assert cellar.plain == []
    assert [each.recording.name for each in await cellar.store.recordings.listed()] == [f"{FIRST}-talk"]
    cellar.talks(seconds=3)  # something else: nothing that is there is overwritten
    await cellar.started().look()
    assert sorted(cellar.vault.names()) == [f"{FIRST}-talk", f"{FIRST}-talk-2"]


async def test_files_that_are_none_of_ours_or_empty_do_no_harm(cellar: Cellar) -> None:
    await cellar.store.record_call(ENDED)
    cellar.writes("notes.txt", b"x")
    cellar.writes(f"{FIRST}-1.wav", b"RIFF")
    (cellar.spool / f"{SECOND}-caller.sln16").symlink_to("notes.txt")
    os.mkfifo(cellar.spool / f"{FIRST}-2.wav")
    cellar.writes(f"{FIRST}-caller.sln16", silence(1)[:-1])
    cellar.now += UNKNOWN_SETTLED_S * 10
    async with asyncio.timeout(30):
        await cellar.sealing.look()
    assert await asyncio.to_thread(lambda: list(cellar.vault.names())) == [f"{FIRST}-talk"]
    assert "notes.txt" in cellar.plain
    assert f"{FIRST}-1.wav" not in cellar.plain
    failures = cellar.sealing.failures
    assert failures == 2, "the link and the pipe"
    await cellar.sealing.look()
    assert cellar.sealing.failures == failures, "it waits before it tries again"
    cellar.now += AGAIN_S + 1
    await cellar.sealing.look()
    assert cellar.sealing.failures > failures


async def test_a_full_disk_stops_what_runs_and_what_begins_until_there_is_clearly_room(cellar: Cellar) -> None:
    await cellar.store.record_call(OPEN)
    cellar.talks()
    told = []
    for free in (1_000, 999, 999, 1_999, 2_000):  # the second 999: refused now, which is no harm
        cellar.free = free
        await cellar.sealing.look_for_room()
        await cellar.sealing.look()
        told.append(cellar.room.there)
    assert told == [True, False, False, False, True]
    assert cellar.node.stopped == ["PJSIP/t-1"]
    assert len(cellar.plain) == 2, "what there is of it is sealed after the call"


async def test_old_recordings_go_unless_they_are_kept(cellar: Cellar) -> None:
    for interaction in (FIRST, SECOND):
        await cellar.store.record_call(replace(ENDED, interaction=interaction))
        cellar.talks(interaction, 0.2)
    await cellar.sealing.look()

    async def kept(interaction: InteractionId) -> bool:
        return interaction == SECOND

    cellar.now = NOW - 60 + 92 * DAY_S
    retention = RecordingRetention(92, cellar.vault, cellar.store, lambda: cellar.now, kept)
    assert await retention.look() == 0
    cellar.now += 1
    assert await retention.look() == 1
    assert list(cellar.vault.names()) == [f"{SECOND}-talk"]
    assert await cellar.store.recordings.names() == {f"{SECOND}-talk"}
    with pytest.raises(FileNotFoundError), cellar.vault.open(f"{FIRST}-talk"):
        pass
    (key,) = cellar.vault.folder.rglob("*.key")
    key.write_text("{}")
    with pytest.raises(BrokenSealError), cellar.vault.open(f"{SECOND}-talk"):
        pass
