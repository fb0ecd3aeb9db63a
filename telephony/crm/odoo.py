"""Odoo as the directory of customers: its contacts, over the JSON-2 interface [Odoo 19, External JSON-2 API].

A customer number is a contact's reference (`ref`), a telephone number its `phone_sanitized`, which Odoo keeps in E.164.
"""

from __future__ import annotations

from telephony.core.customer import CustomerFile
from telephony.crm.http_json import JsonHttp
from telephony.crm.json_file import Layout, Reader

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

    async def close(self) -> None:
        await self._http.close()

    async def _find(self, clause: list[object]) -> CustomerFile | None:
        """Two at most: several for one number are nobody. Somebody without a reference is no customer of ours."""
        domain = [clause, ["ref", "!=", False]]
        return self._reader.read(await self._http.post(self._url, {"domain": domain, "fields": FIELDS, "limit": 2}))
