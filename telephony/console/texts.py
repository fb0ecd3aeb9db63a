"""The words of the pages: `web/texts/*.json`, both languages side by side, for server and browser side alike.

A page's template names a word `${area.key}`, its own values `$name`; everything is escaped where it is put in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from html import escape
from pathlib import Path
from string import Template

WEB = Path(__file__).parent / "web"


class Language(StrEnum):
    PL = "pl"
    EN = "en"


class _Page(Template):
    braceidpattern = r"(?a:[a-z_]+(?:\.[A-Za-z0-9_]+)?)"


@cache
def texts(language: Language) -> Mapping[str, str]:
    """`area.key` → text."""
    tables = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((WEB / "texts").glob("*.json"))}
    return {f"{area}.{key}": entry[language] for area, table in tables.items() for key, entry in table.items()}


class PageTemplate:
    """A page of `web/`; `page(language, name=value, …)`. Values are HTML already: who gives them escapes them."""

    def __init__(self, name: str) -> None:
        self._template = _Page((WEB / name).read_text("utf-8"))

    def page(self, language: Language, values: Mapping[str, str]) -> str:
        words = {key: escape(text) for key, text in texts(language).items()}
        return self._template.substitute(words | dict(values))
