"""What keeps strangers out: cookies behind TLS, and limits that slow a guesser down without locking others out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http.cookies import SimpleCookie

import aiohttp
import pytest
from argon2 import PasswordHasher
from yarl import URL

from telephony.console.rules import ConsoleRules
from tests.integration.console_house import ACCOUNTS, PASSWORD, House

BEHIND_A_PROXY = ConsoleRules(proxies=frozenset({"127.0.0.1"}))
BEHIND_TLS = ConsoleRules(secure_cookies=True)


@pytest.fixture
def rules() -> ConsoleRules:
    return BEHIND_A_PROXY


@pytest.fixture(autouse=True)
def light_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many passwords are tried here, and a hash says itself how much work it is."""
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    for login, account in ACCOUNTS.items():
        monkeypatch.setitem(ACCOUNTS, login, replace(account, password_hash=hashed))


async def tried(
    http: aiohttp.ClientSession,
    house: House,
    login: str,
    password: str,
    address: str,
    cookies: Mapping[str, str] | None = None,
) -> int:
    """The status of a log-in that a proxy of ours hands on, by a browser with these cookies and no others."""
    http.cookie_jar.clear()
    http.cookie_jar.update_cookies(cookies or {}, URL(house.url))
    headers = {"Origin": house.url, "X-Forwarded-For": address}
    async with http.get("/login", headers=headers) as form:
        token = (await form.text()).split('name="csrf" value="')[1].split('"')[0]
    fields = {"login": login, "password": password, "csrf": token}
    async with http.post("/login", data=fields, headers=headers, allow_redirects=False) as answer:
        return answer.status


async def test_a_guesser_from_everywhere_in_one_household_is_one_guesser(
    http: aiohttp.ClientSession, house: House
) -> None:
    addresses = [f"2001:db8:1:2::{number:x}" for number in range(1, 7)]
    statuses = [await tried(http, house, "anna", "zgaduję", address) for address in addresses]
    assert statuses == [401] * 5 + [429]
    assert await tried(http, house, "anna", PASSWORD, "2001:db8:1:2:ffff::1") == 429
    assert await tried(http, house, "anna", PASSWORD, "2001:db8:1:3::1") == 303, "the neighbours are not concerned"
    assert await tried(http, house, "piotr", PASSWORD, "2001:db8:1:2::1") == 303, "nor is another person there"


async def test_the_same_holds_of_ipv4_each_address_by_itself(http: aiohttp.ClientSession, house: House) -> None:
    statuses = [await tried(http, house, "anna", "zgaduję", "192.0.2.7") for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert await tried(http, house, "anna", "zgaduję", "::ffff:192.0.2.7") == 429, "the same address written otherwise"
    assert await tried(http, house, "anna", PASSWORD, "192.0.2.8") == 303


async def test_who_pretends_to_come_from_elsewhere_is_known_by_what_the_proxy_saw(
    http: aiohttp.ClientSession, house: House
) -> None:
    statuses = [await tried(http, house, "anna", "zgaduję", f"198.51.100.{each}, 192.0.2.7") for each in range(6)]
    assert statuses == [401] * 5 + [429]


async def test_whoever_guesses_from_everywhere_locks_nobody_out_of_a_browser_known_before(
    http: aiohttp.ClientSession, house: House
) -> None:
    households = [f"2001:db8:{number:x}::1" for number in range(1, 70)]
    async with aiohttp.ClientSession(house.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as known:
        assert await tried(known, house, "anna", PASSWORD, households[0]) == 303
        browser = next(each for each in known.cookie_jar if each.key == "hotline_browser").value
        statuses = [await tried(http, house, "anna", "x", address) for address in households[1:62]]
        assert statuses == [401] * 60 + [429]
        assert await tried(http, house, "piotr", PASSWORD, households[65]) == 303
        assert await tried(http, house, "anna", PASSWORD, households[66]) == 429, "a browser never seen before"
        cookie = {"hotline_browser": browser}
        assert await tried(known, house, "anna", PASSWORD, households[67], cookie) == 303
        assert await tried(http, house, "piotr", "x", households[68], cookie) == 401
        guesses = [await tried(known, house, "anna", "x", address, cookie) for address in households[:6]]
        assert guesses == [401] * 5 + [429], "a stolen one is no way to guess on"


class TestBehindTls:
    """TLS itself ends before us here; what browsers are told is what counts."""

    @pytest.fixture
    def rules(self) -> ConsoleRules:
        return BEHIND_TLS

    async def test_no_other_host_and_no_plain_answer_can_set_the_cookies(
        self, http: aiohttp.ClientSession, house: House
    ) -> None:
        async with http.get("/login") as form:
            token = (await form.text()).split('name="csrf" value="')[1].split('"')[0]
            given = [SimpleCookie(each) for each in form.headers.getall("Set-Cookie")]
        fields = {"login": "anna", "password": PASSWORD, "csrf": token}
        headers = {"Origin": house.url, "Cookie": f"__Host-hotline_form={token}"}
        async with http.post("/login", data=fields, headers=headers, allow_redirects=False) as answer:
            assert answer.status == 303
            given += [SimpleCookie(each) for each in answer.headers.getall("Set-Cookie")]
        cookies = [morsel for each in given for morsel in each.values()]
        names = {"__Host-hotline_form", "__Host-hotline_session", "__Host-hotline_browser"}
        assert {each.key for each in cookies} == names
        for each in cookies:
            assert each["secure"]
            assert (each["path"], each["domain"], each["samesite"]) == ("/", "", "Strict")
            assert each["httponly"]
        session = next(each for each in cookies if each.key == "__Host-hotline_session")
        async with http.get("/api/openapi.json", headers={"Cookie": f"hotline_session={session.value}"}) as answer:
            assert answer.status == 401
        async with http.get("/api/openapi.json", headers={"Cookie": f"{session.key}={session.value}"}) as answer:
            schemes = (await answer.json())["components"]["securitySchemes"]
        assert schemes["session"]["name"] == "__Host-hotline_session"
