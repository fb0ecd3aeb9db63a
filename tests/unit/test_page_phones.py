"""The phones in pages: who gets a password, what Asterisk is told of it, and what its configuration says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from telephony.asterisk.ami import AmiCounters
from telephony.asterisk.ami_actions import PagePhone
from telephony.asterisk.config_page_phone import http, page_phone, page_transport
from telephony.asterisk.config_values import AsteriskConfigError
from telephony.console.api.endpoint import Asked, Endpoint
from telephony.console.api.problems import ProblemError
from telephony.console.page_phone import NoRegistrar, PageGiven, PagePhones, PageTold
from telephony.console.sessions import Session
from telephony.core.account import Account
from telephony.page_phones import PageRegistrar
from telephony.settings import AsteriskNode
from tests.unit.test_asterisk_config import NODE, rendered

ANNA = Account("anna", "Anna", "", "anna")
URL = "ws://127.0.0.1:8089/ws"
SECRET = "a" * 48
NODES = (AsteriskNode(name="node-1", secret=SecretStr("m" * 20), phone_url=URL),)


class Asterisk:
    """What it has been told, in order."""

    def __init__(self) -> None:
        self.connected = True
        self.counters = AmiCounters()
        self.told: list[tuple[str, str]] = []

    async def carry_out(self, action: PagePhone) -> None:
        self.told.append((action.endpoint, action.secret))


async def consultants() -> frozenset[str]:
    return frozenset({"anna", "piotr"})


@pytest.fixture
def registrar() -> PageRegistrar:
    return PageRegistrar(NODES, consultants)


class House:
    def __init__(self, registrar: PageRegistrar | NoRegistrar) -> None:
        self.changed: list[Account] = []
        self.in_call = False
        self.phones = PagePhones(registrar, self.changed.append, lambda _agent: self.in_call)
        self._by_method: dict[str, Endpoint] = {each.method: each for each in self.phones.endpoints()}

    async def ask(self, method: str, key: str = "k1", account: Account = ANNA) -> object:
        session = Session(key, account, 0.0, 0.0, 0.0)
        return await self._by_method[method].handle(Asked(account.login, {}, signed_in=session))


async def test_each_log_in_has_a_password_of_its_own(registrar: PageRegistrar) -> None:
    house = House(registrar)
    assert await house.ask("GET") == PageTold(offered=True, chosen=False)
    first = await house.ask("POST")
    assert isinstance(first, PageGiven)
    assert (first.url, first.user, len(first.secret)) == (URL, "anna-page", 48)
    assert house.phones.endpoint_of(ANNA) == "anna-page"
    assert await house.ask("POST") == first, "a page that is connected again keeps it"
    other = await house.ask("POST", key="k2")
    assert isinstance(other, PageGiven)
    assert other.secret != first.secret
    assert first.secret not in repr(first)
    await house.ask("DELETE")
    assert house.phones.endpoint_of(ANNA) == "anna"
    assert house.changed == [ANNA, ANNA, ANNA]


async def test_nobody_changes_the_phone_in_a_talk(registrar: PageRegistrar) -> None:
    house = House(registrar)
    house.in_call = True
    with pytest.raises(ProblemError, match="409 in_call"):
        await house.ask("POST")
    house.in_call = False
    await house.ask("POST")
    house.in_call = True
    await house.ask("POST")
    with pytest.raises(ProblemError, match="409 in_call"):
        await house.ask("DELETE")


async def test_a_password_ends_with_its_log_in(registrar: PageRegistrar) -> None:
    house = House(registrar)
    await house.ask("POST")
    house.phones.session_over(Session("k2", ANNA, 0.0, 0.0, 0.0))
    assert house.phones.endpoint_of(ANNA) == "anna-page"
    house.in_call = True
    house.phones.session_over(Session("k1", ANNA, 0.0, 0.0, 0.0))
    assert house.phones.endpoint_of(ANNA) == "anna"
    assert house.changed == [ANNA], "a talk under way goes on where it is"
    house.in_call = False
    await house.ask("POST")
    house.phones.session_over(Session("k1", ANNA, 0.0, 0.0, 0.0))
    assert house.changed == [ANNA, ANNA, ANNA]


async def test_where_pages_have_no_phones_nothing_is_given(registrar: PageRegistrar) -> None:
    assert await House(NoRegistrar()).ask("GET") == PageTold(offered=False, chosen=False)
    with pytest.raises(ProblemError, match="404"):
        await House(NoRegistrar()).ask("POST")
    with pytest.raises(ProblemError, match="404"):
        await House(registrar).ask("POST", account=replace(ANNA, endpoint=""))


async def test_asterisk_hears_of_what_is_new_and_after_a_new_connection_of_everything(registrar: PageRegistrar) -> None:
    asterisk = Asterisk()
    asterisk.counters.connects = 1
    registrar.admit("anna-page", SECRET)
    await registrar.settle(asterisk)
    assert sorted(asterisk.told) == [("anna-page", SECRET), ("piotr-page", "")], "an older server's passwords end"
    asterisk.told.clear()
    await registrar.settle(asterisk)
    assert asterisk.told == []
    registrar.dismiss("anna-page")
    await registrar.settle(asterisk)
    assert asterisk.told == [("anna-page", "")]
    asterisk.counters.connects = 2
    asterisk.told.clear()
    registrar.admit("piotr-page", SECRET)
    await registrar.settle(asterisk)
    assert sorted(asterisk.told) == [("anna-page", ""), ("piotr-page", SECRET)]
    assert await registrar.phones() == {"anna", "piotr", "anna-page", "piotr-page"}


async def test_nothing_is_told_while_asterisk_is_away(registrar: PageRegistrar) -> None:
    asterisk = Asterisk()
    asterisk.connected = False
    registrar.admit("anna-page", SECRET)
    await registrar.settle(asterisk)
    assert asterisk.told == []


@pytest.mark.parametrize(
    ("endpoint", "secret"), [("anna", SECRET), ("a,b-page", SECRET), ("anna-page", "x,y"), ("anna-page", "short")]
)
def test_what_is_no_page_phone_cannot_be_told(endpoint: str, secret: str) -> None:
    with pytest.raises(ValueError, match="page's phone"):
        PagePhone(endpoint, secret)


def test_the_password_is_in_no_log() -> None:
    assert SECRET not in repr(PagePhone("anna-page", SECRET))
    assert ("Channel", "Local/s@hotline-page/n") in PagePhone("anna-page", SECRET).fields()


def test_pages_have_phones_only_where_a_port_is_set() -> None:
    without, with_phones = rendered(), rendered(replace(NODE, phone_port=8089))
    assert "enabled = no" in without["http.conf"]
    assert "webrtc" not in without["pjsip.conf"]
    assert "bindport = 8089" in with_phones["http.conf"]
    assert with_phones["pjsip.conf"].count("webrtc = yes") == 2
    assert "member => PJSIP/anna-page" in with_phones["queues.conf"]
    assert "Dial(PJSIP/anna&PJSIP/anna-page,30)" in with_phones["extensions.conf"]


def test_in_the_clear_is_for_this_machine_alone() -> None:
    pair = Path("/c.pem"), Path("/k.pem")
    with pytest.raises(AsteriskConfigError, match="TLS alone"):
        http("192.0.2.1", 8089, None)
    assert "tlsbindaddr = 192.0.2.1:8089" in http("192.0.2.1", 8089, pair)
    assert "protocol = wss" in page_transport(8089, pair)
    assert "allow = g722,alaw,ulaw" in page_phone("anna")
    with pytest.raises(ValidationError):
        AsteriskNode(name="n", secret=SecretStr("m" * 20), phone_url="ws://192.0.2.1:8089/ws")
