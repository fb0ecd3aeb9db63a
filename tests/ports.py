"""Free ports for tests: asked of the system, never fixed."""

from __future__ import annotations

import socket


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_udp_port() -> int:
    return free_port(socket.SOCK_DGRAM)


def free_rtp_ports(count: int = 200) -> tuple[int, int]:
    """A range whose first port is free now; the RTP stack skips those that are not."""
    first = free_udp_port()
    first = min(first + first % 2, 65534 - count)
    return first, first + count
