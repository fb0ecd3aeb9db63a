"""Lines between the capture and the server: as they were, or refused."""

from __future__ import annotations

import json

import pytest

from quality.live_window import LONGEST_LINE, StreamWindow, WindowEnd, line_of, parse
from quality.stream_figures import Flow

STREAM = StreamWindow(
    Flow("192.0.2.1", 5004, "2001:db8::1", 5006), 0xDEADBEEF, 8, "pcma", 8000, 20.0, 1.5, 10.0, 490, 500, 10, 2, 1.25,
    0.5, 3.5, 46, 0, 0.25, 0.0,
)  # fmt: skip
BARE = StreamWindow(
    STREAM.flow, 1, 96, None, None, None, 1.0, 10.0, 2, 2, 0, 0, 1.0, None, None, 0, 1, None, None
)  # fmt: skip
END = WindowEnd(1.5, 10.0, 2, 1000, 3)


@pytest.mark.parametrize("told", [STREAM, BARE, END])
def test_a_line_comes_back_as_it_was(told: StreamWindow | WindowEnd) -> None:
    line = line_of(told)
    assert line.endswith(b"\n")
    assert len(line) < LONGEST_LINE
    assert parse(line) == told


@pytest.mark.parametrize(
    "line",
    [
        b"", b"ready\n", b"{}", b"[]", b"[1]", b'["x"]', b'["s"]', b'[["s"]]', b'["e",1,2,3,4]', b'["e",1,2,3,4,5,6]',
        b'["e",NaN,10,1,1,1]', b'["e",1,10,-1,1,1]', b'["e",1,10,1.5,1,1]', b'["e",1,10,true,1,1]', b"\xff",
        b'["e",1,10,1,1,' + b"1" * LONGEST_LINE + b"]",
    ],
)  # fmt: skip
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="no line of a capture"):
        parse(line)


def test_a_line_with_any_one_value_of_another_sort_is_refused_or_plain() -> None:
    values = json.loads(line_of(STREAM))
    strangers: tuple[object, ...] = ({}, [1], ["a", 1, "b"], "text", float("inf"), -5)
    for place in range(1, len(values)):
        for strange in strangers:
            changed = [*values[:place], strange, *values[place + 1 :]]
            try:
                told = parse(json.dumps(changed).encode())
            except ValueError:
                continue
            assert isinstance(told, StreamWindow)
            assert isinstance(strange, (str, int, float))
