"""The record of everything: calls, decisions, tickets, quality, customers, accounts."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any, TypeVar, cast

from ivr_flows.calendar import local
from telephony.core.account import Account, Role
from telephony.core.commands import Decided
from telephony.core.complaints import USUAL, ComplaintRules
from telephony.core.customer import Contact, Customer, CustomerAccount, TicketSummary
from telephony.core.logged import LogPosition
from telephony.core.promises import CallBackRequest, CallBackState, Complaint, SurveyAnswer
from telephony.core.ticket import OpenTicket, TicketEntry, TicketStatus, ticket_number
from telephony.core.views import CallState, CallView, Direction, Lane, Outcome, Span, SpanKind
from telephony.store.articles import ArticleStore
from telephony.store.audit import AuditStore
from telephony.store.complaints import ComplaintStore
from telephony.store.connection import Connection, Postgres, Row
from telephony.store.customers import CustomerStore
from telephony.store.dispositions import DispositionStore
from telephony.store.letters import LetterStore
from telephony.store.migrate import migrate
from telephony.store.news import AccountNews
from telephony.store.notes import NoteStore
from telephony.store.outbox import OutboxStore
from telephony.store.privacy import PrivacyStore
from telephony.store.quality import QualityStore
from telephony.store.recordings import RecordingStore
from telephony.store.second_factors import SecondFactorStore
from telephony.store.sessions import SessionStore
from telephony.store.surveys import SurveyStore
from telephony.store.tellings import TellingStore
from telephony.store.tickets import TicketStore
from telephony.store.tickets_there import TicketsThere

T = TypeVar("T")
_NAMES: dict[type, tuple[str, ...]] = {
    kind: tuple(each.name for each in dataclasses.fields(kind))
    for kind in (
        Account,
        CallBackRequest,
        CallView,
        Complaint,
        Customer,
        CustomerAccount,
        Decided,
        LogPosition,
        OpenTicket,
        Span,
        SurveyAnswer,
        TicketEntry,
    )
}
_STANDING = ("call_back", "state", "attempts", "next_at", "done_at")  # what changes of a call-back
IN_VAIN = frozenset({Outcome.ABANDONED_LINE, Outcome.INTERRUPTED})
SERVED = frozenset({CallBackState.DONE, CallBackState.CALLED_IN})


class Store:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection, complaint_rules: ComplaintRules = USUAL) -> None:
        self._connection = connection
        self._complaint_rules = complaint_rules
        self.sessions = SessionStore(connection)
        self.customers = CustomerStore(connection)
        self.second_factors = SecondFactorStore(connection)

    @classmethod
    async def open(cls, dsn: str, complaint_rules: ComplaintRules = USUAL) -> Store:
        """Connect to PostgreSQL and bring the schema up to date. Errors: StoreError, with what to do."""
        postgres = await Postgres.open(dsn)
        try:
            await migrate(postgres)
        except BaseException:
            await postgres.close()
            raise
        return cls(postgres, complaint_rules)

    async def close(self) -> None:
        await self._connection.close()

    def account_news(self) -> AccountNews:
        assert isinstance(self._connection, Postgres), "only PostgreSQL tells what has changed"
        return AccountNews(self._connection)

    @asynccontextmanager
    async def together(self) -> AsyncIterator[Store]:
        """A store whose work is done at the end of the block: all of it, or nothing after an error."""
        async with self._connection.together() as connection:
            yield Store(connection)

    @property
    def connection(self) -> Connection:
        """For stores that work beside this one in the same transaction."""
        return self._connection

    @property
    def audit(self) -> AuditStore:
        return AuditStore(self._connection)

    @property
    def articles(self) -> ArticleStore:
        return ArticleStore(self._connection)

    @property
    def complaints(self) -> ComplaintStore:
        return ComplaintStore(self._connection)

    @property
    def letters(self) -> LetterStore:
        return LetterStore(self._connection)

    @property
    def notes(self) -> NoteStore:
        return NoteStore(self._connection)

    @property
    def outbox(self) -> OutboxStore:
        return OutboxStore(self._connection)

    @property
    def tellings(self) -> TellingStore:
        return TellingStore(self._connection)

    @property
    def tickets(self) -> TicketStore:
        return TicketStore(self._connection)

    @property
    def tickets_there(self) -> TicketsThere:
        return TicketsThere(self._connection)

    @property
    def privacy(self) -> PrivacyStore:
        return PrivacyStore(self._connection)

    @property
    def quality(self) -> QualityStore:
        return QualityStore(self._connection)

    @property
    def recordings(self) -> RecordingStore:
        return RecordingStore(self._connection)

    @property
    def dispositions(self) -> DispositionStore:
        return DispositionStore(self._connection)

    @property
    def surveys(self) -> SurveyStore:
        return SurveyStore(self._connection)

    async def server_version(self) -> str:
        rows = await self._connection.rows("version")
        return str(rows[0]["version"])

    # -- calls --------------------------------------------------------------------------------------------------

    async def record_call(self, call: CallView) -> None:
        """Insert or update it; it never moves backwards, and what has ended never changes again."""
        await self.record_calls((call,))

    async def record_calls(self, calls: Sequence[CallView]) -> None:
        """All or none."""
        await self._connection.run_many("record_call", [_values(call) for call in calls])

    async def interaction(self, interaction: str) -> CallView | None:
        return _first(map(_call, await self._connection.rows("interaction", interaction=interaction)))

    async def open_interactions(self) -> tuple[CallView, ...]:
        return tuple(map(_call, await self._connection.rows("open_interactions")))

    async def recent_interactions(self, most: int = 100) -> tuple[CallView, ...]:
        return tuple(map(_call, await self._connection.rows("recent_interactions", most=most)))

    async def called_in_vain(self, caller: str, since: float) -> bool:
        """Whether the last call of this number since then ended without anybody or anything having served it."""
        rows = await self._connection.rows("last_call_of", caller=caller, since=since)
        return bool(rows) and rows[0]["outcome"] in IN_VAIN

    async def contacts_of(self, phones: Sequence[str], most: int = 10) -> tuple[Contact, ...]:
        """What has been with these numbers, the latest first."""
        rows = await self._connection.rows("contacts_of", phones=list(phones), most=most)
        return tuple(map(_contact, rows))

    async def ended_of_channels(self, uniqueids: Sequence[str]) -> frozenset[str]:
        """Which of these channels' interactions have their outcome."""
        rows = await self._connection.rows("ended_of_channels", uniqueids=list(uniqueids))
        return frozenset(str(row["uniqueid"]) for row in rows)

    async def log_positions(self, node: str) -> dict[str, LogPosition]:
        """How far each log of a node has been read, by the log's name."""
        rows = await self._connection.rows("log_positions", node=node)
        return {str(row["log"]): _record(LogPosition, row) for row in rows}

    async def keep_log_position(self, node: str, log: str, position: LogPosition) -> None:
        await self._connection.run("keep_log_position", node=node, log=log, **_values(position))

    async def record_decisions(self, decisions: Sequence[Decided]) -> None:
        """All or none."""
        await self._connection.run_many("record_decision", [_values(decision) for decision in decisions])

    async def decisions_of(self, interaction: str) -> tuple[Decided, ...]:
        rows = await self._connection.rows("decisions_of", interaction=interaction)
        return tuple(_record(Decided, row) for row in rows)

    async def alive(self, at: float) -> None:
        """The server that leads the calls lives."""
        await self._connection.run("alive", at=at)

    async def last_alive(self) -> float | None:
        rows = await self._connection.rows("last_alive")
        return cast(float, rows[0]["at"]) if rows else None

    # -- tickets ------------------------------------------------------------------------------------------------

    async def open_ticket(self, ticket: OpenTicket, opened_at: float) -> str:
        """Open it, once, or enter it where the same person has one open about the same thing; returns its number."""
        given = _values(ticket)
        status = given.pop("status")
        entry = {name: given[name] for name in ("interaction", "topic", "subject", "body")}
        found = None
        while not found:  # but for a ticket that somebody closes between the first two, once
            await self._connection.run("open_ticket", **given, opened_at=opened_at)
            await self._connection.run("enter_in_ticket", **entry, entered_at=opened_at)
            found = await self.ticket_of(ticket.interaction)
        if status:
            await self._connection.run("set_ticket_status", interaction=ticket.interaction, status=status)
        return found.number

    async def set_ticket_status(self, interaction: str, status: TicketStatus) -> None:
        """Of the ticket that the interaction is part of; two about the same thing are never open at once."""
        await self._connection.run("set_ticket_status", interaction=interaction, status=str(status))

    async def ticket_entries(self, interaction: str) -> tuple[TicketEntry, ...]:
        """What the interaction's ticket has taken in, in order."""
        rows = await self._connection.rows("ticket_interactions", interaction=interaction)
        return tuple(_record(TicketEntry, row) for row in rows)

    async def ticket_of(self, interaction: str) -> TicketSummary | None:
        return _first(map(self._ticket, await self._connection.rows("ticket_of", interaction=interaction)))

    async def open_tickets_of(self, customer: str) -> tuple[TicketSummary, ...]:
        return tuple(map(self._ticket, await self._connection.rows("open_tickets_of", customer=customer)))

    def _ticket(self, row: Row) -> TicketSummary:
        kind = cast(str | None, row["complaint"])
        filed = local(cast(float, row["filed_at"])).date() if kind else None
        return TicketSummary(
            number=ticket_number(cast(int, row["sequence"])),
            subject=str(row["subject"]),
            status=str(row["status"]),
            opened_at=cast(float, row["opened_at"]),
            there=str(row.get("there") or ""),
            word=str(row.get("word") or ""),
            answer_due=self._complaint_rules.answer_due(kind, filed) if kind and filed else None,
        )

    # -- what callers leave with a flow -------------------------------------------------------------------------

    async def request_callback(self, request: CallBackRequest) -> None:
        """Keep it; where a call is promised to the number already, that one stays with its place."""
        await self._connection.run("request_callback", **_values(request))

    async def callback_of(self, number: str) -> CallBackRequest | None:
        """The open one."""
        return _first(map(_call_back, await self._connection.rows("callback_of", number=number)))

    async def open_callbacks(self) -> tuple[CallBackRequest, ...]:
        return tuple(map(_call_back, await self._connection.rows("open_callbacks")))

    async def open_callback_count(self) -> int:
        rows = await self._connection.rows("open_callback_count")
        return cast(int, rows[0]["open"])

    async def record_callbacks(self, requests: Sequence[CallBackRequest]) -> None:
        """Where they stand now; the ticket of who has been served is closed."""
        changes = [{name: _plain(getattr(each, name)) for name in _STANDING} for each in requests]
        closed = str(TicketStatus.CLOSED)
        reached = [{"interaction": each.interaction, "status": closed} for each in requests if each.state in SERVED]
        await self._connection.run_many("record_callback", changes)
        await self._connection.run_many("set_ticket_status", reached)

    async def file_complaint(self, complaint: Complaint) -> None:
        """Once for each interaction."""
        await self._connection.run("file_complaint", **_values(complaint))

    async def complaint_of(self, interaction: str) -> Complaint | None:
        rows = await self._connection.rows("complaint_of", interaction=interaction)
        return _first(_record(Complaint, row) for row in rows)

    async def record_survey_answers(self, answers: Sequence[SurveyAnswer]) -> None:
        """All or none."""
        await self._connection.run_many("record_survey_answer", [_values(answer) for answer in answers])

    async def survey_answers_of(self, interaction: str) -> tuple[SurveyAnswer, ...]:
        rows = await self._connection.rows("survey_answers_of", interaction=interaction)
        return tuple(_record(SurveyAnswer, row) for row in rows)

    # -- people -------------------------------------------------------------------------------------------------

    async def add_account(self, account: Account) -> None:
        await self._connection.run("add_account", **_values(account))

    async def set_password(self, login: str, password_hash: str) -> None:
        """All sessions end."""
        await self._connection.run("set_password", login=login, password_hash=password_hash)

    async def set_disabled(self, login: str, at: float | None) -> None:
        """None: may log in again. All sessions end."""
        await self._connection.run("set_disabled", login=login, disabled_at=at)

    async def remove_account(self, login: str) -> None:
        """All sessions end, and what was kept for the account goes with it."""
        await self._connection.run("remove_account", login=login)

    async def account_by_login(self, login: str) -> Account | None:
        return _first(map(_account, await self._connection.rows("account_by_login", login=login)))

    async def look_of(self, login: str) -> str | None:
        rows = await self._connection.rows("look_of", login=login)
        return str(rows[0]["look"]) if rows else None

    async def keep_look(self, login: str, look: str) -> None:
        """Errors: StoreRefusedError for an account that is not known."""
        await self._connection.run("keep_look", login=login, look=look)

    async def accounts(self) -> tuple[Account, ...]:
        return tuple(map(_account, await self._connection.rows("accounts")))


