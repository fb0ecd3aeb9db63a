"""The vault of recordings as the settings have it, and its keys: of a secrets file, or made in the data folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from telephony.settings import Settings
from telephony.settings_types import SettingsError
from telephony.vault.keys import KeyRing, own_ring
from telephony.vault.vault import Vault

OWN_KEYS = "vault-keys"


def own_keys(settings: Settings) -> Path | None:
    """The folder of keys that are made here; None where the settings have them."""
    return None if settings.vault.keys else settings.data / OWN_KEYS


def vault_of(settings: Settings) -> Vault:
    """Errors: SettingsError where its keys are of no use."""
    ring = _ring_of(settings)
    try:
        ring()
    except OSError as error:
        raise SettingsError(f"the keys of recordings, {own_keys(settings)}, are of no use: {error.strerror}") from None
    return Vault(settings.vault_folder, ring)


def _ring_of(settings: Settings) -> Callable[[], KeyRing]:
    """Keys made here are looked at each time: a rotation is another process."""
    if folder := own_keys(settings):
        return lambda: own_ring(folder)
    assert settings.vault.key
    given = {name: key.get_secret_value() for name, key in settings.vault.keys.items()}
    known = KeyRing(settings.vault.key, given)
    return lambda: known
