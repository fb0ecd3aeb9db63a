"""`hotline customer pin NUMBER`: give a customer a PIN for the keypad."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `customer` into `hotline`; `config` is the settings' file unless another is named."""
    customer = commands.add_parser("customer", help="what a customer proves to be one with", description="Customers.")
    actions = customer.add_subparsers(required=True, metavar="ACTION")
    summary = "give a customer a PIN: asked for, or the first line of standard input"
    pin = actions.add_parser("pin", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    pin.set_defaults(run=_pin, default=config)
    pin.add_argument("number", metavar="NUMBER", help="the customer number")
    pin.add_argument("--config", type=Path, action="append", metavar="FILE", help="settings; later files win")


def _pin(chosen: argparse.Namespace) -> int:
    from telephony.accounts import read_password
    from telephony.identity import hashed
    from telephony.settings import load

    url = load(chosen.config or [chosen.default]).database_url.get_secret_value()
    asyncio.run(_keep(url, chosen.number, hashed(read_password("PIN"))))
    sys.stdout.write(f"customer {chosen.number} has a PIN\n")
    return 0


async def _keep(url: str, customer: str, pin_hash: str) -> None:
    from telephony.identity import PinError
    from telephony.store.store import Store

    store = await Store.open(url)
    try:
        if await store.customers.customer_by_number(customer) is None:
            raise PinError(f"there is no customer {customer}")
        await store.customers.set_pin(customer, pin_hash, time.time())
    finally:
        await store.close()
