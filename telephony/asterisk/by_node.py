"""The one AGI server of several nodes: each session goes to the gateway of the node that its Uniqueid names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from telephony.asterisk.agi import AgiSession
from telephony.asterisk.agi_wire import AgiError
from telephony.asterisk.gateway import Gateway


def by_node(gateways: Iterable[Gateway]) -> Callable[[AgiSession], Awaitable[None]]:
    """What the one AGI server of several nodes does with a session: `systemname` stands before its Uniqueid."""
    known = {gateway.node: gateway for gateway in gateways}

    async def serve(session: AgiSession) -> None:
        gateway = known.get(session.environment["uniqueid"].rpartition("-")[0])
        if gateway is None:
            raise AgiError("the call comes from an Asterisk that is not configured here (its `systemname`)")
        await gateway.serve(session)

    return serve
