"""Roundup's issues of the classic template, over its REST interface [Roundup 2.6 documentation, rest.txt].

Our number stands in the title, and each message of ours has a `messageid` by which it is found again. Without Origin
and Referer Roundup takes no change; a change says which state it changes (ETag), and is tried again on a newer one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from telephony.core.ticket import TicketStatus
from telephony.core.ticket_exchange import Change, Comment, Fault, TicketToTell
from telephony.outward.tickets.http import Http, basic
from telephony.outward.tickets.system import MOST_COMMENT, Changes, TicketSystemError, marker, title

OURS = {TicketStatus.OPEN: "in-progress", TicketStatus.PENDING: "deferred", TicketStatus.CLOSED: "resolved"}
CLOSED = frozenset({"resolved", "done-cbb"})
KEY = "hotline/"  # how a `messageid` of ours begins
AGAIN_S = 5  # before the mark: its times are whole seconds
PAGE = 100
TRIES = 3  # of a change that somebody else's gets in the way of


class Roundup:
    """`url` of the tracker: https://roundup.example.pl/tracker."""

    def __init__(self, url: str, user: str, password: str) -> None:
        parts, base = urlsplit(url), url.rstrip("/")
        self._user = user
        self._http = Http(
            f"{base}/rest/data",
            {
                "Authorization": basic(user, password),
                "Origin": f"{parts.scheme}://{parts.netloc}",
                "Referer": f"{base}/",
                "X-Requested-With": "hotline",
            },
        )

    async def find(self, ticket: TicketToTell) -> str | None:
        wanted = marker(ticket.number)
        found = _rows(await self._http.get("/issue", {"title": f"hotline {ticket.number}", "@fields": "title"}))
        return next((str(each["id"]) for each in found if wanted in str(each.get("title"))), None)

    async def create(self, ticket: TicketToTell) -> str:
        told = await self._message(f"{KEY}{ticket.number}", ticket.body)
        nosy = {"nosy": known} if ticket.caller and (known := await self._person(ticket.caller)) else {}
        body = {"title": title(ticket), "status": OURS[ticket.status], "messages": [told], **nosy}
        return _id(await self._http.send("POST", "/issue", body))

    async def comment(self, there: str, ticket: TicketToTell, comment: Comment, *, again: bool) -> None:
        """A message is made once, and a second adding of the same changes nothing."""
        del again
        text = f"{comment.entry.subject}\n\n{comment.entry.body}"
        told = await self._message(f"{KEY}{ticket.number}/{comment.key}", text)
        await self._change(there, {"@op": "add", "messages": told})

    async def set_status(self, there: str, ticket: TicketToTell, key: str) -> None:
        del key
        issue = (await self._http.get(f"/issue/{there}", {"@verbose": "2"}))["data"]["attributes"]
        if _status(issue) != ticket.status:
            await self._change(there, {"status": OURS[ticket.status]})

    async def changes(self, mark: str) -> Changes:
        if not mark:
            newest = await self._issues({"@sort": "-activity", "@page_size": "1"})
            return Changes((), str(newest[0]["activity"]) if newest else "1980-01-01.00:00:00")
        since = datetime.fromtimestamp(_at(mark) - AGAIN_S, UTC).strftime("%Y-%m-%d.%H:%M:%S")
        asked = {"activity": f"from {since}", "title": "hotline", "@sort": "activity", "@page_size": str(PAGE)}
        found = await self._issues(asked)
        told = [change for each in found for change in await self._of(each, _at(since))]
        return Changes(told, max([mark, *(str(each["activity"]) for each in found)]))

    async def close(self) -> None:
        await self._http.close()

    async def _issues(self, asked: Mapping[str, str]) -> list[Any]:
        fields = {"@fields": "title,status,activity,actor,messages", "@verbose": "2"}
        return list(_rows(await self._http.get("/issue", {**fields, **asked})))

    async def _of(self, issue: Mapping[str, Any], since: float) -> list[Change]:
        there, status = str(issue["id"]), _status(issue)
        told = []
        for each in issue.get("messages") or ():
            message = (await self._http.get(f"/msg/{each['id']}", {"@verbose": "3"}))["data"]["attributes"]
            if not str(message.get("messageid") or "").startswith(KEY) and _at(message["date"]) >= since:
                text = str(message.get("content") or "")[:MOST_COMMENT]
                told.append(
                    Change(f"msg{each['id']}", there, _at(message["date"]), _name(message["author"]), comment=text)
                )
        by, at = _name(issue["actor"]), str(issue["activity"])
        return [*told, Change(f"{there}@{at}-{status}", there, _at(at), by, status)]

    async def _message(self, key: str, text: str) -> str:
        for each in _rows(await self._http.get("/msg", {"messageid": key, "@fields": "messageid"})):
            if each.get("messageid") == key:  # it finds what contains it, too
                return str(each["id"])
        body = {"content": text, "messageid": key, "author": self._user, "date": "."}
        return _id(await self._http.send("POST", "/msg", body))

    async def _person(self, caller: str) -> list[str]:
        found = _rows(await self._http.get("/user", {"phone": caller, "@fields": "phone"}))
        return [str(each["id"]) for each in found if each.get("phone") == caller]

    async def _change(self, there: str, body: Mapping[str, object]) -> None:
        for _ in range(TRIES):
            known = await self._http.ask("GET", f"/issue/{there}")
            sent = await self._http.ask(
                "PATCH", f"/issue/{there}", body, headers={"If-Match": known.headers["ETag"]}, fine=frozenset({412})
            )
            if sent.status != 412:
                return
        raise TicketSystemError(Fault.FAILED, "changed by others at the same time")


def _status(issue: Mapping[str, Any]) -> TicketStatus:
    name = _name(issue.get("status") or {}, "name")
    if name in CLOSED:
        return TicketStatus.CLOSED
    return TicketStatus.PENDING if name == "deferred" else TicketStatus.OPEN


def _name(link: Any, what: str = "username") -> str:
    return str(link.get(what, "")) if isinstance(link, dict) else ""


def _rows(found: Any) -> Iterator[Any]:
    data = found.get("data") if isinstance(found, dict) else None
    return iter(data.get("collection", ()) if isinstance(data, dict) else ())


def _id(found: Any) -> str:
    data = found.get("data") if isinstance(found, dict) else None
    if not isinstance(data, dict) or "id" not in data:
        raise TicketSystemError(Fault.FAILED, "no number in the answer")
    return str(data["id"])


def _at(text: object) -> float:
    """`2026-11-30.23:39:11`, UTC."""
    return datetime.strptime(str(text)[:19], "%Y-%m-%d.%H:%M:%S").replace(tzinfo=UTC).timestamp()
