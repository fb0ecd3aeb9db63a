"""What planning trunks costs: 200 trunks and 10,000 numbers against a running Asterisk, and how rendering grows.

`python -m tests.benchmarks.trunks`. The trunks lead to this machine alone, and none registers or sends OPTIONS.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from pathlib import Path

from sip_trunk import dialplan, trunk_file
from sip_trunk.revisions import TrunkFolder
from telephony.asterisk.ami_client import AmiSettings
from telephony.asterisk.config import NodeConfig
from telephony.asterisk.embedded import EmbeddedAsterisk
from telephony.asterisk.install import ensure_asterisk
from telephony.trunk_apply import TrunkNode, Wanted, applied, planned
from tests.acceptance.conftest import DATA, TEMPLATES
from tests.ports import free_port, free_rtp_ports, free_udp_port


def text(trunks: int, numbers: int) -> str:
    first = 48_221_000_000
    lines = [f'own = [["+{first}", "+{first + numbers}"]]', f'default_caller_id = "+{first}"']
    lines += ["[carriers.c]", 'title = "C"']
    for at in range(trunks):
        lines += [
            f"[trunks.t{at}]", 'carrier = "c"', f'hosts = [{{ host = "127.0.0.1", port = {20_000 + at} }}]',
            f'match = ["127.0.0.1:{20_000 + at}/32"]', "options_s = 0",
        ]  # fmt: skip
    lines += ["[dids]", *(f'"+{first + at}" = {{ leads = "line" }}' for at in range(numbers))]
    return "\n".join([*lines, "[[outbound]]", 'prefix = "+48"', 'trunks = ["t0"]', ""])


def wanted(trunks: int, numbers: int) -> Wanted:
    source = text(trunks, numbers)
    return Wanted.of(trunk_file.parse(source, "trunks.toml"), source, {})


def rendering() -> None:
    for trunks, numbers in ((50, 2_500), (100, 5_000), (200, 10_000), (400, 20_000)):
        source = text(trunks, numbers)
        began = time.perf_counter()
        parsed = trunk_file.parse(source, "trunks.toml")
        read = time.perf_counter()
        size = len(dialplan.text(parsed))
        done = time.perf_counter()
        each = 1e6 * (done - began) / (trunks + numbers)
        print(f"{trunks:4} trunks {numbers:6} numbers: file {read - began:.2f} s, {size >> 10} kB of dialplan "
              f"{done - read:.3f} s, {each:.0f} µs each")  # fmt: skip


async def against_asterisk(folder: Path) -> None:
    program = await ensure_asterisk(DATA)
    config = NodeConfig(
        name="node-1", folder=folder / "node", sip_port=free_udp_port(), ami_port=free_port(),
        rtp_ports=free_rtp_ports(), agi_servers=(), manager_secret=secrets.token_hex(16),
        provision_secret=secrets.token_hex(16),
    )  # fmt: skip
    asterisk = EmbeddedAsterisk(program, config, TEMPLATES)
    await asterisk.start()
    try:
        ami = AmiSettings("127.0.0.1", config.ami_port, "hotline-provision", config.provision_secret)
        node = TrunkNode("node-1", ami, TrunkFolder(config.folder / "etc" / "trunks"))
        began = time.perf_counter()
        all_ = wanted(200, 10_000)
        changes = (await planned(node, all_)).changes
        print(f"empty Asterisk: {len(changes)} changes in {time.perf_counter() - began:.2f} s")
        began = time.perf_counter()
        async for done in applied([node], all_, "benchmark"):
            print(f"applied and verified in {time.perf_counter() - began:.2f} s, failed: {done.failed[:3]}")
        for _ in range(3):
            began = time.perf_counter()
            again = wanted(200, 10_000)
            read = time.perf_counter()
            changes = (await planned(node, again)).changes
            end = time.perf_counter()
            print(f"plan of 200 trunks and 10,000 numbers: {end - began:.2f} s (file {read - began:.2f}, "
                  f"Asterisk and comparison {end - read:.2f}), {len(changes)} changes")  # fmt: skip
    finally:
        await asterisk.stop()


def main() -> None:
    rendering()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(against_asterisk(Path(folder)))


if __name__ == "__main__":
    main()
