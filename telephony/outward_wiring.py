"""What other systems are told, put together from the settings: receivers, their outbox, the link of each pop."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator

from telephony.core.commands import Command
from telephony.core.customer import Card
from telephony.core.views import CallView
from telephony.outward.link import LinkTemplate
from telephony.outward.news import CallNews
from telephony.outward.receivers import Receiver, Webhook, Zammad
from telephony.outward.sender import Sender
from telephony.outward.webhook import key_of
from telephony.settings_types import SettingsError
from telephony.site_settings import Pop
from telephony.store.store import Store


def link_of(pop: Pop) -> Callable[[CallView, Card | None], str]:
    """Errors: SettingsError for a template that cannot be used."""
    if not pop.link:
        return lambda _call, _card: ""
    try:
        return LinkTemplate(pop.link, pop.hosts).of
    except ValueError as error:
        raise SettingsError(f"pop.link: {error}") from None


def receivers(pop: Pop) -> Iterator[Receiver]:
    """Errors: SettingsError for a secret that is none."""
    for name, to in pop.webhooks.items():
        secret = to.secret.get_secret_value()
        try:
            key_of(secret)
        except ValueError as error:
            raise SettingsError(f"pop.webhooks.{name}.secret: {error}") from None
        yield Webhook(name, str(to.url), secret)
    if pop.zammad:
        yield Zammad("zammad", pop.zammad.url.get_secret_value())


class Outward:
    """Nothing happens where nobody is to be told."""

    def __init__(self, pop: Pop, store: Store, clock: Callable[[], float]) -> None:
        known = tuple(receivers(pop))
        self.news = CallNews(known, store.outbox.keep_messages)
        self._by_name = {each.name: Sender(each, store.outbox, clock) for each in known}

    def publish(self, command: Command, now: float) -> None:
        self.news.publish(command, now)

    def figures(self) -> dict[tuple[str, ...], float]:
        """By receiver and what became of it, since the start."""
        known: dict[tuple[str, ...], float] = {}
        for name, sender in self._by_name.items():
            known |= {(name, "taken"): float(sender.sent), (name, "not_taken"): float(sender.failed)}
        return known

    async def drain(self, patience_s: float) -> None:
        if self._by_name:
            await self.news.drain(patience_s)

    def works(self) -> Iterator[Coroutine[None, None, None]]:
        if self._by_name:
            yield self.news.run()
        for sender in self._by_name.values():
            yield sender.run()
