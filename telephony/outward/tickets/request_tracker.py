"""Request Tracker 5, over its REST 2 interface [RT documentation, RT::REST2].

Our number stands in the subject. The requestor is whoever has the caller's number in another ticket (TicketSQL), or a
user of ours for that number: a search of users by telephone is no search, since RT ignores its fields for
administrators and returns everybody. Changes are its transactions, in the order of their numbers; what is written down
by two of its processes at the same time may appear out of order, so that the last few are read again. In a search of
transactions RT takes whatever has a `[` for JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from telephony.core.ticket import TicketStatus
from telephony.core.ticket_exchange import Change, Comment, Fault, TicketToTell
from telephony.outward.tickets.http import Http
from telephony.outward.tickets.system import MOST_COMMENT, Changes, TicketSystemError, marker, title

OURS = {TicketStatus.OPEN: "open", TicketStatus.PENDING: "stalled", TicketStatus.CLOSED: "resolved"}
THEIRS = {
    "new": TicketStatus.OPEN,
    "open": TicketStatus.OPEN,
    "stalled": TicketStatus.PENDING,
    "resolved": TicketStatus.CLOSED,
    "rejected": TicketStatus.CLOSED,
    "deleted": TicketStatus.CLOSED,
}
AGAIN = 20  # transactions before the mark
PAGE = 100  # that are read at a time
ATTACHMENTS = 5  # of a comment; the first text is what was written


class RequestTracker:
    """`user` is the hotline's own there: what it does is not told back."""

    def __init__(self, url: str, user: str, proof: str, queue: str) -> None:
        """`proof`: what `Authorization` says."""
        self._user = user
        self._queue = queue
        self._http = Http(f"{url.rstrip('/')}/REST/2.0", {"Authorization": proof})

    async def find(self, ticket: TicketToTell) -> str | None:
        found = await self._http.get(
            "/tickets", {"query": f"Subject LIKE '{marker(ticket.number)}'", "orderby": "id", "per_page": "1"}
        )
        return next((str(each["id"]) for each in _items(found)), None)

    async def create(self, ticket: TicketToTell) -> str:
        requestor = {"Requestor": await self._requestor(ticket.caller)} if ticket.caller else {}
        body = {
            "Queue": self._queue,
            "Subject": title(ticket),
            "Content": ticket.body,
            "ContentType": "text/plain",
            "Status": OURS[ticket.status],
            **requestor,
        }
        return _id(await self._http.send("POST", "/ticket", body))

    async def comment(self, there: str, ticket: TicketToTell, comment: Comment, *, again: bool) -> None:
        key = f"hotline {ticket.number}/{comment.key}"
        if again:
            query = f"TicketId = {int(there)} AND Subject LIKE '{key}'"
            found = await self._http.get("/transactions", {"query": query, "fields": "Data"})
            if any(str(each["Data"]).strip() == key for each in _items(found)):
                return
        text = f"{comment.entry.subject}\n\n{comment.entry.body}"
        body = {"Subject": key, "Content": text, "ContentType": "text/plain"}
        await self._http.send("POST", f"/ticket/{there}/comment", body)

    async def set_status(self, there: str, ticket: TicketToTell, key: str) -> None:
        """RT says 200 to a status that it does not set: it is asked for what it has."""
        del key
        wanted = OURS[ticket.status]
        if await self._status(there) == ticket.status:
            return
        await self._http.send("PUT", f"/ticket/{there}", {"Status": wanted})
        if await self._status(there) != ticket.status:
            raise TicketSystemError(Fault.REFUSED, f"the status {wanted} was not set")

    async def changes(self, mark: str) -> Changes:
        if not mark:
            return Changes((), str(await self._last()))
        last, after = await self._last(), max(0, int(mark) - AGAIN)
        query = (
            f"id > {after} AND ObjectType = 'RT::Ticket' AND TicketSubject LIKE 'hotline ' "
            f"AND Creator != '{self._user}' AND (Type = 'Status' OR Type = 'Comment' OR Type = 'Correspond')"
        )
        asked = {"query": query, "orderby": "id", "per_page": str(PAGE), "fields": "Type,NewValue,Created,Creator"}
        items = list(_items(await self._http.get("/transactions", asked)))
        last = int(items[-1]["id"]) if len(items) == PAGE else last
        return Changes([await self._change(each) for each in items], str(max(last, int(mark))))

    async def close(self) -> None:
        await self._http.close()

    async def _last(self) -> int:
        query = {"query": "id > 0", "orderby": "id", "order": "DESC", "per_page": "1"}
        return next((int(each["id"]) for each in _items(await self._http.get("/transactions", query))), 0)

    async def _change(self, item: Mapping[str, Any]) -> Change:
        """The list does not say of which ticket it is."""
        name = str(item["id"])
        whole = await self._http.get(f"/transaction/{name}")
        status = THEIRS.get(str(item["NewValue"])) if item["Type"] == "Status" else None
        comment = "" if item["Type"] == "Status" else await self._text(name)
        at = datetime.fromisoformat(str(item["Created"])).astimezone(UTC).timestamp()
        return Change(name, str(whole["Object"]["id"]), at, str(item["Creator"]["id"]), status, comment)

    async def _text(self, transaction: str) -> str:
        asked = {"fields": "Content,ContentType", "per_page": str(ATTACHMENTS)}
        parts = _items(await self._http.get(f"/transaction/{transaction}/attachments", asked))
        texts = (str(each["Content"]) for each in parts if str(each.get("ContentType")).startswith("text/"))
        return next(texts, "")[:MOST_COMMENT]

    async def _status(self, there: str) -> TicketStatus | None:
        return THEIRS.get(str((await self._http.get(f"/ticket/{there}"))["Status"]))

    async def _requestor(self, caller: str) -> str:
        asked = {"query": f"Requestor.MobilePhone = '{caller}'", "fields": "Requestor", "per_page": "1"}
        known = [user for each in _items(await self._http.get("/tickets", asked)) for user in each["Requestor"]]
        if len(known) == 1:
            return str(known[0]["id"])
        name = f"tel-{caller.removeprefix('+')}"
        await self._http.ask(  # 400: it is there
            "POST", "/user", {"Name": name, "MobilePhone": caller, "Privileged": 0}, fine=frozenset({400})
        )
        return name


def _items(found: Any) -> Any:
    return found.get("items", ()) if isinstance(found, dict) else ()


def _id(found: Any) -> str:
    if not isinstance(found, dict) or "id" not in found:
        raise TicketSystemError(Fault.FAILED, "no number of a ticket in the answer")
    return str(found["id"])
