"""Trunks as Asterisk's pjsip objects: typed sections, written into the file and compared with what runs.

Each trunk's endpoint has a fixed `callerid` and `trust_id_inbound = no`: what a caller writes into From or
P-Asserted-Identity never comes into AMI.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sip_trunk.errors import TrunkError
from sip_trunk.model import CallerIdHeader, Host, Registration, Srtp, Transport, Trunk, TrunkSet

SAFE = re.compile(r"(?:[0-9A-Za-z+@<>.,:=/_ -]|\\;){1,255}")  # no new line, no comment, no [section]
SECRET = re.compile(r"[\x21-\x3a\x3c-\x5a\x5e-\x7e]{1,128}")  # printable; not ; [ \ ] which the file's reader knows
DTMF = {"rfc4733": "rfc4733", "info": "info", "inband": "inband"}


@dataclass(frozen=True, slots=True)
class Section:
    """One object of pjsip.conf. `options` in the order in which they are written; `secret` is shown to nobody."""

    name: str
    kind: str  # endpoint, aor, auth, identify, registration
    options: tuple[tuple[str, str], ...]
    secret: str = ""

    def text(self) -> str:
        """As it stands in the file. Errors: TrunkError for a value that could begin something else."""
        lines = [f"[{self.name}]", f"type = {self.kind}"]
        for key, value in self.options:
            if not SAFE.fullmatch(value):
                raise TrunkError(f"{self.name}: {key} cannot be {value!r}")
            lines.append(f"{key} = {value}")
        if self.secret:
            if not SECRET.fullmatch(self.secret):
                raise TrunkError(f"{self.name}: the secret has a character that Asterisk's file cannot hold")
            lines.append(f"password = {self.secret}")
        return "\n".join(lines) + "\n"


def sections(trunks: TrunkSet, secrets: Mapping[str, str]) -> Iterator[Section]:
    """All objects. `secrets`: name → value. Errors: TrunkError for a secret that is not there."""
    for name, trunk in trunks.trunks.items():
        if trunk.transport is not Transport.UDP:
            yield _transport(name, trunk)
        yield _endpoint(name, trunk)
        yield _aor(name, trunk)
        if trunk.match:
            yield Section(name, "identify", (("endpoint", name), *(("match", _match(each)) for each in trunk.match)))
        if trunk.registration:
            yield _auth(name, trunk.registration, secrets)
            yield _registration(name, trunk, trunk.registration)


def uri(host: Host, transport: Transport, user: str = "") -> str:
    """The SIP URI of a host [RFC 3261 §19.1]; an IPv6 address in brackets is refused by `SAFE` and so by name alone."""
    port = f":{host.port}" if host.port else ""
    way = "" if transport is Transport.UDP else f"\\;transport={transport.value}"
    return f"sip:{user}{'@' if user else ''}{host.host}{port}{way}"


def transport_name(name: str, trunk: Trunk) -> str:
    """A transport for each trunk over TCP or TLS: certificates are checked there, and nobody else connects to it."""
    return f"{name}-{trunk.transport.value}"


def _transport(name: str, trunk: Trunk) -> Section:
    # Without allow_reload a changed certificate authority would be shown as taken, and not be used.
    options = [("protocol", trunk.transport.value), ("bind", f"0.0.0.0:{trunk.listen_port or 0}")]
    options.append(("allow_reload", "yes"))
    if trunk.transport is Transport.TLS:
        options += [("method", "tlsv1_2"), ("verify_server", _yes(trunk.verify_server))]
        options += [
            (key, value)
            for key, value in (
                ("ca_list_file", trunk.ca_file),
                ("cert_file", trunk.certificate),
                ("priv_key_file", trunk.key),
            )
            if value
        ]
        options += [("verify_client", "yes"), ("require_client_cert", "yes")] if trunk.listen_port else []
    return Section(transport_name(name, trunk), "transport", tuple(options))


def _endpoint(name: str, trunk: Trunk) -> Section:
    options = [
        ("context", f"hotline-in-{name}"),
        ("disallow", "all"),
        ("allow", ",".join(_codec(each, trunk.ptime_ms) for each in trunk.codecs)),
        ("aors", name),
        ("callerid", f"{name} <0>"),
        ("trust_id_inbound", "no"),
        ("send_pai", _yes(trunk.caller_id is CallerIdHeader.PAI)),
        ("send_rpid", _yes(trunk.caller_id is CallerIdHeader.RPID)),
        ("trust_id_outbound", _yes(trunk.privacy)),
        ("send_diversion", _yes(trunk.diversion)),
        ("identify_by", "ip"),
        ("direct_media", "no"),
        ("tos_audio", "184"),  # EF, by which networks know voice [RFC 4594 §4.1], as Asterisk tells it: the whole octet
        ("dtmf_mode", DTMF[trunk.dtmf.value]),
        ("media_encryption", "no" if trunk.srtp is Srtp.NONE else trunk.srtp.value),
        ("media_encryption_optimistic", "no"),
        # A certificate of the moment, held by the fingerprint in the SDP [RFC 5763 §5].
        *((("dtls_auto_generate_cert", "yes"), ("dtls_verify", "fingerprint")) if trunk.srtp is Srtp.DTLS else ()),
        ("timers", trunk.session_timers.mode.value),
        ("timers_sess_expires", str(trunk.session_timers.expires_s)),
        ("timers_min_se", str(trunk.session_timers.min_se_s)),
        ("rtp_timeout", "60"),
        ("rtp_timeout_hold", "600"),
        ("allow_transfer", "no"),
        ("device_state_busy_at", str(trunk.limits.calls)),
    ]
    if trunk.transport is not Transport.UDP:
        options.append(("transport", transport_name(name, trunk)))
    options += _proxy(trunk)
    if trunk.registration:
        options += [("outbound_auth", name), ("from_user", trunk.registration.user)]
    if trunk.registration and trunk.registration.domain:
        options.append(("from_domain", trunk.registration.domain))
    return Section(name, "endpoint", tuple(options))


def _aor(name: str, trunk: Trunk) -> Section:
    """Asterisk tries the contacts of an AOR together; the order of hosts is the dialplan's (`dialplan`)."""
    contacts = [("contact", uri(host, trunk.transport)) for host in ordered_hosts(trunk)]
    qualify = [("qualify_frequency", str(trunk.options_s)), ("qualify_timeout", f"{trunk.options_timeout_s:g}")]
    return Section(name, "aor", (*contacts, *qualify))


