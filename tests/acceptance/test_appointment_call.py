"""A call about a visit on a real Asterisk: whose phone does not answer is called again; the key is in the ticket."""

from __future__ import annotations

import asyncio
import shutil
import time
from datetime import timedelta
from pathlib import Path

from ivr_flows.calendar import local
from quality.softphone_client import PhoneCall
from telephony.appointments import read_list
from telephony.core.appointments import AppointmentRules, VisitState
from telephony.core.ids import QueueName
from telephony.core.views import CallState, Direction, Outcome
from telephony.store.appointments import AppointmentStore
from tests.acceptance.test_call_backs import called, picks_up
from tests.acceptance.test_operators_flows import SALES, at
from tests.acceptance.world import STEP_S, World, world
from tests.tools import ROOT

CUSTOMER = "+48500000161"
VISITS = '\n[appointments]\nhours = "00:00-00:00"\npause_s = 30\nring_s = 10\nattempts = 2\n'
RULES = AppointmentRules()


async def loaded(town: World) -> AppointmentStore:
    day = local(time.time()).date() + timedelta(days=2)
    text = f"reference,number,date,time,place\nZ-1,{CUSTOMER},{day.isoformat()},10:30,ulica Polna 5\n"
    visits = AppointmentStore(town.store)
    assert await visits.load(read_list(text, RULES, time.time()), QueueName("support")) == 1
    return visits


async def test_who_does_not_answer_is_called_again_hears_when_and_confirms(tmp_path: Path) -> None:
    (tmp_path / "called").mkdir()
    config = Path(shutil.copytree(ROOT / "config", tmp_path / "config"))
    with (config / "hotline.toml").open("a", encoding="utf-8") as settings:
        settings.write(VISITS)
    async with asyncio.timeout(170), world(tmp_path, config=config) as town:
        await picks_up(town, by_itself=False)
        visits = await loaded(town)
        first = await called(town)
        assert SALES not in str(first.caller)
        await first.hang_up(code=486)
        async with asyncio.timeout(60):
            second: PhoneCall = await town.customers.incoming()
        await second.answer()
        async with asyncio.timeout(STEP_S):
            await second.answered()
        await at(town, "appointment", "ready")
        await second.dtmf("1")
        await at(town, "appointment", "choose")
        await asyncio.sleep(5)  # the day is being said
        await second.dtmf("1")
        async with asyncio.timeout(STEP_S):
            await second.ended()
        log = (town.house.data / "log/server.log").read_text("utf-8")
        assert "flow.unsaid" not in log, "day, time and place were said"
        visit = await visits.by_reference("Z-1")
        assert visit
        assert (visit.state, visit.attempts) == (VisitState.CONFIRMED, 2)
        assert visit.call
        seen = await town.until(lambda seen: any(each.state is CallState.ENDED for each in seen))
        (call,) = (each for each in seen if each.interaction == visit.call)
        assert (call.direction, call.outcome, call.caller) == (Direction.VISIT, Outcome.SELF_SERVED, CUSTOMER)
        entries = await town.store.ticket_entries(visit.id)
        assert [each.subject for each in entries][1:] == ["Wizyta potwierdzona"]
        ticket = await town.store.ticket_of(visit.call)
        assert ticket
        assert ticket.status == "closed"
