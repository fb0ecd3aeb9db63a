"""Blocks of the kernel's ring to windows of streams: both ways alike, values of their own window, hostile blocks."""

from __future__ import annotations

import random

import numpy as np
import pytest
from numpy.typing import NDArray

from quality import plain_ring
from quality.engines import Engine, best_engine
from quality.live_tracker import ANALYSED, LiveTracker, walker_of
from quality.live_window import StreamWindow
from quality.machine_code import ENTRIES, machine_code
from quality.packet_records import FRAME
from quality.plain_engine import PlainEngine
from tests.ring_story import ethernet, ring_block, rtp

BEGIN_NS = 1_790_000_000_000_000_000


@pytest.fixture(params=["compiled", "plain"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return best_engine() if request.param == "compiled" else PlainEngine()


def speech(
    numbers: range, *, ssrc: int = 7, payload_type: int = 8, without: range = range(0), tos: int = 0xB8,
    samples: bytes = bytes(range(160)),
) -> NDArray[np.uint8]:  # fmt: skip
    return ring_block(
        (
            BEGIN_NS + number * 20_000_000,
            ethernet(rtp(payload_type, number, number * 160, ssrc, samples), 20000, tos=tos),
        )
        for number in numbers
        if number not in without
    )


def windows(tracker: LiveTracker) -> list[StreamWindow]:
    return list(tracker.cut(0.0, 10.0))


def test_a_window_has_the_losses_of_its_own_time(engine: Engine) -> None:
    tracker = LiveTracker(engine)
    tracker.feed(speech(range(500), without=range(100, 120)))
    (first,) = windows(tracker)
    tracker.feed(speech(range(500, 1000)))
    (second,) = windows(tracker)
    assert (first.expected, first.lost, first.received) == (500, 20, 480)
    assert (second.expected, second.lost) == (500, 0)
    assert (first.codec, first.clock_rate_hz, first.ptime_ms, first.dscp) == ("pcma", 8000, 20.0, 46)
    assert first.flow == second.flow
    assert (first.jitter_mean_ms, first.late) == (0.0, 0)


def test_what_was_lost_between_two_windows_counts_to_the_later(engine: Engine) -> None:
    tracker = LiveTracker(engine)
    tracker.feed(speech(range(65_000, 65_500)))
    windows(tracker)
    tracker.feed(speech(range(65_540, 66_000)))  # 40 lost; sequence numbers wrap
    (second,) = windows(tracker)
    assert (second.expected, second.lost) == (500, 40)
    tracker.feed(speech(range(80_000, 80_100)))  # the sender has begun anew
    (third,) = windows(tracker)
    assert (third.expected, third.lost) == (100, 0)


def test_what_overtakes_over_the_edge_of_a_window_is_expected_once(engine: Engine) -> None:
    tracker = LiveTracker(engine)
    tracker.feed(speech(range(500), without=range(494, 496)))
    (first,) = windows(tracker)
    tracker.feed(speech(range(494, 1000), without=range(496, 500)))  # 494 and 495 are late
    (second,) = windows(tracker)
    assert (first.expected, first.lost) == (500, 2)
    assert (second.expected, second.lost) == (500, 0)


def test_silence_and_clipping_are_seen_in_a_part_of_the_blocks(engine: Engine) -> None:
    tracker = LiveTracker(engine)
    for block in range(ANALYSED):
        numbers = range(block * 50, block * 50 + 50)
        tracker.feed(speech(numbers, samples=b"\xd5" * 160))  # A-law: digital silence
    (window,) = windows(tracker)
    assert (window.silence_ratio, window.clipping_ratio) == (1.0, 0.0)
    for block in range(ANALYSED):
        numbers = range(1000 + block * 50, 1000 + block * 50 + 50)
        tracker.feed(speech(numbers, samples=b"\xaa\x2a" * 80))  # the ends of the scale
    (window,) = windows(tracker)
    assert (window.silence_ratio, window.clipping_ratio) == (0.0, 1.0)


def test_another_payload_type_and_mark_are_told(engine: Engine) -> None:
    tracker = LiveTracker(engine)
    tracker.feed(speech(range(100), payload_type=0, tos=0))
    (window,) = windows(tracker)
    assert (window.codec, window.payload_type, window.dscp) == ("pcmu", 0, 0)


def test_all_that_is_compiled_is_there_before_the_first_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Afterwards the cache may not be readable any more."""
    engine = best_engine()
    assert engine.name == "compiled", "Numba is among the tests' requirements"
    monkeypatch.setenv("HOTLINE_DATA", "/proc/nowhere")
    LiveTracker(engine).feed(speech(range(50)))
    assert all(hasattr(machine_code(), name) for name in ENTRIES)


def test_both_walk_a_block_alike_and_stay_inside_whatever_it_says() -> None:
    rng, compiled = random.Random(7), walker_of(best_engine())
    whole = speech(range(80))
    for _ in range(300):
        block = whole.copy()
        for _ in range(rng.randrange(1, 40)):
            block[rng.randrange(len(block) if rng.random() < 0.5 else 400)] = rng.randrange(256)
        one, other = np.zeros(50, FRAME), np.zeros(50, FRAME)
        found = plain_ring.walk(block, one)
        assert found == compiled(block, other)
        assert (one[:found] == other[:found]).all()
        assert all(0 <= each["at"] <= each["at"] + each["captured"] <= len(block) for each in one[:found])
