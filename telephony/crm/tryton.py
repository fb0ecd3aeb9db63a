"""Tryton as the directory of customers: its parties, over JSON-RPC [Tryton 6.0 to 8.2, trytond's `/DATABASE/rpc/`].

A customer number is a party's code, a telephone number a contact mechanism of kind phone or mobile. Each question logs
in by itself (Basic, RFC 7617), so that no session has to be kept; the user needs no more than to read parties.
"""

from __future__ import annotations

from base64 import b64encode

from telephony.core.customer import Customer, CustomerFile
from telephony.core.sought import Sought, patterns, sought
from telephony.crm.breaker import SourceError
from telephony.crm.http_json import JsonHttp
from telephony.crm.json_file import Layout, Reader

METHOD = "model.party.party.search_read"
TELEPHONES = ["phone", "mobile"]
LOOKED_AT = 500  # names that are looked at for one search
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
        return self._reader.read(await self._ask([_telephone("=", e164)], 2))  # several for one number are nobody

    async def by_number(self, number: str) -> CustomerFile | None:
        return self._reader.read(await self._ask([["code", "=", number]], 2))

    async def search(self, text: str, most: int) -> tuple[Customer, ...]:
        wanted = sought(text)
        if wanted is None:
            return ()
        found = self._reader.read_all(await self._ask(_domain(wanted), LOOKED_AT), LOOKED_AT)
        return tuple(each for each in found if wanted.digits or wanted.fits(each.name))[:most]

    async def close(self) -> None:
        await self._http.close()

    async def _ask(self, domain: list[object], most: int) -> object:
        params = [domain, 0, most, [["name", "ASC"], ["id", "ASC"]], FIELDS, {}]
        answer = await self._http.post(self._url, {"id": 1, "method": METHOD, "params": params})
        if not isinstance(answer, dict) or "result" not in answer:  # an error's text may name what was asked for
            raise SourceError("Tryton answers with an error")
        return answer


def _telephone(operator: str, value: str) -> list[object]:
    return ["contact_mechanisms", "where", [["value_compact", operator, value], ["type", "in", TELEPHONES]]]


def _domain(wanted: Sought) -> list[object]:
    if wanted.digits:
        return ["OR", [["code", "=", wanted.digits]], [_telephone("like", f"%{wanted.digits}")]]
    return [["OR", *([["name", "ilike", each]] for each in patterns(word))] for word in wanted.words]
