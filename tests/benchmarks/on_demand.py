"""How long a caller waits for a prompt that is made during the call: `python -m tests.benchmarks.on_demand`."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from ivr_flows import Prompt
from ivr_flows.on_demand import Bounds, OnDemand
from ivr_flows.prompts import PromptStore
from ivr_flows.spoken import render


async def main(folder: Path) -> None:
    prompts = OnDemand(PromptStore(folder / "built"), PromptStore(folder / "kept"), Bounds(limit_s=60.0))
    took_ms = []
    for grosze in range(12345, 22345, 500):
        began = time.perf_counter()
        await prompts.speak(Prompt(f"Saldo wynosi {render('amount', grosze, 'pl')}.", "pl", slow=False))
        took_ms.append((time.perf_counter() - began) * 1000)
    print(f"on demand: median {statistics.median(took_ms):.0f} ms, longest {max(took_ms):.0f} ms of {len(took_ms)}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
