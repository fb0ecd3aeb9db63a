"""What callers hear, checked as text: languages, keys that are said, lengths, and whether its sound has been made."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ivr_flows.model import Flow
from ivr_flows.nodes import MenuNode, Where, texts
from ivr_flows.rules import Problem, Severity
from ivr_flows.session import Prompt
from ivr_flows.texts import Text, said_in

MAX_CHOICES = 5  # more are hard to keep in mind while listening
MAX_LETTERS = 220  # about 15 seconds
APART = "9"  # may stand apart from the other choices: more time, the way back
APOSTROPHES = dict.fromkeys((0x2019, 0x02BC), "'")  # Ukrainian is written with either
SPOKEN = {
    "pl": ("zero", "jeden", "dwa", "trzy", "cztery", "pięć", "sześć", "siedem", "osiem", "dziewięć"),
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "uk": ("нуль", "один", "два", "три", "чотири", "п'ять", "шість", "сім", "вісім", "дев'ять"),
}


def untranslated(flow: Flow) -> Iterator[Problem]:
    languages = {language for _, text in _texts(flow) for language in text.by_language}
    for where, text in _texts(flow):
        for language in sorted(languages - set(text.by_language)) if text.default == flow.language else ():
            words = text.by_language[text.default]
            yield _warning("missing-translation", flow, where, f"„{words}” has no text in `{language}`")


def excused(flow: Flow) -> Iterator[Problem]:
    """Questions that leave out what every other has, each with its author's reason."""
    for id_, node in flow.nodes.items():
        for key in ("without_person", "without_repeat"):
            if reason := getattr(node, key, None):
                message = f"`{id_}`: {reason}"
                yield Problem(key.replace("_", "-"), Severity.INFO, flow.id, ("nodes", id_, key), message)


def choices(flow: Flow) -> Iterator[Problem]:
    """Menus whose choices are too many, leave a key out or do not say theirs."""
    for id_, node in flow.nodes.items():
        if not isinstance(node, MenuNode):
            continue
        where: Where = ("nodes", id_)
        # The offer of another language is for those who do not follow the others.
        own = [key for key, choice in node.choices.items() if choice.say.default == flow.language]
        if len(own) > MAX_CHOICES:
            message = f"{len(own)} choices, more than {MAX_CHOICES}"
            yield _warning("many-choices", flow, where, message)
        keys = sorted(int(key) for key in own if key.isdigit() and key != APART)
        if gaps := sorted(set(range(1, keys[-1])) - set(keys) if keys else ()):
            yield _warning("choice-gap", flow, (*where, "choices"), f"there is no choice {gaps[0]}")
        yield from _unsaid(flow, node, where)


def _unsaid(flow: Flow, node: MenuNode, where: Where) -> Iterator[Problem]:
    for key, choice in node.choices.items():
        for language, words in choice.say.by_language.items():
            said = words.lower().translate(APOSTROPHES)
            if key.isdigit() and language in SPOKEN and SPOKEN[language][int(key)] not in said:
                message = f"„{words}” does not say its key, {key}"
                yield _warning("choice-not-said", flow, (*where, "choices", key, "say"), message)


def long(flow: Flow) -> Iterator[Problem]:
    for where, text in _texts(flow):
        for words in text.by_language.values():
            if len(words) > MAX_LETTERS:
                message = f"„{words[:30]}…” has {len(words)} letters, more than {MAX_LETTERS}"
                yield _warning("long-prompt", flow, where, message)


def silent(flow: Flow, ready: Callable[[Prompt], bool]) -> Iterator[Problem]:
    """Texts whose sound is not made; what says a value is made during the call."""
    paces = (True,) if flow.accessibility else (False, True)
    for where, text in _texts(flow):
        for language, words in text.by_language.items():
            if not said_in(words) and not all(ready(Prompt(words, language, slow)) for slow in paces):
                yield _warning("missing-prompt", flow, where, f"„{words}” has no sound in `{language}`")


def _texts(flow: Flow) -> Iterator[tuple[Where, Text]]:
    """Every text with its key path in the file."""
    yield from ((("menu_words", *where), text) for where, text in texts(flow.words))
    for id_, node in flow.nodes.items():
        yield from ((("nodes", id_, *where), text) for where, text in texts(node))


def _warning(rule: str, flow: Flow, where: Where, message: str) -> Problem:
    return Problem(rule, Severity.WARNING, flow.id, where, message)
