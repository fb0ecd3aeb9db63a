"""The house's answers to flows, put together from the settings: who is who, what is owed, what is broken."""

from __future__ import annotations

from collections.abc import Callable

from ivr_flows.calendar import local
from telephony.call_back_desk import CallBackDesk
from telephony.call_quality import CallQuality
from telephony.core.events import CallerVerified, Event
from telephony.house import House, Visits
from telephony.identity import IdentityCheck
from telephony.metrics import Metrics
from telephony.outages import Outages
from telephony.settings import Settings
from telephony.store.store import Store


def house_of(
    settings: Settings,
    store: Store,
    clock: Callable[[], float],
    call_backs: CallBackDesk,
    submit: Callable[[Event], None],
    metrics: Metrics,
    visits: Visits,
    quality: CallQuality,
) -> House:
    identity = IdentityCheck(store.customers, clock)
    metrics.counter("pin_blocked", "PINs not looked at: too many were wrong", lambda: identity.blocked)
    return House(
        store,
        identity,
        Outages(settings.outages, settings.data, store.customers, clock),
        clock,
        lambda at: local(at).date(),
        call_backs,
        store.customers.customer_account,
        lambda interaction, customer: submit(CallerVerified(interaction, customer)),
        visits,
        quality.sounds,
    )
