"""What the demo runs on this machine: Asterisk, PostgreSQL's programs, prompts, pages, ports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

from ivr_flows.prompts import PromptStore
from telephony.asterisk.debian_tree import PackagesError
from telephony.asterisk.install import find_asterisk
from telephony.console import bundle
from telephony.console.browser_packages import BuildError
from telephony.demo.demo import is_running
from telephony.demo.ports import UDP, Ports, is_free
from telephony.demo.setup import wanted_prompts
from telephony.doctor.finding import Finding, right, warning, wrong
from telephony.store.embedded import find_binaries
from telephony.store.errors import StoreError

ASKED = "make setup fetches it"


async def examine(data: Path, tools: Path) -> AsyncIterator[Finding]:
    yield await asterisk(tools)
    yield postgres_programs()
    yield prompts(tools / "prompts")
    yield pages()
    for finding in ports(data):
        yield finding


async def asterisk(tools: Path) -> Finding:
    try:
        program = await find_asterisk(tools)
    except PackagesError as error:
        return wrong("Asterisk", str(error), ASKED)
    if program is None:
        return warning("Asterisk", "none of version 20 or newer on this machine, and none fetched yet", ASKED)
    origin = f"fetched into {tools}" if program.modules.is_relative_to(tools) else "of the machine itself"
    return right("Asterisk", f"{program.version}, {origin}")


def postgres_programs() -> Finding:
    try:
        return right("PostgreSQL", f"programs for the demo: {find_binaries()}")
    except StoreError as error:
        return wrong("PostgreSQL", str(error), "make setup")


def prompts(folder: Path) -> Finding:
    store = PromptStore(folder)
    wanted = wanted_prompts()
    missing = sum(not store.ready(prompt) for prompt in wanted)
    if missing:
        return warning("prompts", f"{missing} of {len(wanted)} are not made yet", "make setup")
    return right("prompts", f"{len(wanted)} in {folder}")


def pages() -> Finding:
    try:
        return right("console", f"its pages are built: {bundle.built()}")
    except BuildError as error:
        return wrong("console", str(error), "make setup")


def ports(data: Path) -> Iterator[Finding]:
    """The demo's ports; the demo itself takes others when these are taken, so that is worth a note only."""
    wanted = Ports.remembered(data / "ports.json")
    if is_running(data):
        yield right("ports", f"those of the demo that runs here: console {wanted.console}, SIP {wanted.sip}")
        return
    taken = {each.name: getattr(wanted, each.name) for each in fields(wanted)}
    taken = {name: port for name, port in taken.items() if not is_free(name, port)}
    for name, port in taken.items():
        yield warning("ports", f"{port} ({name}) is taken by {_holder(name, port)}", "the demo will choose another one")
    if not taken:
        yield right("ports", f"the demo's are free: console {wanted.console}, SIP {wanted.sip}")


def _holder(name: str, port: int) -> str:
    """The program that has a port, as far as we may know [proc(5)]."""
    inodes = set(_sockets("udp" if name in UDP else "tcp", port))
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        with suppress(OSError):  # somebody else's, or gone meanwhile
            if any(str(each.readlink()) in inodes for each in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
    return "a program of another user"


def _sockets(kind: str, port: int) -> Iterator[str]:
    for table in (kind, f"{kind}6"):
        with suppress(OSError):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                columns = line.split()
                if columns[1].endswith(f":{port:04X}") and (kind == "udp" or columns[3] == "0A"):
                    yield f"socket:[{columns[9]}]"
