"""What pictures call the nodes and their exits, in the languages of those who look at them.

A node type or an exit that is not named here is shown by its own name: a new one needs no line, and may have one.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from ivr_flows.conditions import Condition, Operator


class Language(StrEnum):
    PL = "pl"
    EN = "en"


class Group(StrEnum):
    """What a node is about: its shape and colour. Its word says exactly what it is."""

    SAY = "say"
    ASK = "ask"
    DECIDE = "decide"
    PERSON = "person"
    OWN = "own"  # happens without the caller's noticing
    END = "end"
    NOTE = "note"


GROUPS: Mapping[str, Group] = {
    "say": Group.SAY,
    "announce": Group.SAY,
    "menu": Group.ASK,
    "collect": Group.ASK,
    "identify": Group.ASK,
    "survey": Group.ASK,
    "record": Group.ASK,
    "branch": Group.DECIDE,
    "hours": Group.DECIDE,
    "line": Group.PERSON,
    "callback": Group.PERSON,
    "voicemail": Group.PERSON,
    "echo": Group.PERSON,
    "complaint": Group.PERSON,
    "transfer": Group.PERSON,
    "hang_up": Group.END,
    "return": Group.END,
}

# Polish, English
_WORDS: Mapping[str, tuple[str, str]] = {
    # node types
    "say": ("zapowiedź", "say"),
    "menu": ("menu", "menu"),
    "collect": ("pytanie o cyfry", "collect digits"),
    "identify": ("identyfikacja", "identify"),
    "branch": ("warunek", "branch"),
    "hours": ("godziny pracy", "hours"),
    "announce": ("komunikaty", "announce"),
    "line": ("kolejka", "line"),
    "callback": ("oddzwonienie", "call-back"),
    "voicemail": ("nagranie głosu", "voicemail"),
    "echo": ("echo", "echo"),
    "complaint": ("reklamacja", "complaint"),
    "transfer": ("przekazanie", "transfer"),
    "survey": ("ankieta", "survey"),
    "lookup": ("zapytanie do systemu", "look-up"),
    "set": ("ustawienie", "set"),
    "record": ("zgoda na nagranie", "record"),
    "sub_flow": ("podprogram", "sub-flow"),
    "return": ("powrót", "return"),
    "hang_up": ("rozłączenie", "hang up"),
    "note": ("wbudowane", "built in"),
    # exits
    "otherwise": ("w innym razie", "otherwise"),
    "open": ("otwarte", "open"),
    "closed": ("zamknięte", "closed"),
    "holiday": ("święto", "holiday"),
    "emergency": ("awaria", "emergency"),
    "affected": ("był komunikat", "announced"),
    "after": ("po rozmowie", "after the talk"),
    "on_timeout": ("cisza", "silence"),
    "on_failure": ("nieudane", "failure"),
    "on_unknown": ("nieznany", "unknown"),
    "on_refused": ("odmowa", "refused"),
    "on_nothing": ("nic nie nagrano", "nothing said"),
    "on_missing": ("brak danych", "missing"),
    "on_unavailable": ("brak odpowiedzi", "unavailable"),
    "on_overflow": ("przepełnienie", "overflow"),
    # conditions
    "not_this": ("nie", "not"),
    "known": ("znane", "known"),
    "unknown": ("nieznane", "unknown"),
    # the picture's own
    "flow": ("Przepływ", "Flow"),
    "start": ("początek", "start"),
    "leads_to": ("prowadzi do", "leads to"),
    "person_by_key": ("ten klawisz, cisza i błędy", "this key, silence, mistakes"),
    "person_by_itself": ("gdy się nie uda", "when it fails"),
}

_SIGNS: Mapping[Operator, str] = {
    Operator.IS: "=",
    Operator.NOT: "≠",
    Operator.IN: "∈",
    Operator.LESS: "<",
    Operator.MORE: ">",
}


def word(name: str, language: Language) -> str:
    known = _WORDS.get(name)
    if known is None:
        return name.removeprefix("on_").replace("_", " ")
    return known[language is Language.EN]


def condition(condition: Condition, language: Language) -> str:
    """One condition in words and signs, such as `accessibility`, `balance > 0`, `ticket: known`."""
    wanted = condition.value
    if condition.operator is Operator.KNOWN:
        return f"{condition.fact}: {word('known' if wanted else 'unknown', language)}"
    if condition.operator in (Operator.IS, Operator.NOT) and isinstance(wanted, bool):
        holds = wanted is (condition.operator is Operator.IS)
        return condition.fact if holds else f"{word('not_this', language)} {condition.fact}"
    values = wanted if isinstance(wanted, tuple) else (wanted,)
    return f"{condition.fact} {_SIGNS[condition.operator]} {', '.join(map(str, values))}"
