"""The console's certificate: whether it can be served, and for how long still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from telephony.doctor.finding import Finding, right, warning, wrong
from telephony.settings import Settings
from telephony.settings_types import SettingsError
from telephony.tls import Tls, ends_at, pair_of

SOON = timedelta(days=30)
TOPIC, MEND = "certificate", "renew it; the server reads it by itself"


def certificate(settings: Settings, now: datetime | None = None) -> Finding:
    """Nothing is made here: a self-made one is the server's to make."""
    now = now or datetime.now(UTC)
    if settings.console.tls == "self-made":
        return warning(TOPIC, "self-made: every browser warns of it", "set `certificate` and `key` in [console]")
    try:
        pair = pair_of(settings, now)
        if pair is None:
            return right(TOPIC, f"none: the console is at {settings.console_listen}, for this machine or a proxy on it")
        Tls(pair)
        ends = ends_at(pair)
    except (SettingsError, OSError, ValueError) as error:
        return wrong(TOPIC, str(error), "correct [console]")
    until = f"{pair.certificate} is good until {ends:%Y-%m-%d}"
    if ends <= now:
        return wrong(TOPIC, f"{pair.certificate} has ended on {ends:%Y-%m-%d}", MEND)
    return warning(TOPIC, until, MEND) if ends - now < SOON else right(TOPIC, until)
