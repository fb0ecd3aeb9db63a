"""Who may ask what: every role at every endpoint that the server describes, against this table and no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import aiohttp
import pytest

from ivr_flows.calendar import Calendar
from telephony.audit import AuditTrail
from telephony.complaint_api import ComplaintApi
from telephony.complaint_letter_api import ComplaintLetterApi
from telephony.complaints import Complaints
from telephony.console.api.endpoint import Endpoint
from telephony.console.rules import ConsoleRules
from telephony.core.account import Role
from telephony.core.card_fields import NOTHING_HIDDEN
from telephony.core.complaints import USUAL
from telephony.core.ids import InteractionId
from telephony.outbox_api import OutboxApi
from telephony.privacy.desk import PrivacyDesk
from telephony.privacy.files import Folders, PersonFiles
from telephony.privacy.house import House as PrivacyHouse
from telephony.privacy.receipts import Signer
from telephony.privacy_api import PrivacyApi
from telephony.quality_api import QualityApi
from telephony.recordings_api import RecordingsApi
from telephony.settings import Settings
from telephony.store.memory import Memory
from telephony.store.personal import PersonalData
from telephony.store.store import Store
from telephony.supervision import SupervisionApi
from telephony.ticket_api import TicketApi
from telephony.vault.keys import KeyRing
from telephony.vault.vault import Vault
from tests.acceptance.survey_scene import Outreach
from tests.integration.console_house import ACCOUNTS, House
from tests.integration.test_console_api import page_of
from tests.letters import post
from tests.unit.trunk_scene import TrunkScene

EVERYBODY = frozenset(Role)
STAFF = frozenset({Role.AGENT, Role.SUPERVISOR, Role.ENGINEER, Role.ADMIN})
OFFICERS = frozenset({Role.DPO})
CONSULTANTS = frozenset({Role.AGENT, Role.SUPERVISOR, Role.ADMIN})
SUPERVISORS = frozenset({Role.SUPERVISOR, Role.ADMIN})
ENGINEERS = frozenset({Role.ENGINEER, Role.ADMIN})
RIGHTS: Mapping[tuple[str, str], frozenset[Role]] = {
    ("GET", "/me"): EVERYBODY,
    ("GET", "/line"): EVERYBODY,
    ("POST", "/step-up"): EVERYBODY,
    ("GET", "/second-factor"): EVERYBODY,
    ("GET", "/sessions"): EVERYBODY,
    ("DELETE", "/sessions/{session}"): EVERYBODY,
    ("DELETE", "/sessions"): EVERYBODY,
    ("GET", "/calls/{interaction}/note"): CONSULTANTS,
    ("PUT", "/calls/{interaction}/note"): CONSULTANTS,
    ("GET", "/dispositions"): CONSULTANTS,
    ("PUT", "/calls/{interaction}/disposition"): CONSULTANTS,
    ("POST", "/customers/search"): CONSULTANTS,
    ("PUT", "/calls/{interaction}/customer"): CONSULTANTS,
    ("GET", "/scripts/{queue}"): CONSULTANTS,
    ("GET", "/articles"): CONSULTANTS,
    ("GET", "/calls/{interaction}/articles"): CONSULTANTS,
    ("GET", "/articles/{article}"): CONSULTANTS,
    ("POST", "/articles/{article}/use"): CONSULTANTS,
    ("GET", "/destinations"): CONSULTANTS,
    ("POST", "/calls/{interaction}/transfer"): CONSULTANTS,
    ("POST", "/calls/{interaction}/consultation"): CONSULTANTS,
    ("GET", "/calls/{interaction}/recording"): CONSULTANTS,
    ("PUT", "/calls/{interaction}/recording"): CONSULTANTS,
    ("POST", "/calls"): CONSULTANTS,
    ("GET", "/calls/{interaction}/line"): CONSULTANTS,
    ("GET", "/phone"): CONSULTANTS,
    ("POST", "/phone"): CONSULTANTS,
    ("DELETE", "/phone"): CONSULTANTS,
    ("GET", "/floor"): SUPERVISORS,
    ("GET", "/complaints"): STAFF,
    ("POST", "/complaints"): STAFF,
    ("GET", "/complaints/{interaction}"): STAFF,
    ("GET", "/complaints/{interaction}/letter"): STAFF,
    ("GET", "/complaints/{interaction}/letters/{letter}"): STAFF,
    ("POST", "/complaints/{interaction}/steps"): STAFF,
    ("GET", "/privacy"): OFFICERS,
    ("POST", "/privacy/requests"): OFFICERS,
    ("GET", "/privacy/requests/{request}"): OFFICERS,
    ("POST", "/privacy/requests/{request}/extension"): OFFICERS,
    ("POST", "/privacy/requests/{request}/answer"): OFFICERS,
    ("POST", "/privacy/export"): OFFICERS,
    ("POST", "/privacy/preview"): OFFICERS,
    ("POST", "/privacy/erasures"): OFFICERS,
    ("GET", "/privacy/erasures/{erasure}"): OFFICERS,
    ("POST", "/privacy/holds"): OFFICERS,
    ("DELETE", "/privacy/holds/{hold}"): OFFICERS,
    ("GET", "/privacy/retention"): OFFICERS,
    ("POST", "/privacy/audit"): OFFICERS,
    ("GET", "/tickets"): STAFF,
    ("GET", "/tickets/{number}"): STAFF,
    ("PUT", "/tickets/{number}/status"): STAFF,
    ("GET", "/outbox"): SUPERVISORS,
    ("POST", "/outbox/retry"): SUPERVISORS,
    ("GET", "/recordings"): SUPERVISORS,
    ("POST", "/recordings/{recording}/listenings"): SUPERVISORS,
    ("GET", "/recordings/{recording}/audio"): SUPERVISORS,
    ("GET", "/trunks"): ENGINEERS,
    ("GET", "/trunks/sound"): ENGINEERS,
    ("GET", "/trunks/history"): ENGINEERS,
    ("GET", "/trunks/plan"): ENGINEERS,
    ("POST", "/trunks/apply"): ENGINEERS,
    ("POST", "/trunks/rollback"): ENGINEERS,
    ("GET", "/quality/time"): ENGINEERS,
    ("GET", "/quality/spread"): ENGINEERS,
    ("GET", "/quality/calls"): ENGINEERS,
    ("GET", "/quality/calls/{interaction}"): ENGINEERS,
    ("GET", "/quality/calls/{interaction}/evidence"): ENGINEERS,
    ("GET", "/quality/records"): ENGINEERS,
    ("GET", "/appointments"): STAFF,
    ("POST", "/appointments"): SUPERVISORS,
    ("DELETE", "/appointments/{reference}"): SUPERVISORS,
    ("GET", "/surveys/report"): SUPERVISORS,
    ("GET", "/surveys/digest"): SUPERVISORS,
    ("GET", "/opening"): SUPERVISORS,
    ("PUT", "/departments/{name}/closure"): SUPERVISORS,
    ("DELETE", "/departments/{name}/closure"): SUPERVISORS,
    ("POST", "/outages"): SUPERVISORS,
    ("PUT", "/outages/{name}"): SUPERVISORS,
    ("DELETE", "/outages/{name}"): SUPERVISORS,
}
DENIED = {401, 403}
NOBODY = cast(PersonalData, None)  # nothing here comes as far as the database
LOG_OUT = ("DELETE", "/sessions")


def real(path: str) -> str:
    for name in ("request", "erasure", "hold"):
        path = path.replace(f"{{{name}}}", "0")
    path = (
        path.replace("{interaction}", "i1")
        .replace("{name}", "sales")
        .replace("{letter}", "l1")
        .replace("{reference}", "Z-1")
        .replace("{number}", "000012")
    )
    return (
        path.replace("{session}", "f00d")
        .replace("{article}", "faktura")
        .replace("{queue}", "support")
        .replace("{recording}", "i1-talk")
    )


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules()


@pytest.fixture
def endpoints(tmp_path: Path) -> tuple[Endpoint, ...]:
    def clock() -> float:
        return 1030.0

    store, settings = Store(Memory()), Settings(data=tmp_path)
    files = PersonFiles(Folders(tmp_path, tmp_path))
    complaints = Complaints(USUAL, store, clock, post())
    complaint_api = ComplaintApi(complaints, lambda *_: None, lambda: InteractionId("c-1"))
    letter_api = ComplaintLetterApi(complaints, lambda *_: None)
    vault = Vault(tmp_path / "vault", lambda: KeyRing("k", {}))
    recordings = RecordingsApi(vault, store, lambda *_: None, clock)
    supervision = SupervisionApi(lambda: Calendar({}), tmp_path, clock)
    house = PrivacyHouse(store, NOBODY, files, Signer(b"x"), b"x", settings, clock)
    outreach = Outreach(store)
    trunks, quality = TrunkScene(tmp_path / "trunks", store), QualityApi(store, lambda *_: None, clock)
    privacy = PrivacyApi(PrivacyDesk(house))
    tickets = TicketApi(store, {}, NOTHING_HIDDEN, AuditTrail(b"key", tmp_path / "spool", store, clock), clock)
    others = (letter_api, tickets, outreach, OutboxApi(store, clock), privacy, recordings, trunks, quality)
    return (*supervision.endpoints(), *complaint_api.endpoints(), *(one for api in others for one in api.endpoints()))


@pytest.mark.parametrize("role", Role)
async def test_each_role_may_ask_what_the_table_says_and_nothing_else(
    role: Role, http: aiohttp.ClientSession, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ACCOUNTS, "piotr", replace(ACCOUNTS["piotr"], role=role))
    page = await page_of(http, house, "piotr")
    for path, allowed in (("/privacy", role is Role.DPO), ("/complaints", role is not Role.DPO)):
        async with http.get(path) as answer:
            assert (answer.status == 403) is not allowed, f"{path} answered {answer.status} to {role}"
    async with http.get("/api/openapi.json") as answer:
        described = (await answer.json())["paths"]
    served = {(method.upper(), path) for path, methods in described.items() for method in methods}
    assert served == {(method, f"/api/console{path}") for method, path in RIGHTS}, "the table names every endpoint"
    for (method, path), roles in sorted(RIGHTS.items(), key=lambda right: right[0] == LOG_OUT):  # that one last
        status, _ = await page.ask(method, real(path), json={})
        assert (status in DENIED) is (role not in roles), f"{method} {path} answered {status} to {role}"


async def test_without_a_session_nothing_is_answered(http: aiohttp.ClientSession, house: House) -> None:
    for method, path in RIGHTS:
        headers = {"Origin": house.url, "X-CSRF-Token": "x"}
        async with http.request(method, f"/api/console{real(path)}", headers=headers, json={}) as answer:
            assert answer.status == 401, f"{method} {path}"
