"""The browser side is built from what is locked: its types fit, it is small, and what fails tells what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from telephony.console import browser_packages, bundle
from telephony.console.browser_packages import BuildError
from tests import tools

# Compressed, without the phone library.
MOST_BYTES = 150_000  # all pages together
MOST_BYTES_OF_ONE = 60_000  # with its style and what it shares with others


def test_the_types_fit() -> None:
    bundle.check_types(tools.data_folder())


def test_all_pages_are_small() -> None:
    sizes = bundle.build(tools.data_folder())
    assert {"page_console.js", "page_supervision.js", "style.css", "form.css"} <= set(sizes.files)
    assert sizes.total < MOST_BYTES
    assert len(sizes.pages) > 10
    assert {name: size for name, size in sizes.pages.items() if size >= MOST_BYTES_OF_ONE} == {}
    alone = sizes.files["page_quality.js"] + sizes.files["quality.css"]
    assert alone < sizes.pages["page_quality.js"], "what it shares counts, too"


def test_the_lock_names_no_registry_and_has_a_sum_for_everything() -> None:
    packages = json.loads((browser_packages.WEB / "package-lock.json").read_text("utf-8"))["packages"]
    assert all("resolved" not in each for each in packages.values())
    assert all(each["integrity"].startswith("sha512-") for name, each in packages.items() if name)


def test_a_changed_source_has_to_be_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bundle, "BUILT", tmp_path)
    with pytest.raises(BuildError, match="run `hotline setup`"):
        bundle.built()
    bundle.build(tools.data_folder())
    assert (bundle.built() / "page_console.js").is_file()


def test_without_a_registry_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error network' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(BuildError, match=r"(?s)npm error network.*hotline setup"):
        browser_packages.ensure(tmp_path / "tools")
    assert list((tmp_path / "tools/browser").iterdir()) == []
