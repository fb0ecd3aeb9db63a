"""What a customer gets on a durable medium: the confirmation, the request to complete, the answer. Polish texts.

An answer names the unit, the date, the decision, compensation and when it is paid, the reasons of a refusal, the
remedies, and the name and position of the person [Regulation on complaints under PKE; RODO art. 12 for plain words].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from telephony.core.complaints import Act, Level, Standing, State

MONTHS = (
    "stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia", "września", "października",
    "listopada", "grudnia",
)  # fmt: skip
KINDS = {
    "service_quality": "jakości usług",
    "billing": "rozliczeń",
    "contract": "umowy",
    "other": "świadczonych usług",
}
DECISIONS = {
    "accepted": "Reklamacja została uznana.",
    "partly": "Reklamacja została uznana częściowo.",
    "refused": "Reklamacja nie została uznana.",
}
POSITIONS = {
    Level.CONSULTANT: "konsultant",
    Level.ENGINEER: "inżynier serwisu",
    Level.MANAGER: "kierownik operacyjny",
}
REMEDIES = (
    "Jeśli nie zgadzają się Państwo z odpowiedzią, mogą Państwo dochodzić roszczeń w sądzie powszechnym, a konsumenci "
    "także w pozasądowym postępowaniu przed Prezesem Urzędu Komunikacji Elektronicznej."
)


SILENCE = (
    "Reklamacja jest uznana, ponieważ nie odpowiedzieliśmy na nią w terminie określonym w przepisach. Wykonamy to, o "
    "co Państwo w niej wnoszą."
)
TITLES = {
    Act.CONFIRM: "Potwierdzenie przyjęcia reklamacji {number}",
    Act.ASK: "Wezwanie do uzupełnienia reklamacji {number}",
    Act.ANSWER: "Odpowiedź na reklamację {number}",
    Act.RESEND: "Odpowiedź na reklamację {number}",
}


class NoLetterError(ValueError):
    """There is nothing to be written now: an answer needs an approved decision, a request a limit."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What it is about. `unit` answers for the operator; `person` and `level` are who signs, empty: the unit alone."""

    unit: str
    number: str
    kind: str
    filed: date
    today: date
    person: str
    level: Level
    elements: Mapping[str, str]


def letter(about: Letter, act: Act, now: Standing, missing: str = "") -> str:
    """The text, in paragraphs. `missing`: what is asked for, in words. Errors: NoLetterError."""
    if act is Act.CONFIRM:
        body = _confirmation(about, now)
    elif act is Act.ASK and now.completion is not None:
        body = _request(about, now.completion.due, missing)
    elif act is Act.ANSWER and now.state is State.SILENCE:
        body = (_answering(about), SILENCE, REMEDIES)
    elif act is Act.ANSWER and now.decision.get("decision") in DECISIONS:
        body = _answer(about, now.decision)
    else:
        raise NoLetterError
    return "\n\n".join((_head(about), "Szanowni Państwo,", *body, _foot(about)))


def title(act: Act, number: str) -> str:
    """Of the letter, for its subject and its file."""
    return TITLES[act].format(number=number)


def _head(about: Letter) -> str:
    to = [text for name in ("name", "address") if (text := about.elements.get(name, "").strip())]
    return "\n".join([about.unit, day(about.today), *(["", *to] if to else [])])


def _confirmation(about: Letter, now: Standing) -> Sequence[str]:
    return (
        (
            f"potwierdzamy przyjęcie reklamacji numer {about.number}, złożonej {day(about.filed)} i dotyczącej "
            f"{KINDS.get(about.kind, KINDS['other'])}."
        ),
        (
            f"Odpowiemy najpóźniej {day(now.answer.due)} Jeśli nie odpowiemy do {day(now.law.due)}, reklamacja będzie "
            "uważana za uznaną."
        ),
    )


def _request(about: Letter, due: date, missing: str) -> Sequence[str]:
    return (
        f"reklamacja numer {about.number}, złożona {day(about.filed)}, wymaga uzupełnienia: {missing}.",
        (
            f"Prosimy o uzupełnienie najpóźniej {day(due)} Reklamację, która nie zostanie uzupełniona w tym terminie, "
            "pozostawimy bez rozpoznania. Uzupełniona zachowuje datę złożenia."
        ),
    )


def _answer(about: Letter, decision: Mapping[str, str]) -> Sequence[str]:
    words = [_answering(about)]
    words += [DECISIONS[decision["decision"]]]
    words += [f"Uzasadnienie: {text}" for text in [decision.get("reasons", "")] if text]
    words += [f"Rekompensata: {text}{_paid(decision)}" for text in [decision.get("compensation", "")] if text]
    return (*words, REMEDIES)


def _answering(about: Letter) -> str:
    return f"odpowiadamy na reklamację numer {about.number}, złożoną {day(about.filed)}"


def _paid(decision: Mapping[str, str]) -> str:
    return f", wypłata do {day(date.fromisoformat(by))}" if (by := decision.get("paid_by", "")) else ""


def _foot(about: Letter) -> str:
    signed = f"{about.person}\n{POSITIONS[about.level]}" if about.person else about.unit
    return f"Z poważaniem\n{signed}"


def day(of: date) -> str:
    """Ends with the dot of an abbreviation, which is a sentence's, too."""
    return f"{of.day} {MONTHS[of.month - 1]} {of.year} r."
