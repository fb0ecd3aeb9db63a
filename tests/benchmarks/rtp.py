"""Captures read and scored, against tshark on the same files and the same core.

`python -m tests.benchmarks.rtp [FOLDER [STEP…]]` writes captures of 600, 2,000 and 2,400 calls of 30 s (5 GB) into
the folder (a temporary one by default), lets `tshark -q -z rtp,streams` and us read them, and prints the ratios.
Steps (`write`, `tshark`, `ours`) may be run one by one where a run must be short: tshark's figures stay in the folder
beside the captures of that run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks._calls import PER_STREAM, write_calls
from tests.tools import ToolMissingError, tshark

FEW, WHOLE, MANY = (int(each) for each in os.environ.get("RTP_CALLS", "600,2000,2400").split(","))
GROWTH = (200, 2000, 20_000)  # calls with about as many packets together
SLOPE_TARGET, WHOLE_TARGET, KERNEL_TARGET_M, START_TARGET_S, RSS_TARGET_MB = 100, 50, 5.0, 1.5, 300
CORE = str(max(os.sched_getaffinity(0)))


def capture(folder: Path, calls: int) -> Path:
    return folder / f"{calls}.pcap"


def write(folder: Path) -> None:
    for calls in sorted({FEW, WHOLE, MANY}):
        written = write_calls(capture(folder, calls), calls)
        print(f"{calls:,} calls: {written.packets:,} packets", flush=True)
    for calls in GROWTH:
        per_stream = max(8, PER_STREAM * GROWTH[0] // calls)
        write_calls(folder / f"growth-{calls}.pcap", calls, per_stream=per_stream, begin_within_s=1.0)
    (folder / "tshark.json").unlink(missing_ok=True)


def theirs(folder: Path) -> None:
    """Only what is measured over this run's captures is kept."""
    spent = {}
    for calls in sorted({FEW, WHOLE, MANY}):
        path = capture(folder, calls)
        cpu_s, wall_s, _ = on_core(str(tshark()), "-n", "-r", str(path), "-q", "-z", "rtp,streams")
        spent[str(calls)] = [cpu_s, path.stat().st_mtime]
        print(f"tshark, {calls:,} calls: {cpu_s:.1f} s of CPU time, {wall_s:.1f} s in all", flush=True)
    (folder / "tshark.json").write_text(json.dumps(spent), "utf-8")


def on_core(*command: str) -> tuple[float, float, str]:
    """Run a program on the one core: its CPU time (neighbours add little to that), wall time, and output."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output, Path(os.devnull).open("w", encoding="ascii") as nothing:
        process = subprocess.Popen(["taskset", "-c", CORE, *command], stdout=output, stderr=nothing)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        output.seek(0)
        return used.ru_utime + used.ru_stime, time.perf_counter() - began, output.read()


def run(path: Path, *flags: str) -> dict[str, float]:
    """One process of ours, all of it, from the start of Python to its end."""
    cpu_s, wall_s, told = on_core(sys.executable, "-m", "tests.benchmarks._score", str(path), *flags)
    figures: dict[str, float] = json.loads(told)
    return figures | {"process_s": cpu_s, "process_wall_s": wall_s}


def best(path: Path, *flags: str) -> dict[str, float]:
    """Of three, for a neighbour on the machine may be loud."""
    return min((run(path, *flags) for _ in range(3)), key=lambda each: each["process_s"])


def verdict(name: str, value: float, target: float, *, more: bool, unit: str) -> None:
    met = "met" if (value >= target if more else value <= target) else "MISSED"
    print(f"{name}: {value:.1f} {unit} (target {'≥' if more else '≤'} {target:g}): {met}", flush=True)


def ours(folder: Path) -> None:
    run(capture(folder, FEW))  # compiles, where it has not been
    few, whole, many = (best(capture(folder, calls)) for calls in (FEW, WHOLE, MANY))
    slope_ns = (many["process_s"] - few["process_s"]) / (many["packets"] - few["packets"]) * 1e9
    print(
        f"{whole['packets']:,.0f} packets, {whole['streams']:,.0f} streams, SIP, RTCP, MOS: {whole['process_s']:.2f} s"
        f" of CPU time, {whole['process_wall_s']:.2f} s in all"
    )
    print(f"time per packet (slope): {slope_ns:.0f} ns")
    against(folder, slope_ns, many["packets"] - few["packets"], whole["process_s"])
    command = best(capture(folder, WHOLE), "json")
    print(
        f"the same with calls joined and JSON of each stream and call: {command['process_s']:.2f} s of CPU time,"
        f" {command['rss_mb']:.0f} MB"
    )
    verdict("start-up", whole["process_s"] - whole["cpu_s"], START_TARGET_S, more=False, unit="s")
    verdict("resident memory", max(whole["rss_mb"], many["rss_mb"]), RSS_TARGET_MB, more=False, unit="MB")
    stages(folder)
    bare, payload = (best(capture(folder, FEW), *flags) for flags in (("bare",), ("bare", "payload")))
    for name, each in (("without SIP and RTCP", bare), ("the same with payload analysis", payload)):
        print(f"{name}: {each['cpu_s'] / each['packets'] * 1e9:.0f} ns a packet")
    growth(folder)


def against(folder: Path, slope_ns: float, packets: float, whole_s: float) -> None:
    saved = folder / "tshark.json"
    if not saved.exists():
        print("tshark was not measured in this run: no ratios")
        return
    spent = json.loads(saved.read_text("utf-8"))
    if any(capture(folder, int(calls)).stat().st_mtime != written for calls, (_, written) in spent.items()):
        print("tshark was measured on other captures: no ratios")
        return
    theirs_ns = (spent[str(MANY)][0] - spent[str(FEW)][0]) / packets * 1e9
    print(f"tshark: {theirs_ns / 1000:.2f} µs a packet (slope), {spent[str(WHOLE)][0]:.1f} s for {WHOLE:,} calls")
    verdict("time per packet against tshark", theirs_ns / slope_ns, SLOPE_TARGET, more=True, unit="times")
    verdict("whole process against tshark", spent[str(WHOLE)][0] / whole_s, WHOLE_TARGET, more=True, unit="times")


def stages(folder: Path) -> None:
    spent = run(capture(folder, WHOLE), "stages")
    ns = {name: spent[name] / spent["packets"] * 1e9 for name in ("read", "walk", "decode", "track")}
    print("stages, ns a packet: " + ", ".join(f"{name} {each:.1f}" for name, each in ns.items()))
    print(f"the limit, reading and a bare walk over the packets: {ns['read'] + ns['walk']:.1f} ns a packet")
    kernel_m = 1000 / (ns["decode"] + ns["track"])
    verdict("kernel", kernel_m, KERNEL_TARGET_M, more=True, unit="million packets/s")


def growth(folder: Path) -> None:
    for calls in GROWTH:
        each = best(folder / f"growth-{calls}.pcap", "bare")
        print(
            f"{calls:,} calls at a time: {each['cpu_s'] / each['packets'] * 1e9:.0f} ns a packet,"
            f" {each['packets'] / each['streams']:.0f} packets a stream, {each['rss_mb']:.0f} MB"
        )


STEPS: dict[str, Callable[[Path], None]] = {"write": write, "tshark": theirs, "ours": ours}


def main(folder: Path, steps: list[str]) -> None:
    print(f"on core {CORE}")
    for step in steps or list(STEPS):
        try:
            STEPS[step](folder)
        except ToolMissingError as error:
            print(f"tshark is missing, so there are no ratios: {error}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]), sys.argv[2:])
    else:
        with tempfile.TemporaryDirectory() as made:
            main(Path(made), [])
