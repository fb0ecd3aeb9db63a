"""A menu of three prompts led by hotline, against the same menu in a pure dialplan: calls per second at saturation.

`python -m tests.benchmarks.ivr [rounds] [seconds] [calls at a time …]` runs one embedded Asterisk and lets SIPp hold so
many calls at a time in it: whoever is hung up on is followed by the next caller at once, so that the rate is what the
cores can do. Each caller hears three prompts, sends a key as RFC 4733 events around the end of the third, hears a last
one, and is hung up on. The two menus take turns on the same cores, at each number of calls; the saturated rate of a
round is the best at which 99 of 100 callers came through, for beyond that one measures how things break down. Ratios
are of one round, the median of all rounds. The prompts are of one word: longer ones would be more work that is the same
for both. SIPp sends the key through a raw socket: who is not root needs `unshare` of util-linux, and becomes root
of a network of its own.
"""

from __future__ import annotations

import asyncio
import csv
import fcntl
import os
import secrets
import shutil
import signal
import socket
import statistics
import struct
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ivr_flows import Prompt, load
from ivr_flows.prompts import PromptStore, prompts_of
from telephony.asterisk.config import NodeConfig, TrunkPeer
from telephony.asterisk.embedded import EmbeddedAsterisk
from telephony.asterisk.handset import sound_s
from telephony.asterisk.install import ensure_asterisk
from telephony.child import Child
from tests import tools
from tests.acceptance.sip import Sip, presses, sip_world
from tests.benchmarks._hotline import raise_file_limit, start_server
from tests.benchmarks._process import cpu_s, idle_s
from tests.ports import free_port, free_rtp_ports, free_udp_port

ROUNDS, ROUND_S, CALLS = 2, 10.0, (450, 525, 600)
WARM_UP_S = 10.0
DRAIN_S = 30.0
PATIENCE_MS = 20_000  # far more than a menu takes: who waits so long has got lost
# Slowly at first: a burst at the beginning would come again and again, as a wave.
ARRIVALS = ("-r", "30", "-rate_increase", "20", "-rate_interval", "1s", "-rate_max", "250", "-no_rate_quit")
OURS, DIALPLAN = "+48220000100", "+48220000199"
ENOUGH, AT_MOST = 0.75, 0.25
FAILED = 0.01  # of the callers, at most, for a rate to count
BUSY = 0.9  # of all cores: below it something else than the processors was the limit

ALONE = "HOTLINE_BENCHMARK_ALONE"
SIOCSIFFLAGS, IFF_UP = 0x8914, 1

FLOW = """\
flow: three
language: pl
start: menu
person: person
menu_words: {closing: "Zero.", wrong_key: "Nie ma takiej opcji."}
nodes:
  menu:
    type: menu
    choices:
      1: {say: "Jeden.", next: bye}
      2: {say: "Dwa.", next: bye}
  bye: {type: hang_up, say: "Koniec."}
  person: {type: line, queue: support}
"""
SAID = ("Jeden.", "Dwa.", "Zero.", "Koniec.")
# Nobody comes to the waits but a caller whose key was lost; SIPp counts that call as failed.
MENU = """
[hotline-in](+)
exten => {number},1,Goto(benchmark-menu,s,1)

[benchmark-menu]
exten => s,1,Answer()
 same => n,Background({prompts[0]})
 same => n,Background({prompts[1]})
 same => n,Background({prompts[2]})
 same => n,WaitExten(6)
 same => n,Wait(3600)
exten => 1,1,Playback({prompts[3]})
 same => n,Hangup()
exten => i,1,Wait(3600)
exten => t,1,Wait(3600)
"""


@dataclass(frozen=True, slots=True)
class Scene:
    folder: Path
    asterisk: EmbeddedAsterisk
    sip: Sip
    flow: Path
    prompts: Path
    agi_port: int
    media_port: int
    round_s: float
    key_ms: tuple[int, int]  # after the answer

    @property
    def asterisk_pid(self) -> int:
        return int((self.asterisk.node.folder / "run" / "hotline-asterisk.pid").read_text())


@dataclass(frozen=True, slots=True)
class Reading:
    """What had been done and used by a moment."""

    at_s: float
    calls: int
    asterisk_s: float
    server_s: float
    sipp_s: float
    idle_s: float


