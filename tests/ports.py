"""Free ports for tests: asked of the system, never fixed."""

from __future__ import annotations

import json
import socket
from dataclasses import fields
from pathlib import Path

from telephony.demo.ports import Ports


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_udp_port() -> int:
    return free_port(socket.SOCK_DGRAM)


def any_ports(folder: Path) -> Path:
    """The folder of a house that shall take whatever ports are free, not the usual ones."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ports.json").write_text(json.dumps({each.name: 0 for each in fields(Ports)}), "utf-8")
    return folder


def free_rtp_ports(count: int = 200) -> tuple[int, int]:
    """A range whose first port is free now; the RTP stack skips those that are not."""
    first = free_udp_port()
    first = min(first + first % 2, 65534 - count)
    return first, first + count
