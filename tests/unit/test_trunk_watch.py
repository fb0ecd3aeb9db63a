"""Watching the trunks of a node: what Asterisk tells becomes a state and a judgement, which Asterisk is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from quality.emodel import Scale
from quality.rtcp_score import Direction, LegQuality, Verdict
from sip_trunk.failover import Health
from sip_trunk.model import Trunk
from sip_trunk.sections import sections
from sip_trunk.state import TrunkState, contact_id, host_ids
from telephony.asterisk.ami import AmiLostError, Listing
from telephony.asterisk.ami_wire import AmiEvent, AmiResponse, checked
from telephony.asterisk.trunk_actions import JudgeTrunk, ShowRegistrations, TrunkFigure
from telephony.trunk_watch import TrunkWatch
from tests.unit.test_trunk_file import example

SOUTH_ID = contact_id("south", "sip:198.51.100.20:5060")


class Asterisk:
    """Answers as one does, from a table of figures."""

    def __init__(self) -> None:
        self.connected, self.lost = True, False
        self.figures: dict[str, str] = {}
        self.registered = {"south": "Registered"}
        self.judged: list[tuple[str, bool]] = []
        self.asked = 0

    async def ask(self, action: JudgeTrunk | TrunkFigure) -> AmiResponse:
        dict(checked(action.fields()))
        if self.lost:
            raise AmiLostError("no answer within 5 s")
        self.asked += 1
        if isinstance(action, JudgeTrunk):
            self.judged.append((action.trunk, action.ill))
            self.figures[f"DB_EXISTS(hotline_trunk_ill/{action.trunk})"] = str(int(action.ill))
            return AmiResponse("Success", {})
        return AmiResponse("Success", {"Value": self.figures.get(action.function, "")})

    async def registrations(self, _: ShowRegistrations) -> Listing:
        rows = [{"ObjectName": name, "Status": status} for name, status in self.registered.items()]
        return Listing(tuple(AmiEvent("OutboundRegistrationDetail", row) for row in rows), whole=True)

    def south(self, *, answers: bool) -> None:
        self.figures[f"PJSIP_CONTACT({SOUTH_ID},status)"] = "Reachable" if answers else "Unreachable"
        self.figures[f"PJSIP_CONTACT({SOUTH_ID},rtt)"] = "12500" if answers else "0"


class Scene:
    def __init__(self) -> None:
        self.asterisk = Asterisk()
        self.now = 1000.0
        self.trunks: Mapping[str, Trunk] = dict(example().trunks)
        self.watch = TrunkWatch("node-1", lambda: self.asterisk, self.in_force, lambda: self.now)

    async def in_force(self) -> Mapping[str, Trunk]:
        return self.trunks

    async def after(self, seconds: float) -> TrunkState:
        self.now += seconds
        await self.watch.look()
        return {each.trunk: each for each in self.watch.states}["south"]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def leg(
    mos: float | None, direction: Direction = Direction.RECEIVED, scale: Scale | None = Scale.NARROWBAND
) -> LegQuality:
    return LegQuality(direction, "alaw", 100, 0, 0.0, 0.0, 1.0, None, None, None, mos, None, scale, Verdict.GOOD, None)


async def test_what_asterisk_tells_is_the_state(scene: Scene) -> None:
    scene.asterisk.south(answers=True)
    scene.asterisk.figures |= {"GROUP_COUNT(south@trunk)": "3", "GROUP_COUNT(south@trunk_in)": "2"}
    south = await scene.after(0)
    assert (south.registration, south.answers, south.round_trip_ms) == ("Registered", True, 12.5)
    assert (south.calls_out, south.calls_in, south.seen_at, south.carrier) == (3, 2, 1000.0, "south")
    north = scene.watch.states[0]
    assert (north.trunk, north.registration, north.answers, north.round_trip_ms) == ("north-tls", None, None, None)
    assert [each.status for each in north.hosts] == ["Unknown", "Unknown"]
    assert scene.asterisk.judged == []


async def test_options_that_fail_put_a_trunk_last_and_answers_bring_it_back(scene: Scene) -> None:
    scene.asterisk.south(answers=False)
    assert not (await scene.after(0)).health.ill
    asked = scene.asterisk.asked
    await scene.after(29)
    assert scene.asterisk.asked == asked, "each OPTIONS counts once"
    south = await scene.after(1)
    assert (south.health.ill, south.health.reason) == (True, "options")
    assert scene.asterisk.judged == [("south", True)]
    scene.asterisk.south(answers=True)
    assert [(await scene.after(30)).health.ill for _ in range(3)] == [True, True, False]
    assert scene.asterisk.judged == [("south", True), ("south", False)]


async def test_calls_that_sound_bad_put_a_trunk_last_until_it_may_try_again(scene: Scene) -> None:
    scene.trunks = {"south": replace(example().trunks["south"], mos_threshold=3.6)}
    scene.asterisk.south(answers=True)
    await scene.after(0)
    scene.watch.scored("south", [leg(None, scale=None)])  # nothing published says how it sounded
    for _ in range(5):
        scene.watch.scored("south", [leg(4.4), leg(3.0, Direction.SENT)])
        scene.watch.scored("anna", [leg(1.0)])
    south = await scene.after(30)
    assert (south.health.reason, south.mos, south.measured) == ("quality", 3.0, 5)
    assert (await scene.after(900)).health.ill
    south = await scene.after(900)
    assert (south.health.ill, south.mos, south.measured) == (False, None, 0)


async def test_scales_are_not_mixed(scene: Scene) -> None:
    await scene.after(0)
    for mos, scale in ((4.0, Scale.NARROWBAND), (4.5, Scale.NARROWBAND), (1.0, Scale.WIDEBAND)):
        scene.watch.scored("south", [leg(mos, scale=scale)])
    south = await scene.after(30)
    assert (south.mos, south.measured) == (4.25, 2)


async def test_a_judgement_that_asterisk_has_lost_is_told_again(scene: Scene) -> None:
    scene.watch.judged("south", Health(ill=True, reason="options", since=5.0))
    scene.asterisk.south(answers=False)
    south = await scene.after(0)
    assert (south.health.ill, south.health.since) == (True, 5.0)
    assert scene.asterisk.judged == [("south", True)]


async def test_a_node_that_is_away_is_not_judged(scene: Scene) -> None:
    scene.asterisk.connected = False
    await scene.watch.look()
    assert (scene.watch.states, scene.asterisk.asked) == ((), 0)


async def test_a_trunk_that_is_no_more_is_forgotten(scene: Scene) -> None:
    await scene.after(0)
    scene.trunks = {}
    await scene.watch.look()
    assert scene.watch.states == ()


async def test_an_asterisk_that_does_not_answer_is_asked_again(scene: Scene) -> None:
    class Stop(Exception): ...  # noqa: N818

    pauses = 0

    async def pause(_: float) -> None:
        nonlocal pauses
        pauses += 1
        if pauses == 2:
            raise Stop

    scene.asterisk.lost = True
    watch = TrunkWatch("node-1", lambda: scene.asterisk, scene.in_force, lambda: scene.now, pause)
    with pytest.raises(Stop):
        await watch.run()
    assert [each.seen_at for each in watch.states] == [None, None]


@pytest.mark.parametrize("name", ["", "South", "a&PJSIP/x", "a)", "a\r\nX: y", "x" * 41])
def test_what_is_no_trunk_is_not_asked_about(name: str) -> None:
    for refused in (lambda: JudgeTrunk(name, ill=True), lambda: TrunkFigure(f"DB_EXISTS(hotline_trunk_ill/{name})")):
        with pytest.raises(ValueError, match=r"not the name of a trunk|not a figure of a trunk"):
            refused()


def test_a_contact_is_called_as_asterisk_calls_it() -> None:
    """Seen from Asterisk 22.10.1."""
    assert contact_id("north", "sip:127.0.0.1:14158") == "north@@e290f94860d7289134b9615d75ca198c"
    for name, trunk in example().trunks.items():
        aor = next(each for each in sections(example(), {"SOUTH": "x"}) if (each.kind, each.name) == ("aor", name))
        uris = [value.replace("\\;", ";") for key, value in aor.options if key == "contact"]
        assert [uri for uri, _ in host_ids(name, trunk)] == uris


async def test_a_test_call_counts_like_any_other(scene: Scene) -> None:
    await scene.after(0)
    scene.watch.measured("south", [("nb", 4.25), ("nb", 4.0)])
    scene.watch.measured("south", [("nb", None)])
    scene.watch.measured("no-more", [("nb", 1.0)])
    south = await scene.after(30)
    assert (south.mos, south.measured) == (4.0, 1)
