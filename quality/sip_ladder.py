"""SIP messages of calls under way and lately over, in memory: what the ladder of a call is drawn from.

Bounded in calls, messages of each, octets of each message and age. Nothing of it is written anywhere: it is gone with
the process, and by itself after a while.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from quality.sip import digest_sip

MOST_CALLS = 2_000
MOST_MESSAGES = 100  # of one call; the first and the last say most, so the middle goes
MOST_OCTETS = 4_096  # of one message
KEPT_S = 3_600.0


@dataclass(frozen=True, slots=True)
class LadderMessage:
    """`message` as it came, cut at `MOST_OCTETS`. `start`: its first line, a request's address left out."""

    time: float
    src: str
    sport: int
    dst: str
    dport: int
    start: str
    message: bytes = field(repr=False)


@dataclass(slots=True)
class _Call:
    last_at: float
    messages: list[LadderMessage] = field(default_factory=list)
    left_out: int = 0


class SipLadders:
    """By Call-ID [RFC 3261 §8.1.1.4]."""

    def __init__(
        self, *, most_calls: int = MOST_CALLS, most_messages: int = MOST_MESSAGES, kept_s: float = KEPT_S
    ) -> None:
        self._most_calls, self._most_messages, self._kept_s = most_calls, most_messages, kept_s
        self._calls: OrderedDict[str, _Call] = OrderedDict()  # the longest silent first
        self._named: OrderedDict[str, str] = OrderedDict()  # Call-IDs by what an agent joins a call by

    def __len__(self) -> int:
        return len(self._calls)

    def take(
        self, time: float, src: tuple[str, int], dst: tuple[str, int], message: bytes, name: str = ""
    ) -> str | None:
        """Its Call-ID; None where it has none, and is not kept. A message told twice by two agents counts once.

        `name`: what the agent joins the call's packets by, with Asterisk's `uuid_type = channel` that of its channel.
        """
        call_id = _call_id(message)
        if call_id is None:
            return None
        if name and name != call_id:
            self._named[name[:256]] = call_id
            while len(self._named) > self._most_calls:
                self._named.popitem(last=False)
        call = self._calls.setdefault(call_id, _Call(time))
        call.last_at = max(call.last_at, time)
        self._calls.move_to_end(call_id)
        told = LadderMessage(time, *src, *dst, _start(message), message[:MOST_OCTETS])
        if not any(_same(told, each) for each in call.messages[-4:]):
            call.messages.append(told)
            if len(call.messages) > self._most_messages:
                del call.messages[self._most_messages // 2]
                call.left_out += 1
        self._forget(time)
        return call_id

    def of(self, call_id: str) -> tuple[LadderMessage, ...]:
        """In the order of their times; nothing of a call that is not known, or no more."""
        call = self._calls.get(call_id)
        return tuple(sorted(call.messages, key=lambda each: each.time)) if call else ()

    def of_name(self, name: str) -> tuple[LadderMessage, ...]:
        """Of the call that an agent has told under this name, those before it had one among them."""
        return self.of(self._named.get(name[:256], ""))

    def left_out(self, call_id: str) -> int:
        """How many of the middle are not kept."""
        call = self._calls.get(call_id)
        return call.left_out if call else 0

    def _forget(self, now: float) -> None:
        while self._calls:
            oldest = next(iter(self._calls.values()))
            if len(self._calls) <= self._most_calls and oldest.last_at >= now - self._kept_s:
                return
            self._calls.popitem(last=False)


def _call_id(message: bytes) -> str | None:
    try:
        found = digest_sip(message).call_id
    except ValueError:
        return None
    return found[:256] or None


def _start(message: bytes) -> str:
    """`INVITE`, `180 Ringing`."""
    words = message[:200].split(b"\r\n", 1)[0].decode("utf-8", "replace").split(" ", 2)
    return " ".join(words[1:]) if words[0].startswith("SIP/") else words[0]


def _same(one: LadderMessage, other: LadderMessage) -> bool:
    return one.message == other.message and abs(one.time - other.time) < 0.1 and one.sport == other.sport
