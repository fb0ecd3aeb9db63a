"""The flows that are served: changes are taken up whole, and what is broken changes nothing."""

from __future__ import annotations

import asyncio
import os
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ivr_flows import FlowError, Known, load_set
from ivr_flows.prompts import PromptStore
from ivr_flows.revisions import CURRENT, Published, Revisions, drafted
from telephony import flow_news
from telephony.flows import FlowShelf, Origin, can_say
from tests.unit.small_flows import FLOW, Beep

DID = "+48221000100"
KNOWN = Known(frozenset({"support"}), frozenset())


class House:
    def __init__(self, folder: Path) -> None:
        self.flows = folder / "own"
        self.flows.mkdir()
        self.voice = Beep()
        self.prompts = PromptStore(folder / "prompts", None, self.voice)
        self.origin = Origin(Revisions(folder / "data"), self.flows)
        self.now = 1000.0
        self.write("Raz.")

    def write(self, say: str, name: str = "first", text: str = FLOW) -> None:
        """Written a second later than before, whatever the file system's clock can tell apart."""
        self.now += 1
        path = self.flows / f"{name}.yaml"
        path.write_text(text.format(name=name, say=say))
        os.utime(path, (self.now, self.now))

    def publish(self, say: str) -> Published:
        self.write(say)
        with drafted(self.flows, self.origin.revisions.folder) as draft:
            revision = load_set(draft).revision
            return self.origin.revisions.publish(draft, revision, by="anna", note="", at=self.now)

    def shelf(self) -> FlowShelf:
        return FlowShelf(
            self.origin, numbers={DID: "first"}, known=lambda: KNOWN, prompts=self.prompts, clock=lambda: self.now
        )


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def said(shelf: FlowShelf) -> str:
    return shelf.flow_for(DID).nodes["hello"].say.by_language["pl"]  # type: ignore[union-attr]


async def look(shelf: FlowShelf) -> None:
    """A change is taken up once two looks have seen the same."""
    await shelf.look()
    await shelf.look()


async def test_without_a_publication_the_folder_is_served_and_its_changes(house: House) -> None:
    shelf = house.shelf()
    assert said(shelf) == "Raz."
    house.write("Dwa.")
    await look(shelf)
    assert said(shelf) == "Dwa."
    house.write("Trzy.", "second")
    await look(shelf)
    assert sorted(shelf.serving.flows.flows) == ["first", "second"]
    (house.flows / "second.yaml").unlink()
    await look(shelf)
    assert sorted(shelf.serving.flows.flows) == ["first"]


async def test_a_file_being_written_is_left_alone_until_it_rests(house: House) -> None:
    shelf = house.shelf()
    house.write("Dw", text="flow: {name}\nstart: ")
    await shelf.look()
    house.write("Dwa.")
    await shelf.look()
    assert (said(shelf), shelf.failures) == ("Raz.", 0)
    await shelf.look()
    assert (said(shelf), shelf.failures) == ("Dwa.", 0)


async def test_what_is_published_is_served_and_the_folder_no_more(house: House) -> None:
    shelf = house.shelf()
    first = house.publish("Dwa.")
    await look(shelf)
    assert (said(shelf), shelf.serving.revision) == ("Dwa.", first.revision)
    house.write("Trzy.")
    await look(shelf)
    assert said(shelf) == "Dwa."
    house.publish("Trzy.")
    await look(shelf)
    assert said(shelf) == "Trzy."
    house.origin.revisions.roll_back(first.revision, by="anna", at=house.now)
    await look(shelf)
    assert (said(shelf), shelf.failures) == ("Dwa.", 0)
    assert said(house.shelf()) == "Dwa."  # so does a server that starts


async def test_a_call_that_has_begun_keeps_its_flow(house: House) -> None:
    shelf = house.shelf()
    flow = shelf.flow_for(DID)
    house.publish("Dwa.")
    await look(shelf)
    assert flow.nodes["hello"].say.by_language["pl"] == "Raz."  # type: ignore[union-attr]
    assert said(shelf) == "Dwa."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("flow: {name}\nstart: nowhere\n", "first.yaml"),
        (FLOW.replace("queue: support", "queue: suport"), "suport"),
        (FLOW.replace("flow: {name}", "flow: other"), "have to agree"),
    ],
)
async def test_a_broken_set_changes_nothing_and_is_told(house: House, text: str, told: str) -> None:
    shelf = house.shelf()
    before = shelf.serving
    house.write("Dwa.", text=text)
    await look(shelf)
    await look(shelf)  # it is refused once, not at every look
    assert (said(shelf), shelf.serving.revision, shelf.failures) == ("Raz.", before.revision, 1)
    assert told in shelf.serving.problem
    house.write("Trzy.")
    await look(shelf)
    assert (said(shelf), shelf.serving.problem) == ("Trzy.", "")


