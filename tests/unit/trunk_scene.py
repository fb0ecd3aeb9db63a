"""Two nodes with folders of their own and trunks to apply there; only Asterisk is played by hand."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from sip_trunk import trunk_file
from sip_trunk.failover import Health
from sip_trunk.plan import Act, Change, Plan
from sip_trunk.revisions import Past, Revision, Step, TrunkFolder
from sip_trunk.state import HostState, TrunkState
from telephony.asterisk.ami_client import AmiSettings
from telephony.console.api.endpoint import Endpoint
from telephony.shipped import CONFIG_FOLDER
from telephony.store.store import Store
from telephony.trunk_api import TrunkApi
from telephony.trunk_apply import Applied, Stage, TrunkNode, Wanted
from telephony.trunk_desk import TrunkDesk, Ways
from telephony.trunk_rollout import NodeStage

EXAMPLE = (CONFIG_FOLDER / "trunks.example.toml").read_text("utf-8")
SECRET = "correct-horse-battery"
SECRETS = {"SOUTH": SECRET}
NOW = 1_790_000_000.0


def wanted_of(text: str = EXAMPLE) -> Wanted:
    """Errors: TrunkFileError."""
    return Wanted.of(trunk_file.parse(text, "trunks.toml"), text, SECRETS)


def node(name: str, folder: Path) -> TrunkNode:
    return TrunkNode(name, AmiSettings("127.0.0.1", 1, "hotline-provision", SECRET), TrunkFolder(folder / name))


def put_in_force(at: TrunkNode, texts: dict[str, str], now: float = NOW) -> Revision:
    """As `trunk_apply` does it, without an Asterisk."""
    folder = at.folder
    old, new = folder.current(), folder.keep(texts)
    folder.begin(Step(str(old or ""), str(new), "eva", now))
    folder.switch(new)
    folder.end(Past(now, "eva", str(old or ""), str(new), "applied"))
    return new


def hostile(text: str, at: float) -> tuple[TrunkState, ...]:
    """Trunks in all their states; `text` stands wherever somebody could have put something."""
    hosts = (HostState(f"sip:{text}", "Reachable", 12.34), HostState("sip:198.51.100.21:5060", "Unreachable"))
    return (
        TrunkState("node-1", "north", text, None, hosts, 3, 4, Health(), 4.31, 12, at),
        TrunkState(
            "node-1",
            "south",
            "south",
            "Rejected",
            hosts[1:],
            health=Health(ill=True, reason="options", since=at - 60.0),
        ),
        TrunkState(
            "node-2",
            text,
            "south",
            "Registered",
            (),
            health=Health(ill=True, reason="quality", since=at),
            mos=2.9,
            measured=5,
        ),
    )


class TrunkScene:
    """`gate` lets the roll-out go on after each step; `fails` at a node is what does not verify there."""

    def __init__(
        self, folder: Path, store: Store, names: Sequence[str] = ("node-1", "node-2"), now: float = NOW
    ) -> None:
        self.nodes = tuple(node(name, folder) for name in names)
        for each in self.nodes:
            (folder / each.name / "revisions").mkdir(parents=True)
        self.text = EXAMPLE
        self.states: tuple[TrunkState, ...] = ()
        self.changes = (
            Change("aor", "south", Act.CHANGE, "qualify_frequency", "30", "10"),
            Change("auth", "south", Act.CHANGE, "password", "(secret)", "(secret)"),
            Change("number", "+48221234500", Act.ADD),
        )
        self.affected = {"south": 3}
        self.fails: dict[str, tuple[str, ...]] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.audited: list[tuple[str, str, tuple[str, ...], str]] = []
        ways = Ways(self._planned, self._rolled_out, self._rolled_back)
        self.desk = TrunkDesk(lambda: self.nodes, lambda: wanted_of(self.text), self._note, lambda: now, ways)
        self._api = TrunkApi(self.desk, lambda: self.states, "trunks.toml", store, lambda: now)

    def endpoints(self) -> Iterator[Endpoint]:
        yield from self._api.endpoints()

    def _note(self, *what: str | tuple[str, ...]) -> None:
        self.audited.append(what)  # type: ignore[arg-type]

    async def _planned(self, _: TrunkNode, __: Wanted) -> Plan:
        return Plan(self.changes, self.affected)

    async def _rolled_out(
        self, nodes: Sequence[TrunkNode], wanted: Wanted, actor: str, *, stage: NodeStage
    ) -> AsyncIterator[Applied]:
        assert actor
        for at in nodes:
            with at.folder.held():
                for step in ("write", "verify"):
                    stage(at.name, step)
                    await asyncio.to_thread(self.gate.wait, 20.0)
                failed = self.fails.get(at.name, ())
                revision = at.folder.current() if failed else put_in_force(at, wanted.texts)
            yield Applied(at.name, revision, self.changes, self.affected, failed)
            if failed:
                return

    async def _rolled_back(self, at: TrunkNode, to: Revision, actor: str, *, stage: Stage) -> None:
        assert actor
        with at.folder.held():
            stage("reload")
            at.folder.switch(to)
