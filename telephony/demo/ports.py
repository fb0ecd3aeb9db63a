"""The demo's ports: the usual ones where they are free, others where they are not."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

RTP_PORTS = 400
UDP = frozenset({"sip", "customers", "rtp"})


@dataclass(frozen=True, slots=True)
class Ports:
    console: int = 8480
    metrics: int = 9464
    agi: int = 4573
    ami: int = 5038
    sip: int = 5060
    postgres: int = 5480
    customers: int = 5080  # where the simulated carrier sends its calls from
    rtp: int = 20000  # the first of RTP_PORTS
    phone: int = 8089  # where the phones in pages connect

    @classmethod
    def remembered(cls, file: Path, place: int = 0) -> Ports:
        """Those of the last time, or the usual ones, which for a further Asterisk lie beside those of the first."""
        with suppress(OSError, ValueError, TypeError):  # of another version, or half written: begin anew
            return cls(**json.loads(file.read_text("utf-8")))
        usual = cls()
        beside = {"sip": usual.sip + place, "ami": usual.ami + place, "rtp": usual.rtp + RTP_PORTS * place}
        beside["phone"] = usual.phone + place
        return replace(usual, **beside)

    @classmethod
    def choose(cls, file: Path, place: int = 0) -> tuple[Ports, dict[str, int]]:
        """The ports of the last time, or the usual ones; those taken are replaced and named in the second value."""
        wanted = cls.remembered(file, place)
        chosen = {each.name: _free(each.name, getattr(wanted, each.name)) for each in fields(cls)}
        ports = cls(**chosen)
        file.write_text(json.dumps(asdict(ports)), "utf-8")
        return ports, {name: port for name, port in chosen.items() if port != getattr(cls(), name)}


def is_free(name: str, port: int) -> bool:
    return _bound(name, port) is not None


def _free(name: str, port: int) -> int:
    for candidate in (port, 0):
        found = _bound(name, candidate)
        if found is not None:
            return found - found % 2 if name == "rtp" else found
    raise OSError(f"no free port for {name}")


def _bound(name: str, port: int) -> int | None:
    kind = socket.SOCK_DGRAM if name in UDP else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return None
        return int(probe.getsockname()[1])