def _values(record: Any) -> dict[str, Any]:
    """The fields of a frozen record by name, as a query takes them."""
    return {name: _plain(getattr(record, name)) for name in _NAMES[type(record)]}


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [dataclasses.asdict(each) if isinstance(each, Span) else each for each in value]
    return str(value) if isinstance(value, StrEnum) else value


def _record(kind: type[T], row: Row) -> T:
    """A record from a row of the same names."""
    return kind(**{name: row[name] for name in _NAMES[kind]})


def _call(row: Row) -> CallView:
    call = _record(CallView, row)
    outcome = Outcome(call.outcome) if call.outcome else None
    return dataclasses.replace(
        call,
        state=CallState(call.state),
        lane=Lane(call.lane),
        outcome=outcome,
        direction=Direction(call.direction),
        spans=tuple(_span(each) for each in cast(Iterable[Row], row["spans"])),
        path=tuple(call.path),
    )


def _call_back(row: Row) -> CallBackRequest:
    request = _record(CallBackRequest, row)
    return dataclasses.replace(request, lane=Lane(request.lane), state=CallBackState(request.state))


def _span(row: Row) -> Span:
    return dataclasses.replace(_record(Span, row), kind=SpanKind(str(row["kind"])))


def _contact(row: Row) -> Contact:
    sequence = cast(int | None, row["ticket"])
    return Contact(
        cast(float, row["arrived_at"]),
        Direction(str(row["direction"])),
        cast(str | None, row["queue"]),
        Outcome(str(row["outcome"])),
        cast(str | None, row["agent"]),
        None if sequence is None else ticket_number(sequence),
        cast(str | None, row["note"]) or "",
        tuple(cast(Sequence[str] | None, row["dispositions"]) or ()),
        cast(float | None, row["mos"]),
    )


def _account(row: Row) -> Account:
    account = _record(Account, row)
    return dataclasses.replace(account, role=Role(account.role), departments=tuple(account.departments))


def _first(records: Iterable[T]) -> T | None:
    return next(iter(records), None)
