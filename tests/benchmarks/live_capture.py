"""Live capture on `lo`: packets per second without drops, and which share of a core it takes.

`python -m tests.benchmarks.live_capture [--streams 8000] [--seconds 10]`, as root: in a network namespace of its own,
so that no other traffic counts. What the kernel does to copy a packet into the ring it does on the sender's side of
`lo` (on a network card: in its interrupt); the share is that of the capturing process, user and system.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import multiprocessing
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from quality.live_window import WindowEnd, parse
from tests.benchmarks._process import cpu_s

CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8914, 1
TOGETHER = 500  # packets in one call of the kernel
PAYLOAD = 160
HEAD = np.dtype(
    [("kind", ">u2"), ("sequence", ">u2"), ("timestamp", ">u4"), ("ssrc", ">u4"), ("samples", "u1", PAYLOAD)]
)
ASKED_S, AIM_S = 400_000, 1_000_000
_libc = ctypes.CDLL(None, use_errno=True)


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p), ("name_length", ctypes.c_uint32), ("vectors", ctypes.POINTER(_Vector)),
        ("count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int), ("padding", ctypes.c_int), ("sent", ctypes.c_uint),
    )  # fmt: skip


def own_network() -> None:
    """A namespace with nothing but `lo`."""
    if _libc.unshare(CLONE_NEWNET):
        raise SystemExit("only root may have a network of its own here")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def sender(streams: int, rate_s: float, seconds: float, port: int, sent: object) -> None:
    """`streams` streams of G.711, in turn, `rate_s` packets a second altogether; 0: as many as there is room for."""
    packets = np.zeros(streams, HEAD)
    packets["kind"], packets["ssrc"], packets["samples"] = 0x8008, np.arange(streams) + 1, 0x54
    vectors = (_Vector * streams)(
        *(_Vector(packets.ctypes.data + number * HEAD.itemsize, HEAD.itemsize) for number in range(streams))
    )
    messages = (_Message * streams)()
    for message, vector in zip(messages, vectors, strict=True):
        message.vectors, message.count = ctypes.pointer(vector), 1
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.connect(("127.0.0.1", port))
    begun, done = time.monotonic(), 0
    while (now := time.monotonic()) - begun < seconds:
        for at in range(0, streams, TOGETHER):
            if rate_s and (ahead_s := done / rate_s - (time.monotonic() - begun)) > 0.002:
                time.sleep(ahead_s)
            count = min(TOGETHER, streams - at)
            done += max(
                0, _libc.sendmmsg(line.fileno(), ctypes.byref(messages, at * ctypes.sizeof(_Message)), count, 0)
            )
        packets["sequence"] += 1
        packets["timestamp"] += PAYLOAD
    sent.value = done / (now - begun)  # type: ignore[attr-defined]


def measured(streams: int, rate_s: float, seconds: float) -> tuple[float, float, int, int, int]:
    """Packets sent a second; share of a core; packets captured, dropped; streams of the last whole window."""
    capture = subprocess.Popen(
        [sys.executable, "-m", "quality.live_capture", "--interface", "lo", "--window-s", str(seconds / 2)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert capture.stdout
    assert capture.stdin
    if capture.stdout.readline() != b"ready\n":
        raise SystemExit("no capture")
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    sink.bind(("127.0.0.1", 0))
    sent = multiprocessing.Value("d", 0.0)
    sending = multiprocessing.Process(target=sender, args=(streams, rate_s, seconds, sink.getsockname()[1], sent))
    before, begun = cpu_s(capture.pid), time.monotonic()
    sending.start()
    ends: list[WindowEnd] = []
    while len(ends) < 2:
        told = parse(capture.stdout.readline())
        if isinstance(told, WindowEnd):
            ends.append(told)
    share = (cpu_s(capture.pid) - before) / (time.monotonic() - begun)
    sending.join()
    capture.stdin.close()
    capture.wait()
    return sent.value, share, sum(each.packets for each in ends), sum(each.drops for each in ends), ends[-1].streams


def main(say: Callable[[str], object] = sys.stdout.write) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=8_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    own_network()
    say(f"asked: {ASKED_S:,}/s without drops under 15 % of a core; aim: {AIM_S:,}/s\n")
    for rate_s in (100_000, 200_000, ASKED_S, 600_000, 0):
        sent, share, packets, drops, streams = measured(given.streams, rate_s, given.seconds)
        wanted = f"{rate_s:,}/s wanted" if rate_s else "as many as can be"
        say(
            f"{wanted:>20}: {sent:>9,.0f}/s sent, {packets:,} captured, {drops:,} dropped, {streams:,} streams, "
            f"{share:.1%} of a core, {share / max(sent, 1) * 1e9:.0f} ns a packet\n"
        )


if __name__ == "__main__":
    main()
