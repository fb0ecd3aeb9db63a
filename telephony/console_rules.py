"""What the settings say of the console, as the console takes it."""

from __future__ import annotations

from telephony.console.rules import ConsoleRules
from telephony.site_settings import Site
from telephony.tls import Pair


def console_rules(site: Site, pair: Pair | None, phone_url: str = "") -> ConsoleRules:
    """Cookies go over TLS alone where every way to the console does. With `pair` it is served by ourselves."""
    behind = bool(site.origins) and all(each.startswith("https://") for each in site.origins)
    return ConsoleRules(
        origins=site.origins,
        proxies=frozenset(map(str, site.proxies)),
        privacy_contact=site.privacy_contact,
        idle_s=site.idle_s,
        absolute_s=site.absolute_s,
        without_keeper_s=site.without_database_s,
        totp_roles=frozenset(site.totp_roles),
        secure_cookies=pair is not None or behind,
        phone_origin=phone_url.removesuffix("/ws"),
        strict_transport=pair is not None and pair.given,
    )