async def test_a_number_keeps_its_flow(house: House) -> None:
    shelf = house.shelf()
    house.write("Dwa.", "second")
    (house.flows / "first.yaml").unlink()
    await look(shelf)
    assert said(shelf) == "Raz."
    assert f"numbers.{DID}.flow in the settings: there is no flow `first`; there are second" in shelf.serving.problem


async def test_a_damaged_publication_changes_nothing(house: House) -> None:
    house.publish("Dwa.")
    shelf = house.shelf()
    published = house.publish("Trzy.")
    (house.origin.revisions.folder / published.revision / "first.yaml").write_text("?")
    await look(shelf)
    assert said(shelf) == "Dwa."
    assert "not as it was published" in shelf.serving.problem
    (house.origin.revisions.folder / CURRENT).write_text("{")
    await look(shelf)
    assert (said(shelf), shelf.failures) == ("Dwa.", 2)


async def test_a_set_that_cannot_be_said_is_not_served(house: House) -> None:
    shelf = house.shelf()
    house.voice.broken = True
    house.publish("Dwa.")
    await look(shelf)
    assert (said(shelf), shelf.failures) == ("Raz.", 1)
    assert "no voice today" in shelf.serving.problem
    house.voice.broken = False
    shelf.reload()  # nothing has changed in the files: somebody asks
    await look(shelf)
    assert said(shelf) == "Dwa."
    assert all(map(house.prompts.ready, can_say(shelf.serving.flows)))


async def test_whatever_goes_wrong_callers_get_what_they_got(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = house.shelf()

    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Origin, "read", fail)
    house.write("Dwa.")
    await look(shelf)
    assert (said(shelf), shelf.serving.problem) == ("Raz.", "RuntimeError: a bug")


def test_a_server_does_not_start_with_what_it_cannot_serve(house: House) -> None:
    house.write("Dwa.", text="flow: {name}\n")
    with pytest.raises(FlowError, match=r"first\.yaml"):
        house.shelf()
    (house.flows / "first.yaml").unlink()
    os.mkfifo(house.flows / "first.yaml")
    with pytest.raises(FlowError, match=r"first\.yaml: no plain file"):
        house.shelf()
    (house.flows / "first.yaml").unlink()
    with pytest.raises(FlowError, match="1 to 200 flows"):
        house.shelf()


def test_all_mistakes_are_told_up_to_a_bound(house: House) -> None:
    for number in range(9):
        house.write("Raz.", f"flow{number}", text="flow: {name}\nstrat: x\n")
    with pytest.raises(FlowError, match=r"… and \d+ more") as refused:
        house.shelf()
    assert len(str(refused.value).splitlines()) == 6


async def test_while_it_runs_it_tells_and_looks_when_asked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf, told = house.shelf(), asyncio.Queue[str]()
    monkeypatch.setattr(flow_news, "told_in", lambda _: nullcontext(lambda news: told.put_nowait(news.revision)))
    running = asyncio.create_task(shelf.run())
    async with asyncio.timeout(20):
        assert await told.get() == shelf.serving.revision
        published = house.publish("Dwa.")
        shelf.reload()
        assert await told.get() == published.revision
    assert said(shelf) == "Dwa."
    running.cancel()


async def test_at_the_start_calls_are_served_while_prompts_are_made(house: House) -> None:
    house.voice.may_speak.clear()
    shelf = house.shelf()
    running = asyncio.create_task(shelf.run())
    assert await asyncio.to_thread(house.voice.asked.wait, 20)
    assert said(shelf) == "Raz."
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    house.voice.may_speak.set()
    await asyncio.get_running_loop().shutdown_default_executor()  # the thread ends with the prompt it was at
    assert sum(map(house.prompts.ready, can_say(shelf.serving.flows))) == 1


async def test_prompts_that_cannot_be_made_at_the_start_are_told(house: House) -> None:
    house.voice.broken = True
    shelf = house.shelf()
    with capture_logs() as logged:
        await shelf._make_missing()
    assert logged == [{"event": "flows.prompts_missing", "log_level": "error", "reason": "no voice today"}]
