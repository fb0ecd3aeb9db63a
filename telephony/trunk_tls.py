"""Why a carrier over TLS does not answer: its certificate, looked at from here as Asterisk looks at it [RFC 5922 §7].

Asterisk tells over AMI that a host is unreachable, and writes the reason into its own log alone.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator

from sip_trunk.model import Host, Transport, Trunk
from sip_trunk.sections import ordered_hosts

LOOK_S = 3.0
SIPS_PORT = 5061  # [RFC 3261 §18.1.1]


async def certificate_faults(name: str, trunk: Trunk) -> AsyncIterator[str]:
    """In words, of each host of a trunk over TLS; nothing where no fault can be seen from here."""
    if trunk.transport is not Transport.TLS:
        return
    try:
        context = await asyncio.to_thread(_context, trunk)
    except (OSError, ssl.SSLError) as error:
        yield f"{name}: ca_file, certificate or key cannot be read: {_said(error)}"
        return
    for host in ordered_hosts(trunk):
        if fault := await _fault(host, context):
            yield f"{name}: TLS to {host.host}:{host.port or SIPS_PORT}: {fault}"


def _context(trunk: Trunk) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=trunk.ca_file)
    if trunk.certificate and trunk.key:
        context.load_cert_chain(trunk.certificate, trunk.key)
    if not trunk.verify_server:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def _fault(host: Host, context: ssl.SSLContext) -> str:
    try:
        async with asyncio.timeout(LOOK_S):
            _, writer = await asyncio.open_connection(
                host.host, host.port or SIPS_PORT, ssl=context, server_hostname=host.host
            )
            writer.close()
    except ssl.SSLCertVerificationError as error:
        return f"the certificate is refused: {error.verify_message}"
    except TimeoutError:
        return f"no answer in {LOOK_S:g} s"
    except (OSError, ssl.SSLError) as error:
        return _said(error)
    return ""


def _said(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason or type(error).__name__
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