def _proxy(trunk: Trunk) -> list[tuple[str, str]]:
    """Calls and OPTIONS take the endpoint's, and twice were the AOR's set, too; REGISTER takes the registration's."""
    proxy = trunk.outbound_proxy
    return [("outbound_proxy", uri(proxy, trunk.transport) + "\\;lr")] if proxy else []


def ordered_hosts(trunk: Trunk) -> list[Host]:
    """By priority, the heavier first among equals [RFC 2782]."""
    return sorted(trunk.hosts, key=lambda host: (host.priority, -host.weight))


def _auth(name: str, registration: Registration, secrets: Mapping[str, str]) -> Section:
    if not (secret := secrets.get(registration.secret)):
        raise TrunkError(
            f"{name}: the secret {registration.secret} is not there: set HOTLINE_TRUNK_SECRETS__{registration.secret}"
        )
    return Section(name, "auth", (("auth_type", "digest"), ("username", registration.user)), secret)


def _registration(name: str, trunk: Trunk, registration: Registration) -> Section:
    first = ordered_hosts(trunk)[0]
    domain = Host(registration.domain) if registration.domain else first
    return Section(
        name,
        "registration",
        (
            ("server_uri", uri(first, trunk.transport)),
            ("client_uri", uri(domain, Transport.UDP, registration.user)),
            ("outbound_auth", name),
            ("contact_user", registration.user),
            ("expiration", str(registration.expires_s)),
            ("retry_interval", str(registration.retry_s)),
            ("max_retries", "1000000"),
            ("auth_rejection_permanent", "no"),
            ("line", "yes"),
            *((("transport", transport_name(name, trunk)),) if trunk.transport is not Transport.UDP else ()),
            ("endpoint", name),
            *_proxy(trunk),
        ),
    )


def _match(text: str) -> str:
    """`address:port` needs a mask to be read as such."""
    return f"{text}/32" if text.count(":") == 1 and "/" not in text else text


def _codec(codec: str, ptime_ms: int) -> str:
    return codec if ptime_ms == 20 else f"{codec}:{ptime_ms}"


def _yes(value: bool) -> str:  # noqa: FBT001 - Asterisk's word for it
    return "yes" if value else "no"
