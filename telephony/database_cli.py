"""`hotline database`: the SQL that gives each role in the database no more than it needs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from telephony.store_cli import Actions, say, settings_of, with_store

if TYPE_CHECKING:
    from telephony.store.store import Store


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `database` into `hotline`; `config` is the settings' file unless another is named."""
    database = commands.add_parser(
        "database",
        help="who may do what in the database",
        description="Roles of the database: the server's, the audit's owner, and those who read reports.",
    )
    roles = Actions(database, config).add("roles", _roles, "print the SQL that a superuser runs, again after an update")
    roles.add_argument("--server", metavar="ROLE", help="the server's role (default: whoever the settings log in as)")


def _roles(chosen: argparse.Namespace) -> int:
    from telephony.store.roles import statements

    async def role(store: Store) -> str:
        return str((await store.connection.rows("role"))[0]["role"])

    return say(statements(chosen.server or with_store(settings_of(chosen), role)))
