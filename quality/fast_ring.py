"""Compiled: the frames of a block of the kernel's ring; `plain_ring` is the readable one."""

from __future__ import annotations

from quality.compiled import compiled
from quality.fast_decode import _little16, _little32


@compiled
def walk(address, size, frames):
    """Fill `frames`: how many."""
    there = _little32(address + 12)
    at = _little32(address + 16)
    count = 0
    while count < there and count < len(frames):
        if at + 32 > size:
            break
        head = address + at
        captured = _little32(head + 12)
        start = at + _little16(head + 24)
        if start + captured > size:
            break
        frame = frames[count]
        frame.time = _little32(head + 4) * 1_000_000_000 + _little32(head + 8)
        frame.at = start
        frame.captured = captured
        frame.length = min(2147483647, _little32(head + 16))
        frame.link = 1
        count += 1
        step = _little32(head)
        if step == 0:
            break
        at += step
    return count
