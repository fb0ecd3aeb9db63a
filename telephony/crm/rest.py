"""A directory of customers behind a REST interface: its addresses, and where in the JSON each thing stands."""

from __future__ import annotations

from urllib.parse import quote

from telephony.core.customer import Customer, CustomerFile
from telephony.core.sought import sought
from telephony.crm.http_json import JsonHttp
from telephony.crm.json_file import Layout, Reader

NOBODY = frozenset({204, 404})


class RestDirectory:
    """`by_phone` has `{phone}` in it, `by_number` has `{number}`, `search` has `{text}`; `token` goes along as a bearer
    token [RFC 6750]. Where there is no `search`, customers are found by their whole number alone.

    Errors of the making: ValueError for a layout that cannot be used.
    """

    def __init__(self, by_phone: str, by_number: str, layout: Layout, token: str = "", *, search: str = "") -> None:
        self._phone, self._number, self._search = by_phone, by_number, search
        self._reader = Reader(layout)
        self._http = JsonHttp({"Authorization": f"Bearer {token}"} if token else {})

    async def by_phone(self, e164: str) -> CustomerFile | None:
        """Errors: SourceError, aiohttp.ClientError, TimeoutError."""
        return await self._ask(self._phone.replace("{phone}", quote(e164, safe="")))

    async def by_number(self, number: str) -> CustomerFile | None:
        """Errors: as for `by_phone`."""
        return await self._ask(self._number.replace("{number}", quote(number, safe="")))

    async def search(self, text: str, most: int) -> tuple[Customer, ...]:
        """Errors: as for `by_phone`."""
        if not self._search:
            found = await self.by_number(text.strip())
            return (found.customer,) if found else ()
        if sought(text) is None:
            return ()
        answer = await self._http.get(self._search.replace("{text}", quote(text, safe="")), nobody=NOBODY)
        return self._reader.read_all(answer, most)

    async def close(self) -> None:
        await self._http.close()

    async def _ask(self, url: str) -> CustomerFile | None:
        answer = await self._http.get(url, nobody=NOBODY)
        return None if answer is None else self._reader.read(answer)
