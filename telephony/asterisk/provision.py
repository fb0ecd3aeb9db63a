"""What the manager account `hotline-provision` does at a node: reads back what runs of trunks, reloads, sends OPTIONS.

Connected only while trunks are planned or applied; the server's own account may do none of this.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from sip_trunk.numbers import NumberForm
from sip_trunk.running import FIELDS, OURS, Running, running_of
from telephony.asterisk.ami import AmiCounters, AmiLostError, AmiRefusedError, Connection
from telephony.asterisk.ami_actions import Login
from telephony.asterisk.ami_client import AmiSettings
from telephony.asterisk.ami_wire import AmiEvent
from telephony.asterisk.provision_actions import (
    ProvisionAction,
    Qualify,
    Reload,
    ShowDialPlan,
    ShowEndpoint,
    ShowEndpoints,
)
from telephony.asterisk.trunk_actions import ShowRegistrations

CONNECT_S = 5.0
RELOAD_S = 30.0
LISTING_S = 30.0
MODULES = ("res_pjsip.so", "pbx_config.so")  # in this order: the dialplan names the endpoints
ALWAYS = (
    "hotline-did", "hotline-trunk-out", "hotline-trunk-emergency", "hotline-trunk-try", "hotline-trunk-guard",
    "hotline-trunk-host", "hotline-trunk-begins", "hotline-trunk-tried", "hotline-trunk-refused",
    "hotline-trunk-judged", "hotline-trunk-arrived", "hotline-trunk-left", "hotline-trunk-account",
    *(f"hotline-numbers-{form.value}" for form in NumberForm),
)  # fmt: skip


class ProvisionLink:
    """One node, logged in."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def running(self, contexts: Iterable[str] = ()) -> Running:
        """What runs, with these contexts of the dialplan too. Errors: AmiError."""
        endpoints = await self._list(ShowEndpoints())
        events: list[AmiEvent] = []
        for each in endpoints:
            found = await self._list(ShowEndpoint(each.fields["ObjectName"]))
            events += found if _is_trunk(found) else []
        events += await self._list(ShowRegistrations())
        own = (each.fields["Context"] for each in events if each.name == "EndpointDetail")
        for context in sorted({*ALWAYS, *contexts, *own}):
            events += await self._context(context)
        return running_of({"Event": event.name, **event.fields} for event in events)

    async def reload(self) -> None:
        """Errors: AmiError."""
        for module in MODULES:
            await self._connection.request(Reload(module), RELOAD_S)

    async def ask_options(self, trunks: Iterable[str]) -> None:
        """Send OPTIONS to their hosts now; the answers show in `running`."""
        for name in trunks:
            try:
                await self._connection.request(Qualify(name))
            except AmiRefusedError:  # not there (yet): shown by what runs
                continue

    async def _context(self, name: str) -> list[AmiEvent]:
        try:
            return await self._list(ShowDialPlan(name))
        except AmiRefusedError:  # there is none of this name
            return []

    async def _list(self, action: ProvisionAction | ShowRegistrations) -> list[AmiEvent]:
        try:
            listing = await self._connection.listing(action, LISTING_S)
        except AmiRefusedError as error:
            if "No " in str(error) or "not found" in str(error):  # an empty list is answered as an error
                return []
            raise
        if not listing.whole:
            raise AmiLostError(f"{action.name}: the list cannot be believed")
        return list(listing.events)


def _is_trunk(events: Iterable[AmiEvent]) -> bool:
    return any(each.name == "EndpointDetail" and each.fields["Context"].startswith(OURS) for each in events)


@asynccontextmanager
async def provisioning(settings: AmiSettings) -> AsyncIterator[ProvisionLink]:
    """Logged in as long as it is open. Errors: AmiError."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_S):
            _, connection = await loop.create_connection(
                lambda: Connection(FIELDS, lambda _: None, AmiCounters()), settings.host, settings.port
            )
            await connection.greeted()
    except (OSError, TimeoutError) as error:
        reason = getattr(error, "strerror", None) or "no answer"
        raise AmiLostError(f"{settings.host}:{settings.port} cannot be reached: {reason}") from None
    try:
        await connection.request(Login(settings.username, settings.secret), CONNECT_S)
        yield ProvisionLink(connection)
    finally:
        connection.close()
        await connection.ended()
