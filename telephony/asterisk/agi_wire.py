"""The Asterisk Gateway Interface on the wire: the environment, the replies, and commands that stay one line.

Asterisk writes the environment as `agi_key: value` lines up to an empty one and then answers each command with one
reply (res/res_agi.c). A caller's text may bring line ends into either, so nothing is guessed: what is not exactly a
reply ends the session, and the dialplan goes on with the caller.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType

COMMAND_LIMIT = 2000  # bytes; Asterisk reads 2048 at a time (AGI_BUF_LEN) and takes the rest for another command
HEADER_LINE_LIMIT = 8 * 1024
HEADER_LIMIT = 32 * 1024
HEADER_LINES = 200
REPLY_LIMIT = 4 * 1024

_ENV_LINE = re.compile(r"(agi_[a-z0-9_]{1,40}): ?(.*)", re.DOTALL)
_REPLY = re.compile(
    r"200 result=(-?[0-9]{1,10})(?: Gosub (?:complete|failed))?(?: \(([^\r\n]*)\))?(?: endpos=([0-9]{1,15}))?"
)
_KEY_REPLY = re.compile(r"200 result=([0-9*#A-D]?)( \(timeout\))?")
_OF_OURS = re.compile(r"agi_(?:network_script|channel|uniqueid|arg_[0-9]+)")


class AgiError(Exception):
    """The far side broke the protocol; the session ends and the dialplan goes on."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What Asterisk says of the channel before the first command."""

    values: MappingProxyType[str, str]
    duplicates: int  # lines whose key had come before: somebody wrote line ends into a value

    def __getitem__(self, key: str) -> str:
        return self.values.get(f"agi_{key}", "")


class EnvironmentReader:
    """Takes the header line by line, within limits; the first of two equal keys wins."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._lines = 0
        self._bytes = 0
        self._duplicates = 0

    def line(self, raw: bytes) -> Environment | None:
        """The environment once the empty line has come. `raw` ends with LF. Errors: AgiError."""
        self._lines += 1
        self._bytes += len(raw)
        if self._lines > HEADER_LINES or self._bytes > HEADER_LIMIT or len(raw) > HEADER_LINE_LIMIT:
            raise AgiError("the header is too long")
        text = raw.decode(errors="replace").removesuffix("\n").removesuffix("\r")
        if not text:
            return Environment(MappingProxyType(self._values), self._duplicates)
        self._keep(text)
        return None

    def _keep(self, text: str) -> None:
        match = _ENV_LINE.fullmatch(text)
        if match is None:
            if not self._values:
                raise AgiError("this is no AGI header")
            self._duplicates += 1  # a line of somebody's own
            return
        key, value = match.groups()
        if key not in self._values:
            self._values[key] = value
            return
        self._duplicates += 1
        if _OF_OURS.fullmatch(key) and key != "agi_network_script":
            # The true line comes after the caller's number, so "the first wins" would believe the caller.
            raise AgiError(f"{key} came twice")


@dataclass(frozen=True, slots=True)
class Reply:
    result: int
    text: str | None = None  # what stood in parentheses
    endpos: int | None = None  # samples, where playing stopped


@dataclass(frozen=True, slots=True)
class Refused:
    """510, 511 or 520: the command is unknown, the channel is dead, or the syntax is wrong."""

    code: int


class Hangup:
    """The line `HANGUP`: the caller has gone; the reply to a command under way still follows."""


class Trying:
    """The line `100 Trying…`: the reply comes later."""


class UsageBegins:
    """The first line of a 520 on several lines; the last one is `520 End of proper usage.`."""


ReplyLine = Reply | Refused | Hangup | Trying | UsageBegins


def parse_reply(raw: bytes) -> ReplyLine:
    """One line of Asterisk's, ended by LF. Errors: AgiError for anything else than the grammar of res_agi.c."""
    text = raw.decode(errors="replace").removesuffix("\n").removesuffix("\r")
    if match := _REPLY.fullmatch(text):
        result, inside, endpos = match.groups()
        return Reply(int(result), inside, int(endpos) if endpos else None)
    if text == "HANGUP":
        return Hangup()
    if text.startswith("520-"):
        return UsageBegins()
    if text[:4] in {"510 ", "511 ", "520 "}:
        return Refused(int(text[:3]))
    if text.startswith("100 "):
        return Trying()
    raise AgiError("the reply is out of step")


def parse_key_reply(raw: bytes) -> ReplyLine:
    """Likewise the answer to GET DATA for one key: its result is the key's code, as that of other commands is.

    The key `#` ends the input and is not given; 0: no key in time.
    """
    match = _KEY_REPLY.fullmatch(raw.decode(errors="replace").removesuffix("\n").removesuffix("\r"))
    if match is None:
        return parse_reply(raw)
    key, timed_out = match.groups()
    return Reply(ord(key) if key else 0 if timed_out else ord("#"))


def is_end_of_usage(raw: bytes) -> bool:
    return raw.startswith(b"520 End of proper usage")


def quote(argument: str) -> str:
    """One argument in quotes it cannot leave. Errors: ValueError for CR, LF, NUL.

    res_agi.c (`parse_args`) takes the character after a backslash as it is and ends an argument only at a bare quote.
    """
    if any(forbidden in argument for forbidden in "\r\n\0"):
        raise ValueError("an AGI argument holds a line end or NUL")
    return '"' + argument.replace("\\", "\\\\").replace('"', '\\"') + '"'


def command(words: str, *arguments: str) -> bytes:
    """`words` (ours, such as `STREAM FILE`) and quoted arguments as one line. Errors: ValueError."""
    if not re.fullmatch(r"[A-Z ]+", words):
        raise ValueError(f"{words!r} is not an AGI command")
    line = " ".join([words, *map(quote, arguments)]).encode() + b"\n"
    if len(line) > COMMAND_LIMIT:
        raise ValueError(f"{words} has {len(line)} bytes, AGI takes {COMMAND_LIMIT}")
    return line
