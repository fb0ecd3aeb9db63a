"""Tryton as the directory of customers: its parties, over JSON-RPC [Tryton 6.0 to 8.2, trytond's `/DATABASE/rpc/`].

A customer number is a party's code, a telephone number a contact mechanism of kind phone or mobile. Each question logs
in by itself (Basic, RFC 7617), so that no session has to be kept; the user needs no more than to read parties.
"""

from __future__ import annotations

from base64 import b64encode

from telephony.core.customer import CustomerFile
from telephony.crm.breaker import SourceError
from telephony.crm.http_json import JsonHttp
from telephony.crm.json_file import Layout, Reader

METHOD = "model.party.party.search_read"
TELEPHONES = ["phone", "mobile"]
FIELDS = ["code", "name", "addresses.full_address", "contact_mechanisms.value_compact"]
LAYOUT = Layout(
    "$.result[*]",
    {
        "number": "$.code",
        "name": "$.name",
        "phones": "$['contact_mechanisms.'][*].value_compact",
        "address": "$['addresses.'][0].full_address",
    },
)


class TrytonDirectory:
    """`url` with the database at its end: https://tryton.example.pl/crm. Errors of both: SourceError,
    aiohttp.ClientError, TimeoutError.
    """

    def __init__(self, url: str, user: str, password: str) -> None:
        self._url = f"{url.rstrip('/')}/rpc/"
        self._reader = Reader(LAYOUT)
        proof = b64encode(f"{user}:{password}".encode()).decode("ascii")
        self._http = JsonHttp({"Authorization": f"Basic {proof}"})

    async def by_phone(self, e164: str) -> CustomerFile | None:
        mechanism = [["value_compact", "=", e164], ["type", "in", TELEPHONES]]
        return await self._find(["contact_mechanisms", "where", mechanism])

    async def by_number(self, number: str) -> CustomerFile | None:
        return await self._find(["code", "=", number])

    async def close(self) -> None:
        await self._http.close()

    async def _find(self, clause: list[object]) -> CustomerFile | None:
        """Two at most: several for one number are nobody."""
        params = [[clause], 0, 2, None, FIELDS, {}]
        answer = await self._http.post(
            self._url, {"id": 1, "method": "model.party.party.search_read", "params": params}
        )
        if not isinstance(answer, dict) or "result" not in answer:  # an error's text may name what was asked for
            raise SourceError("Tryton answers with an error")
        return self._reader.read(answer)
