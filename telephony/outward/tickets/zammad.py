"""Zammad's tickets, over its REST interface [Zammad documentation, API: Ticket, Articles, User].

Our number stands in the title. What a search returns is looked through once more: with Elasticsearch it finds words,
without it parts of them. A change is told by the ticket's state and its articles as they are now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from telephony.core.ticket import TicketStatus
from telephony.core.ticket_exchange import Change, Comment, Fault, TicketToTell
from telephony.outward.tickets.http import Http
from telephony.outward.tickets.system import MOST_COMMENT, Changes, TicketSystemError, marker, title

OURS = {TicketStatus.OPEN: "open", TicketStatus.PENDING: "open", TicketStatus.CLOSED: "closed"}
THEIRS = {
    "new": TicketStatus.OPEN,
    "open": TicketStatus.OPEN,
    "pending reminder": TicketStatus.PENDING,
    "pending close": TicketStatus.PENDING,
    "closed": TicketStatus.CLOSED,
    "merged": TicketStatus.CLOSED,
    "removed": TicketStatus.CLOSED,
}
AGAIN_S = 30.0  # before the mark: an index that lags, clocks that differ
PAGE = 100


class ZammadTickets:
    """`group` is where tickets are put."""

    def __init__(self, url: str, token: str, group: str) -> None:
        self._group = group
        self._http = Http(f"{url.rstrip('/')}/api/v1", {"Authorization": f"Token token={token}"})
        self._own: int | None = None

    async def find(self, ticket: TicketToTell) -> str | None:
        wanted = marker(ticket.number)
        found = await self._search(ticket.number)
        return next((str(each["id"]) for each in found if wanted in str(each.get("title"))), None)

    async def create(self, ticket: TicketToTell) -> str:
        body = {
            "title": title(ticket),
            "group": self._group,
            "state": OURS[ticket.status],
            "customer_id": await self._customer(ticket.caller) if ticket.caller else await self._me(),
            "article": _note(title(ticket), ticket.body),
        }
        return str(_id(await self._http.send("POST", "/tickets", body)))

    async def comment(self, there: str, ticket: TicketToTell, comment: Comment, *, again: bool) -> None:
        key = f"[hotline {ticket.number}/{comment.key}]"
        if again and any(key in str(each.get("subject")) for each in await self._articles(there)):
            return
        text = f"{comment.entry.subject}\n\n{comment.entry.body}"
        await self._http.send("POST", "/ticket_articles", {"ticket_id": int(there), **_note(key, text)})

    async def set_status(self, there: str, ticket: TicketToTell, key: str) -> None:
        del key
        known = await self._http.get(f"/tickets/{there}", {"expand": "true"})
        if THEIRS.get(str(known.get("state"))) != ticket.status:
            await self._http.send("PUT", f"/tickets/{there}", {"state": OURS[ticket.status]})

    async def changes(self, mark: str) -> Changes:
        found = await self._search("hotline", {"sort_by": "updated_at", "order_by": "desc"})
        last = max((str(each["updated_at"]) for each in found), default=mark or _text(0.0))
        if not mark:
            return Changes((), last)
        since = _at(mark) - AGAIN_S
        changes = [
            change
            for each in reversed(found)
            if _at(each["updated_at"]) >= since and "[hotline " in str(each.get("title"))
            for change in await self._of(each, since)
        ]
        return Changes(changes, max(last, mark))

    async def close(self) -> None:
        await self._http.close()

    async def _of(self, ticket: Mapping[str, Any], since: float) -> list[Change]:
        there, own, at = str(ticket["id"]), await self._me(), _at(ticket["updated_at"])
        told = [_comment(there, each) for each in await self._articles(there) if _theirs(each, own, since)]
        status, by = THEIRS.get(str(ticket.get("state"))), str(ticket.get("updated_by", ""))
        return [*told, Change(f"{there}@{ticket['updated_at']}-{status}", there, at, by, status)]

    async def _search(self, words: str, more: Mapping[str, str] | None = None) -> list[Any]:
        asked = {"query": words, "expand": "true", "per_page": str(PAGE), "limit": str(PAGE), **(more or {})}
        return list(_rows(await self._http.get("/tickets/search", asked)))

    async def _articles(self, there: str) -> list[Any]:
        return list(_rows(await self._http.get(f"/ticket_articles/by_ticket/{int(there)}")))

    async def _me(self) -> int:
        if self._own is None:
            self._own = _id(await self._http.get("/users/me"))
        return self._own

    async def _customer(self, caller: str) -> int:
        found = _rows(await self._http.get("/users/search", {"query": caller.removeprefix("+"), "limit": "10"}))
        known = [each for each in found if caller in {_number(each.get("mobile")), _number(each.get("phone"))}]
        if len(known) == 1:
            return _id(known[0])
        fresh = {"lastname": caller, "mobile": caller, "roles": ["Customer"]}
        return _id(await self._http.send("POST", "/users", fresh))


def _note(subject: str, text: str) -> dict[str, object]:
    return {"subject": subject, "body": text, "type": "note", "internal": True, "content_type": "text/plain"}


def _theirs(article: Mapping[str, Any], own: int, since: float) -> bool:
    return article.get("created_by_id") != own and _at(article["created_at"]) >= since


def _comment(there: str, article: Mapping[str, Any]) -> Change:
    by, text = str(article.get("created_by", "")), str(article.get("body", ""))[:MOST_COMMENT]
    return Change(f"article-{article['id']}", there, _at(article["created_at"]), by, comment=text)


def _rows(found: Any) -> Iterator[Any]:
    return (each for each in (found if isinstance(found, list) else ()) if isinstance(each, dict))


def _id(found: Any) -> int:
    if not isinstance(found, dict) or not isinstance(found.get("id"), int):
        raise TicketSystemError(Fault.FAILED, "no number in the answer")
    return int(found["id"])


def _number(text: object) -> str:
    digits = "".join(each for each in str(text or "") if each in "+0123456789")
    return digits if digits.startswith("+") else f"+{digits.removeprefix('00')}"


def _at(text: object) -> float:
    return datetime.fromisoformat(str(text)).astimezone(UTC).timestamp()


def _text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
