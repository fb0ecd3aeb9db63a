"""The twin in memory of what surveys and their weekly digest ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from telephony.store.connection import Row

Values = dict[str, Any]


class MemorySurveys:
    interactions: dict[str, Values]
    tickets: dict[str, Values]
    entered: dict[str, Values]
    answers: dict[tuple[str, str], Values]
    phones: dict[str, str]
    dispositions: dict[tuple[str, str], Values]
    articles: dict[str, Values]
    article_used: dict[tuple[str, str, str, str], Values]
    visits: dict[str, Values]
    incidents: dict[str, Values]

    def __init__(self) -> None:
        super().__init__()
        self.invitations: dict[int, Values] = {}  # by ticket
        self.objectors: dict[tuple[str, str], float] = {}  # by customer and phone

    def undecided_tickets(self, since: float, most: int) -> Iterable[Row]:
        found = [
            {**ticket, "ticket": ticket["sequence"], **self._reached(interaction, ticket["customer"])}
            for interaction, ticket in self.tickets.items()
            if ticket["status"] == "closed" and ticket["opened_at"] >= since
            if ticket["sequence"] not in self.invitations and interaction not in self.visits
            if interaction not in self.incidents
        ]
        return sorted(found, key=lambda each: each["sequence"])[:most]

    def _reached(self, interaction: str, customer: str | None) -> Values:
        phones = sorted(e164 for e164, of in self.phones.items() if customer and of == customer)
        return {"caller": self.interactions.get(interaction, {}).get("caller"), "phones": phones or None}

    def last_asked(self, people: Sequence[str]) -> Iterable[Row]:
        by_link = [
            each["decided_at"]
            for each in self.invitations.values()
            if each["why"] == "asked" and {each["customer"], each["phone"]} & set(people)
        ]
        by_key = [
            each["answered_at"]
            for (interaction, _), each in self.answers.items()
            if self.interactions.get(interaction, {}).get("caller") in people
        ]
        return [{"at": max((*by_link, *by_key), default=None)}]

    def objections(self, people: Sequence[str]) -> Iterable[Row]:
        return [{"customer": each[0], "phone": each[1]} for each in self.objectors if set(each) & set(people)]

    def object_to_surveys(self, customer: str, phone: str, at: float) -> None:
        self.objectors.setdefault((customer, phone), at)

    def allow_surveys(self, person: str) -> Iterable[Row]:
        gone = [each for each in self.objectors if person in each]
        return [{"at": self.objectors.pop(each)} for each in gone]

    def decide_survey(self, **decided: Any) -> Iterable[Row]:
        ticket = decided["ticket"]
        if ticket in self.invitations:
            return []
        own = {"answered_at": None, "nps": None, "csat": None, "comment": ""}
        self.invitations[ticket] = {**decided, **own}
        return [{"ticket": ticket}]

    def _good(self, key: str, now: float) -> Iterator[Values]:
        for each in self.invitations.values():
            if each["key"] == key and each["answered_at"] is None and each["expires_at"] > now:
                yield each

    def survey_invitation(self, key: str, now: float) -> Iterable[Row]:
        told = ("ticket", "customer", "phone", "queue", "why", "decided_at", "key", "expires_at")
        return [{name: each[name] for name in told} for each in self._good(key, now)]

    def answer_survey(self, key: str, at: float, **answer: Any) -> Iterable[Row]:
        found = list(self._good(key, at))
        for each in found:
            self.invitations[each["ticket"]] = {**each, **answer, "answered_at": at}
        return [{"ticket": each["ticket"]} for each in found]

    def survey_scores(self, from_at: float, to_at: float) -> Iterable[Row]:
        given = Counter(
            (survey, queue, value) for survey, queue, value, at in self._all_answers() if from_at <= at < to_at
        )
        ordered = sorted(given.items(), key=lambda each: (each[0][0], each[0][1] is None, each[0][1], each[0][2]))
        return [
            {"survey": survey, "queue": queue, "value": value, "answers": answers}
            for (survey, queue, value), answers in ordered
        ]

    def _all_answers(self) -> Iterator[tuple[str, str | None, int, float]]:
        for (interaction, survey), each in self.answers.items():
            yield survey, self.interactions.get(interaction, {}).get("queue"), each["value"], each["answered_at"]
        for each in self.invitations.values():
            for survey in ("nps", "csat"):
                if each[survey] is not None:
                    yield survey, each["queue"], each[survey], each["answered_at"]

    def survey_links(self, from_at: float, to_at: float) -> Iterable[Row]:
        sent = [
            each
            for each in self.invitations.values()
            if each["why"] == "asked" and from_at <= each["decided_at"] < to_at
        ]
        answered = (each["nps"] is not None or each["csat"] is not None or each["comment"] != "" for each in sent)
        return [{"sent": len(sent), "answered": sum(answered)}]

    def survey_comments(self, from_at: float, to_at: float, most: int) -> Iterable[Row]:
        found = [
            each
            for each in self.invitations.values()
            if each["comment"] and each["answered_at"] is not None and from_at <= each["answered_at"] < to_at
        ]
        return sorted(found, key=lambda each: (-each["answered_at"], each["ticket"]))[:most]

    # -- the week -----------------------------------------------------------------------------------------------

    def digest_dispositions(self, from_at: float, to_at: float, most: int) -> Iterable[Row]:
        given = Counter(
            (each["queue"], each["code"])
            for each in self.dispositions.values()
            if each["code"] is not None and from_at <= each["given_at"] < to_at
        )
        ordered = sorted(given.items(), key=lambda each: (-each[1], each[0]))[:most]
        return [{"queue": queue, "code": code, "calls": calls} for (queue, code), calls in ordered]

    def digest_places(self, from_at: float, to_at: float, most: int) -> Iterable[Row]:
        places = Counter(
            call["path"][-1]
            for call in self.interactions.values()
            if call["direction"] == "in" and from_at <= call["arrived_at"] < to_at and call["path"]
        )
        ordered = sorted(places.items(), key=lambda each: (-each[1], each[0]))[:most]
        return [{"place": place, "calls": calls} for place, calls in ordered]

    def digest_articles(self, from_at: float, to_at: float, again_s: float, most: int) -> Iterable[Row]:
        opened = {
            (each["article"], each["interaction"])
            for each in self.article_used.values()
            if each["use"] == "opened" and each["interaction"] in self.interactions and from_at <= each["at"] < to_at
        }
        told = []
        for article in sorted({article for article, _ in opened}):
            calls = [interaction for of, interaction in opened if of == article]
            marks = [(self._again(call, again_s), self._bad(call), self._said(article, call)) for call in calls]
            if in_vain := sum(map(any, marks)):
                again, bad, said = (sum(each) for each in zip(*marks, strict=True))
                title = self.articles.get(article, {}).get("title", article)
                row = {"article": article, "title": title, "opened": len(calls)}
                told.append((in_vain, {**row, "called_again": again, "scored_badly": bad, "said_so": said}))
        told.sort(key=lambda each: (-each[0], -each[1]["opened"], each[1]["article"]))
        return [row for _, row in told[:most]]

    def _again(self, interaction: str, again_s: float) -> bool:
        call = self.interactions[interaction]
        over = call["arrived_at"] if call["ended_at"] is None else call["ended_at"]
        return any(
            later["caller"] is not None and later["caller"] == call["caller"]
            for later in self.interactions.values()
            if later["direction"] == "in" and later["follows"] is None
            if over < later["arrived_at"] <= over + again_s
        )

    def _bad(self, interaction: str) -> bool:
        by_key = (
            each["value"] <= (2 if survey == "csat" else 6)
            for (of, survey), each in self.answers.items()
            if of == interaction
        )
        link = self.invitations.get(self.entered.get(interaction, {}).get("ticket", 0), {"csat": None, "nps": None})
        by_link = ((link["csat"], 2), (link["nps"], 6))
        return any(by_key) or any(value is not None and value <= bad for value, bad in by_link)

    def _said(self, article: str, interaction: str) -> bool:
        return any(
            each["use"] == "did_not_help" and (each["article"], each["interaction"]) == (article, interaction)
            for each in self.article_used.values()
        )
