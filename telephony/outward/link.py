"""A link to another system for each pop: a template with the call's values, URL-encoded, to hosts on a list only."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import quote, urlsplit

from telephony.core.customer import Card
from telephony.core.views import CallView

NAMES = ("caller_e164", "caller_national", "interaction_id", "queue", "customer_id", "ticket_id")
_NAME = re.compile(r"\{([^{}]*)\}")


class LinkTemplate:
    """Errors: ValueError saying what is wrong with the template; nothing can go wrong with a call's values."""

    def __init__(self, template: str, hosts: Collection[str]) -> None:
        parts = urlsplit(_NAME.sub("x", template))
        if unknown := [name for name in _NAME.findall(template) if name not in NAMES]:
            raise ValueError(f"{{{unknown[0]}}} is no value; there are {', '.join(NAMES)}")
        if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
            raise ValueError("the address begins with https:// and a host, without a user")
        if "{" in template.split("?", maxsplit=1)[0].split("/")[2]:
            raise ValueError("no value can be the host")
        if parts.hostname not in hosts:
            raise ValueError(f"the host {parts.hostname} is not among `hosts`")
        self._template = template

    def of(self, call: CallView, card: Card | None) -> str:
        """The address for this call; what is not known of it is empty."""
        caller = call.caller or ""
        values = {
            "caller_e164": caller,
            "caller_national": caller.removeprefix("+48"),
            "interaction_id": call.interaction,
            "queue": call.queue or "",
            "customer_id": card.customer.number if card and card.customer else "",
            "ticket_id": card.open_tickets[0].number if card and card.open_tickets else "",
        }
        return _NAME.sub(lambda found: quote(values[found[1]], safe=""), self._template)
