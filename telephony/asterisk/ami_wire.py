"""The Asterisk Manager Interface on the wire: bytes to items and back, incrementally and without trust.

A caller's text may reach AMI and bring line ends of its own, so that one event becomes a shorter one and a forged
one. What such a cut leaves behind (an event whose channel lost its Uniqueid, a key that comes twice, a fragment
without a kind) becomes a `Taint` instead of an event. Each combination of an event's keys is examined once; from then
on one regular expression recognises the same shape and takes out the fields asked for and no others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

FRAME_LIMIT = 128 * 1024  # bytes; ListCommands' reply, the longest, has about 12 kB
LINE_LIMIT = 1000  # bytes of one header of ours; Asterisk cuts at 1024 (main/manager.c, `inbuf`)
SHAPES_PER_EVENT = 12  # of those with the same first bytes
SHAPES = 400  # of all events together; a stranger's inventions cost the slow way, not memory

_END = "\r\n\r\n"
_HEAD = 28  # characters of a message by which its shapes are looked up: `Event: ` and the name, or most of it
# Debian's build has the developers' test events: repeated keys, channels without ids, an empty line too many. No
# caller's text is in them, and nobody listens to them.
_NOISE = "Event: TestEvent\r\n"
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_()/.-]{0,99}|100rel")  # the one option of Asterisk that begins so
_ALWAYS = frozenset({"ActionID", "EventList"})  # what ties an event to a question of ours

# What precedes Channel, Uniqueid and Linkedid in the events that speak of several channels.
_ROLES = ("", "dest", "source", "target", "localone", "localtwo", "transferer", "transferee", "origtransferer",
          "secondtransferer", "transfertarget", "parkee", "retriever", "spyer", "spyee")  # fmt: skip
# How Asterisk goes on after `ChannelStateDesc` (main/manager_channels.c): a caller's text stands inside, and whatever
# line it adds, even one without a double, breaks the order.
_SNAPSHOT = ("calleridnum", "calleridname", "connectedlinenum", "connectedlinename", "language", "accountcode",
             "context", "exten", "priority", "uniqueid", "linkedid")  # fmt: skip
_HAS_CHANNEL = frozenset({"hangup", "dialbegin", "dialend", "agentconnect", "rtcpsent", "rtcpreceived"})
_HAS_NO_LINKEDID = frozenset({"rename", "originateresponse", "cdr"})
_HAS_NO_UNIQUEID = frozenset({"agents", "presencestatus", "originateresponse"})


class WireError(Exception):
    """The other side does not speak AMI; the connection is of no more use."""


class TaintReason(StrEnum):
    DUPLICATE_KEY = "duplicate_key"
    NO_CHANNEL_ID = "no_channel_id"
    NO_KIND = "no_kind"
    BAD_LINE = "bad_line"
    BROKEN_SNAPSHOT = "broken_snapshot"


@dataclass(frozen=True, slots=True)
class Banner:
    version: str


class AmiEvent(NamedTuple):  # a tuple: made several times as fast as a frozen dataclass, and there are many
    """An event with the fields that were asked for, and ActionID and EventList where it has them."""

    name: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AmiResponse:
    """The answer to an action, with all its fields."""

    status: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Taint:
    """Something stood here that Asterisk does not write by itself; its text is gone on purpose."""

    reason: TaintReason


Item = Banner | AmiEvent | AmiResponse | Taint


class Parser:
    """Bytes in, items out. `wanted` maps the names of the events that come out to the fields they come with."""

    def __init__(self, wanted: Mapping[str, Iterable[str]]) -> None:
        self._wanted = {name: frozenset(fields) | _ALWAYS for name, fields in wanted.items()}
        self._shapes: dict[str, list[_Shape]] = {}
        self._shape_count = 0
        self._rest = b""
        self._greeted = False
        self._after_noise = False
        self.messages = 0  # all of them, also those that nobody asked for
        self.replaced = 0  # bytes that were not UTF-8

    def feed(self, data: bytes) -> list[Item]:
        """The items completed by `data` in their order, but taints first.

        Errors: WireError for what is not AMI or has no end.
        """
        items: list[Item] = []
        data = self._rest + data
        if not self._greeted:
            line, end, data = data.partition(b"\r\n")
            if not end:
                self._keep(line)
                return items
            items.append(self._greet(line))
        whole = data.rfind(b"\r\n\r\n") + 4  # 3 where there is none
        if whole > 3:
            data = data[whole - self._read(self._text(data[:whole]), items) :]
        self._keep(data)
        if self._is_fragment(data):
            items.append(Taint(TaintReason.NO_KIND))
        return _taints_first(items)

    def _read(self, text: str, items: list[Item]) -> int:
        """Whole messages; the hot loop: most are events of a known shape, and nobody asked for them.

        Returns how many characters are left over: 2 where `text` ends with three line ends, else 0.
        """
        shapes_of, place, length = self._shapes.get, 0, len(text)
        while place < length:
            for shape in shapes_of(text[place : place + _HEAD], ()):
                if match := shape.match(text, place):
                    if shape.keys:
                        items.append(AmiEvent(shape.name, dict(zip(shape.keys, match.groups(), strict=True))))
                    place = match.end()
                    break
            else:
                end = text.find(_END, place)
                if end < 0:
                    return 2
                item = self._unknown(text[place:end])
                if item is not None:
                    items.append(item)
                place = end + len(_END)
            self.messages += 1
        return 0

    def _is_fragment(self, rest: bytes) -> bool:
        """True when what is not yet whole cannot become a message."""
        head = rest[:10]
        begins = b"Event: ".startswith(head[:7]) or b"Response: ".startswith(head)
        return not (begins or (self._after_noise and rest.startswith(b"\r")))

    def _keep(self, rest: bytes) -> None:
        if len(rest) > FRAME_LIMIT:
            raise WireError(f"more than {FRAME_LIMIT} bytes without the end of a message")
        self._rest = rest

    def _greet(self, line: bytes) -> Banner:
        name, _, version = line.partition(b"/")
        if name != b"Asterisk Call Manager" or len(version) > 20:
            raise WireError("this is no Asterisk manager port: the greeting is not `Asterisk Call Manager/…`")
        self._greeted = True
        return Banner(self._text(version))

    def _unknown(self, message: str) -> Item | None:
        if self._after_noise and message.startswith("\r\n"):
            message = message[2:]
        self._after_noise = message.startswith(_NOISE)
        return None if self._after_noise else self._examine(message)

    def _text(self, data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError:
            text = data.decode(errors="replace")
            self.replaced += text.count("\ufffd")
            return text

    # -- the slow way: every line looked at ---------------------------------------------------------------------

    def _examine(self, message: str) -> Item | None:
        fields: dict[str, str] = {}
        for line in message.split("\r\n"):
            key, separator, value = line.partition(": ")
            if not separator and line.endswith(":"):
                key, separator = line[:-1], ":"
            if key == "Message":  # of Asterisk's own words some end a line (`No endpoints found`)
                value = value.removesuffix("\n")
            if not separator or not _KEY.fullmatch(key) or "\n" in value:
                return Taint(TaintReason.BAD_LINE)
            if key in fields:
                return Taint(TaintReason.DUPLICATE_KEY)
            fields[key] = value
        keys = tuple(key.lower() for key in fields)
        if keys[0] not in {"event", "response"}:
            return Taint(TaintReason.NO_KIND)
        if len(set(keys)) < len(keys):
            return Taint(TaintReason.DUPLICATE_KEY)
        if keys[0] == "response":
            return AmiResponse(fields.pop(next(iter(fields))), fields)
        return self._new_event(message, fields, keys)

    def _new_event(self, message: str, fields: Mapping[str, str], keys: tuple[str, ...]) -> Item | None:
        name = fields[next(iter(fields))]
        if _lacks_channel_id(name.lower(), frozenset(keys)):
            return Taint(TaintReason.NO_CHANNEL_ID)
        if not _snapshots_are_whole(keys):
            return Taint(TaintReason.BROKEN_SNAPSHOT)
        wanted = self._wanted.get(name, _ALWAYS)
        if ":\r\n" not in message and not message.endswith(":"):
            self._learn(message[:_HEAD], _Shape.of(name, tuple(fields), wanted))
        taken = {key: value for key, value in fields.items() if key in wanted}
        return AmiEvent(name, taken) if taken else None

    def _learn(self, head: str, shape: _Shape) -> None:
        if self._shape_count >= SHAPES or len(self._shapes.get(head, ())) >= SHAPES_PER_EVENT:
            return
        self._shapes.setdefault(head, []).append(shape)
        self._shape_count += 1


@dataclass(frozen=True, slots=True)
class _Shape:
    """The keys of an event in their order, as an expression that matches the same keys with other values only."""

    name: str
    keys: tuple[str, ...]  # those asked for; empty where nobody asked for the event
    match: Callable[[str, int], re.Match[str] | None]

    @classmethod
    def of(cls, name: str, keys: tuple[str, ...], wanted: frozenset[str]) -> _Shape:
        # Neither a dot nor [^\n] is LF, so a line end inside a value does not match.
        lines = (re.escape(key) + (r": (.*)\r\n" if key in wanted else r": [^\n]*+\n") for key in keys)
        taken = tuple(key for key in keys if key in wanted)
        return cls(name, taken, re.compile("".join(lines) + r"\r\n").match)


def _taints_first(items: list[Item]) -> list[Item]:
    """A forged event comes before the fragment that gives it away, but in the same write of Asterisk's."""
    if any(isinstance(item, Taint) for item in items):
        items.sort(key=lambda item: not isinstance(item, Taint))
    return items


