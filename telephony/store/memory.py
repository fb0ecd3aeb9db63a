"""The in-memory twin of PostgreSQL: one method per named query, held to the same contract tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from telephony.store.connection import Row
from telephony.store.errors import StoreRefusedError
from telephony.store.memory_appointments import MemoryAppointments
from telephony.store.memory_articles import ArticleTwin
from telephony.store.memory_audit import MemoryAudit
from telephony.store.memory_customers import MemoryCustomers
from telephony.store.memory_messages import MemoryMessages
from telephony.store.memory_privacy import MemoryPrivacy
from telephony.store.memory_probes import MemoryProbes
from telephony.store.memory_quality import MemoryQuality
from telephony.store.memory_quality_views import MemoryQualityViews
from telephony.store.memory_recordings import MemoryRecordings
from telephony.store.memory_second_factors import MemorySecondFactors
from telephony.store.memory_surveys import MemorySurveys
from telephony.store.memory_tickets import MemoryTickets
from telephony.store.memory_trunks import MemoryTrunks
from telephony.store.queries import queries

Values = dict[str, Any]  # the values of one query; a twin of SQL is as untyped as SQL


class Memory(
    MemorySurveys,
    MemoryAppointments,
    ArticleTwin,
    MemoryAudit,
    MemoryMessages,
    MemoryPrivacy,
    MemoryQuality,
    MemoryQualityViews,
    MemoryRecordings,
    MemoryTickets,
    MemoryTrunks,
    MemoryProbes,
    MemorySecondFactors,
    MemoryCustomers,
):
    def __init__(self) -> None:
        super().__init__()
        self.interactions: dict[str, Values] = {}
        self.decisions: dict[tuple[str, float], Values] = {}
        self.tickets: dict[str, Values] = {}  # by the interaction that each was opened for
        self.entered: dict[str, Values] = {}  # in tickets, by interaction
        self.notes: dict[tuple[str, str], Values] = {}
        self.messages: dict[str, Values] = {}
        self.callbacks: dict[str, Values] = {}
        self.answers: dict[tuple[str, str], Values] = {}
        self.looks: dict[str, Values] = {}
        self.dispositions: dict[tuple[str, str], Values] = {}
        self.positions: dict[tuple[str, str], Values] = {}
        self.alive_at: dict[bool, Values] = {}

    async def rows(self, query: str, **values: object) -> Sequence[Row]:
        queries()[query].arguments(values)  # a wrong parameter is as wrong here
        method: Callable[..., Iterable[Row] | None] = getattr(self, query)
        return [dict(row) for row in method(**values) or ()]

    async def run(self, query: str, **values: object) -> None:
        await self.rows(query, **values)

    async def run_many(self, query: str, many: Sequence[Mapping[str, object]]) -> None:
        async with Memory.together(self):
            for values in many:
                await self.run(query, **values)

    @asynccontextmanager
    async def together(self) -> AsyncIterator[Memory]:
        before = {name: dict(table) for name, table in vars(self).items() if isinstance(table, dict)}
        try:
            yield self
        except BaseException:
            vars(self).update(before)
            raise

    async def close(self) -> None:
        """Nothing to close."""

    def alive(self, at: float) -> None:
        self.alive_at[True] = {"at": at}

    def last_alive(self) -> Iterable[Row]:
        return self.alive_at.values()

    # -- interactions -------------------------------------------------------------------------------------------

    def record_call(self, **call: Any) -> None:
        if (call["outcome"] is None) != (call["ended_at"] is None) or (call["outcome"] is None) == (
            call["state"] == "ended"
        ):
            raise StoreRefusedError("PostgreSQL refuses `record_call`: CheckViolationError")
        known = self.interactions.get(call["interaction"])
        if known is None or _goes_on(known, call):
            self.interactions[call["interaction"]] = call

    def interaction(self, interaction: str) -> Iterable[Row]:
        return filter(None, [self.interactions.get(interaction)])

    def open_interactions(self) -> Iterable[Row]:
        found = (call for call in self.interactions.values() if call["outcome"] is None)
        return sorted(found, key=lambda call: (call["arrived_at"], call["interaction"]))

    def recent_interactions(self, most: int) -> Iterable[Row]:
        return sorted(self.interactions.values(), key=lambda call: (-call["arrived_at"], call["interaction"]))[:most]

    def contacts_of(self, phones: Sequence[str], most: int) -> Iterable[Row]:
        found = [
            call for call in self.interactions.values() if call["caller"] in phones and call["outcome"] is not None
        ]
        latest = sorted(found, key=lambda call: (-call["arrived_at"], call["interaction"]))[:most]
        return [{**call, **self._beside(call["interaction"])} for call in latest]

    def _beside(self, interaction: str) -> Values:
        notes = [note for (of, _), note in self.notes.items() if of == interaction and note["text"]]
        texts = [note["text"] for note in sorted(notes, key=lambda note: note["saved_at"])]
        given = [each for each in self.dispositions_of(interaction) if each["code"] is not None]
        codes = [each["code"] for each in sorted(given, key=lambda each: each["given_at"])]
        ticket = self.entered.get(interaction, {}).get("ticket")
        heard = [each["mos_cq"] for key, each in self.qualities.items() if key[0] == interaction]
        scores = [each for each in heard if each is not None]
        mos = min(scores, default=None)
        return {"ticket": ticket, "note": "\n".join(texts) or None, "dispositions": codes or None, "mos": mos}

    def record_disposition(self, **disposition: Any) -> None:
        key = disposition["interaction"], disposition["agent"]
        known = self.dispositions.get(key)
        if known is None:
            self.dispositions[key] = disposition
        elif disposition["code"] is not None and (known["given_at"] or 0.0) <= disposition["given_at"]:
            self.dispositions[key] = {**known, "code": disposition["code"], "given_at": disposition["given_at"]}

    def owed_dispositions(self) -> Iterable[Row]:
        owed = (each for each in self.dispositions.values() if each["code"] is None)
        return sorted(owed, key=lambda each: (each["owed_at"], each["interaction"], each["agent"]))

    def dispositions_of(self, interaction: str) -> list[Values]:
        found = (each for each in self.dispositions.values() if each["interaction"] == interaction)
        return sorted(found, key=lambda each: (each["owed_at"], each["agent"]))

    def keep_note(self, interaction: str, agent: str, **note: Any) -> Iterable[Row]:
        known = self.notes.get((interaction, agent), {"revision": -1, "text": ""})
        same = (known["revision"], known["text"]) == (note["revision"], note["text"])
        if not same and known["revision"] >= note["revision"]:
            return []
        self.notes[interaction, agent] = note
        return [{"revision": note["revision"]}]

    def note_of(self, interaction: str, agent: str) -> Iterable[Row]:
        return filter(None, [self.notes.get((interaction, agent))])

    def last_call_of(self, caller: str, since: float) -> Iterable[Row]:
        calls = [
            call
            for call in self.interactions.values()
            if call["caller"] == caller and call["direction"] == "in" and call["outcome"] is not None
        ]
        return sorted((call for call in calls if call["arrived_at"] >= since), key=lambda call: -call["arrived_at"])[:1]

    def ended_of_channels(self, uniqueids: Sequence[str]) -> Iterable[Row]:
        ended = {call["uniqueid"] for call in self.interactions.values() if call["outcome"] is not None}
        return [{"uniqueid": uniqueid} for uniqueid in sorted(ended.intersection(uniqueids))]

    def log_positions(self, node: str) -> Iterable[Row]:
        found = (position for position in self.positions.values() if position["node"] == node)
        return sorted(found, key=lambda position: position["log"])

    def keep_log_position(self, **position: Any) -> None:
        self.positions[position["node"], position["log"]] = position

    # -- decisions, tickets -------------------------------------------------------------------------------------

    def record_decision(self, **decision: Any) -> None:
        self.decisions.setdefault((decision["interaction"], decision["decided_at"]), decision)

    def decisions_of(self, interaction: str) -> Iterable[Row]:
        found = (each for each in self.decisions.values() if each["interaction"] == interaction)
        return sorted(found, key=lambda decision: decision["decided_at"])

    def ticket_of(self, interaction: str) -> Iterable[Row]:
        return [self._with_complaint(self._ticket_of(interaction))] if interaction in self.entered else ()

    def open_ticket(self, **ticket: Any) -> None:
        interaction = ticket["interaction"]
        call = self.interactions.get(interaction, {})
        customer = self.phones.get(str(call.get("caller")))
        about = self._about(interaction, ticket["topic"])
        if interaction not in self.entered and not any(self._open_about(about)):
            own = {"sequence": len(self.tickets) + 1, "status": "open", "customer": customer, "about": about}
            self.tickets[interaction] = {**ticket, **own}

    def enter_in_ticket(self, interaction: str, topic: str | None, **entry: Any) -> None:
        about = self._about(interaction, topic)
        own = [self.tickets[interaction]] if interaction in self.tickets else []
        for found in [*own, *self._open_about(about)][:1]:
            if interaction not in self.entered:
                self.entered[interaction] = {"interaction": interaction, "ticket": found["sequence"], **entry}
                self._tell_entry(self.entered[interaction])

    def set_ticket_status(self, interaction: str, status: str) -> None:
        if interaction not in self.entered:
            return
        ticket = self._ticket_of(interaction)
        others = [each for each in self._open_about(ticket["about"]) if each is not ticket]
        if ticket["status"] != status and (status == "closed" or not others):
            ticket["status"] = status
            self._tell_status(ticket["sequence"], status)

    def ticket_interactions(self, interaction: str) -> Iterable[Row]:
        ticket = self.entered.get(interaction, {}).get("ticket")
        found = (each for each in self.entered.values() if each["ticket"] == ticket)
        return sorted(found, key=lambda each: (each["entered_at"], each["interaction"]))

    def _ticket_of(self, interaction: str) -> Values:
        sequence = self.entered[interaction]["ticket"]
        return next(each for each in self.tickets.values() if each["sequence"] == sequence)

    def _about(self, interaction: str, topic: str | None) -> str | None:
        call = self.interactions.get(interaction, {})
        caller = call.get("caller")
        person = call.get("verified") or self.phones.get(str(caller)) or caller
        return f"{person}|{topic}" if person and topic else None

    def _open_about(self, about: str | None) -> list[Values]:
        found = (each for each in self.tickets.values() if each["about"] == about and each["status"] != "closed")
        return list(found) if about else []

    def open_tickets_of(self, customer: str) -> Iterable[Row]:
        found = (each for each in self.tickets.values() if each["customer"] == customer and each["status"] != "closed")
        youngest_first = sorted(found, key=lambda ticket: -ticket["sequence"])
        return ({**self._with_complaint(each), **self._from_there(each["sequence"])} for each in youngest_first)

    def _with_complaint(self, ticket: Values) -> Values:
        filed = self.filed.get(ticket["interaction"], {})
        return {**ticket, "complaint": filed.get("kind"), "filed_at": filed.get("filed_at")}

    # -- what callers leave with a flow -------------------------------------------------------------------------

    def request_callback(self, **request: Any) -> None:
        if not any(self.callback_of(request["number"])):
            self.callbacks[request["call_back"]] = request

    def callback_of(self, number: str) -> Iterable[Row]:
        return [each for each in self.callbacks.values() if each["number"] == number and each["done_at"] is None]

    def record_callback(self, call_back: str, **standing: Any) -> None:
        known = self.callbacks.get(call_back)
        if known and known["done_at"] is None:
            self.callbacks[call_back] = {**known, **standing}

    def open_callbacks(self) -> Iterable[Row]:
        ended = {name for name, call in self.interactions.items() if call["outcome"] is not None}
        found = (each for each in self.callbacks.values() if each["done_at"] is None and each["call_back"] not in ended)
        return sorted(found, key=lambda each: (each["first_arrival"], each["call_back"]))

    def open_callback_count(self) -> Iterable[Row]:
        return [{"open": sum(each["done_at"] is None for each in self.callbacks.values())}]

    def record_survey_answer(self, interaction: str, survey: str, **answer: Any) -> None:
        if not 0 <= answer["value"] <= 10:
            raise StoreRefusedError("PostgreSQL refuses `record_survey_answer`: CheckViolationError")
        self.answers.setdefault((interaction, survey), {"interaction": interaction, "survey": survey, **answer})

    def survey_answers_of(self, interaction: str) -> Iterable[Row]:
        return [row for (of, _), row in sorted(self.answers.items()) if of == interaction]

    # -- what other systems are told ------------------------------------------------------------------------------

    def keep_message(self, **message: Any) -> None:
        own = {"sent_at": None, "dead_at": None, "why": ""}
        self.messages.setdefault(message["id"], {**message, **own})

    def open_messages(self, target: str, most: int) -> Iterable[Row]:
        found = [each for each in self.messages.values() if each["target"] == target and _is_open(each)]
        return sorted(found, key=lambda each: (each["created_at"], each["id"]))[:most]

    def message_sent(self, id: str, at: float) -> None:  # noqa: A002 - the column's name
        self.messages[id]["sent_at"] = at

    def message_failed(self, id: str, **change: Any) -> None:  # noqa: A002 - the column's name
        self.messages[id] |= {**change, "attempts": self.messages[id]["attempts"] + 1}

    def dead_messages(self, most: int) -> Iterable[Row]:
        dead = [each for each in self.messages.values() if each["dead_at"] is not None]
        return sorted(dead, key=lambda each: (-each["dead_at"], each["id"]))[:most]

    def retry_messages(self, ids: Sequence[str] | None, at: float) -> Iterable[Row]:
        dead = [each for each in self.messages.values() if each["dead_at"] is not None]
        chosen = [each for each in dead if ids is None or each["id"] in ids]
        for each in chosen:
            each |= {"dead_at": None, "attempts": int(bool(each.get("about"))), "next_at": at}
        return [{"again": len(chosen)}]

    def look_of(self, login: str) -> Iterable[Row]:
        return [{"look": self.looks[login]["look"]}] if login in self.looks else ()

    def keep_look(self, login: str, look: str) -> None:
        if login not in self.people:
            raise StoreRefusedError("PostgreSQL refuses `keep_look`: ForeignKeyViolationError")
        self.looks[login] = {"login": login, "look": look}

    def version(self) -> Iterable[Row]:
        return [{"version": "memory"}]

    def role(self) -> Iterable[Row]:
        return [{"role": "memory"}]


def _is_open(message: Values) -> bool:
    return message["sent_at"] is None and message["dead_at"] is None


def _goes_on(known: Values, call: Values) -> bool:
    if known["outcome"] is not None:
        return False
    later = call["attempt"] >= known["attempt"] and (call["answered_at"] is not None or known["answered_at"] is None)
    return call["outcome"] is not None or later
