"""The newcomer's command, as a newcomer runs it: in a process of its own, with a data folder of an awkward name."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import sys
import time
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from quality.codecs import Grounded, impairment_of
from quality.emodel import rate
from quality.softphone_client import phone_program
from telephony.core.views import CallView, Outcome
from telephony.demo.demo import is_running
from telephony.demo.house import ACCESSIBLE, GENERAL
from telephony.demo.once import two_customers
from telephony.demo.ports import Ports
from telephony.store.store import Store
from tests.acceptance.conftest import DATA, ROOT
from tests.ports import any_ports
from tests.tools import chromium

LIMIT_S = 150.0
AWKWARD = "dane do prób z żółwiem/" + "x" * 120


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return any_ports(tmp_path / AWKWARD)


def environment(data: Path) -> dict[str, str]:
    """Asterisk, prompts and voices are made once for all tests."""
    DATA.mkdir(parents=True, exist_ok=True)
    return {**os.environ, "HOTLINE_DATA": str(data), "HOTLINE_TOOLS": str(DATA), "HOTLINE_CHROMIUM": str(chromium())}


async def hotline(data: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of `hotline …`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "telephony", *arguments,
        cwd=ROOT, env=environment(data), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(LIMIT_S):
            output, errors = await process.communicate()
    except BaseException:
        process.terminate()
        await process.wait()
        raise
    return process.returncode or 0, output.decode(), errors.decode()


@dataclass
class Running:
    process: asyncio.subprocess.Process
    output: Path
    data: Path

    @property
    def said(self) -> str:
        return self.output.read_text("utf-8")

    async def says(self, pattern: str) -> re.Match[str]:
        found: re.Match[str] | None = None

        def said() -> bool:
            nonlocal found
            assert self.process.returncode is None, self.said
            found = re.search(pattern, self.said)
            return found is not None

        await until(said, f"the demo says {pattern}")
        assert found
        return found

    async def interrupted(self) -> int:
        """As by Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(30):
            return await self.process.wait()

    async def first_answered(self, since: float) -> CallView:
        url = tomllib.loads((self.data / "server.toml").read_text("utf-8"))["database_url"]
        store = await Store.open(url)
        try:
            async with asyncio.timeout(40):
                while True:
                    for call in await store.recent_interactions():
                        if call.answered_at and call.arrived_at > since:
                            return call
                    await asyncio.sleep(0.1)
        finally:
            await store.close()


@asynccontextmanager
async def demo(data: Path, output: Path) -> AsyncIterator[Running]:
    with output.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "telephony", "demo", cwd=ROOT, env=environment(data), stdout=file, stderr=file
        )
    try:
        yield Running(process, output, data)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def until(true: Callable[[], bool], what: str, limit_s: float = 40.0) -> None:
    try:
        async with asyncio.timeout(limit_s):
            while not true():  # noqa: ASYNC110 - other programs' state has no event of ours
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"after {limit_s:.0f} s it is still not so that {what}")


def processes_of(folder: Path) -> Iterator[str]:
    """Every process that was started on this folder, in it, or with it in its environment [proc(5)]."""
    wanted = os.fsencode(folder)
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError):
                traces = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
                if any(wanted in each for each in (*traces, os.fsencode((process / "cwd").readlink()))):
                    yield f"{process.name} {traces[0].replace(bytes(1), b' ')!r}"


async def test_one_run_proves_a_call_from_end_to_end(data: Path, tmp_path: Path) -> None:
    picture = tmp_path / "console.png"
    began = time.time()
    status, output, log = await hotline(
        data, "demo", "--once", "--json", "--page", "chromium", "--screenshot", str(picture)
    )
    assert status == 0, log
    facts = json.loads(output)  # one document and nothing else
    general, accessible = facts["calls"]
    assert [(call["did"], call["priority"], call["caller"]) for call in (general, accessible)] == [
        (GENERAL, "standard", two_customers()[0].phones[0]),
        (ACCESSIBLE, "accessibility", two_customers()[1].phones[0]),
    ]
    assert began < general["arrived_at"] < accessible["arrived_at"] < accessible["answered_at"] < general["answered_at"]
    for call in (general, accessible):
        _is_whole(call)
    assert general["ticket"] != accessible["ticket"]
    assert facts["page"] == "chromium"
    assert int(facts["server"]["asterisk_version"].split(".")[0]) >= 20
    assert all(facts["server"].values())
    assert 26 < facts["elapsed_s"] < LIMIT_S  # two talks of 13 s, one after the other
    assert list(processes_of(data)) == []
    _keep(picture)


