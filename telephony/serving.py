"""Runs a server until it is told to stop."""

from __future__ import annotations

import asyncio
import signal

import structlog

from telephony.app import App
from telephony.settings import Settings
from telephony.settings_types import SettingsError
from telephony.store.store import Store

log = structlog.get_logger()


async def serve(settings: Settings) -> None:
    """Run the server until SIGTERM or SIGINT. Errors, each to be mended: SettingsError, StoreError, AmiSetupError."""
    if not settings.asterisk:
        raise SettingsError(
            "no [[asterisk]] in the settings: name, host, ami_port and secret of at least one are needed"
        )
    store = await Store.open(settings.database_url.get_secret_value(), settings.complaints.rules)
    try:
        app = App(settings, store)
        task = asyncio.create_task(app.run())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        loop.add_signal_handler(signal.SIGHUP, app.flows.reload)
        try:
            await task
        except asyncio.CancelledError:
            log.info("server.stopped")
    finally:
        await store.close()
