"""How the form for callers looks: the page's pieces as HTML, in the reader's language and, if wished, in easy words.

Errors stand in a list at the top that leads to each field, and again at the field [WCAG 2.2 §3.3.1, §3.3.3].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Self
from urllib.parse import urlencode

from babel.dates import format_date

from telephony.console.caller_message import CallBack, Filed
from telephony.console.look import LANGUAGES, Look
from telephony.console.texts import Language, PageTemplate, texts

HINTS = {"phone": ("reach-hint", "phone-hint"), "email": ("reach-hint", "email-hint"), "text": ("text-hint",)}
TYPED = ("name", "phone", "email", "text", "website")
PROMISES = {
    CallBack.NOT_WISHED: "sent_answer",
    CallBack.PROMISED: "sent_call",
    CallBack.PROMISED_BEFORE: "sent_call_again",
    CallBack.NEVER_CALLED: "sent_no_call",
}

_PAGE = PageTemplate("form.html")
_FIELDS = PageTemplate("form_fields.html")
_SENT = PageTemplate("form_sent.html")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: `easy` where easy words were chosen."""

    look: Look
    easy: bool
    contact: str  # of the data protection officer

    @classmethod
    def of(cls, look: Look, fields: Mapping[str, str], contact: str) -> Self:
        """`lang` and `words` of the address or the form, before what the browser remembers."""
        return cls(look.chosen({"language": fields.get("lang", "")}), fields.get("words") == "easy", contact)

    def word(self, key: str) -> str:
        known = texts(self.look.language)
        return known.get(f"form.{key}_easy", known[f"form.{key}"]) if self.easy else known[f"form.{key}"]

    def html(self, key: str) -> str:
        return escape(self.word(key))

    @property
    def address(self) -> str:
        return _address(self.look.language, easy=self.easy)


def form(
    reader: Reader, queues: Mapping[str, str], fields: Mapping[str, str], problems: Mapping[str, str], once: str
) -> str:
    """The form with what was typed. `problems`: field → its text; "" is what concerns no single field."""
    t = reader.html
    values = {
        "lang": reader.look.language, "words": "easy" if reader.easy else "plain", "once": escape(once),
        "lead": t("lead"), "required_note": t("required_note"),
        "reach_hint": t("reach_hint"), "text_hint": t("text_hint"),
        "label_name": t("name"), "label_reach": t("reach"), "label_queue": t("queue"), "label_text": t("text"),
        "label_call_back": t("call_back"), "call_back": _checked("call_back", fields),
        "label_complaint": t("complaint"), "complaint_hint": t("complaint_hint"),
        "complaint": _checked("complaint", fields),
        "problems": _list(reader, problems), "queues": _choices(reader, queues, fields.get("queue", "")),
        "error_queue": _error("queue", problems),
        "trap": 'class="field"' if "website" in problems else 'class="trap" aria-hidden="true"',
        "trap_tab": "" if "website" in problems else 'tabindex="-1"',
    }  # fmt: skip
    for name in TYPED:
        # A browser drops a line end at the beginning of a textarea.
        values[f"value_{name}"] = ("\n" if name == "text" else "") + escape(fields.get(name, "")[:8000])
        values[f"error_{name}"] = _error(name, problems)
        values[f"state_{name}"] = _state(name, problems)
    return _page(reader, _FIELDS.page(reader.look.language, values), failed=bool(problems))


def sent(reader: Reader, filed: Filed) -> str:
    values = {
        "title": reader.html("sent_title"), "ticket": escape(filed.ticket), "keep": reader.html("sent_keep"),
        "promise": reader.html(PROMISES[filed.call_back]), "again": escape(reader.address),
        "complaint": _answer_by(reader, filed.answer_by),
    }  # fmt: skip
    return _page(reader, _SENT.page(reader.look.language, values), failed=False)


def _answer_by(reader: Reader, day: date | None) -> str:
    if day is None:
        return ""
    words = format_date(day, "long", locale=reader.look.language)
    return f"<p>{reader.html('sent_complaint').replace('{day}', escape(words))}</p>"


def _checked(name: str, fields: Mapping[str, str]) -> str:
    return "checked" if fields.get(name) == "yes" else ""


def _page(reader: Reader, content: str, *, failed: bool) -> str:
    privacy = ["privacy_easy"] if reader.easy else []
    paragraphs = [*privacy, "privacy_1", "privacy_2", "privacy_3", "privacy_4"]
    contact = escape(reader.contact)
    values = {
        "root": reader.look.root,
        "error_prefix": reader.html("error_prefix") if failed else "",
        "ways": _ways(reader),
        "content": content,
        "privacy": "".join(f"<p>{reader.html(key).replace('{contact}', contact)}</p>" for key in paragraphs),
    }
    return _PAGE.page(reader.look.language, values)


def _ways(reader: Reader) -> str:
    """The other language and the other words: links, which need no JavaScript."""
    links = [
        f'<a href="{escape(_address(other, easy=reader.easy))}" lang="{other}" hreflang="{other}">{title}</a>'
        for other, title in ((Language(code), title) for code, title in LANGUAGES.items())
        if other is not reader.look.language
    ]
    easy = escape(_address(reader.look.language, easy=not reader.easy))
    return "".join([*links, f'<a href="{easy}">{reader.html("to_plain" if reader.easy else "to_easy")}</a>'])


def _address(language: Language, *, easy: bool) -> str:
    return "/form?" + urlencode({"lang": language, "words": "easy" if easy else "plain"})


def _list(reader: Reader, problems: Mapping[str, str]) -> str:
    if not problems:
        return ""
    items = "".join(
        f'<li><a href="#{field}">{escape(text)}</a></li>' if field else f"<li>{escape(text)}</li>"
        for field, text in problems.items()
    )
    title = reader.html("error_title")
    return f'<div class="problems" role="alert"><h2>{title}</h2><ul>{items}</ul></div>'


def _error(field: str, problems: Mapping[str, str]) -> str:
    if field not in problems:
        return ""
    return f'<p class="field-error" id="{field}-error">{escape(problems[field])}</p>'


def _state(field: str, problems: Mapping[str, str]) -> str:
    """What describes the field, and whether it is wrong."""
    wrong = field in problems
    described = [*HINTS.get(field, ()), *([f"{field}-error"] if wrong else [])]
    invalid = ['aria-invalid="true"'] if wrong else []
    return " ".join([*invalid, *([f'aria-describedby="{" ".join(described)}"'] if described else [])])


def _choices(reader: Reader, queues: Mapping[str, str], chosen: str) -> str:
    known = texts(reader.look.language) if reader.look.language is not Language.PL else {}
    titles = {name: known.get(f"queues.{name}", title) for name, title in queues.items()}  # the settings have one each
    return "".join(
        f'<div class="choice"><input type="radio" id="queue-{escape(name)}" name="queue" value="{escape(name)}"'
        f'{" checked" if name == chosen else ""}><label for="queue-{escape(name)}">{escape(title)}</label></div>'
        for name, title in titles.items()
    )
