"""How long a published set of flows takes until the next call gets it, and for how long the server's loop stands still.

`python -m tests.benchmarks.flow_reload`: sets of several sizes, published while a server's shelf watches; prompts are
there already, as after `hotline flow publish`. What is promised is 2 s.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from ivr_flows import Known, load_set
from ivr_flows.prompts import PromptStore
from ivr_flows.revisions import Revisions, drafted
from telephony import logs
from telephony.flows import FlowShelf, Origin, can_say
from tests.unit.small_flows import Beep

SIZES = ((2, 10), (15, 40), (200, 40))  # flows, nodes in each
ROUNDS = 5
TICK_S = 0.001
DID = "+48221000100"
HEAD = 'flow: {name}\nstart: n0\nperson: person\nmenu_words: {{closing: "Zero.", wrong_key: "Nie ma."}}\nnodes:\n'
NODE = '  n{at}: {{type: say, say: "{words}", next: {next}}}\n'


def write(folder: Path, flows: int, nodes: int, edition: int) -> None:
    """Texts are the same in all flows and editions but one, so that prompts do not take the benchmark's time."""
    for number in range(flows):
        name = f"flow{number}"
        lines = [
            NODE.format(at=at, words=f"Zdanie {at}.", next=f"n{at + 1}" if at + 1 < nodes else "person")
            for at in range(nodes)
        ]
        note = f"  person: {{type: line, queue: support, note: edition {edition}}}\n"
        (folder / f"{name}.yaml").write_text(HEAD.format(name=name) + "".join(lines) + note)


async def stalls(found: list[float]) -> None:
    """How much later than asked for the loop comes back."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(TICK_S)
        found.append(time.perf_counter() - before - TICK_S)


async def serves(shelf: FlowShelf, revision: str) -> None:
    while True:
        if shelf.serving.revision == revision:
            return
        await asyncio.sleep(TICK_S)


async def measure(folder: Path, flows: int, nodes: int) -> None:
    own = folder / "own"
    own.mkdir()
    write(own, flows, nodes, 0)
    prompts = PromptStore(folder / "prompts", None, Beep())
    prompts.build(can_say(load_set(own)))
    origin = Origin(Revisions(folder / "data"), own)
    shelf = FlowShelf(origin, numbers={DID: "flow0"}, known=Known, prompts=prompts, clock=time.time)
    found: list[float] = []
    times = []
    tasks = [asyncio.create_task(shelf.run()), asyncio.create_task(stalls(found))]
    for edition in range(1, ROUNDS + 1):
        write(own, flows, nodes, edition)
        with drafted(own, origin.revisions.folder) as draft:
            revision = (await asyncio.to_thread(load_set, draft)).revision
            origin.revisions.publish(draft, revision, by="-", note="", at=time.time())
        published = time.perf_counter()
        await asyncio.sleep(2 * TICK_S)  # what publishing cost is another process's, not the server's
        found.clear()
        await serves(shelf, revision)
        times.append(time.perf_counter() - published)
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    late = sorted(found)
    sys.stdout.write(
        f"{flows:4} flows of {nodes} nodes: served after {statistics.median(times):.2f} s (median of {ROUNDS}), "
        f"{max(times):.2f} s at most; the loop late by {late[-1] * 1e3:.0f} ms at most, "
        f"{late[int(len(late) * 0.99)] * 1e3:.1f} ms in 99 % of looks\n"
    )


async def main() -> None:
    for flows, nodes in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            await measure(Path(folder), flows, nodes)


if __name__ == "__main__":
    logs.configure(quiet=True)
    asyncio.run(main())
