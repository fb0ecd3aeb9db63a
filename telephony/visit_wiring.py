"""Calls about visits, put together from the settings: the number shown, the ways out, the flow that leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ivr_flows import FlowSet
from telephony.appointments import AppointmentDesk, CarryOut
from telephony.asterisk.gateway import Gateway
from telephony.core.ids import InteractionId
from telephony.settings import Settings
from telephony.settings_types import SettingsError
from telephony.store.appointments import AppointmentStore
from telephony.store.store import Store

FLOW = "appointment"


def desk_of(
    settings: Settings,
    store: Store,
    nodes: Mapping[str, Gateway],
    served: Callable[[], FlowSet],
    new_id: Callable[[], InteractionId],
    clock: Callable[[], float],
) -> AppointmentDesk:
    """Errors: SettingsError for a number or a department that is not ours."""
    asked = settings.appointments
    if asked.shown and asked.shown not in settings.numbers:
        raise SettingsError("appointments.shown: not one of `numbers`")
    if settings.queues and asked.queue not in settings.queues:
        raise SettingsError(f"appointments.queue: there is no queue `{asked.queue}`")

    def ways() -> Iterator[tuple[str, str, CarryOut]]:
        for node in settings.asterisk:
            if node.trunk and (gateway := nodes.get(node.name)) and gateway.connected:
                yield node.name, node.trunk, gateway.carry_out

    return AppointmentDesk(
        asked,
        AppointmentStore(store),
        own=settings.numbers,
        receive_only=lambda: served().receive_only,
        ways=ways,
        flow=lambda: served().flows.get(FLOW),
        new_id=new_id,
        clock=clock,
    )
