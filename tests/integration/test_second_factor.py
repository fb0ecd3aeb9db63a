"""Log-in and step-up with a second factor, over real sockets."""

from __future__ import annotations

import asyncio
import re
from base64 import b32decode
from dataclasses import replace

import aiohttp
import pytest

from telephony.console.page_client import LoginRefusedError, PageClient
from telephony.console.rules import ConsoleRules
from telephony.core import totp
from telephony.core.account import Role
from tests.integration.console_house import ACCOUNTS, PASSWORD, House, log_in
from tests.integration.test_console_api import page_of

SECRET = b"12345678901234567890"
RECOVERY = totp.new_recovery_codes()
OWN = "/account/second-factor"


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules(totp_roles=frozenset({Role.SUPERVISOR}))


@pytest.fixture
async def enrolled(house: House) -> House:
    assert await house.factors.enrol("anna", SECRET, 1, RECOVERY, 0.0)
    return house


@pytest.fixture
def _supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ACCOUNTS, "anna", replace(ACCOUNTS["anna"], role=Role.SUPERVISOR))


def code_at(now: float, secret: bytes = SECRET) -> str:
    return totp.code_of(secret, totp.step_at(now))


class Step:
    """The second step in the hands of a test."""

    def __init__(self, http: aiohttp.ClientSession, house: House) -> None:
        self.http, self.house = http, house

    async def password(self) -> None:
        assert await log_in(self.http, self.house) == 303

    async def shown(self) -> str:
        async with self.http.get("/login/code") as answer:
            return await answer.text()

    async def give(self, code: str, csrf: str | None = None, **more: str) -> tuple[int, str]:
        """Status, and where to or what is told."""
        token = csrf if csrf is not None else (await self.shown()).split('name="csrf" value="')[1].split('"')[0]
        origin = {"Origin": self.house.url}
        fields = {"code": code, "csrf": token, **more}
        async with self.http.post("/login/code", data=fields, headers=origin, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location") or await answer.text()

    async def inside(self) -> bool:
        async with self.http.get("/api/console/me") as answer:
            return answer.status == 200


@pytest.fixture
def step(http: aiohttp.ClientSession, house: House) -> Step:
    return Step(http, house)


async def test_the_password_alone_lets_nobody_in_who_has_a_second_factor(enrolled: House, step: Step) -> None:
    await step.password()
    assert not await step.inside()
    assert "Kod z aplikacji" in await step.shown()
    assert await step.give(code_at(enrolled.now)) == (303, "/")
    assert await step.inside()
    assert (await step.give("1", "x"))[1] == "/login?why=again", "that log-in is over"


async def test_a_simulated_page_says_that_it_has_no_phone(enrolled: House) -> None:
    async with PageClient(enrolled.url, "anna", PASSWORD) as client:
        with pytest.raises(LoginRefusedError, match="asks for a second factor"):
            await client.log_in()


async def test_without_a_second_factor_the_password_is_enough(step: Step) -> None:
    await step.password()
    assert await step.inside()


async def test_the_code_step_is_worth_nothing_without_the_password(enrolled: House, step: Step) -> None:
    assert await step.give(code_at(enrolled.now), "x") == (303, "/login?why=again")
    assert not await step.inside()


async def test_a_code_is_good_once(enrolled: House, step: Step) -> None:
    await step.password()
    assert (await step.give(code_at(enrolled.now)))[0] == 303
    step.http.cookie_jar.clear()
    await step.password()
    status, told = await step.give(code_at(enrolled.now))
    assert status == 401
    assert "był już użyty" in told
    assert (await step.give(code_at(enrolled.now - 30)))[0] == 401, "nor is one before it"
    assert await step.give(code_at(enrolled.now + 30)) == (303, "/")


async def test_of_two_who_bring_the_same_code_at_once_one_gets_in(enrolled: House) -> None:
    async def bring(http: aiohttp.ClientSession) -> int:
        step = Step(http, enrolled)
        await step.password()
        return (await step.give(code_at(enrolled.now)))[0]

    jars = [aiohttp.CookieJar(unsafe=True) for _ in range(4)]
    browsers = [aiohttp.ClientSession(enrolled.url, cookie_jar=jar) for jar in jars]
    try:
        assert sorted(await asyncio.gather(*map(bring, browsers))) == [303, 401, 401, 401]
    finally:
        await asyncio.gather(*(each.close() for each in browsers))


async def test_a_recovery_code_opens_once(enrolled: House, step: Step) -> None:
    await step.password()
    assert await step.give(totp.grouped(RECOVERY[0]).lower()) == (303, "/")
    step.http.cookie_jar.clear()
    await step.password()
    assert (await step.give(RECOVERY[0]))[0] == 401
    assert await step.give(RECOVERY[1]) == (303, "/")


async def test_a_clock_off_by_a_step_is_no_hindrance_and_by_two_it_is(enrolled: House, step: Step) -> None:
    await step.password()
    assert (await step.give(code_at(enrolled.now - 60)))[0] == 401
    assert (await step.give(code_at(enrolled.now + 60)))[0] == 401
    assert await step.give(code_at(enrolled.now - 30)) == (303, "/")


async def test_a_form_of_somewhere_else_is_refused_and_costs_no_try(enrolled: House, step: Step) -> None:
    await step.password()
    for _ in range(20):
        assert (await step.give(code_at(enrolled.now), "x"))[0] == 403
    assert await step.give(code_at(enrolled.now)) == (303, "/")


async def test_who_takes_too_long_begins_again(enrolled: House, step: Step) -> None:
    await step.password()
    enrolled.now += 600
    assert await step.give(code_at(enrolled.now), "x") == (303, "/login?why=again")
    async with step.http.get("/login?why=again") as answer:
        assert "Proszę zacząć od początku" in await answer.text()


async def test_a_guesser_with_the_password_has_few_tries_and_a_known_browser_its_own(
    enrolled: House, step: Step
) -> None:
    await step.password()
    assert (await step.give(code_at(enrolled.now)))[0] == 303  # this browser is known from now on
    known = [morsel for morsel in step.http.cookie_jar if morsel.key == "hotline_browser"]
    assert known
    enrolled.now += 300
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(enrolled.url, cookie_jar=jar) as stranger:
        guesser = Step(stranger, enrolled)
        tries = []
        for _ in range(3):
            await guesser.password()
            for _ in range(5):
                tries.append(await guesser.give("000000"))
                if tries[-1][0] != 401:
                    break
        assert [status for status, _ in tries].count(401) == 8
        assert tries[4] == tries[9] == (303, "/login?why=again"), "five codes for one password"
        assert tries[-1][0] == 429
        assert "Proszę spróbować ponownie za 180 s" in tries[-1][1]
        assert (await guesser.give(code_at(enrolled.now)))[0] == 429, "the right one, too"
    step.http.cookie_jar.clear(lambda morsel: morsel.key != "hotline_browser")
    await step.password()
    assert await step.give(code_at(enrolled.now)) == (303, "/"), "its owner is not locked out"


async def test_nobody_learns_from_the_log_in_page_whether_a_second_factor_is_there(enrolled: House, step: Step) -> None:
    pages = []
    for login in ("anna", "piotr", "nobody"):
        async with step.http.get("/login") as form:
            token = (await form.text()).split('name="csrf" value="')[1].split('"')[0]
        fields = {"login": login, "password": "wrong", "csrf": token}
        async with step.http.post("/login", data=fields, headers={"Origin": enrolled.url}) as answer:
            assert answer.status == 401
            pages.append(re.sub(rf"{login}|value=\"[^\"]+\"", "", await answer.text()))
    assert pages[0] == pages[1] == pages[2]


def secret_on(page: str) -> bytes:
    text = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert text
    return b32decode(text.group(1).replace(" ", ""))


@pytest.mark.usefixtures("_supervisor")
async def test_who_must_have_one_gets_it_at_the_first_log_in(house: House, step: Step) -> None:
    await step.password()
    page = await step.shown()
    assert "<svg" in page
    assert "style=" not in page, "the content security policy would drop it"
    secret = secret_on(page)
    assert secret_on(await step.shown()) == secret, "a reload shows the same"
    assert (await step.give("000000"))[0] == 401
    assert await house.factors.secret("anna") is None, "not confirmed, so it does not count"
    status, told = await step.give(code_at(house.now, secret))
    assert status == 200
    codes = re.findall(r"<li><code>([A-Z2-9-]+)</code></li>", told)
    assert len(codes) == 10
    assert not await step.inside()
    assert codes[9] in await step.shown(), "until they have been written down"
    assert (await step.give(code_at(house.now, secret)))[0] == 200, "a second click has not seen them"
    assert await step.give("", seen="yes") == (303, "/")
    assert await step.inside()
    step.http.cookie_jar.clear()
    await step.password()
    assert (await step.give(code_at(house.now, secret)))[0] == 401, "the confirming code was used up"
    assert await step.give(codes[9]) == (303, "/")


async def own(http: aiohttp.ClientSession, house: House, csrf: str, **fields: str) -> tuple[int, str]:
    form = {"csrf": csrf, **fields}
    async with http.post(OWN, data=form, headers={"Origin": house.url}, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location") or await answer.text()


async def test_somebody_gets_one_of_their_own_will_renews_the_codes_and_gives_it_up(
    http: aiohttp.ClientSession, house: House
) -> None:
    page = await page_of(http, house)
    async with http.get(OWN) as answer:
        secret = secret_on(await answer.text())
    now_code = code_at(house.now, secret)
    refused = await own(http, house, page.csrf, wish="enrol", password="wrong", code=now_code)
    assert refused[0] == 403
    assert "Hasło się nie zgadza" in refused[1]
    refused = await own(http, house, page.csrf, wish="enrol", password=PASSWORD, code="000000")
    assert "nie jest poprawny" in refused[1]
    assert secret_on(refused[1]) == secret
    status, told = await own(http, house, page.csrf, wish="enrol", password=PASSWORD, code=now_code)
    assert (status, told.count("<li><code>")) == (200, 10)
    async with http.get(OWN) as answer:
        told = await answer.text()
    assert "<strong>10</strong>" in told
    assert "wystarczy hasło" in told
    assert "<svg" not in told
    refused = await own(http, house, page.csrf, wish="codes", password=PASSWORD, code=now_code)
    assert refused[0] == 403, "that code was used"
    house.now += 30
    status, told = await own(http, house, page.csrf, wish="codes", password=PASSWORD, code=code_at(house.now, secret))
    codes = re.findall(r"<li><code>([A-Z2-9-]+)</code></li>", told)
    assert (status, len(codes)) == (200, 10)
    assert (await own(http, house, page.csrf, wish="off", password=PASSWORD, code=""))[0] == 403
    status, told = await own(http, house, page.csrf, wish="off", password=PASSWORD, code=codes[0])
    assert (status, "<svg" in told) == (200, True)
    assert await house.factors.secret("anna") is None
    assert (await own(http, house, page.csrf, wish="codes", password=PASSWORD, code=""))[0] == 409
    assert (await own(http, house, "x", wish="off", password=PASSWORD, code=""))[0] == 403


@pytest.mark.usefixtures("_supervisor")
async def test_who_must_have_one_and_removes_it_logs_in_anew(enrolled: House, step: Step) -> None:
    await step.password()
    await step.give(code_at(enrolled.now))
    async with step.http.get(OWN) as answer:
        told = await answer.text()
    assert "Nastąpi wylogowanie" in told
    assert "wystarczy hasło" not in told
    csrf = told.split('name="csrf" value="')[1].split('"')[0]
    given = await own(step.http, enrolled, csrf, wish="off", password=PASSWORD, code=RECOVERY[3])
    assert given == (303, "/login?why=over")
    assert not await step.inside()
    await step.password()
    assert "<svg" in await step.shown()


async def test_the_own_page_is_for_whoever_is_logged_in(http: aiohttp.ClientSession, house: House) -> None:
    async with http.get(OWN, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/login")
    assert await own(http, house, "x", wish="off") == (303, "/login")


async def test_a_step_up_takes_both_and_a_code_once(enrolled: House, step: Step) -> None:
    await step.password()
    await step.give(code_at(enrolled.now))
    async with step.http.get("/") as answer:
        csrf = (await answer.text()).split('name="csrf" value="')[1].split('"')[0]
    headers = {"X-CSRF-Token": csrf, "Origin": enrolled.url}

    async def prove(password: str, code: str | None) -> tuple[int, str]:
        body = {"password": password} if code is None else {"password": password, "code": code}
        async with step.http.post("/api/console/step-up", json=body, headers=headers) as answer:
            return answer.status, (await answer.json())["reason"] if answer.status >= 400 else ""

    async with step.http.get("/api/console/second-factor") as answer:
        assert await answer.json() == {"enrolled": True, "required": False, "recovery_codes": 10}
    enrolled.now += 60
    fresh = code_at(enrolled.now)
    assert await prove(PASSWORD, None) == (403, "code_wanted")
    assert await prove("wrong", fresh) == (403, "wrong_password")
    assert await prove(PASSWORD, "000000") == (403, "wrong_code")
    assert await prove(PASSWORD, fresh) == (204, "")
    assert await prove(PASSWORD, fresh) == (403, "wrong_code")
    for _ in range(8):
        assert await prove(PASSWORD, "000000") == (403, "wrong_code")
    assert await prove(PASSWORD, RECOVERY[5]) == (429, "")


async def test_a_step_up_without_a_second_factor_is_the_password_as_before(
    http: aiohttp.ClientSession, house: House
) -> None:
    page = await page_of(http, house)
    assert (await page.ask("POST", "/step-up", json={"password": PASSWORD}))[0] == 204
    assert (await page.ask("GET", "/second-factor"))[1] == {"enrolled": False, "required": False, "recovery_codes": 0}
