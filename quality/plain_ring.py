"""The frames of a block of the kernel's ring [linux/if_packet.h, tpacket_block_desc and tpacket3_hdr]."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

ETHERNET = 1
_BLOCK = struct.Struct("=12xII")  # how many packets, where the first is
_HEAD = struct.Struct("=IIIII4xH")  # next, seconds, nanoseconds, captured, length, status, where the frame begins
_LEAST = 32
_MOST = 2**31 - 1


def walk(block: NDArray[np.uint8], frames: NDArray[np.void]) -> int:
    """Fill `frames` (rows of `FRAME`): how many. What a block cannot hold ends it."""
    view = memoryview(block)  # type: ignore[arg-type]
    there, at = _BLOCK.unpack_from(view)
    most = min(int(there), len(frames))
    for count in range(most):
        if at + _LEAST > len(view):
            return count
        step, seconds, nanoseconds, captured, length, mac = _HEAD.unpack_from(view, at)
        if at + mac + captured > len(view):
            return count
        frames[count] = seconds * 1_000_000_000 + nanoseconds, at + mac, captured, min(_MOST, length), ETHERNET
        if step == 0:
            return count + 1
        at += step
    return most
