"""What commands share that work with the database: their settings, a store for the time of the work, an answer."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from telephony.settings import Settings
    from telephony.store.store import Store

T = TypeVar("T")


class Actions:
    """The actions of a group of commands; `config` is the settings' file unless another is named."""

    def __init__(self, group: argparse.ArgumentParser, config: Path) -> None:
        self._parsers = group.add_subparsers(required=True, metavar="GROUP")
        self._config = config

    def add(self, name: str, run: Callable[[argparse.Namespace], int], summary: str) -> argparse.ArgumentParser:
        parser = self._parsers.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        parser.add_argument("--config", type=Path, action="append", metavar="FILE", help="settings; later files win")
        parser.set_defaults(run=run, default=self._config)
        return parser


def settings_of(chosen: argparse.Namespace) -> Settings:
    """Errors: SettingsError."""
    from telephony.settings import load

    return load(chosen.config or [chosen.default])


def with_store(settings: Settings, work: Callable[[Store], Coroutine[Any, Any, T]]) -> T:
    """Do it with the database of the settings. Errors: StoreError."""
    from telephony.store.store import Store

    async def run() -> T:
        store = await Store.open(settings.database_url.get_secret_value())
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def say(text: str, *, failed: bool = False) -> int:
    """The command's answer and its status."""
    sys.stdout.write(f"{text}\n")
    return int(failed)
