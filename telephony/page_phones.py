"""Brings the passwords of the pages' phones to the Asterisk at which pages register, anew after each connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import structlog

from telephony.asterisk.ami import AmiCounters, AmiError
from telephony.asterisk.ami_actions import PagePhone
from telephony.asterisk.config_page_phone import page_name
from telephony.settings import AsteriskNode
from telephony.store.errors import StoreError

log = structlog.get_logger()

LOOK_EVERY_S = 2.0  # whether there is a new connection

Phones = Callable[[], Awaitable[frozenset[str]]]


class Node(Protocol):
    """What is needed of the gateway."""

    @property
    def connected(self) -> bool: ...

    @property
    def counters(self) -> AmiCounters: ...

    async def carry_out(self, action: PagePhone) -> None: ...


class PageRegistrar:
    """`phones`: the endpoints of all consultants, whose pages' phones end where nobody here has given a password.

    A server before us may have given some that are still kept. `run` lives as long as the app.
    """

    def __init__(self, nodes: tuple[AsteriskNode, ...], phones: Phones) -> None:
        at = next((node for node in nodes if node.phone_url), None)
        self.url = at.phone_url if at else ""
        self._name = at.name if at else ""
        self._own_phones = phones
        self._wanted: dict[str, str] = {}
        self._told: dict[str, str] = {}
        self._connection = 0
        self._wake = asyncio.Event()

    def endpoint(self, own: str) -> str:
        return page_name(own)

    def admit(self, endpoint: str, secret: str) -> None:
        self._wanted[endpoint] = secret
        self._wake.set()

    def dismiss(self, endpoint: str) -> None:
        self._wanted.pop(endpoint, None)
        self._wake.set()

    async def phones(self) -> frozenset[str]:
        """Every phone of a consultant, the pages' among them. Errors: StoreError."""
        own = await self._own_phones()
        return own | frozenset(map(page_name, own)) if self.url else own

    async def run(self, nodes: Mapping[str, Node]) -> None:
        node = nodes.get(self._name)
        while node is not None:
            try:
                await self.settle(node)
            except (AmiError, StoreError) as error:
                log.warning("phone.password_not_told", reason=type(error).__name__)
                await asyncio.sleep(LOOK_EVERY_S)
            try:
                await asyncio.wait_for(self._wake.wait(), LOOK_EVERY_S)
            except TimeoutError:
                continue

    async def settle(self, node: Node) -> None:
        """Tell what has changed; after a new connection everything."""
        self._wake.clear()
        if not node.connected:
            return
        if self._connection != (connection := node.counters.connects):
            self._told = dict.fromkeys(map(page_name, await self._own_phones()), "?")
            self._connection = connection
        wanted = dict(self._wanted)
        for endpoint in [*wanted, *self._told.keys() - wanted.keys()]:
            secret = wanted.get(endpoint, "")
            if self._told.get(endpoint, "") != secret:
                await node.carry_out(PagePhone(endpoint, secret))
                self._told[endpoint] = secret
