"""The operator's HTTP interface for other programs: the same endpoints as supervisors' pages, and call-backs.

Bearer tokens instead of sessions. It has a listener of its own, so that it can stay inside the house when the console
does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aiohttp import web

from telephony.console.api.endpoint import Endpoint
from telephony.console.api.table import EndpointTable
from telephony.console.api.token_door import TokenDoor

BODY_BYTES = 16 * 1024


def app(
    tokens: Mapping[str, str], endpoints: Iterable[Endpoint], signed: Iterable[web.RouteDef] = ()
) -> web.Application:
    """`tokens`: name of the program → its token; `signed`: what proves by itself who asks."""
    table = EndpointTable(
        endpoints, TokenDoor(tokens), base="/v1", document="/v1/openapi.json", below="/",
        title="hotline: the interface for other programs",
    )  # fmt: skip
    served = web.Application(client_max_size=BODY_BYTES, middlewares=[table.errors])
    served.router.add_routes([*table.routes(), *signed])
    return served
