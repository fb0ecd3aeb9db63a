"""How long it takes to seal a talk of an hour, how much memory, and how fast any part of it is read again.

`python -m tests.benchmarks.recordings`: the process that a server starts for each recording, at its low priority.
"""

from __future__ import annotations

import array
import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from telephony.vault.job import Job
from telephony.vault.keys import KeyRing
from telephony.vault.vault import Vault

RATE_HZ = 16_000
TALKS_S = (6, 60, 600, 3600)
PART_BYTES, READS = 262_144, 200
MB = 1e6


def main() -> None:
    second = array.array("h", (round(3000 * math.sin(n / 5)) for n in range(RATE_HZ))).tobytes()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        vault = Vault(folder / "vault", lambda: KeyRing("k", {"k": "k" * 32}))
        for seconds in TALKS_S:
            took_s = _seal(vault, folder, str(seconds), second, seconds)
            print(f"a talk of {seconds:5} s: sealed in {took_s:6.2f} s, {seconds / took_s:5.0f} times its own speed")
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        print(f"most memory of a process: {memory / MB:.0f} MB")
        _read(vault, str(TALKS_S[-1]))


def _seal(vault: Vault, folder: Path, name: str, second: bytes, seconds: int) -> float:
    sources = []
    for channel in ("caller", "house"):
        path = folder / channel
        with path.open("wb") as file:
            for _ in range(seconds):
                file.write(second)
        sources.append((str(path), 0))
    begun = time.perf_counter()
    made = vault.prepare(name)
    job = Job(name, made.key, made.path, tuple(sources), RATE_HZ, 0.0)
    subprocess.run([sys.executable, "-m", "telephony.vault.job"], input=job.as_json().encode(), check=True, stdout=-3)
    vault.finish(made)
    return time.perf_counter() - begun


def _read(vault: Vault, name: str) -> None:
    with vault.open(name) as opened:
        size = opened.size
    took_ms = []
    for number in range(READS):
        start = number * 7_919_017 % (size - PART_BYTES)
        begun = time.perf_counter()
        with vault.open(name) as opened:
            opened.read(start, PART_BYTES)
        took_ms.append(1000 * (time.perf_counter() - begun))
    took_ms.sort()
    median, worst = statistics.median(took_ms), took_ms[int(0.99 * READS)]
    print(
        f"any {PART_BYTES} bytes of {size / MB:.0f} MB, opened anew: median {median:.2f} ms, 99 % below {worst:.2f} ms"
    )


if __name__ == "__main__":
    main()
