"""The tests' own tools: found in the machine's path first, then in the private tree, and never silently missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from telephony.asterisk import debian_tree
from telephony.asterisk.debian_tree import PackagesError
from tests import tools

TOOL = tools.Tool(("thing", "thing-browser"), ("thing-package",), "usr/bin/thing")


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return tmp_path / "bin"


def test_the_machines_own_comes_first(path: Path, tmp_path: Path) -> None:
    own = put(path / "thing-browser", "#!/bin/sh\n")
    assert tools.find(TOOL, tmp_path) == own


def test_a_stub_that_asks_for_a_snap_is_none(path: Path, tmp_path: Path) -> None:
    put(path / "thing", "#!/bin/sh\nexec /snap/bin/thing\n")
    assert tools.find(TOOL, tmp_path) is None


async def test_from_the_tree_it_starts_with_the_trees_libraries(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fetch(tree: Path, *_: object, **__: object) -> None:
        put(tree / "usr/bin/thing", '#!/bin/sh\necho "$LD_LIBRARY_PATH|$FONTCONFIG_FILE|$*"\n')
        (tree / debian_tree.STAMP).write_text("thing-package\n")

    async def sources(_: object) -> list[object]:
        return []

    monkeypatch.setattr(debian_tree, "fetch", fetch)
    monkeypatch.setattr(tools, "debian_sources", sources)
    data = tmp_path / "a folder's name"
    found = await tools.ensure(TOOL, data, lambda _: None)
    printed = await debian_tree.run(str(found), "a b", "c")
    libraries, fonts, arguments = printed.split("|")
    assert all(folder.startswith(str(data)) for folder in libraries.split(":"))
    assert Path(fonts).read_text().startswith("<?xml")
    assert arguments == "a b c"


async def test_what_cannot_be_had_names_the_one_command(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_network(*_: object, **__: object) -> None:
        raise PackagesError("The mirror cannot be reached")

    monkeypatch.setattr(tools, "_unpack", no_network)
    with pytest.raises(tools.ToolMissingError, match=r"(?s)apt-get install thing-package.*mirror cannot be reached"):
        await tools.ensure(TOOL, tmp_path, lambda _: None)


def test_a_tool_asked_for_before_it_was_got(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path))
    monkeypatch.setenv("PATH", str(path))
    with pytest.raises(tools.ToolMissingError, match=r"run `python -m tests\.tools`"):
        tools.sipp()
