"""Every word of the pages is there in both languages, and every page finds its words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from telephony.console.look import Look, way_back
from telephony.console.texts import WEB, Language, PageTemplate, texts

TABLES = sorted((WEB / "texts").glob("*.json"))
PAGES = sorted(path.name for path in WEB.glob("*.html"))
OWN_VALUE = re.compile(r"\$([a-z_]+)")


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_both_languages_say_everything(path: Path) -> None:
    for key, entry in json.loads(path.read_text("utf-8")).items():
        assert set(entry) == set(Language), key
        assert all(text.strip() for text in entry.values()), key
        blanks = [set(re.findall(r"\{\w+\}", text)) for text in entry.values()]
        assert blanks[0] == blanks[1], key


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", list(Language))
def test_every_page_finds_its_words(name: str, language: Language) -> None:
    own = set(OWN_VALUE.findall((WEB / name).read_text("utf-8")))
    page = PageTemplate(name).page(language, dict.fromkeys(own, "x"))
    assert "$" not in page


def test_the_languages_differ() -> None:
    assert texts(Language.PL)["login.submit"] == "Zaloguj"
    assert texts(Language.EN)["login.submit"] == "Log in"


@pytest.mark.parametrize("cookie", [None, "", "xx.yy.zz.ww", "<script>", "." * 100, "en"])
def test_a_cookie_that_is_none_of_ours_changes_nothing_else(cookie: str | None) -> None:
    look = Look.read(cookie)
    assert look == Look(language=Language.EN if cookie == "en" else Language.PL)


def test_a_choice_comes_back_from_its_cookie() -> None:
    chosen = Look().chosen({"language": "en", "theme": "dark", "size": "200", "shortcuts": "off", "more": "x"})
    assert Look.read(chosen.cookie) == chosen
    assert 'lang="en" data-theme="dark" data-size="200" data-shortcuts="off"' in chosen.root


@pytest.mark.parametrize(
    ("wanted", "back"),
    [
        ("/flows/general", "/flows/general"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("/" + "a" * 200, "/"),
        ("", "/"),
    ],
)
def test_the_way_back_leads_to_a_page_of_ours(wanted: str, back: str) -> None:
    assert way_back(wanted) == back
