"""What the nodes of a flow do for a real caller: keys, values said in words, opening hours."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ivr_flows import closures
from ivr_flows.calendar import Closure
from telephony.core import events as core
from telephony.core.rules import OverflowRule, QueueRules
from telephony.core.views import Outcome
from telephony.opening import Opening
from tests.acceptance.conftest import StartNode
from tests.acceptance.flow_scene import House, flow_scene

ALWAYS = 'departments: {support: {hours: {mon-sun: "00:00-24:00"}, holidays: as usual}}\n'
COLLECTING = """\
  asked:
    type: collect
    say: "Proszę podać numer."
    into: number
    max_digits: 8
    confirm: "Podany numer to {number|digits}. Jeden: tak, dwa: nie."
    next: thanks
  thanks: {type: hang_up, say: "Przyjęliśmy {number|digits}."}
  person: {type: line, queue: support}
"""
OVERFLOW = """\
  person: {type: line, queue: support, on_overflow: full}
  full: {type: hang_up, say: "Oddzwonimy."}
"""
HOURS = """\
  hours: {type: hours, department: support, open: bye, closed: shut}
  bye: {type: hang_up, say: "Otwarte."}
  shut: {type: hang_up, say: "Zamknięte. Otwieramy {opening}.", reason: closed}
  person: {type: line, queue: support}
"""


async def test_digits_are_read_back_corrected_and_kept(asterisk_node: StartNode, tmp_path: Path) -> None:
    async with flow_scene(asterisk_node, tmp_path, COLLECTING, number="digits") as scene:
        call = await scene.calls()
        await scene.hears("Proszę podać numer")
        await asyncio.sleep(0.5)  # like a person: not before the first word is heard
        await call.dtmf("123#")  # the first key ends the question, and counts
        await scene.hears("jeden dwa trzy. Jeden: tak")
        await call.dtmf("2")
        await scene.hears("Proszę podać numer", times=2)
        await call.dtmf("77*4256#")  # a star begins anew
        await scene.hears("cztery dwa, pięć sześć. Jeden: tak")
        await call.dtmf("1")
        await scene.hears("Przyjęliśmy")
        await call.ended()
        assert (await scene.ended()).outcome is Outcome.SELF_SERVED


async def test_zero_while_digits_are_asked_for_reaches_the_line(asterisk_node: StartNode, tmp_path: Path) -> None:
    async with flow_scene(asterisk_node, tmp_path, COLLECTING, number="digits") as scene:
        call = await scene.calls()
        await scene.hears("Proszę podać numer")
        await call.dtmf("0#")
        await scene.until(lambda each: isinstance(each, core.CallQueued))
        await call.hang_up()
        assert (await scene.ended()).outcome is Outcome.ABANDONED_LINE


async def test_an_emergency_closing_is_heard_by_the_next_caller(asterisk_node: StartNode, tmp_path: Path) -> None:
    (tmp_path / "calendar.yaml").write_text(ALWAYS)
    opening = Opening(tmp_path / "calendar.yaml", tmp_path)
    async with flow_scene(asterisk_node, tmp_path, HOURS, House(calendar=opening.current)) as scene:
        first = await scene.calls()
        await scene.hears("Otwarte.")
        await first.ended()
        closures.close(tmp_path / closures.FILE, "support", Closure("Awaria prądu"))
        second = await scene.calls()
        await second.ended()
        assert scene.said == ["Otwarte."]  # nobody knows when it opens: the sentence that says so is left out


async def test_who_waits_too_long_hears_what_the_flow_offers_instead(asterisk_node: StartNode, tmp_path: Path) -> None:
    house = House(rules=QueueRules(overflow=OverflowRule(after_s=2.0)))
    async with flow_scene(asterisk_node, tmp_path, OVERFLOW, house) as scene:
        call = await scene.calls()
        queued = await scene.until(lambda each: isinstance(each, core.CallQueued))
        assert isinstance(queued, core.CallQueued)
        assert queued.overflows
        await scene.hears("Oddzwonimy.")
        await call.ended()
        assert (await scene.ended()).outcome is Outcome.SELF_SERVED
