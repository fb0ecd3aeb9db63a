"""How a trunk is doing at one node: what its carrier answers, what goes over it now, and whether it is put last."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from sip_trunk.calls import CallFigures
from sip_trunk.failover import Health
from sip_trunk.model import Trunk
from sip_trunk.sections import ordered_hosts, uri

REACHABLE, UNREACHABLE = "Reachable", "Unreachable"  # Asterisk's words for hosts that answer OPTIONS, or do not


@dataclass(frozen=True, slots=True)
class HostState:
    """`status` in Asterisk's words: Reachable, Unreachable, NonQualified (not asked), Unknown, Removed.

    `round_trip_ms` of the last OPTIONS, where it was answered.
    """

    uri: str
    status: str
    round_trip_ms: float | None = None


@dataclass(frozen=True, slots=True)
class TrunkState:
    """As it was at `seen_at`, in seconds since the epoch; None: the node has not told yet.

    `registration` in Asterisk's words (Registered, Unregistered, Rejected …); None where we do not register. `calls_in`
    and `calls_out` are under way, by who has begun them. `lately` are the calls sent there in the last minutes, and
    `mos` the mean of `measured` calls, both ways.
    """

    node: str
    trunk: str
    carrier: str
    registration: str | None = None
    hosts: tuple[HostState, ...] = ()
    calls_in: int = 0
    calls_out: int = 0
    health: Health = field(default_factory=Health)
    mos: float | None = None
    measured: int = 0
    seen_at: float | None = None
    lately: CallFigures = field(default_factory=CallFigures)

    @property
    def answers(self) -> bool | None:
        """Whether a host answers OPTIONS; None where none is asked, or nothing is known yet."""
        known = {host.status for host in self.hosts} & {REACHABLE, UNREACHABLE}
        return REACHABLE in known if known else None

    @property
    def round_trip_ms(self) -> float | None:
        """Of the first host, in the order in which they are tried, that has answered OPTIONS."""
        answered = (each.round_trip_ms for each in self.hosts if each.status == REACHABLE)
        return next((each for each in answered if each is not None), None)


def host_ids(name: str, trunk: Trunk) -> tuple[tuple[str, str], ...]:
    """Each host's URI and what Asterisk calls it in PJSIP_CONTACT(), in the order in which they are tried."""
    uris = [uri(host, trunk.transport).replace("\\;", ";") for host in ordered_hosts(trunk)]
    return tuple((each, contact_id(name, each)) for each in uris)


def contact_id(name: str, of: str) -> str:
    """A permanent contact's name: its AOR and the digest of its URI (res_pjsip/location.c, permanent_uri_handler)."""
    return f"{name}@@{hashlib.md5(of.encode(), usedforsecurity=False).hexdigest()}"
