"""Odoo as the directory of customers: its contacts, over the JSON-2 interface [Odoo 19, External JSON-2 API].

A customer number is a contact's reference (`ref`), a telephone number its `phone_sanitized`, which Odoo keeps in E.164.
"""

from __future__ import annotations

from telephony.core.customer import Customer, CustomerFile
from telephony.core.sought import Sought, patterns, sought
from telephony.crm.http_json import JsonHttp
from telephony.crm.json_file import Layout, Reader

OURS = ["ref", "!=", False]  # whoever has no reference is no customer of ours
LOOKED_AT = 500  # names that are looked at for one search
FIELDS = ["ref", "name", "phone_sanitized", "contact_address"]
LAYOUT = Layout(
    "$[*]", {"number": "$.ref", "name": "$.name", "phones": "$.phone_sanitized", "address": "$.contact_address"}
)


class OdooDirectory:
    """`key` is an API key of a user who may read contacts; `database` is named where a server has more than one.

    Errors of both: SourceError, aiohttp.ClientError, TimeoutError.
    """

    def __init__(self, url: str, key: str, database: str = "") -> None:
        self._url = f"{url.rstrip('/')}/json/2/res.partner/search_read"
        self._reader = Reader(LAYOUT)
        named = {"X-Odoo-Database": database} if database else {}
        self._http = JsonHttp({"Authorization": f"bearer {key}", **named})

    async def by_phone(self, e164: str) -> CustomerFile | None:
        return await self._find(["phone_sanitized", "=", e164])

    async def by_number(self, number: str) -> CustomerFile | None:
        return await self._find(["ref", "=", number])

    async def search(self, text: str, most: int) -> tuple[Customer, ...]:
        wanted = sought(text)
        if wanted is None:
            return ()
        found = self._reader.read_all(await self._ask(_domain(wanted), LOOKED_AT), LOOKED_AT)
        return tuple(each for each in found if wanted.digits or wanted.fits(each.name))[:most]

    async def close(self) -> None:
        await self._http.close()

    async def _find(self, clause: list[object]) -> CustomerFile | None:
        """Two at most: several for one number are nobody."""
        return self._reader.read(await self._ask([clause], 2))

    async def _ask(self, domain: list[object], most: int) -> object:
        return await self._http.post(self._url, {"domain": [*domain, OURS], "fields": FIELDS, "limit": most})


def _domain(wanted: Sought) -> list[object]:
    if wanted.digits:
        return _any([["ref", "=", wanted.digits], ["phone_sanitized", "=like", f"%{wanted.digits}"]])
    return [part for word in wanted.words for part in _any([["name", "=ilike", each] for each in patterns(word)])]


def _any(clauses: list[object]) -> list[object]:
    """In Odoo's Polish notation: each "|" takes the next two."""
    return ["|"] * (len(clauses) - 1) + clauses
