"""Published revisions of flows: whole or not at all, and back to those before."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ivr_flows import FlowError, load_set, revisions
from ivr_flows.revisions import Current, Published, Revisions, changes, drafted
from tests.unit.small_flows import FLOW

Publish = Callable[..., Published]


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "first.yaml").write_text(FLOW.format(name="first", say="Raz."))
    return folder


@pytest.fixture
def there(tmp_path: Path) -> Revisions:
    return Revisions(tmp_path / "data" / "flows")


@pytest.fixture
def publish(flows: Path, there: Revisions) -> Publish:
    def publish(say: str, at: float = 1000.0, note: str = "") -> Published:
        (flows / "first.yaml").write_text(FLOW.format(name="first", say=say))
        with drafted(flows, there.folder) as draft:
            return there.publish(draft, load_set(draft).revision, by="anna", note=note, at=at)

    return publish


def names(there: Revisions) -> list[str]:
    return [each.revision for each in there.all()[0]]


def unfinished(there: Revisions) -> list[str]:
    return [path.name for path in there.folder.glob(".*")]


def test_nothing_is_published_at_first(there: Revisions) -> None:
    assert there.current() is None
    assert there.mark() is None
    assert there.all() == ((), ())


def test_what_is_published_is_current_and_whole(there: Revisions, publish: Publish) -> None:
    published = publish("Raz.", note="pierwsza")
    assert there.current() == Current(published.revision, 1000.0, "anna")
    assert there.whole(published.revision) == published
    assert load_set(there.folder / published.revision).revision == published.revision
    assert (published.by, published.note, list(published.files)) == ("anna", "pierwsza", ["first.yaml"])
    assert unfinished(there) == []


def test_the_latest_comes_first_also_when_an_old_text_is_published_again(there: Revisions, publish: Publish) -> None:
    first, second = publish("Raz.", 1.0), publish("Dwa.", 2.0)
    assert names(there) == [second.revision, first.revision]
    assert publish("Raz.", 3.0).revision == first.revision
    assert names(there) == [first.revision, second.revision]
    assert there.current() == Current(first.revision, 3.0, "anna")
    assert unfinished(there) == []


def test_rolling_back_goes_further_back_each_time(there: Revisions, publish: Publish) -> None:
    first, second, third = (publish(say, at) for at, say in enumerate(("Raz.", "Dwa.", "Trzy.")))
    for expected in (second, first):
        current = there.current()
        assert current
        there.roll_back(there.before(current).revision, by="piotr", at=9.0)
        assert there.current() == Current(expected.revision, 9.0, "piotr", rolled_back=True)
    assert names(there) == [third.revision, second.revision, first.revision]
    with pytest.raises(FlowError, match="no revision was published before"):
        there.before(Current(first.revision, 9.0, "piotr"))


@pytest.mark.parametrize("damage", ["changed", "missing", "added", "record", "no record", "unreadable"])
def test_a_damaged_revision_is_told_and_never_served(damage: str, there: Revisions, publish: Publish) -> None:
    first, second = publish("Raz.", 1.0), publish("Dwa.", 2.0)
    folder = there.folder / first.revision
    match damage:
        case "changed":
            (folder / "first.yaml").write_text("flow: first")
        case "missing":
            (folder / "first.yaml").unlink()
        case "added":
            (folder / "second.yaml").write_text("flow: second")
        case "record":
            (folder / "revision.json").write_bytes((folder / "revision.json").read_bytes()[:40])
        case "no record":
            (folder / "revision.json").unlink()
        case _:
            (folder / "first.yaml").unlink()
            (folder / "first.yaml").mkdir()
    with pytest.raises(FlowError, match=first.revision):
        there.roll_back(first.revision, by="anna", at=3.0)
    assert there.current() == Current(second.revision, 2.0, "anna")
    published, problems = there.all()
    assert [each.revision for each in published] == [second.revision]
    assert len(problems) == 1


def test_a_damaged_current_revision_is_put_right_by_publishing_again(there: Revisions, publish: Publish) -> None:
    first, second = publish("Raz.", 1.0), publish("Dwa.", 2.0)
    (there.folder / second.revision / "first.yaml").write_text("?")
    with pytest.raises(FlowError, match="name the one to go back to"):
        there.before(Current(second.revision, 2.0, "anna"))
    there.roll_back(first.revision, by="anna", at=3.0)
    assert publish("Dwa.", 4.0).revision == second.revision
    assert there.whole(second.revision).at == 4.0


@pytest.mark.parametrize("content", ["", "{", '{"revision": "../../etc", "at": 1, "by": "x"}', '{"revision": 5}'])
def test_a_current_file_that_is_not_ours_is_no_revision(content: str, there: Revisions, publish: Publish) -> None:
    first = publish("Raz.")
    (there.folder / revisions.CURRENT).write_text(content)
    with pytest.raises(FlowError, match=r"current\.json"):
        there.current()
    there.roll_back(first.revision, by="anna", at=2.0)  # by name, that is the way out
    assert there.current()


def test_every_change_can_be_seen_by_the_mark(there: Revisions, publish: Publish) -> None:
    first, _ = publish("Raz."), publish("Dwa.")
    before = there.mark()
    there.roll_back(first.revision, by="anna", at=1000.0)
    assert before is not None
    assert there.mark() not in {None, before}


def test_a_revision_is_found_by_its_beginning(there: Revisions, publish: Publish) -> None:
    first = publish("Raz.")
    assert there.find(first.revision[:4]) == first
    for nobody in ("", "xyz", "../"):
        with pytest.raises(FlowError, match="no revision begins"):
            there.find(nobody)
    twin = there.folder / (first.revision[:11] + ("0" if first.revision[11] != "0" else "1"))
    twin.mkdir()
    with pytest.raises(FlowError, match="several revisions begin"):
        there.find(first.revision[:4])


def test_old_revisions_go_but_never_the_current_one(
    there: Revisions, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revisions, "KEPT", 3)
    oldest, *_, latest = [publish(f"Raz {at}.", float(at)) for at in range(5)]
    assert len(names(there)) == 3
    assert oldest.revision not in names(there)
    kept = names(there)[-1]
    there.roll_back(kept, by="anna", at=9.0)
    monkeypatch.setattr(there, "_point", lambda current: None)  # as if another were made current meanwhile
    publish("Inaczej.", 10.0)
    assert kept in names(there)
    assert latest.revision in names(there)
    assert unfinished(there) == []


def test_a_publication_that_is_cut_short_changes_nothing(
    there: Revisions, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish("Raz.", 1.0)
    for step in ("_place", "_point"):
        with monkeypatch.context() as full:
            full.setattr(there, step, lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
            with pytest.raises(OSError, match="No space"):
                publish("Dwa.", 2.0)
        assert there.current() == Current(first.revision, 1.0, "anna")
        assert unfinished(there) == []
    second = publish("Dwa.", 3.0)
    assert there.whole(second.revision).at == 3.0


def test_many_publish_at_a_time(flows: Path, there: Revisions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "KEPT", 2)

    def publish(number: int) -> str:
        own = flows.parent / f"own-{number}"
        own.mkdir(exist_ok=True)
        (own / "first.yaml").write_text(FLOW.format(name="first", say=f"Numer {number % 5}."))
        with drafted(own, there.folder) as draft:
            return there.publish(draft, load_set(draft).revision, by="anna", note="", at=float(number)).revision

    with ThreadPoolExecutor(8) as people:
        published = set(people.map(publish, range(40)))
    current = there.current()
    assert current
    assert current.revision in published & set(names(there))
    assert there.all()[1] == ()
    assert len(names(there)) <= 3
    assert unfinished(there) == []


def test_what_an_interrupted_publication_left_goes_after_a_day(there: Revisions, publish: Publish) -> None:
    publish("Raz.", 1.0)
    for name, age_s in ((".new-crashed", 100_000), (".old-crashed", 100_000), (".new-busy", 10)):
        (there.folder / name).mkdir()
        os.utime(there.folder / name, (1_000_000 - age_s, 1_000_000 - age_s))
    publish("Dwa.", 1_000_000.0)
    assert unfinished(there) == [".new-busy"]


def test_only_plain_flows_are_drafted(flows: Path, there: Revisions) -> None:
    (flows / "first.flowtest.yaml").write_text("steps: []")
    (flows / "numbers.yaml").write_text("transfers: {}\n")
    (flows / "huge.yaml").write_bytes(b"x" * 1_000_000)
    with drafted(flows, there.folder) as draft:
        assert sorted(path.name for path in draft.iterdir()) == ["first.yaml", "huge.yaml", "numbers.yaml"]
        assert (draft / "huge.yaml").stat().st_size < 300_000  # enough to be refused
    os.mkfifo(flows / "pipe.yaml")
    with pytest.raises(FlowError, match="no plain file"), drafted(flows, there.folder):
        pass
    for wrong in (flows / "absent", flows.parent / "data"):
        with pytest.raises(FlowError), drafted(wrong, there.folder):
            pass
    assert unfinished(there) == []


def test_a_note_is_one_short_line(there: Revisions, publish: Publish) -> None:
    for note in ("a\nb", "x" * 201, "\x1b[31m"):
        with pytest.raises(FlowError, match="one line"):
            publish("Raz.", note=note)
    assert there.current() is None


def test_what_has_changed_in_a_line() -> None:
    def of(**files: str) -> Published:
        return Published("0" * 12, 0.0, "anna", "", {f"{name}.yaml": sum_ for name, sum_ in files.items()})

    assert changes(None, of(a="1")) == "new a"
    assert changes(of(a="1", b="1", c="1"), of(a="2", c="1", d="1", e="1")) == "changed a; new d, e; gone b"
    assert changes(of(a="1"), of(a="1")) == "no change"
