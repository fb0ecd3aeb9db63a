"""The pages that watch flows, over real sockets: for staff only, the same figures everywhere, and nothing twice."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from ivr_flows import Flow, load
from ivr_flows.picture import Language, svg
from tests.integration.console_house import House, log_in
from tests.unit.watched_flow import watched_flow

HOSTILE = "</td><script>alert(1)</script>"
OUTER = f"""\
flow: outer
start: hello
person: person
menu_words: {{closing: "Zero.", wrong_key: "Nie."}}
nodes:
  hello: {{type: say, say: "{HOSTILE}", next: inside}}
  inside: {{type: sub_flow, flow: inner, next: person}}
  person: {{type: line, queue: support}}
"""
INNER = """\
flow: inner
start: ask
person: person
menu_words: {closing: "Zero.", wrong_key: "Nie."}
nodes:
  ask: {type: menu, choices: {1: {say: "Dalej: jeden.", next: back}}}
  back: {type: return}
  person: {type: line, queue: support}
"""


@pytest.fixture
def outer(tmp_path: Path) -> Flow:
    for name, text in (("outer", OUTER), ("inner", INNER)):
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    return load(tmp_path / "outer.yaml")


@pytest.mark.parametrize("path", ["/flows", "/flows/general", "/flows/picture.css"])
async def test_strangers_are_sent_to_the_login_page(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (303, "/login")


@pytest.mark.parametrize("path", ["/flows/callers.json", "/flows/general/callers.json"])
async def test_strangers_get_no_figures(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path, allow_redirects=False) as response:
        assert response.status == 401


async def test_the_picture_and_the_table_show_the_running_flow(
    http: aiohttp.ClientSession, house: House, tmp_path: Path
) -> None:
    flow = watched_flow(tmp_path)
    house.flows = [flow]
    house.callers = {("general", flow.revision): {"departments": 3, "support": 2}}
    await log_in(http, house)
    async with http.get("/flows/general") as response:
        page = await response.text()
        assert response.headers["Cache-Control"] == "no-store"
    assert svg(flow, Language.PL, within_page=True) in page
    assert "style=" not in page
    assert "<style" not in page
    assert 'id="total">5<' in page
    row = page.partition('<tr data-row="departments">')[2].partition("</tr>")[0]
    assert '<td class="count-cell" data-callers="3">3</td>' in row
    assert "1 Sprzedaż → sales" in row
    assert "0 → person" in row
    for id_ in flow.nodes:
        assert page.count(f'data-row="{id_}"') == page.count(f'data-node="{id_}"') == 1


async def test_a_flow_text_stays_text(http: aiohttp.ClientSession, house: House, outer: Flow) -> None:
    house.flows = [outer]
    await log_in(http, house)
    async with http.get("/flows/outer") as response:
        page = await response.text()
    assert page.count("<script") == 1  # the page's own
    assert "&lt;script&gt;" in page


async def test_sub_flows_have_pages_of_their_own(http: aiohttp.ClientSession, house: House, outer: Flow) -> None:
    house.flows = [outer]
    house.callers = {
        ("outer", outer.revision): {"inside": 4},
        ("inner", outer.subs["inner"].revision): {"ask": 4},
    }
    await log_in(http, house)
    async with http.get("/flows") as response:
        listed = await response.text()
    assert [name for name in ("inner", "outer") if f'<a href="/flows/{name}">' in listed] == ["inner", "outer"]
    async with http.get("/flows/outer") as response:
        assert '<a href="/flows/inner">inner</a>' in await response.text()
    async with http.get("/flows/inner/callers.json") as response:
        assert (await response.json())["counts"] == {"ask": 4}
    async with http.get("/flows/callers.json") as response:
        assert (await response.json())["counts"] == {"inner": 4, "outer": 4}


async def test_what_has_not_changed_is_not_sent_again(
    http: aiohttp.ClientSession, house: House, tmp_path: Path
) -> None:
    flow = watched_flow(tmp_path)
    house.flows = [flow]
    house.callers = {("general", flow.revision): {"support": 1}}
    await log_in(http, house)
    async with http.get("/flows/general/callers.json") as response:
        tag = response.headers["ETag"]
        assert await response.json() == {
            "revision": flow.revision, "problem": "", "total": 1, "earlier": 0, "counts": {"support": 1}
        }  # fmt: skip
    async with http.get("/flows/general/callers.json", headers={"If-None-Match": tag}) as response:
        assert response.status == 304
        assert await response.read() == b""
    house.callers = {("general", flow.revision): {"support": 2}}
    async with http.get("/flows/general/callers.json", headers={"If-None-Match": tag}) as response:
        assert response.status == 200
        assert (await response.json())["total"] == 2


async def test_calls_under_way_on_an_earlier_revision_are_counted_apart(
    http: aiohttp.ClientSession, house: House, tmp_path: Path
) -> None:
    flow = watched_flow(tmp_path)
    house.flows = [flow]
    house.callers = {("general", flow.revision): {"support": 1}, ("general", "older"): {"support": 2, "gone": 1}}
    await log_in(http, house)
    async with http.get("/flows/general/callers.json") as response:
        figures = await response.json()
    assert (figures["total"], figures["earlier"], figures["counts"]) == (4, 3, {"support": 1})


async def test_why_something_newer_is_not_served_is_told_on_every_page(
    http: aiohttp.ClientSession, house: House, tmp_path: Path
) -> None:
    house.flows = [watched_flow(tmp_path)]
    await log_in(http, house)
    for path in ("/flows", "/flows/general"):
        async with http.get(path) as response:
            assert 'id="problem" role="status" hidden>' in await response.text()
    house.problem = "general.yaml:3:5: <b>no</b>"
    for path in ("/flows", "/flows/general"):
        async with http.get(path) as response:
            page = await response.text()
            assert 'id="problem" role="status" >' in page
            assert "general.yaml:3:5: &lt;b&gt;no&lt;/b&gt;" in page


async def test_a_flow_too_tangled_for_a_picture_has_its_table(
    http: aiohttp.ClientSession, house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("ivr_flows.picture.layers.MOST_POINTS", 10)
    house.flows = [watched_flow(tmp_path)]
    await log_in(http, house)
    async with http.get("/flows/general") as response:
        page = await response.text()
    assert "zbyt zawiły na obraz" in page
    assert 'data-row="departments"' in page


@pytest.mark.parametrize("name", ["nosuch", "..%2f..%2fconsole", "<script>"])
async def test_another_name_is_no_flow(http: aiohttp.ClientSession, house: House, name: str, tmp_path: Path) -> None:
    house.flows = [watched_flow(tmp_path)]
    await log_in(http, house)
    for path in (f"/flows/{name}", f"/flows/{name}/callers.json"):
        async with http.get(path) as response:
            assert response.status == 404
            assert "<script>" not in await response.text()


async def test_whoever_watches_is_not_signed_in_to_take_calls(
    http: aiohttp.ClientSession, house: House, tmp_path: Path
) -> None:
    house.flows = [watched_flow(tmp_path)]
    await log_in(http, house)
    async with http.get("/flows/general") as response:
        assert response.status == 200
    assert house.events.empty()
    assert house.console.open_pages == 0