@dataclass(frozen=True, slots=True)
class Round:
    """What lies between two readings; `served` and `failed` are callers of the whole round, its ends included."""

    before: Reading
    after: Reading
    told_s: float  # between SIPp's own two reports
    served: int
    failed: int

    @property
    def good(self) -> bool:
        return self.failed <= FAILED * (self.served + self.failed)

    @property
    def calls_per_s(self) -> float:
        return (self.after.calls - self.before.calls) / self.told_s

    @property
    def asterisk_ms(self) -> float:
        return self._per_call_ms(self.after.asterisk_s - self.before.asterisk_s)

    @property
    def server_ms(self) -> float:
        return self._per_call_ms(self.after.server_s - self.before.server_s)

    @property
    def sipp_ms(self) -> float:
        return self._per_call_ms(self.after.sipp_s - self.before.sipp_s)

    @property
    def busy(self) -> float:
        """Share of all cores, whoever used them."""
        idle_s = self.after.idle_s - self.before.idle_s
        return 1 - idle_s / (self.after.at_s - self.before.at_s) / (os.cpu_count() or 1)

    @property
    def others(self) -> float:
        """Share of all cores that neither of the three has used."""
        used_s = self.calls_per_s * (self.asterisk_ms + self.server_ms + self.sipp_ms) / 1000
        return self.busy - used_s / (os.cpu_count() or 1)

    def _per_call_ms(self, used_s: float) -> float:
        return 1000 * used_s / (self.after.at_s - self.before.at_s) / self.calls_per_s


@asynccontextmanager
async def scene(folder: Path, round_s: float, most_calls: int) -> AsyncIterator[Scene]:
    program = await ensure_asterisk(tools.data_folder())
    flow_file, store = folder / "three.yaml", PromptStore(folder / "prompts")
    flow_file.write_text(FLOW, "utf-8")
    flow = load(flow_file)
    await asyncio.to_thread(store.build, prompts_of(flow))
    paths = [store.path(Prompt(text, "pl", slow=False)) for text in SAID]
    agi_port, carrier, media_port = free_port(), free_udp_port(), free_udp_port()
    node = NodeConfig(
        name="n1",
        folder=folder / "n1",
        sip_port=free_udp_port(),
        ami_port=free_port(),
        rtp_ports=free_rtp_ports(4 * most_calls),
        agi_servers=(f"127.0.0.1:{agi_port}",),
        manager_secret=secrets.token_hex(16),
        provision_secret=secrets.token_hex(16),
        numbers={OURS: False},
        trunks=(TrunkPeer("carrier", f"127.0.0.1:{carrier}/32"),),
    )
    asterisk = EmbeddedAsterisk(program, node, _templates(folder / "templates", paths))
    heard_ms = round(1000 * sum(map(sound_s, paths[:3])))
    async with AsyncExitStack() as stack:
        await asterisk.start()
        stack.push_async_callback(asterisk.stop)
        sip = await stack.enter_async_context(sip_world(node, folder))
        key_ms = (heard_ms - 300, heard_ms + 700)
        yield Scene(folder, asterisk, sip, flow_file, store.folder, agi_port, media_port, round_s, key_ms)


def _templates(folder: Path, prompts: list[Path]) -> Path:
    shutil.copytree(Path(__file__).parents[2] / "config" / "asterisk", folder)
    with (folder / "extensions.conf").open("a") as dialplan:
        dialplan.write(MENU.format(number=DIALPLAN, prompts=prompts))
    return folder


@asynccontextmanager
async def served(scene: Scene, number: str) -> AsyncIterator[Child | None]:
    """A server for the rounds that need one, and none beside the dialplan."""
    if number == DIALPLAN:
        yield None
        return
    node = scene.asterisk.node
    server = await start_server(
        scene.folder, scene.flow, scene.prompts, scene.agi_port, node.name, node.ami_port, node.manager_secret
    )
    try:
        yield server
    finally:
        await server.stop()


async def one_round(scene: Scene, number: str, calls: int, name: str) -> Round:
    """Warm up, measure, drain."""
    stat = scene.folder / f"{name}.csv"
    async with served(scene, number) as server:
        load = await scene.sip.run(
            name,
            presses("+48500000111", "1", scene.key_ms, PATIENCE_MS),
            scene.sip.carrier_port(),
            service=number,
            calls=None,
            more=(
                "-l", str(calls), *ARRIVALS, "-mp", str(scene.media_port),
                "-trace_stat", "-fd", "1", "-stf", str(stat),
            ),
        )  # fmt: skip
        pids = scene.asterisk_pid, server.pid if server else 0, load.child.pid
        await asyncio.sleep(WARM_UP_S)
        if load.child.returncode is not None:
            raise RuntimeError(f"SIPp has ended:\n{load.errors()}")
        first, before = told(stat), reading(stat, *pids)
        await asyncio.sleep(scene.round_s)
        last, after = told(stat), reading(stat, *pids)
        await load.child.stop(signal.SIGUSR1, DRAIN_S)  # no new calls, and an end after the last
    end = told(stat)
    told_s = _epoch_s(last) - _epoch_s(first)
    return Round(before, after, told_s, int(end["SuccessfulCall(C)"]), int(end["FailedCall(C)"]))


