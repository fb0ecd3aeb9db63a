"""A hotline for benchmarks, in a process of its own: all between Asterisk and the core, without database or page.

`python -m tests.benchmarks._hotline FLOW PROMPTS AGI_PORT [NODE AMI_PORT]` (the account's secret in HOTLINE_SECRET)
serves every number with the flow until SIGTERM. Without a node nothing is heard over AMI.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import sys
from pathlib import Path

from ivr_flows import Facts, load
from ivr_flows.on_demand import OnDemand
from ivr_flows.prompts import PromptStore
from telephony import logs
from telephony.asterisk.agi import AgiServer
from telephony.asterisk.ami_client import AmiSettings
from telephony.asterisk.by_node import by_node
from telephony.asterisk.gateway import Gateway
from telephony.call_quality import CallQuality
from telephony.child import Child
from telephony.clock import Clock
from telephony.core.engine import Engine
from telephony.core.ids import QueueName
from telephony.core.rules import QueueRules, Rules
from telephony.metrics import Metrics
from telephony.pump import Pump

QUEUE = QueueName("support")
READY_S = 20.0


async def serve(flow_file: Path, prompts: Path, agi_port: int, node: str, ami_port: int) -> None:
    flow, clock, quality = load(flow_file), Clock(), CallQuality()
    speech = OnDemand(PromptStore(prompts), PromptStore(prompts.with_name("said")))
    pump = Pump(Engine(Rules({QUEUE: QueueRules(60.0, 0.0, 8.0)})), clock, [Metrics([QUEUE]).publish])

    async def facts(did: str, caller: str | None) -> Facts:
        return Facts(did)

    gateway = Gateway(
        node,
        ami=AmiSettings("127.0.0.1", ami_port, "hotline", os.environ.get("HOTLINE_SECRET", "")),
        submit=pump.submit,
        flow_for=lambda did: flow,
        speak=speech.speak,
        together=speech.together,
        facts=facts,
        clock=clock,
        rtcp=quality.heard,
        codec=quality.codec,
    )
    agi = AgiServer("127.0.0.1", agi_port, by_node([gateway]))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(pump.run())
        if ami_port:
            tasks.create_task(gateway.run())
        await agi.start()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        try:
            await asyncio.Event().wait()
        finally:
            await agi.stop()
            speech.close()
            sys.stdout.write(f"{agi.counters}\n{gateway.counters}\n")


async def start_server(
    folder: Path, flow: Path, prompts: Path, agi_port: int, node: str = "n1", ami_port: int = 0, secret: str = ""
) -> Child:
    """A running one; what it says is in `hotline.log` of the folder."""
    log = folder / "hotline.log"
    log.unlink(missing_ok=True)
    child = await Child.start(
        "hotline",
        [sys.executable, "-m", "tests.benchmarks._hotline", flow, prompts, str(agi_port), node, str(ami_port)],
        log=log,
        env={**os.environ, "HOTLINE_SECRET": secret},
    )
    async with asyncio.timeout(READY_S):
        while "ready\n" not in log.read_text("utf-8"):
            if child.returncode is not None:
                raise RuntimeError(f"the server did not start:\n{log.read_text('utf-8')}")
            await asyncio.sleep(0.05)
    return child


async def _until_told(work: asyncio.Task[None]) -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await work


async def main(argv: list[str]) -> None:
    flow, prompts, agi_port, node, ami_port = argv
    await _until_told(asyncio.create_task(serve(Path(flow), Path(prompts), int(agi_port), node, int(ami_port))))


def raise_file_limit() -> None:
    """As many open files as the system permits; children have them, too."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    raise_file_limit()
    logs.configure()
    asyncio.run(main(sys.argv[1:]))
