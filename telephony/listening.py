"""Listening at an address of the settings, or saying which one cannot be used."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from telephony.settings_types import Listen, SettingsError

T = TypeVar("T")


async def listen(starting: Awaitable[T], address: Listen, setting: str) -> T:
    """Errors: SettingsError, which names the setting."""
    try:
        return await starting
    except OSError as error:
        raise SettingsError(
            f"{setting}: {address} cannot be used ({error.strerror}): stop what has it, or set another"
        ) from None