def _is_whole(call: Mapping[str, object]) -> None:
    numbers = {key: value for key, value in call.items() if isinstance(value, float)}
    assert call["outcome"] == Outcome.ANSWERED
    assert call["agent"] == "anna"
    assert call["interaction_id"]
    assert str(call["linkedid"]).startswith("node-1-")
    assert re.fullmatch(r"\d{6,}", str(call["ticket"]))
    assert numbers["wait_s"] == pytest.approx(numbers["answered_at"] - numbers["arrived_at"], abs=0.01)
    if phone_program()[1] == "pjsua2":
        assert _worst_explained(numbers) - 0.001 <= numbers["mos_cq"] <= 4.41, call  # G.107: the most of narrowband
    else:
        assert call["mos_cq"] is None  # pyVoIP sends no RTCP: the delay is unknown, and no score is made up
    assert 0 <= numbers["loss_ratio"] <= 1
    assert numbers["jitter_ms"] >= 0
    assert 0 < numbers["pop_ms"] <= 250
    assert call["pop_before_ring"] is True


def _worst_explained(numbers: Mapping[str, float]) -> float:
    """The MOS of the worst loss and the worst delay told: phones on a busy machine stutter, but no score is worse."""
    impairment = impairment_of("PCMA", numbers["loss_ratio"])
    assert isinstance(impairment, Grounded)
    return rate(impairment.ie_eff, one_way_delay_ms=numbers["delay_ms"]).mos


def _keep(picture: Path) -> None:
    """The pop as Chromium drew it; the README shows one of these."""
    png = picture.read_bytes()
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(png[16:20]) >= 1280  # IHDR's width [PNG §11.2.2]
    assert 20_000 < len(png) < 400_000
    if folder := os.environ.get("HOTLINE_SCREENSHOTS"):
        shutil.copy(picture, Path(folder) / "console.png")


async def test_start_talk_stop_crash_and_start_again(data: Path, tmp_path: Path) -> None:
    """One story, because each start of the whole house costs seconds."""
    await _makes_itself_at_home(data, tmp_path / "first.log")
    await _answers_and_stops(data, tmp_path / "second.log")
    await _survives_its_crash(data, tmp_path / "third.log")
    await _moves_from_a_taken_port(data, tmp_path / "fourth.log")
    assert (await hotline(data, "clean-demo"))[0] == 0
    assert not data.exists()


async def _makes_itself_at_home(data: Path, log: Path) -> None:
    async with demo(data, log) as first:
        await first.says(r"hotline is up")
        assert _mode(data / "secrets.json") == _mode(data / "server.toml") == 0o600
        assert await first.interrupted() == 0
    assert list(processes_of(data)) == []


async def _answers_and_stops(data: Path, log: Path) -> None:
    began = time.time()
    async with demo(data, log) as second:
        await second.says(r"hotline is up \([0-9.]+ s\)")
        assert (await second.first_answered(began)).answered_at is not None
        for command in ("demo", "clean-demo"):
            status, _, errors = await hotline(data, command)
            assert status == 1
            assert errors == f"hotline: a demo already runs in {data} (process {second.process.pid})\n"
        assert await _wrong(data) == []
        assert await second.interrupted() == 0
        assert "The demo has stopped" in second.said
    assert list(processes_of(data)) == []
    assert not is_running(data)


async def _wrong(data: Path) -> Sequence[str]:
    """What the doctor complains about, of a house in which everything runs."""
    _, output, _ = await hotline(data, "doctor", "--json")
    findings = json.loads(output)["findings"]
    assert {"AMI node-1", "database", "phones"} <= {each["topic"] for each in findings}
    return [each["text"] for each in findings if each["standing"] == "wrong"]


async def _survives_its_crash(data: Path, log: Path) -> None:
    async with demo(data, log) as third:
        await third.says(r"hotline is up")
        third.process.kill()
        await third.process.wait()
        await until(lambda: not list(processes_of(data)), f"nothing is left of the crash: {[*processes_of(data)]}")


async def _moves_from_a_taken_port(data: Path, log: Path) -> None:
    before = Ports.remembered(data / "ports.json")
    with socket.create_server(("127.0.0.1", before.console)):
        async with demo(data, log) as fourth:
            await fourth.says(r"hotline is up")
            after = Ports.remembered(data / "ports.json")
            assert after.console != before.console
            assert f"console {after.console}" in fourth.said
            assert await fourth.interrupted() == 0
    assert list(processes_of(data)) == []


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777
