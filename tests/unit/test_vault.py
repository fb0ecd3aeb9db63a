"""The vault: keys with ids that are wrapped anew, files that go for good, and what a recording becomes."""

from __future__ import annotations

import array
import io
import math
import operator
import shutil
import stat
import wave
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from telephony.vault.job import Job, make
from telephony.vault.keys import KeyMissingError, KeyRing, Wrapped, add_key, own_ring
from telephony.vault.sealed import BrokenSealError
from telephony.vault.vault import AudioFacts, Opened, Unfinished, Vault

RATE = 16_000
ONE, BOTH = KeyRing("a", {"a": "1" * 32}), KeyRing("b", {"a": "1" * 32, "b": "2" * 32})


@cache
def _second(hertz: int, amplitude: int) -> bytes:
    samples = (round(amplitude * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(RATE))
    return array.array("h", samples).tobytes()


def tone(seconds: float, hertz: int = 440, amplitude: int = 3000) -> bytes:
    return (_second(hertz, amplitude) * math.ceil(seconds))[: 2 * round(seconds * RATE)]


def silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * RATE))


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault", lambda: ONE)


def job(made: Unfinished, *contents: bytes, muted: tuple[tuple[float, float], ...] = (), begin: int = 0) -> Job:
    sources = []
    for number, content in enumerate(contents):
        path = made.path.with_name(f"source-{number}")
        path.write_bytes(content)
        sources.append((str(path), begin))
    return Job(made.name, made.key, made.path, tuple(sources), RATE, 100.0, muted)


def put(vault: Vault, name: str, *contents: bytes, muted: tuple[tuple[float, float], ...] = ()) -> AudioFacts:
    made = vault.prepare(name)
    facts = AudioFacts.parse(make(Job.parse(job(made, *contents, muted=muted).as_json())).encode())
    vault.finish(made)
    return facts


def channels(opened: Opened) -> list[array.array[int]]:
    """The samples of each channel."""
    with wave.open(io.BytesIO(opened.read(0, opened.size))) as file:
        samples = array.array("h", file.readframes(file.getnframes()))
        count = file.getnchannels()
    return [samples[channel::count] for channel in range(count)]


def rms_dbfs(samples: array.array[int]) -> float:
    power = sum(map(operator.mul, samples, samples)) / max(1, len(samples))
    return 10 * math.log10(power / 32768**2) if power else -math.inf


# -- what a recording becomes -------------------------------------------------------------------------------------


def test_the_caller_is_left_the_house_right_and_both_are_as_loud(vault: Vault) -> None:
    facts = put(vault, "x", tone(12, 440, 1000), tone(11, 880, 9000))
    with vault.open("x") as opened:
        assert opened.facts == facts
        left, right = channels(opened)
    assert len(left) == len(right) == 12 * RATE
    assert (facts.channels, facts.duration_s, facts.begun_at) == (2, 12.0, 100.0)
    assert rms_dbfs(left) == pytest.approx(-22, abs=0.5)
    assert rms_dbfs(right[: 11 * RATE]) == pytest.approx(-22, abs=0.5)
    turns = sum(before < 0 <= after for before, after in pairwise(left[:RATE]))
    assert turns == pytest.approx(440, abs=2)


def test_silences_are_told_where_neither_speaks(vault: Vault) -> None:
    caller = tone(3) + silence(9) + tone(3)
    house = silence(3) + tone(1) + silence(11)
    assert put(vault, "x", caller, house).silences == ((4.0, 12.0),)


def test_what_is_marked_is_zero_in_both_channels_to_the_sample(vault: Vault) -> None:
    facts = put(vault, "x", tone(25, 440, 8000), tone(25, 880, 8000), muted=((9.5, 10.5), (24.0, math.inf)))
    assert facts.muted == ((9.5, 10.5), (24.0, 25.0))
    with vault.open("x") as opened:
        for samples in channels(opened):
            assert not any(samples[int(9.5 * RATE) : int(10.5 * RATE)])
            assert not any(samples[24 * RATE :])
            assert any(samples[int(9.4 * RATE) : int(9.5 * RATE)])


