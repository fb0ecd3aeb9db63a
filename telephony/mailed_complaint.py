"""A complaint that came as an e-mail [RFC 5322, RFC 2045], read as what it is: bytes of a stranger.

Nothing of it is executed, fetched or written to a file. HTML becomes text, attachments are named and left out, headers
are cut, and what is too large or too deep is refused before it is taken apart.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email import policy
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.utils import parseaddr

from telephony.console.caller_message import clean
from telephony.core.customer_message import mail_address

MOST_BYTES = 10 << 20
MOST_PARTS = 50
MOST_HEADERS, HEADER_BYTES = 1000, 50_000  # of one part, and of one header
HEADER, NAME, TEXT = 1000, 100, 20_000  # characters
PART_BYTES = 200_000  # of a text: more would be cut anyhow
CUT = "\n[…]"
_BOUNDARY = re.compile(rb"boundary\s*=", re.IGNORECASE)
_CHARSETS = re.compile(
    r"utf-?8|us-ascii|iso-8859-\d{1,2}|windows-125\d|cp125\d|koi8-[ru]|utf-16(le|be)?", re.IGNORECASE
)
_TAG = re.compile(r"/?([a-z][a-z0-9]*)")
_UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript", "svg"})
_LINES = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "blockquote"})
_MACHINES = frozenset({"bulk", "junk", "list", "auto_reply"})  # of Precedence
_NO_FILE_NAME = re.compile(r"[^\w. -]+")


class RefusedMailError(ValueError):
    """Why it cannot be read, in words for whoever has sent it."""


@dataclass(frozen=True, slots=True)
class MailedComplaint:
    """`once` is the same for the same e-mail, however often it comes."""

    once: str
    elements: Mapping[str, str]


def read(raw: bytes, own: str) -> MailedComplaint | None:
    """None for what a machine has sent, or we ourselves (`own`): nobody answers those [RFC 3834].

    Errors: RefusedMailError.
    """
    if len(raw) > MOST_BYTES:
        raise RefusedMailError(f"the e-mail is larger than {MOST_BYTES >> 20} MB")
    if len(_BOUNDARY.findall(raw)) > MOST_PARTS:
        raise RefusedMailError("the e-mail has too many parts")
    try:
        mail = BytesParser(policy=policy.compat32).parsebytes(raw)
        every = list(mail.walk())
        name, address = parseaddr(str(mail.get("From", ""))[:HEADER])
    except (RecursionError, ValueError, LookupError):
        raise RefusedMailError("the e-mail cannot be read") from None
    parts = [part for part in every if not part.is_multipart()]
    if len(parts) > MOST_PARTS:
        raise RefusedMailError("the e-mail has too many parts")
    if any(map(_overlong, every)):
        raise RefusedMailError("the e-mail has headers that nobody writes")
    sender = mail_address(address)
    if _by_machine(mail) or sender == own:
        return None
    if sender is None:
        raise RefusedMailError("the e-mail has no sender to whom could be written")
    return MailedComplaint(_once(mail, sender, raw), _elements(mail, parts, sender, name))


def _overlong(part: Message) -> bool:
    return len(part) > MOST_HEADERS or any(len(str(value)) > HEADER_BYTES for value in part.values())


def _by_machine(mail: Message) -> bool:
    automatic = str(mail.get("Auto-Submitted", "no")).split(";")[0].strip().lower() != "no"
    precedence = str(mail.get("Precedence", "")).strip().lower() in _MACHINES
    return automatic or precedence or "List-Id" in mail or str(mail.get("Return-Path", "")).strip() == "<>"


def _once(mail: Message, sender: str, raw: bytes) -> str:
    own = str(mail.get("Message-ID", "")).strip()[:HEADER]
    return f"mail\n{sender}\n{own or hashlib.sha256(raw).hexdigest()}"


def _elements(mail: Message, parts: Iterable[Message], sender: str, name: str) -> dict[str, str]:
    texts, others = _sorted(parts)
    given = {
        "name": clean(_header(name), lines=False)[:NAME],
        "email": sender,
        "answer_by": "e-mail",
        "subject": clean(_header(str(mail.get("Subject", ""))), lines=False)[:HEADER],
        "grounds": _text(texts),
        "attachments": "\n".join(others),
    }
    return {element: value for element, value in given.items() if value}


def _sorted(parts: Iterable[Message]) -> tuple[list[Message], list[str]]:
    """Those that are the text, and the names of all others."""
    texts, others = [], []
    for part in parts:
        shown = part.get_content_disposition() in (None, "inline") and not _file_name(part)
        if shown and part.get_content_type() in ("text/plain", "text/html"):
            texts.append(part)
        else:
            others.append(_file_name(part) or part.get_content_type()[:NAME])
    return texts, others


def _text(parts: list[Message]) -> str:
    """The plain text; where there is none, what the HTML shows."""
    plain = [_decoded(part) for part in parts if part.get_content_type() == "text/plain"]
    shown = plain if any(map(str.strip, plain)) else [_shown(_decoded(part)) for part in parts]
    text = clean("\n\n".join(shown), lines=True)
    return text if len(text) <= TEXT else text[:TEXT] + CUT


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    charset = str(part.get_param("charset", "utf-8"))
    known = charset if _CHARSETS.fullmatch(charset) else "utf-8"
    return payload[:PART_BYTES].decode(known, "replace") if isinstance(payload, bytes) else ""


def _shown(markup: str) -> str:
    """HTML as text, in one pass: what cannot be closed ends it."""
    return re.sub(r"\n\s*\n\s*", "\n\n", html.unescape("".join(_pieces(markup, markup.lower()))))


def _pieces(markup: str, lower: str) -> Iterator[str]:
    at = 0
    while at >= 0 and (begin := markup.find("<", at)) >= 0:
        yield markup[at:begin]
        comment = markup.startswith("<!--", begin)
        end = markup.find("-->" if comment else ">", begin)
        found = _TAG.match(lower, begin + 1)
        tag = found[1] if found else ""
        if end >= 0 and tag in _UNSEEN and not lower.startswith("/", begin + 1):
            end = lower.find(f"</{tag}", end)
            end = lower.find(">", end) if end >= 0 else -1
        if tag in _LINES:
            yield "\n"
        at = end + (3 if comment else 1) if end >= 0 else -1
    if at >= 0:
        yield markup[at:]


def _header(text: str) -> str:
    """With its encoded words [RFC 2047]; what cannot be decoded stays as it is."""
    text = text[:HEADER]
    try:
        found = decode_header(text)
    except (ValueError, LookupError):
        return text
    return "".join(_word(piece, charset) for piece, charset in found)


def _word(piece: bytes | str, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    return piece.decode(charset if charset and _CHARSETS.fullmatch(charset) else "utf-8", "replace")


def _file_name(part: Message) -> str:
    """To be read by people, and by nothing else: no path, no control characters."""
    try:
        given = part.get_filename() or ""
    except (ValueError, LookupError):
        return "?"
    last = re.split(r"[/\\]", _header(given))[-1]
    return _NO_FILE_NAME.sub("_", clean(last, lines=False))[:NAME]
