"""The directory of customers, put together from the settings."""

from __future__ import annotations

from collections.abc import Callable

from telephony.crm.breaker import Breaker, Guarded
from telephony.crm.directory import Source
from telephony.crm.json_file import Layout
from telephony.crm.rest import RestDirectory
from telephony.crm_settings import Crm
from telephony.metrics import Metrics
from telephony.settings import SettingsError


def source_of(crm: Crm, builtin: Source, clock: Callable[[], float], metrics: Metrics) -> Source:
    """Our own database, or a directory in somebody else's hands behind a breaker. Errors: SettingsError."""
    if crm.rest is None:
        return builtin
    to = crm.rest
    layout = Layout(to.customer, to.fields, to.contracts, to.devices, to.invoices, to.amounts)
    try:
        there = RestDirectory(to.by_phone, to.by_number, layout, to.token.get_secret_value())
    except ValueError as error:
        raise SettingsError(f"crm.rest.{error}") from None
    guarded = Guarded(there, Breaker(), clock)
    state = "The way to the CRM: 0 in use, 1 being tried, 2 left alone"
    metrics.value("directory_circuit", state, lambda: float(guarded.circuit))
    metrics.counter("directory_refused", "Questions the CRM was not asked while left alone", lambda: guarded.refused)
    return guarded
