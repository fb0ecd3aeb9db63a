"""How somebody wants pages to look: language, colours, size of type, shortcuts.

It is remembered with the account, and in a cookie, which pages for strangers go by.
The choice is made in a plain form, so that it works before log-in and without JavaScript [WCAG 2.2 §1.4.4, §2.1.4].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Protocol, Self

from aiohttp import web

from telephony.console.texts import Language, PageTemplate, texts

COOKIE = "hotline_look"
COOKIE_S = 365 * 24 * 3600

THEMES = ("auto", "light", "dark")
SIZES = ("100", "125", "150", "200")
SWITCH = ("on", "off")
LANGUAGES: Mapping[str, str] = {Language.PL: "Polski", Language.EN: "English"}
PANEL = PageTemplate("look.html")


@dataclass(frozen=True, slots=True)
class Look:
    """`theme` auto follows the machine; `size` is the type's, in per cent of the browser's own."""

    language: Language = Language.PL
    theme: str = "auto"
    size: str = "100"
    shortcuts: str = "on"

    @classmethod
    def read(cls, cookie: str | None) -> Self:
        """Of the cookie; whatever is unknown in it counts as not chosen."""
        parts = (cookie or "").split(".")
        language, theme, size, shortcuts = (parts + [""] * 4)[:4]
        return cls().chosen({"language": language, "theme": theme, "size": size, "shortcuts": shortcuts})

    def chosen(self, form: Mapping[str, str]) -> Self:
        """This, with what a form says differently."""
        return type(self)(
            Language(_one(tuple(Language), form.get("language"), self.language)),
            _one(THEMES, form.get("theme"), self.theme),
            _one(SIZES, form.get("size"), self.size),
            _one(SWITCH, form.get("shortcuts"), self.shortcuts),
        )

    @property
    def cookie(self) -> str:
        return f"{self.language}.{self.theme}.{self.size}.{self.shortcuts}"

    @property
    def root(self) -> str:
        """The attributes of a page's root element."""
        chosen = {"theme": self.theme, "size": self.size, "shortcuts": self.shortcuts}
        return f'lang="{self.language}" ' + " ".join(f'data-{name}="{value}"' for name, value in chosen.items())

    def frame(self, back: str) -> dict[str, str]:
        """What every page's template wants: `root` and the form `look`, which comes back to the path `back`."""
        return {"root": self.root, "look": self._panel(back)}

    def _panel(self, back: str) -> str:
        t = texts(self.language)
        values = {
            "back": escape(back),
            "languages": _options(LANGUAGES, self.language),
            "themes": _options({each: t[f"look.theme_{each}"] for each in THEMES}, self.theme),
            "sizes": _options({each: f"{each} %" for each in SIZES}, self.size),
            "switches": _options({each: t[f"look.shortcuts_{each}"] for each in SWITCH}, self.shortcuts),
        }
        return PANEL.page(self.language, values)


class Looks(Protocol):
    """Where choices are kept with their account, as a cookie's text; what it cannot do costs nobody a page."""

    async def of(self, login: str) -> str | None: ...

    async def keep(self, login: str, look: str) -> None: ...


class Forgetful:
    """Nothing is kept: the browser's cookie alone remembers."""

    async def of(self, login: str) -> str | None:
        return None

    async def keep(self, login: str, look: str) -> None:
        """It is not."""


def looked_at(request: web.Request) -> Look:
    """How whoever sent this request wants to see pages."""
    return Look.read(request.cookies.get(COOKIE))


def way_back(wanted: str) -> str:
    """A path of ours, never another host's [OWASP Unvalidated Redirects]."""
    inside = wanted.startswith("/") and not wanted.startswith("//") and wanted.isascii() and wanted.isprintable()
    return wanted if inside and "\\" not in wanted and len(wanted) <= 200 else "/"


def _options(words: Mapping[str, str], chosen: str) -> str:
    return "".join(
        f'<option value="{value}"{" selected" if value == chosen else ""}>{escape(text)}</option>'
        for value, text in words.items()
    )


def _one(known: tuple[str, ...], wanted: str | None, otherwise: str) -> str:
    return wanted if wanted in known else otherwise
