"""What pages ask of the server, over a real socket: the guards of every endpoint, in their order, and the document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.console.api.table import EndpointTable
from telephony.console.api.token_door import TokenDoor
from telephony.console.rules import ConsoleRules
from telephony.core.account import Role
from telephony.store.errors import StoreError
from telephony.store.memory import Memory
from tests.integration.console_house import ACCOUNTS, OFFER, OFFERED, House, log_in

SUPERVISORS = frozenset({Role.SUPERVISOR})


class Note(Wire):
    text: str


class Which(Wire):
    most: int = 5


async def echo(asked: Asked) -> Note:
    return asked.body_as(Note)


async def listed(asked: Asked) -> Note:
    return Note(text=f"{asked.path['name']} {asked.query_as(Which).most}")


async def nothing(_: Asked) -> None:
    return None


async def full(_: Asked) -> None:
    raise ProblemError(409, detail="there are ten already")


async def broken(_: Asked) -> None:
    raise RuntimeError("the PIN is 4711")


ENDPOINTS = (
    Endpoint("POST", "/notes", "echo", frozenset(Role), echo, takes=Note, gives=Note),
    Endpoint("GET", "/notes/{name}", "list", frozenset(Role), listed, query=Which, gives=Note),
    Endpoint("DELETE", "/notes", "remove all", SUPERVISORS, nothing),
    Endpoint("PUT", "/danger", "something dangerous", frozenset(Role), nothing, step_up=True),
    Endpoint("POST", "/full", "too many", frozenset(Role), full, refuses=(409,)),
    Endpoint("GET", "/broken", "a bug", frozenset(Role), broken),
)


class Page:
    """A logged-in page's way to ask; `token` and `origin` as its own unless given."""

    def __init__(self, http: aiohttp.ClientSession, house: House, csrf: str) -> None:
        self.http, self.house, self.csrf = http, house, csrf

    async def ask(
        self, method: str, path: str, *, token: str | None = None, origin: str | None = None, **what: object
    ) -> tuple[int, dict[str, Any]]:
        headers = {"X-CSRF-Token": self.csrf if token is None else token, "Origin": origin or self.house.url}
        async with self.http.request(method, f"/api/console{path}", headers=headers, **what) as answer:  # type: ignore[arg-type]
            if answer.status >= 400:
                assert answer.content_type == "application/problem+json"
            return answer.status, await answer.json() if answer.content_type.endswith("json") else {}


@pytest.fixture
def endpoints() -> tuple[Endpoint, ...]:
    return ENDPOINTS


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules()


async def page_of(http: aiohttp.ClientSession, house: House, login: str = "anna") -> Page:
    assert await log_in(http, house, login) == 303
    async with http.get("/") as page:
        return Page(http, house, (await page.text()).split('name="csrf" value="')[1].split('"')[0])


@pytest.fixture
async def page(http: aiohttp.ClientSession, house: House) -> Page:
    return await page_of(http, house)


async def test_what_is_asked_is_answered_as_the_models_say(page: Page) -> None:
    assert await page.ask("POST", "/notes", json={"text": "ż"}) == (200, {"text": "ż"})
    assert await page.ask("GET", "/notes/all?most=7") == (200, {"text": "all 7"})
    me = (await page.ask("GET", "/me"))[1]
    assert (me["login"], me["token"]) == ("anna", page.csrf)
    status, line = await page.ask("GET", "/line")
    assert (status, [each["lane"] for each in line["lanes"]]) == (200, ["accessibility", "standard"])


async def test_nobody_asks_without_a_session(http: aiohttp.ClientSession, house: House) -> None:
    stranger = Page(http, house, "x")
    for each in ENDPOINTS:
        status, problem = await stranger.ask(each.method, each.path.replace("{name}", "a"))
        assert (status, problem["title"]) == (401, "Proszę się zalogować.")
    async with http.get("/api/openapi.json") as answer:
        assert answer.status == 401


async def test_the_role_is_looked_at_before_anything_else(
    page: Page, http: aiohttp.ClientSession, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await page.ask("DELETE", "/notes", token="wrong"))[0] == 403
    monkeypatch.setitem(ACCOUNTS, "piotr", replace(ACCOUNTS["piotr"], role=Role.SUPERVISOR))
    http.cookie_jar.clear()
    assert await (await page_of(http, house, "piotr")).ask("DELETE", "/notes") == (204, {})


async def test_a_foreign_page_and_a_stale_token_change_nothing(page: Page) -> None:
    status, problem = await page.ask("POST", "/notes", token="", json={"text": "x"})
    assert (status, problem["reason"]) == (403, "stale")
    assert (await page.ask("POST", "/notes", token="ąę", json={"text": "x"}))[0] == 403
    assert (await page.ask("POST", "/notes", origin="https://evil.example", json={"text": "x"}))[0] == 403


