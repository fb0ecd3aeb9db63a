"""What the far side of a folder of trunks lets be done, and what it does not."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from sip_trunk.receiver import MOST_BYTES, Receiver, serve
from sip_trunk.revisions import FILES, TrunkFolder

TEXTS = dict.fromkeys(FILES, "x\n")
NOT_ASKED = {"wrong": "this is not asked here"}


def told(root: Path, *asked: object) -> list[Mapping[str, object]]:
    lines = b"".join(json.dumps(each).encode() + b"\n" for each in asked)
    answers = io.BytesIO()
    serve(root, io.BytesIO(lines), answers)
    return [json.loads(each) for each in answers.getvalue().splitlines()]


def test_a_revision_is_kept_switched_to_and_told(tmp_path: Path) -> None:
    _, kept, *_ = told(tmp_path, {"do": "hold"}, {"do": "keep", "texts": TEXTS})
    name = kept["ok"]
    step = {"old": "", "new": name, "actor": "eva", "began": 1}
    past = {"at": 2.5, "actor": "eva", "old": "", "new": name, "outcome": "applied"}
    answers = told(
        tmp_path, {"do": "hold"}, {"do": "begin", "step": step}, {"do": "unfinished"},
        {"do": "switch", "revision": name}, {"do": "end", "past": past}, {"do": "current"}, {"do": "known"},
        {"do": "source", "revision": name}, {"do": "history"}, {"do": "switch", "revision": None}, {"do": "current"},
        {"do": "unfinished"}, {"do": "release"}, {"do": "switch", "revision": name},
    )  # fmt: skip
    assert [each.get("ok") for each in answers] == [
        None, None, {**step, "began": 1}, None, None, name, [name], "x\n", [{**past, "reason": ""}], None, None, None,
        None, None,
    ]  # fmt: skip
    assert answers[-1] == {"wrong": "the folder is not held"}


@pytest.mark.parametrize(
    "asked",
    [
        {"do": "keep", "texts": {**TEXTS, "../evil": "x"}},
        {"do": "keep", "texts": {"pjsip.conf": "x"}},
        {"do": "keep", "texts": dict.fromkeys(FILES, 1)},
        {"do": "keep", "texts": "x"},
        {"do": "switch", "revision": "../../etc"},
        {"do": "source", "revision": "1-0123456789ab/../.."},
        {"do": "source"},
        {"do": "begin", "step": {"old": "", "new": "", "actor": [], "began": 1.0}},
        {"do": "begin", "step": {"old": ""}},
        {"do": "begin", "step": {"old": "", "new": "", "actor": "", "began": 1.0, "more": "x"}},
        {"do": "end", "past": "x"},
        {"do": "close"},
        {"do": ["hold"]},
        {},
        [],
        "hold",
    ],
)
def test_what_is_not_asked_here_is_not_done(tmp_path: Path, asked: object) -> None:
    assert told(tmp_path, {"do": "hold"}, asked)[1] == NOT_ASKED
    assert {each.name for each in tmp_path.iterdir()} == {"lock", "revisions"}


def test_nothing_is_written_without_the_lock_and_one_holds_it(tmp_path: Path) -> None:
    assert told(tmp_path, {"do": "keep", "texts": TEXTS}) == [{"wrong": "the folder is not held"}]
    assert told(tmp_path, {"do": "hold"}, {"do": "hold"})[1] == {"wrong": "the folder is held already"}
    with TrunkFolder(tmp_path).held():
        assert "another process" in str(told(tmp_path, {"do": "hold"})[0]["busy"])
    assert told(tmp_path, {"do": "hold"}) == [{"ok": None}]


def test_what_is_wrong_with_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "journal.json").write_text("{")
    assert "is not what we write" in str(told(tmp_path, {"do": "unfinished"})[0]["wrong"])
    (tmp_path / "file").write_text("")
    assert told(tmp_path / "file", {"do": "hold"})[0]["wrong"] == "the folder of trunks: Not a directory"
    assert Receiver(tmp_path).answer(b"\xff\n") == NOT_ASKED
    assert Receiver(tmp_path).answer(b"[" * 100_000) == NOT_ASKED


def test_a_line_without_end_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_BYTES > 10_000_000
    monkeypatch.setattr("sip_trunk.receiver.MOST_BYTES", 20)
    for line in (b'{"do": "current"}', b'{"do": "current"' + b" " * 20 + b"}\n"):
        answers = io.BytesIO()
        serve(tmp_path, io.BytesIO(line), answers)
        assert answers.getvalue() == b""
