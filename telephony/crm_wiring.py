"""The directory of customers, put together from the settings."""

from __future__ import annotations

from collections.abc import Callable

from telephony.crm.breaker import Breaker, Guarded
from telephony.crm.directory import Source
from telephony.crm.json_file import Layout
from telephony.crm.odoo import OdooDirectory
from telephony.crm.rest import RestDirectory
from telephony.crm.tryton import TrytonDirectory
from telephony.crm_settings import Crm, RestCrm
from telephony.metrics import Metrics
from telephony.settings_types import SettingsError


def source_of(crm: Crm, builtin: Source, clock: Callable[[], float], metrics: Metrics) -> Source:
    """Our own database, or a directory in somebody else's hands behind a breaker. Errors: SettingsError."""
    there = _elsewhere(crm)
    if there is None:
        return builtin
    guarded = Guarded(there, Breaker(), clock)
    state = "The way to the CRM: 0 in use, 1 being tried, 2 left alone"
    metrics.value("directory_circuit", state, lambda: float(guarded.circuit))
    metrics.counter("directory_refused", "Questions the CRM was not asked while left alone", lambda: guarded.refused)
    return guarded


def _elsewhere(crm: Crm) -> Source | None:
    if crm.rest:
        return _rest(crm.rest)
    if crm.tryton:
        return TrytonDirectory(crm.tryton.url, crm.tryton.user, crm.tryton.password.get_secret_value())
    if crm.odoo:
        return OdooDirectory(crm.odoo.url, crm.odoo.key.get_secret_value(), crm.odoo.database)
    return None


def _rest(to: RestCrm) -> RestDirectory:
    layout = Layout(to.customer, to.fields, to.contracts, to.devices, to.invoices, to.amounts)
    try:
        return RestDirectory(to.by_phone, to.by_number, layout, to.token.get_secret_value(), search=to.search)
    except ValueError as error:
        raise SettingsError(f"crm.rest.{error}") from None
