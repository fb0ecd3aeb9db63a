"""The phones in the consultants' pages, as Asterisk's configuration has them: WebRTC over a WebSocket [RFC 7118].

Beside the phone `anna` stands the page's, `anna-page`: other keys for the media (DTLS-SRTP), another password that
changes with every log-in and lies in Asterisk's own database (sorcery.conf), and else the same rights.
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from telephony.asterisk.config_values import HOST, NAME, AsteriskConfigError, checked, path_of, port_of

SUFFIX = "-page"
LONGEST_S = 120  # so soon a page whose password is gone has no phone any more


def page_name(endpoint: str) -> str:
    """The endpoint of the page's phone of whoever has this phone of their own."""
    return f"{endpoint}{SUFFIX}"


def http(host: str, port: int, tls: tuple[Path, Path] | None) -> str:
    """Asterisk's web server, which serves the WebSocket and nothing else (http.conf).

    Errors: AsteriskConfigError where what is said at log-in would travel in the clear.
    """
    if not port:
        return "enabled = no"
    at = checked(host, HOST, "SIP address")
    if tls:
        certificate, key = map(path_of, tls)
        pair = f"tlscertfile = {certificate}\ntlsprivatekey = {key}"
        return f"enabled = no\ntlsenable = yes\ntlsbindaddr = {at}:{port_of(port)}\n{pair}\n{_NOTHING_ELSE}"
    if not _is_loopback(at):
        raise AsteriskConfigError(f"phones in pages reach {at} over TLS alone: a certificate and its key are needed")
    return f"enabled = yes\nbindaddr = {at}\nbindport = {port_of(port)}\n{_NOTHING_ELSE}"


_NOTHING_ELSE = "enable_static = no\nenable_status = no\nsessionlimit = 1000\nsession_inactivity = 30000"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def page_transport(port: int, tls: tuple[Path, Path] | None) -> str:
    """Its address is not used: the web server listens (res_pjsip_transport_websocket)."""
    if not port:
        return ""
    return f"[page]\ntype = transport\nprotocol = {'wss' if tls else 'ws'}\nbind = 127.0.0.1\n"


def page_phone(endpoint: str) -> str:
    """G.722 first, then G.711: Opus has no published figures for the E-model [G.113 Appendix I]."""
    name = page_name(checked(endpoint, NAME, "agent's endpoint"))
    return f"""
[{name}]
type = endpoint
context = hotline-agents
disallow = all
allow = g722,alaw,ulaw
webrtc = yes
auth = {name}
aors = {name}
callerid = {endpoint} <{endpoint}>
trust_id_inbound = no
identify_by = username,auth_username
direct_media = no
tos_audio = 184
dtmf_mode = rfc4733
rtp_timeout = 60
device_state_busy_at = 1

[{name}]
type = aor
max_contacts = 1
remove_existing = yes
default_expiration = 60
maximum_expiration = {LONGEST_S}
"""
