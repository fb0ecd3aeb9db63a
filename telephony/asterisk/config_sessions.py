"""The dialplan's lines that bring a call to a session of ours: each server is asked in turn."""

from __future__ import annotations

from telephony.asterisk.config_values import HOST, checked, port_of


def callers_session(server: str) -> str:
    """Try one server; it has taken the call when it has given it an interaction id."""
    return (
        f" same => n,AGI(agi://{_address(server)}/call,${{HOTLINE_DID}},${{HOTLINE_NUMBER}},"
        "${BASE64_ENCODE(${PJSIP_HEADER(read,From)})},${HOTLINE_FOLLOWS},"
        "${CHANNEL(linkedid)},${CHANNEL(audionativeformat)})\n"
        f"{_TAKEN}"
    )


def call_back_session(server: str, whom: str) -> str:
    """The same for a leg of a call-back: to the `agent` or to the `customer`."""
    return f" same => n,AGI(agi://{_address(server)}/call-back,{whom})\n{_TAKEN}"


def visit_session(server: str) -> str:
    """The same for a customer whom we have called about a visit."""
    return f" same => n,AGI(agi://{_address(server)}/visit)\n{_TAKEN}"


_TAKEN = ' same => n,GotoIf($["${HOTLINE_INTERACTION}" != ""]?led)'


def _address(server: str) -> str:
    host, _, port = server.rpartition(":")
    return f"{checked(host, HOST, 'AGI server')}:{port_of(int(port) if port.isdigit() else -1)}"
