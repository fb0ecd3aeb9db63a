"""The page of trunks, put together from the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sip_trunk import trunk_file
from sip_trunk.errors import TrunkError
from sip_trunk.state import TrunkState
from telephony.audit import AuditTrail
from telephony.console.api.endpoint import ENGINEERS, Endpoint
from telephony.console.more_pages import StaffPage
from telephony.console.texts import PageTemplate
from telephony.settings import Settings
from telephony.store.store import Store
from telephony.trunk_api import TrunkApi
from telephony.trunk_apply import Wanted
from telephony.trunk_desk import TrunkDesk
from telephony.trunk_nodes import nodes_of, wanted_of


class TrunkPage:
    """`states` is how trunks are now; `clock` gives seconds since the epoch."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        audit: AuditTrail,
        states: Callable[[], Sequence[TrunkState]],
        clock: Callable[[], float],
    ) -> None:
        def wanted() -> Wanted:
            if settings.trunk_file is None:
                raise TrunkError("the settings name no trunk_file to plan (docs/trunks.md)")
            return wanted_of(trunk_file.text_of(settings.trunk_file), settings.trunk_file.name, settings)

        desk = TrunkDesk(lambda: nodes_of(settings.asterisk), wanted, audit.trunks_changed, clock)
        file = settings.trunk_file.name if settings.trunk_file else ""
        self._api = TrunkApi(desk, states, file, store, clock)

    def endpoints(self) -> Iterator[Endpoint]:
        """What people ask in the console."""
        yield from self._api.endpoints()

    def page(self) -> StaffPage:
        return StaffPage("/trunks", PageTemplate("trunks.html"), ENGINEERS)
