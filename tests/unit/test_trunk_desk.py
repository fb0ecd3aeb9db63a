"""Trunks changed from the console: one at a time, what was looked at, told step by step; and several nodes in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sip_trunk.errors import TrunkError, TrunkFileError
from sip_trunk.revisions import Revision, Step, TrunkFolder, TrunksBusyError
from telephony.asterisk.ami import AmiLostError
from telephony.settings import AsteriskNode
from telephony.store.memory import Memory
from telephony.store.store import Store
from telephony.trunk_apply import Applied
from telephony.trunk_desk import TrunkDesk, TrunksChangedError, Ways, mark
from telephony.trunk_nodes import nodes_of
from telephony.trunk_rollout import Has, rolled_out, standings, told
from telephony.trunks_wiring import FAR_EVERY_S, FarInForce
from tests.unit.trunk_scene import EXAMPLE, TrunkScene, put_in_force, wanted_of


@pytest.fixture
def scene(tmp_path: Path) -> TrunkScene:
    return TrunkScene(tmp_path, Store(Memory()))


async def ended(desk: TrunkDesk) -> None:
    while desk.job is None or desk.job.ended_at is None:  # noqa: ASYNC110 - a thread tells nobody but the desk
        await asyncio.sleep(0.005)


async def test_what_was_planned_is_applied_at_each_node_and_audited(scene: TrunkScene) -> None:
    seen, plans = await scene.desk.plan()
    assert [each.node for each in plans] == ["node-1", "node-2"]
    scene.gate.clear()
    await scene.desk.apply("ola", seen)
    job = scene.desk.job
    assert job
    assert (job.by, job.node, job.stage, job.ended_at) == ("ola", "node-1", "write", None)
    with pytest.raises(TrunksBusyError):
        await scene.desk.apply("jan", seen)
    with pytest.raises(TrunksBusyError):
        await scene.desk.roll_back("jan", "node-2", "1-0123456789ab")
    scene.gate.set()
    await ended(scene.desk)
    assert scene.desk.job
    assert not scene.desk.job.failed
    assert [each.node for each in scene.desk.job.done] == ["node-1", "node-2"]
    nodes = ("node-1", "node-2")
    assert scene.audited == [("ola", "apply", nodes, "begun"), ("ola", "apply", nodes, "done")]
    assert {each.has for each in standings(scene.nodes, wanted_of())} == {Has.NEW}


async def test_nothing_else_is_applied_than_what_was_looked_at(scene: TrunkScene) -> None:
    seen, _ = await scene.desk.plan()
    scene.text = EXAMPLE + "\n# later\n"
    with pytest.raises(TrunksChangedError):
        await scene.desk.apply("ola", seen)
    scene.text = "own = 1\n"
    with pytest.raises(TrunkFileError):
        await scene.desk.plan()
    scene.text = EXAMPLE
    assert scene.audited == []
    await scene.desk.apply("ola", seen)  # what was refused has left nobody out
    await ended(scene.desk)


async def test_another_process_that_applies_is_told_at_once(scene: TrunkScene) -> None:
    seen, _ = await scene.desk.plan()
    with scene.nodes[0].folder.held(), pytest.raises(TrunksBusyError):
        await scene.desk.apply("ola", seen)
    assert scene.desk.job is None
    assert [each[-1] for each in scene.audited] == ["begun", "failed"]
    await scene.desk.apply("ola", seen)
    await ended(scene.desk)


async def test_after_a_failure_each_node_says_what_it_has(scene: TrunkScene) -> None:
    put_in_force(scene.nodes[1], {"trunks.toml": "old"})
    scene.fails = {"node-2": ("north does not answer OPTIONS (Unreachable)",)}
    await scene.desk.apply("ola", mark(wanted_of()))
    await ended(scene.desk)
    job = scene.desk.job
    assert job
    assert job.failed
    assert [(each.node, each.has) for each in job.standings] == [("node-1", Has.NEW), ("node-2", Has.OLD)]
    assert scene.audited[-1] == ("ola", "apply", ("node-1", "node-2"), "failed")


async def test_our_own_fault_ends_the_job_and_leaves_the_desk_free(scene: TrunkScene) -> None:
    async def broken(*_: object, **__: object) -> AsyncIterator[Applied]:
        nothing: dict[str, Applied] = {}
        yield nothing["x"]

    desk = TrunkDesk(lambda: scene.nodes, wanted_of, lambda *_: None, lambda: 1.0, Ways(rolled_out=broken))
    for _ in range(2):
        await desk.apply("ola", mark(wanted_of()))
        await ended(desk)
        assert desk.job
        assert desk.job.trouble == "KeyError"


async def test_one_node_goes_back_and_the_history_tells_it(scene: TrunkScene) -> None:
    first = put_in_force(scene.nodes[0], {"trunks.toml": "1"})
    put_in_force(scene.nodes[0], {"trunks.toml": "2"})
    for unknown in ("9-0123456789ab", "../etc"):
        with pytest.raises(TrunkError, match="has no revision"):
            await scene.desk.roll_back("ola", "node-1", unknown)
    await scene.desk.roll_back("ola", "node-1", str(first))
    await ended(scene.desk)
    book = (await scene.desk.books())[0]
    assert book.current == first
    assert [each.new[:1] for each in book.past] == ["2", "1"]


# -- several nodes, one after another ---------------------------------------------------------------------------------


async def test_a_node_that_cannot_be_reached_ends_the_roll_out_and_is_named(
    scene: TrunkScene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reached: list[str] = []

    async def applied(nodes: list[object], *_: object, **__: object) -> AsyncIterator[Applied]:
        (at,) = nodes
        reached.append(at.name)  # type: ignore[attr-defined]
        if at is scene.nodes[1]:
            raise AmiLostError("127.0.0.1:1 cannot be reached: no answer")
        yield Applied("node-1", put_in_force(scene.nodes[0], wanted_of().texts))

    monkeypatch.setattr("telephony.trunk_rollout.applied", applied)
    third = TrunkScene(tmp_path, Store(Memory()), ("node-3",)).nodes[0]
    nodes = (*scene.nodes, third)
    done = [each async for each in rolled_out(nodes, wanted_of(), "eva")]
    assert reached == ["node-1", "node-2"]
    assert done[-1].failed == ("127.0.0.1:1 cannot be reached: no answer",)
    scene.nodes[1].folder.begin(Step("", "1-0123456789ab", "eva", 1.0))  # whoever was cut off had begun
    lines = list(told(standings(nodes, wanted_of())))
    assert lines[0].startswith("node-1 has the new revision (1-")
    assert lines[1].startswith("node-2 is not known")
    assert lines[2] == "node-3 has the old revision"
    assert lines[-1].endswith("hotline trunk rollback --node node-1")


def test_nodes_need_folders_of_their_own(tmp_path: Path) -> None:
    def of(name: str, folder: Path | None) -> AsteriskNode:
        return AsteriskNode.model_validate(
            {"name": name, "secret": "x", "provision_secret": "y", "trunk_folder": folder}
        )

    good = (of("a", tmp_path / "a"), of("b", tmp_path / "b"))
    assert [each.name for each in nodes_of(good)] == ["a", "b"]
    for bad, why in (
        ((), "at least one"), ((of("a", tmp_path), of("b", tmp_path)), "of its own"), ((of("a", None),), "needs"),
    ):  # fmt: skip
        with pytest.raises(TrunkError, match=why):
            nodes_of(bad)


async def test_what_a_far_node_has_in_force_is_looked_at_each_minute_and_kept_while_it_is_away(tmp_path: Path) -> None:
    class Far(TrunkFolder):
        asked, away = 0, False

        def current(self) -> Revision | None:
            self.asked += 1
            if self.away:
                raise TrunkError("node-2 cannot be reached over SSH: no answer")
            return super().current()

    far, now = Far(tmp_path), 1000.0
    in_force = FarInForce(far, lambda: now)
    assert await in_force() == {}
    with far.held():
        far.switch(far.keep(wanted_of().texts))
    assert await in_force() == {}, "a minute is not over"
    now += FAR_EVERY_S
    assert [*await in_force()] == ["north-tls", "south"]
    now, far.away, asked = now + FAR_EVERY_S, True, far.asked
    assert [*await in_force()] == ["north-tls", "south"]
    assert far.asked == asked + 1