async def test_who_wants_something_dangerous_has_just_proven_to_be_there(page: Page, house: House) -> None:
    assert await page.ask("PUT", "/danger") == (204, {})
    house.now += 301
    status, problem = await page.ask("PUT", "/danger")
    assert (status, problem["reason"]) == (403, "step_up")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ('{"text": 1}', "application/json", 422),
        ('{"text": "x", "more": 1}', "application/json", 422),
        ("text=x", "application/x-www-form-urlencoded", 415),
        ("x" * 20_000, "application/json", 413),
    ],
)
async def test_a_body_that_is_not_as_described_is_told_without_what_it_said(
    page: Page, body: str, kind: str, status: int
) -> None:
    headers = {"X-CSRF-Token": page.csrf, "Origin": page.house.url, "Content-Type": kind}
    async with page.http.post("/api/console/notes", data=body, headers=headers) as answer:
        problem = await answer.json()
        assert (answer.status, answer.content_type) == (status, "application/problem+json")
    assert "xxx" not in str(problem)


async def test_what_a_handler_refuses_and_what_it_breaks_are_problems_without_a_story(page: Page) -> None:
    assert (await page.ask("POST", "/full"))[1]["detail"] == "there are ten already"
    status, problem = await page.ask("GET", "/broken")
    assert (status, problem["title"]) == (500, "Błąd po naszej stronie.")
    assert "4711" not in str(problem)


async def test_an_unknown_path_and_method_are_problems_too(page: Page) -> None:
    assert (await page.ask("GET", "/nowhere"))[0] == 404
    assert (await page.ask("PUT", "/notes"))[0] == 405
    assert (await page.ask("GET", "/notes/all?most=many"))[0] == 422
    assert (await page.ask("GET", "/notes/all?least=1"))[0] == 422


async def test_the_titles_are_in_the_language_of_the_pages(page: Page) -> None:
    page.http.cookie_jar.update_cookies({"hotline_look": "en.auto.100.on"})
    assert (await page.ask("GET", "/nowhere"))[1]["title"] == "Not found."


async def test_a_note_is_kept_for_a_call_of_ones_own_desk_and_for_no_other(page: Page, house: House) -> None:
    note = f"/calls/{OFFERED.interaction}/note"
    assert (await page.ask("PUT", note, json={"text": "x", "revision": 1}))[0] == 404, "not offered yet"
    house.console.publish(OFFER)
    assert await page.ask("GET", note) == (200, {"text": "", "revision": 0, "saved_at": None})
    kept = {"text": "Dioda <b>mruga</b>", "revision": 1, "saved_at": house.now}
    assert await page.ask("PUT", note, json={"text": kept["text"], "revision": 1}) == (200, kept)
    assert await page.ask("GET", note) == (200, kept)
    assert (await page.ask("PUT", note, json={"text": "x" * 4001, "revision": 2}))[0] == 422
    assert (await page.ask("PUT", note, json={"text": "x"}))[0] == 422, "which text it takes the place of"
    page.http.cookie_jar.clear()
    other = await page_of(page.http, house, "piotr")
    assert (await other.ask("GET", note))[0] == 404, "a colleague's desk"
    assert list(house.memory.notes) == [(OFFERED.interaction, "anna")]


async def test_a_late_save_never_takes_the_place_of_a_newer_text(page: Page, house: House) -> None:
    note = f"/calls/{OFFERED.interaction}/note"
    house.console.publish(OFFER)
    given = {"text": "Dioda\x00 mruga", "revision": 2}  # what no database keeps is left out
    assert (await page.ask("PUT", note, json=given))[1]["text"] == "Dioda mruga"
    for revision in (1, 2):
        status, problem = await page.ask("PUT", note, json={"text": "Dioda", "revision": revision})
        assert (status, problem["reason"]) == (409, "newer_note")
    assert (await page.ask("PUT", note, json={"text": "Dioda mruga", "revision": 2}))[0] == 200, "an answer was lost"
    assert (await page.ask("GET", note))[1]["text"] == "Dioda mruga"


async def test_a_note_that_cannot_be_kept_is_told_so(page: Page, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StoreError("away")

    house.console.publish(OFFER)
    monkeypatch.setattr(Memory, "rows", away)
    status, problem = await page.ask("PUT", f"/calls/{OFFERED.interaction}/note", json={"text": "x", "revision": 1})
    assert (status, problem["title"]) == (503, "Chwilowo niedostępne.")


async def test_the_document_names_every_endpoint_with_its_models(page: Page) -> None:
    async with page.http.get("/api/openapi.json") as answer:
        document = await answer.json()
    assert document["openapi"] == "3.1.0"
    listed = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert {(each.method, f"/api/console{each.path}") for each in ENDPOINTS} < listed
    assert {"Me", "LineNow", "Note", "Problem"} <= document["components"]["schemas"].keys()
    posted = document["paths"]["/api/console/notes"]["post"]
    assert posted["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Note"}


def test_two_endpoints_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="post_notes"):
        EndpointTable([ENDPOINTS[0], ENDPOINTS[0]], TokenDoor({}), base="/v1", document="/", below="/", title="")
