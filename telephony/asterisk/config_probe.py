"""Test calls in Asterisk's configuration: the endpoint that may make them, and where they lead (docs/probes.md)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from telephony.asterisk.config_values import DID, NAME, SECRET, checked

if TYPE_CHECKING:
    from telephony.asterisk.config import TrunkPeer

PROBE = "hotline-probe"  # the name of the endpoint, and the user of its phone
RING_S = 30
E164_DIGITS = range(7, 16)


def probe_endpoint(secret: str) -> str:
    """Known by its password alone; nothing where there is none. Asterisk never calls it."""
    if not secret:
        return ""
    return f"""\
[{PROBE}]
type = endpoint
context = hotline-probes
disallow = all
allow = alaw,ulaw,g722
auth = {PROBE}
callerid = {PROBE} <0>
trust_id_inbound = no
identify_by = username,auth_username
direct_media = no
tos_audio = 184
dtmf_mode = rfc4733
rtp_timeout = 60
allow_transfer = no

[{PROBE}]
type = auth
auth_type = digest
username = {PROBE}
password = {checked(secret, SECRET, "the probe's secret")}
"""


def probe_extensions() -> str:
    """Numbers in E.164, by patterns of each fixed length: `500&PJSIP/x` matches none."""
    return "\n".join(
        f"exten => _+{'X' * digits},1,Set(HOTLINE_PROBED=${{EXTEN}})\n same => n,Goto(hotline-probe-out,s,1)"
        for digits in E164_DIGITS
    )


def probe_carriers(trunks: Iterable[TrunkPeer]) -> str:
    """The node's own carriers by whom calls go out."""
    return "\n".join(f"exten => {name},1,Return()" for name in _names(trunks))


def probe_numbers(numbers: Iterable[str], trunks: Iterable[TrunkPeer]) -> str:
    """Where such a carrier may be sent: by the one that was asked for, or by the first."""
    first = next(iter(_names(trunks)), "")
    if not first:
        return ""
    return "\n".join(
        f'exten => {checked(number, DID, "transfer number")},1,Set(HOTLINE_TRUNK=${{IF($["${{HOTLINE_ONLY}}" = ""]?'
        f"{first}:${{HOTLINE_ONLY}})}})\n"
        f" same => n,Dial(PJSIP/${{EXTEN}}@${{HOTLINE_TRUNK}},{RING_S},gU(hotline-answered))\n same => n,Return()"
        for number in numbers
    )


def _names(trunks: Iterable[TrunkPeer]) -> list[str]:
    return [checked(trunk.name, NAME, "trunk name") for trunk in trunks if trunk.contact]
