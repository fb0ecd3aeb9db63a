"""Second factors as the store keeps them: an encrypted secret, the step used last, and MACs of the codes on paper."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from telephony.store.connection import Connection


class SecondFactorStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def secret(self, login: str) -> bytes | None:
        """As it was given, encrypted; None: there is none."""
        rows = await self._connection.rows("second_factor", login=login)
        return bytes(cast("bytes", rows[0]["secret"])) if rows else None

    async def enrol(self, login: str, secret: bytes, step: int, macs: Iterable[str], at: float) -> bool:
        """False, and nothing was done, where there is one already, or no such account."""
        async with self._connection.together() as connection:
            factor = {"login": login, "secret": secret, "last_step": step, "enrolled_at": at}
            if not await connection.rows("add_second_factor", **factor):
                return False
            await _write_codes(connection, login, macs)
        return True

    async def use_step(self, login: str, step: int) -> bool:
        """False: that one, or a later one, has been used."""
        return bool(await self._connection.rows("use_step", login=login, step=step))

    async def use_recovery_code(self, login: str, mac: str, at: float) -> bool:
        """False: it is none, or has been used."""
        return bool(await self._connection.rows("use_recovery_code", login=login, mac=mac, used_at=at))

    async def new_recovery_codes(self, login: str, macs: Iterable[str]) -> None:
        """In place of those there were."""
        async with self._connection.together() as connection:
            await connection.run("remove_recovery_codes", login=login)
            await _write_codes(connection, login, macs)

    async def recovery_codes_left(self, login: str) -> int:
        rows = await self._connection.rows("recovery_codes_left", login=login)
        return int(cast("int", rows[0]["left"]))

    async def remove(self, login: str) -> bool:
        """Whether there was one."""
        return bool(await self._connection.rows("remove_second_factor", login=login))


async def _write_codes(connection: Connection, login: str, macs: Iterable[str]) -> None:
    await connection.run_many("add_recovery_code", [{"login": login, "mac": mac} for mac in macs])
