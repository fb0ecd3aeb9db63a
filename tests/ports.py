"""Free ports for tests: found by trying, never fixed."""

from __future__ import annotations

import json
import random
import socket
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

from telephony.demo.ports import UDP, Ports

# Below those that the system gives to outgoing connections [ip(7), ip_local_port_range]: one of them could take a port
# between our look at it and the start of the program that shall have it.
OURS = range(10_000, 20_000)
TRIES = 200


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    for port in random.SystemRandom().sample(OURS, TRIES):  # two test runs beside one another rarely meet
        with suppress(OSError), socket.socket(socket.AF_INET, kind) as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError(f"no free port among {TRIES} from {OURS.start} to {OURS.stop - 1}")


def free_udp_port() -> int:
    return free_port(socket.SOCK_DGRAM)


def any_ports(folder: Path) -> Path:
    """The folder of a house that shall take whatever ports are free, not the usual ones."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = {each.name: socket.SOCK_DGRAM if each.name in UDP else socket.SOCK_STREAM for each in fields(Ports)}
    (folder / "ports.json").write_text(json.dumps({name: free_port(kind) for name, kind in kinds.items()}), "utf-8")
    return folder


def free_rtp_ports(count: int = 200) -> tuple[int, int]:
    """A range whose first port is free now; the RTP stack skips those that are not."""
    first = free_udp_port()
    first = min(first + first % 2, 65534 - count)
    return first, first + count
