"""What callers cost who only wait, in a menu and in line: the server's CPU, its memory, its commands per second.

`python -m tests.benchmarks.waiting [callers] [seconds]` plays Asterisk's side over loopback, with the server in a
process of its own. While nothing happens the server has one command under way for each caller; it looks for nothing by
itself, and what it sends are the pieces of 5 s under which the dead-man's switch holds.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import Counter
from pathlib import Path

from ivr_flows import load
from ivr_flows.prompts import PromptStore, prompts_of
from tests.benchmarks._hotline import raise_file_limit, start_server
from tests.benchmarks._process import cpu_s, memory_mb
from tests.integration.asterisk_double import AgiDouble, header
from tests.ports import free_port

CALLERS, SECONDS = 500, 20.0
SETTLE_S = 6.0  # until everybody waits
ARRIVE_S = 4.0  # in which they come
FLOW = """\
flow: patient
language: pl
start: menu
person: person
menu_words: {closing: "Zero.", wrong_key: "Nie."}
nodes:
  menu:
    type: menu
    choices:
      1: {say: "Jeden.", next: person}
    timeout_s: 60
  person: {type: line, queue: support}
"""
KEY = {"the menu": "", "the line": "1"}  # what is pressed while the menu is said


class Asterisk:
    """The side of all callers' channels; counts the commands that come."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._key = key
        self.commands: Counter[str] = Counter()

    async def caller(self, number: int, after_s: float) -> None:
        await asyncio.sleep(after_s)
        call = await AgiDouble.connect(self._port, header(f"n1-1.{number}"))
        try:
            while line := (await call.reader.readline()).decode():
                await self._answer(call, line)
        finally:
            call.close()

    async def _answer(self, call: AgiDouble, line: str) -> None:
        command = line.split(' "', maxsplit=1)[0].strip()
        self.commands[command] += 1
        match command:
            case "GET DATA" if self._key:
                call.reply(f"200 result={self._key}")
            case "GET DATA":
                await asyncio.sleep(int(line.split('"')[3]) / 1000)
                call.reply("200 result= (timeout)")
            case "WAIT FOR DIGIT":
                await asyncio.sleep(int(line.split('"')[1]) / 1000)
                call.reply()
            case "GET VARIABLE":
                call.reply("200 result=1 (n1-1.1)")
            case _:
                call.reply()


async def measure(where: str, folder: Path, callers: int, seconds: float) -> None:
    flow, prompts, port = folder / "patient.yaml", folder / "prompts", free_port()
    server = await start_server(folder, flow, prompts, port)
    asterisk = Asterisk(port, KEY[where])
    try:
        async with asyncio.TaskGroup() as tasks:
            calls = [
                tasks.create_task(asterisk.caller(number, ARRIVE_S * number / callers)) for number in range(callers)
            ]
            await asyncio.sleep(ARRIVE_S + SETTLE_S)
            asterisk.commands.clear()
            before_s = cpu_s(server.pid)
            await asyncio.sleep(seconds)
            tell(where, callers, asterisk.commands, (cpu_s(server.pid) - before_s) / seconds, seconds)
            print(f"  the server's memory: {memory_mb(server.pid):.0f} MB in all", flush=True)
            for call in calls:
                call.cancel()
    finally:
        await server.stop()


def tell(where: str, callers: int, commands: Counter[str], busy: float, seconds: float) -> None:
    rate = commands.total() / seconds
    kinds = ", ".join(f"{name} {count / seconds:.0f}/s" for name, count in commands.most_common())
    print(f"{callers} callers wait in {where}: {busy:.1%} of a core, {rate:.0f} commands/s ({kinds})")
    print(f"  per caller a command every {callers / rate:.1f} s, {1000 * busy / rate:.2f} ms of CPU each")


async def main(callers: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="hotline-waiting-") as name:
        folder = Path(name)
        (folder / "patient.yaml").write_text(FLOW, "utf-8")
        await asyncio.to_thread(PromptStore(folder / "prompts").build, prompts_of(load(folder / "patient.yaml")))
        for where in KEY:
            await measure(where, folder, callers, seconds)


if __name__ == "__main__":
    raise_file_limit()
    usual = [str(CALLERS), str(SECONDS)]
    how_many, long_s = sys.argv[1:] + usual[len(sys.argv) - 1 :]
    asyncio.run(main(int(how_many), float(long_s)))
