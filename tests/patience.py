"""A limit for tests that wait for events of other programs: what hangs fails, with the place where it waited."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from types import FrameType

import pytest

LIMIT_S = 60


@pytest.fixture
def patience() -> Iterator[None]:
    """By SIGALRM and not asyncio.timeout, which would bind the fixture's task and not the test's."""

    def too_long(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"nothing happened for {LIMIT_S} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(LIMIT_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
