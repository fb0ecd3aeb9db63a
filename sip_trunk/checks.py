"""What is wrong with trunks as a whole: names that lead nowhere, overlaps, and what guards refuse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network

from sip_trunk.guards import OwnNumbers
from sip_trunk.model import Srtp, Transport, Trunk, TrunkSet
from sip_trunk.numbers import EMERGENCY, Kind, kind_of
from sip_trunk.toml_places import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """`where` is the key path in the file."""

    where: Path
    message: str


def check(trunks: TrunkSet) -> Iterator[Problem]:
    """All that is wrong, each with where it stands."""
    yield from _names(trunks)
    for name, trunk in trunks.trunks.items():
        yield from (Problem(("trunks", name, *each.where), f"trunk {name}: {each.message}") for each in _trunk(trunk))
    yield from _matches(trunks)
    yield from _ranges(trunks)
    yield from _dids(trunks)
    yield from _rules(trunks)


def _names(trunks: TrunkSet) -> Iterator[Problem]:
    for name, trunk in trunks.trunks.items():
        if trunk.carrier not in trunks.carriers:
            yield Problem(("trunks", name, "carrier"), f"trunk {name}: there is no carrier {trunk.carrier!r}")


def _trunk(trunk: Trunk) -> Iterator[Problem]:
    yield from _encryption(trunk)
    if trunk.listen_port and trunk.transport is Transport.UDP:
        yield Problem(("listen_port",), "is for tcp and tls; over UDP calls come in where all SIP does")
    if trunk.session_timers.min_se_s > trunk.session_timers.expires_s:
        yield Problem(("session_timers",), "min_se_s is more than expires_s [RFC 4028 §4]")
    if trunk.answer_timeout_s >= trunk.ring_timeout_s:
        yield Problem(("answer_timeout_s",), "is not less than ring_timeout_s: the next host would never be tried")
    if not trunk.match and not trunk.outbound and not trunk.registration:
        yield Problem((), "brings no calls in (match, registration) and takes none out (outbound)")
    if len(set(trunk.codecs)) != len(trunk.codecs):
        yield Problem(("codecs",), "a codec stands here twice")
    for index, text in enumerate(trunk.match):
        if _network(text) is None:
            yield Problem(("match", index), f"{text!r} is no address and no network")


def _encryption(trunk: Trunk) -> Iterator[Problem]:
    tls = trunk.transport is Transport.TLS
    if trunk.srtp is Srtp.SDES and not tls:
        yield Problem(("srtp",), "with sdes the keys are in the SDP: the transport must be tls [RFC 4568 §7]")
    if not tls and (trunk.ca_file or trunk.certificate or trunk.key or not trunk.verify_server):
        yield Problem(("transport",), "verify_server, ca_file, certificate and key are for transport tls alone")
    if (trunk.certificate is None) != (trunk.key is None):
        yield Problem(("certificate",), "certificate and key belong together")
    if tls and trunk.listen_port and not trunk.certificate:
        yield Problem(("listen_port",), "carriers connect over TLS to who has a certificate: certificate and key")


def _network(text: str) -> tuple[str, int] | None:
    """The network and its port (0: any); an address alone is a network of one."""
    address, slash, bits = text.partition("/")
    port = 0
    if address.count(":") == 1:  # IPv4 with a port; one of IPv6 cannot be told from the address
        address, _, digits = address.partition(":")
        port = int(digits) if digits.isdigit() else -1
    try:
        return (str(ip_network(address + slash + bits, strict=True)), port) if 0 <= port <= 65535 else None
    except ValueError:
        return None


def _matches(trunks: TrunkSet) -> Iterator[Problem]:
    """A caller belongs to one trunk: the address decides, and no address may decide twice."""
    seen: dict[tuple[str, int], str] = {}
    for name, trunk in trunks.trunks.items():
        for index, text in enumerate(trunk.match):
            if (network := _network(text)) is None:
                continue
            if (other := seen.setdefault(network, name)) != name:
                yield Problem(("trunks", name, "match", index), f"trunk {name}: {text} is trunk {other}'s already")


def _ranges(trunks: TrunkSet) -> Iterator[Problem]:
    for index, (first, last) in enumerate(trunks.own):
        if len(first) != len(last) or first > last:
            yield Problem(
                ("own", index), f"{first} to {last} is no range: as many digits, and the last not before the first"
            )
            return
    own = OwnNumbers(trunks.own, trunks.receive_only)
    if why := own.caller_id_refusal(trunks.default_caller_id):
        yield Problem(("default_caller_id",), f"cannot be the caller ID: {why}")
    for index, number in enumerate(trunks.receive_only):
        if number not in own:
            yield Problem(("receive_only", index), f"{number} is in no range of ours (own)")
    for number in trunks.dids:
        if number not in own:
            yield Problem(("dids", number), f"{number} is in no range of ours (own)")


def _dids(trunks: TrunkSet) -> Iterator[Problem]:
    for number, did in trunks.dids.items():
        for index, name in enumerate(did.trunks):
            if name not in trunks.trunks:
                yield Problem(("dids", number, "trunks", index), f"{number}: there is no trunk {name!r}")
    bringing = any(trunk.match or trunk.registration for trunk in trunks.trunks.values())
    if trunks.dids and not bringing:
        yield Problem(("dids",), "no trunk brings calls in (match, registration)")


def _rules(trunks: TrunkSet) -> Iterator[Problem]:
    count = Counter((rule.prefix, rule.when) for rule in trunks.outbound)
    for index, rule in enumerate(trunks.outbound):
        where: Path = ("outbound", index)
        for at, name in enumerate(rule.trunks):
            if name not in trunks.trunks:
                yield Problem((*where, "trunks", at), f"rule for {rule.prefix}: there is no trunk {name!r}")
            elif not trunks.trunks[name].outbound:
                yield Problem((*where, "trunks", at), f"rule for {rule.prefix}: trunk {name} takes no calls out")
        if count[rule.prefix, rule.when] > 1:
            yield Problem((*where, "prefix"), f"{rule.prefix} has more than one rule for the same time")
        if why := _never(rule.prefix):
            yield Problem((*where, "prefix"), f"{rule.prefix} leads to {why}, which no rule can allow")


def _never(prefix: str) -> str | None:
    """What a prefix would open that stays shut; shorter ones, such as +48, are guarded number by number."""
    if kind_of(prefix) is Kind.PREMIUM:
        return "premium numbers"
    return "an emergency number" if prefix.removeprefix("+48") in EMERGENCY else None