def test_nobody_is_made_louder_than_the_line_bears(vault: Vault) -> None:
    whisper, silent = put(vault, "x", tone(3, 440, 200), silence(3)).gains_db
    assert whisper <= 24.0
    assert silent == 0.0
    click = put(vault, "y", tone(3, 440, 500) + tone(0.01, 440, 30_000)).gains_db[0]
    assert click < 0.0, "what is near to full scale leaves no room"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"RIFF" + bytes(7), id="half a header"),
        pytest.param(bytes(44), id="a header alone"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_message_without_a_sample_is_no_recording(vault: Vault, content: bytes) -> None:
    made = vault.prepare("x")
    assert make(job(made, content, begin=44)) == ""


@pytest.mark.parametrize("size", [45, 46, 47, 44 + 2 * RATE + 1])
def test_a_file_that_ends_anywhere_is_used_as_far_as_it_goes(vault: Vault, size: int) -> None:
    made = vault.prepare("x")
    told = make(job(made, b"\xff" * size, begin=44))
    assert bool(told) is (size >= 46)
    if told:
        vault.finish(made)
        with vault.open("x") as opened:
            assert len(channels(opened)[0]) == (size - 44) // 2


def test_a_link_in_the_folder_is_not_followed(vault: Vault, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"x" * 1000)
    link = tmp_path / "link"
    link.symlink_to(secret)
    made = vault.prepare("x")
    with pytest.raises(OSError, match="symbolic"):
        make(Job("x", made.key, made.path, ((str(link), 0),), RATE, 0.0))


# -- the folder and its keys --------------------------------------------------------------------------------------


def test_nobody_else_may_look(vault: Vault) -> None:
    put(vault, "x", tone(1))
    for path in vault.folder.rglob("*"):
        if path.name != "source-0":
            assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path.name


def test_new_keys_leave_the_sound_as_it_is(vault: Vault) -> None:
    put(vault, "x", tone(1))
    (file,) = vault.folder.rglob("*.sealed")
    before = file.read_bytes()
    anew = Vault(vault.folder, lambda: BOTH)
    assert anew.wrap_anew("x")
    assert not anew.wrap_anew("x")
    assert anew.master_of("x") == "b"
    assert file.read_bytes() == before
    with anew.open("x") as opened:
        opened.check()
    with pytest.raises(KeyMissingError), vault.open("x"):
        pass


def test_keys_and_files_that_were_swapped_are_found(vault: Vault) -> None:
    for name in ("x", "y"):
        put(vault, name, tone(1))
    keys = {path.name: path for path in vault.folder.rglob("*.key")}
    files = {path.name: path for path in vault.folder.rglob("*.sealed")}
    shutil.copy(files["y.sealed"], files["x.sealed"])
    with pytest.raises(BrokenSealError), vault.open("x"):
        pass
    shutil.copy(keys["y.key"], keys["x.key"])
    with pytest.raises(BrokenSealError), vault.open("x"):
        pass
    keys["x.key"].write_text("{}")
    with pytest.raises(BrokenSealError, match="cannot be read"), vault.open("x"):
        pass


def test_what_is_not_whole_does_not_come_in(vault: Vault) -> None:
    made = vault.prepare("x")
    make(job(made, tone(5)))
    made.path.write_bytes(made.path.read_bytes()[:-9])
    with pytest.raises(BrokenSealError):
        vault.finish(made)
    assert list(vault.names()) == []
    vault.tidy(before=made.path.stat().st_mtime)
    assert made.path.exists()
    vault.tidy(before=made.path.stat().st_mtime + 1)
    assert not made.path.exists()


def test_what_is_removed_is_gone(vault: Vault) -> None:
    put(vault, "x", tone(1))
    vault.remove("x")
    vault.remove("x")
    assert list(vault.names()) == []
    assert not vault.has("x")
    with pytest.raises(FileNotFoundError), vault.open("x"):
        pass


def test_keys_made_here_are_the_same_next_time_and_a_new_one_is_current(tmp_path: Path) -> None:
    first = own_ring(tmp_path / "keys")
    assert own_ring(tmp_path / "keys") == first
    assert add_key(tmp_path / "keys") == "k2"
    second = own_ring(tmp_path / "keys")
    assert (second.current, set(second.masters)) == ("k2", {"k1", "k2"})
    assert second.masters["k1"] == first.masters["k1"]
    key, wrapped = first.new("x")
    assert second.unwrap("x", Wrapped.parse(wrapped.as_json())) == key
    assert stat.S_IMODE((tmp_path / "keys/k1").stat().st_mode) == 0o600