def _lacks_channel_id(name: str, keys: frozenset[str]) -> bool:
    """A channel's snapshot ends with Uniqueid and Linkedid, after all that a caller can write: a cut loses them."""
    if name in _HAS_CHANNEL and not any(key.endswith("channel") for key in keys):
        return True
    for role in _ROLES:
        if f"{role}channel" not in keys and f"{role}calleridnum" not in keys:
            continue
        if f"{role}uniqueid" not in keys and name not in _HAS_NO_UNIQUEID:
            return True
        if f"{role}linkedid" not in keys and name not in _HAS_NO_LINKEDID:
            return True
    return False


def _snapshots_are_whole(keys: tuple[str, ...]) -> bool:
    for place, key in enumerate(keys):
        if key.endswith("channelstatedesc"):
            role = key.removesuffix("channelstatedesc")
            expected = tuple(role + each for each in _SNAPSHOT)
            if keys[place + 1 : place + 1 + len(expected)] != expected:
                return False
    return True


def checked(fields: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The same fields, each fit to be one line. Errors: ValueError for CR, LF, NUL, a bad key or a long line."""
    for key, value in fields:
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} is not the name of an AMI field")
        if any(forbidden in value for forbidden in "\r\n\0"):
            raise ValueError(f"the value of {key} holds a line end or NUL")
        if len(key) + 2 + len(value.encode()) > LINE_LIMIT:
            raise ValueError(f"the value of {key} is longer than a line of AMI may be")
        yield key, value