def reading(stat: Path, asterisk: int, server: int, sipp: int) -> Reading:
    return Reading(
        time.monotonic(),
        int(told(stat)["SuccessfulCall(C)"]),
        cpu_s(asterisk),
        cpu_s(server) if server else 0.0,
        cpu_s(sipp),
        idle_s(),
    )


def told(stat: Path) -> dict[str, str]:
    """SIPp's last report, written once a second."""
    with stat.open() as file:
        *_, last = csv.DictReader(file, delimiter=";")
    return last


def _epoch_s(report: dict[str, str]) -> float:
    return float(report["CurrentTime"].split()[-1])


def tell(title: str, one: Round) -> None:
    print(
        f"{title:9} {one.calls_per_s:6.1f} calls/s  CPU per call: Asterisk {one.asterisk_ms:5.2f} ms, "
        f"hotline {one.server_ms:5.2f} ms, SIPp {one.sipp_ms:5.2f} ms  cores {one.busy:4.0%} busy, "
        f"{one.others:3.0%} with others' work  failed {one.failed}",
        flush=True,
    )


async def main(rounds: int, round_s: float, steps: Sequence[int]) -> None:
    best: list[tuple[Round, Round]] = []
    with tempfile.TemporaryDirectory(prefix="hotline-ivr-") as folder:
        async with scene(Path(folder), round_s, max(steps)) as there:
            for number in range(rounds):
                pairs = [await pair(there, calls, number) for calls in steps]
                best.append((fastest([one for one, _ in pairs]), fastest([other for _, other in pairs])))
    conclude(best)


async def pair(scene: Scene, calls: int, number: int) -> tuple[Round, Round]:
    """The dialplan, then hotline."""
    print(f"round {number + 1}, {calls} calls at a time")
    dialplan = await one_round(scene, DIALPLAN, calls, f"dialplan-{number}-{calls}")
    tell("dialplan", dialplan)
    ours = await one_round(scene, OURS, calls, f"hotline-{number}-{calls}")
    tell("hotline", ours)
    return dialplan, ours


def fastest(steps: Sequence[Round]) -> Round:
    """The best rate that counts; where none does, the step that lost the fewest callers."""
    if good := [one for one in steps if one.good]:
        return max(good, key=lambda one: one.calls_per_s)
    print(f"more than {FAILED:.0%} of the callers failed at every step: fewer calls at a time are needed")
    return min(steps, key=lambda one: one.failed)


def conclude(best: list[tuple[Round, Round]]) -> None:
    dialplan, ours = (statistics.median(each[place].calls_per_s for each in best) for place in (0, 1))
    rate = statistics.median(ours.calls_per_s / dialplan.calls_per_s for dialplan, ours in best)
    share = statistics.median(ours.server_ms / ours.asterisk_ms for _, ours in best)
    print(f"saturated: hotline {ours:.0f} calls/s, dialplan {dialplan:.0f} calls/s")
    print(f"hotline's rate to the dialplan's: {rate:.2f} ({_verdict(rate >= ENOUGH)}: at least {ENOUGH})")
    print(f"hotline's CPU to Asterisk's: {share:.2f} ({_verdict(share <= AT_MOST)}: at most {AT_MOST})")
    if min(one.busy for pair_ in best for one in pair_) < BUSY:
        print("the cores were not busy: more calls at a time are needed for the rate to mean something")


def _verdict(good: bool) -> str:  # noqa: FBT001 - what is said of it
    return "met" if good else "MISSED"


def own_network() -> None:
    """Start again as root of an empty network, with only its loopback up [netdevice(7)]."""
    if os.geteuid() != 0:
        here = [sys.executable, "-m", "tests.benchmarks.ivr", *sys.argv[1:]]
        os.execvpe("unshare", ["unshare", "--map-root-user", "--net", *here], {**os.environ, ALONE: "1"})  # noqa: S606
    if os.environ.pop(ALONE, None):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


if __name__ == "__main__":
    own_network()
    raise_file_limit()
    usual = [str(ROUNDS), str(ROUND_S), *map(str, CALLS)]
    rounds, round_s, *steps = sys.argv[1:] + usual[len(sys.argv) - 1 :] if len(sys.argv) < 4 else sys.argv[1:]
    asyncio.run(main(int(rounds), float(round_s), [int(step) for step in steps]))
