"""Random damage to recorded bytes: every parser answers with items or with its own error, never with another.

`make test-long` gives each parser 1,000,000 inputs, the ordinary run 3,000; the seed is fixed, so a finding comes back.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from telephony.asterisk import translate
from telephony.asterisk.agi_wire import AgiError, EnvironmentReader, parse_reply
from telephony.asterisk.ami_wire import AmiEvent, Parser, Taint, WireError
from telephony.asterisk.translate import Attempt
from telephony.core.ids import InteractionId, Uniqueid

RECORDED = Path(__file__).parents[1] / "fixtures" / "ami"
GREETING = b"Asterisk Call Manager/11.0.0\r\n"
FRAMES = [
    frame + b"\r\n\r\n"
    for file in sorted(RECORDED.glob("*.bin"))
    for frame in file.read_bytes().split(b"\r\n\r\n")
    if frame.startswith(b"Event: ")
]
REPLIES = [
    b"200 result=0\n", b"200 result=1 (value)\n", b"200 result=-1 endpos=160\n", b"HANGUP\n", b"510 Invalid command\n",
    b"520-Invalid command syntax.\n", b"100 Trying\n", b"agi_channel: PJSIP/carrier-00000001\n", b"\n",
]  # fmt: skip
SPICE = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b": ",
    b"\xff\xfe",
    b"\r\n\r\n",
    b"Event: Hangup\r\n",
    b"Uniqueid: n1-1.1\r\n",
    b"%s" * 50,
]


def damaged(rng: random.Random, sample: bytes) -> bytes:
    """One to four cuts, doublings, changed bytes or inserted line ends."""
    data = bytearray(sample)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(4):
            case 0:
                del data[at : at + rng.randint(1, 20)]
            case 1:
                data[at:at] = data[max(0, at - rng.randint(1, 40)) : at]
            case 2:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case _:
                data[at:at] = rng.choice(SPICE)
    return bytes(data)


def attempt_of(_: Uniqueid) -> Attempt:
    return Attempt(InteractionId("i"), 1, "anna")


def feed_ami(rng: random.Random, seen: list[int]) -> None:
    """A greeted parser gets a damaged event and a whole one after it."""
    parser = Parser(translate.WANTED)
    try:
        items = parser.feed(GREETING + damaged(rng, rng.choice(FRAMES)) + rng.choice(FRAMES))
    except WireError:
        seen[1] += 1
        return
    seen[0] += any(isinstance(item, Taint) for item in items)
    for item in items:
        if isinstance(item, AmiEvent):
            try:
                if item.name.startswith("RTCP"):
                    translate.rtcp("n1", item, 0.0)
                else:
                    translate.to_core("n1", item, attempt_of)
            except (KeyError, ValueError):
                seen[1] += 1


def feed_agi(rng: random.Random, seen: list[int]) -> None:
    """A damaged reply, and a header of damaged lines."""
    line = damaged(rng, rng.choice(REPLIES))
    for read in (parse_reply, EnvironmentReader().line):
        try:
            read(line)
            seen[0] += 1
        except AgiError:
            seen[1] += 1


FEEDS: dict[str, Callable[[random.Random, list[int]], None]] = {"ami": feed_ami, "agi": feed_agi}


def fuzz(parser: str, inputs: int) -> list[int]:
    """How often damage was seen as such or passed as sound, and how often it was refused."""
    rng, seen = random.Random(f"{parser} 2026"), [0, 0]
    for _ in range(inputs):
        FEEDS[parser](rng, seen)
    return seen


@pytest.mark.parametrize("parser", sorted(FEEDS))
def test_damage_raises_nothing_but_the_parsers_own_error(parser: str) -> None:
    seen = fuzz(parser, 3_000)
    assert min(seen) > 10, "the damage must both pass and be refused, or it tests one way only"


@pytest.mark.long
@pytest.mark.parametrize("parser", sorted(FEEDS))
def test_a_million_damaged_inputs(parser: str) -> None:
    seen = fuzz(parser, 1_000_000)
    assert min(seen) > 3_000
