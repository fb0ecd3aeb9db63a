"""The program that listens to media: packets of one interface to ten seconds of each stream, on standard output.

It starts with CAP_NET_RAW, opens the ring, and gives up every privilege before it looks at the first packet. It ends
with its standard input, or when nobody reads what it tells.
"""

from __future__ import annotations

import argparse
import gc
import os
import select
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from quality.capture_ring import CaptureRefusedError, Ring
from quality.drop_privileges import drop_privileges
from quality.engines import best_engine
from quality.live_tracker import LiveTracker
from quality.live_window import StreamWindow, WindowEnd, line_of

WINDOW_S = 10.0
WAIT_MS = 200
SWITCH_S = 0.001  # the ring waits no longer for whoever closes a window beside it
REFUSED = 3  # exit status: no right, or no such interface
READY = b"ready\n"
PART = 1 << 15
BROKEN = threading.Event()  # nobody reads what we tell


def main(arguments: list[str] | None = None) -> int:
    given = _arguments(arguments)
    tracker = LiveTracker(best_engine())  # compiled while we still may read and write our own files
    try:
        ring = Ring(given.interface, blocks=given.ring_mb, fanout=given.fanout)
    except CaptureRefusedError as error:
        sys.stderr.write(f"{error.strerror}\n")
        return REFUSED
    drop_privileges()
    sys.setswitchinterval(SWITCH_S)
    gc.disable()  # small records and none of them garbage
    with suppress(BrokenPipeError):
        os.write(1, READY)
        _listen(ring, tracker, given.window_s)
    return 0


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="live_capture", description=__doc__)
    parser.add_argument("--interface", required=True)
    parser.add_argument("--ring-mb", type=int, default=64, help="memory of the kernel's ring")
    parser.add_argument("--fanout", type=int, help="number of the group of processes that share the interface")
    parser.add_argument("--window-s", type=float, default=WINDOW_S)
    return parser.parse_args(arguments)


def _listen(ring: Ring, tracker: LiveTracker, window_s: float) -> None:
    begun = time.time()
    ends = (begun // window_s + 1) * window_s  # the same moments for all processes that share an interface
    packets = 0
    telling = threading.Thread()
    while not _ended() and not BROKEN.is_set():
        ring.wait(WAIT_MS)
        for block in ring.ready():
            packets += tracker.feed(block)
            if time.time() >= ends:
                break
        if (now := time.time()) >= ends:
            if telling.ident:
                telling.join()
            windows = tracker.cut(begun, now - begun)
            end = WindowEnd(begun, now - begun, 0, packets, ring.statistics().drops)
            telling = threading.Thread(target=_tell, args=(windows, end))
            telling.start()
            begun, packets = now, 0
            ends = (now // window_s + 1) * window_s
    if telling.ident:
        telling.join()


def _tell(windows: Iterable[StreamWindow], end: WindowEnd) -> None:
    """In parts, so that a reader can take them while they are made."""
    told, waiting = 0, bytearray()
    try:
        for window in windows:
            waiting += line_of(window)
            told += 1
            if len(waiting) > PART:
                _write(waiting)
                waiting = bytearray()
        _write(waiting + line_of(replace(end, streams=told)))
    except BrokenPipeError:
        BROKEN.set()


def _write(lines: bytearray) -> None:
    view = memoryview(lines)
    while view:
        view = view[os.write(1, view) :]


def _ended() -> bool:
    """Whether whoever started us has closed our standard input."""
    readable, _, _ = select.select([0], [], [], 0)
    return bool(readable) and not os.read(0, 1024)


if __name__ == "__main__":
    sys.exit(main())
