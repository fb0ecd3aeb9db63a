"""AMI from bytes to core events, ours against stock panoramisk, on recorded and unfiltered streams.

`python -m tests.benchmarks.ami [seconds]` prints the mix of events, both rates and their ratios. Ours checks every
event for forgery; panoramisk's side has callbacks for the used events and nothing else. Both end in the same function
that makes core events, panoramisk's with its own messages.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from panoramisk import Manager  # type: ignore[import-untyped]
from panoramisk.ami_protocol import AMIProtocol  # type: ignore[import-untyped]

from telephony.asterisk import translate
from telephony.asterisk.ami_wire import AmiEvent, Parser
from telephony.asterisk.translate import Attempt
from telephony.core.ids import InteractionId, Uniqueid

RECORDED = Path(__file__).parents[1] / "fixtures" / "ami"
CHUNK_BYTES = 16 * 1024
_END = b"\r\n\r\n"


def recorded() -> tuple[bytes, list[bytes]]:
    """The greeting, and the frames of all recordings."""
    frames: list[bytes] = []
    greeting = b""
    for file in sorted(RECORDED.glob("*.bin")):
        greeting, _, rest = file.read_bytes().partition(b"\r\n")
        frames += [frame for frame in rest.split(_END) if frame.lstrip().startswith(b"Event: ")]
    return greeting + b"\r\n", frames


def name_of(frame: bytes) -> str:
    return frame.lstrip().split(b"\r\n")[0].removeprefix(b"Event: ").decode()


def chunks(frames: list[bytes]) -> list[bytes]:
    stream = _END.join(frames) + _END
    return [stream[at : at + CHUNK_BYTES] for at in range(0, len(stream), CHUNK_BYTES)]


def attempt_of(uniqueid: Uniqueid) -> Attempt:
    return Attempt(InteractionId("i"), 1, "agent")


def to_core(event: AmiEvent) -> None:
    if event.name.startswith("RTCP"):
        translate.rtcp("n1", event, 0.0)
    else:
        translate.to_core("n1", event, attempt_of)


def ours(greeting: bytes) -> Callable[[bytes], None]:
    parser = Parser(translate.WANTED)
    parser.feed(greeting)

    def feed(chunk: bytes) -> None:
        for item in parser.feed(chunk):
            if isinstance(item, AmiEvent):
                to_core(item)

    return feed


def stock(greeting: bytes) -> Callable[[bytes], None]:
    manager = Manager(loop=asyncio.get_running_loop())
    for name in translate.WANTED:
        manager.register_event(name, lambda manager, message: to_core(AmiEvent(message.event, message)))
    protocol = AMIProtocol()
    protocol.connection_made(None)
    protocol.factory = manager
    protocol.encoding = "utf8"
    protocol.data_received(greeting)
    return protocol.data_received  # type: ignore[no-any-return]


def rate(feed: Callable[[bytes], None], frames: list[bytes], seconds: float) -> float:
    """Events per second, the best of whole passes within `seconds`."""
    data, best_s, until = chunks(frames), float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        for chunk in data:
            feed(chunk)
        best_s = min(best_s, time.perf_counter() - began)
    return len(frames) / best_s


async def main(seconds: float) -> None:
    logging.disable(logging.CRITICAL)
    greeting, frames = recorded()
    mix = Counter(map(name_of, frames))
    frames *= 20
    used = [frame for frame in frames if name_of(frame) in translate.WANTED]
    print("mix:", ", ".join(f"{name} {count}" for name, count in mix.most_common()))
    for title, some in (("all events", frames), ("used events", used)):
        our_rate, their_rate = (rate(make(greeting), some, seconds) for make in (ours, stock))
        ratio = our_rate / their_rate
        print(f"{title}: ours {our_rate:,.0f}/s, panoramisk {their_rate:,.0f}/s, ratio {ratio:.1f}")


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0))
