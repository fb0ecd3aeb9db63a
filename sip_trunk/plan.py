"""The difference between what a file wants and what Asterisk runs, drift included, and which calls it touches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_network

from sip_trunk.running import Key, Running, Step
from sip_trunk.sections import Section

HIDDEN = "(secret)"
_NOT_SHOWN = frozenset({"disallow", "bind", "line", "retry_interval"})  # Asterisk does not tell it back as it was said
_EXTEN = re.compile(r"exten => (?P<exten>[^,]+),1,(?P<step>.*)")
_SAME = re.compile(r" same => n(?:\([^)]*\))?,(?P<step>.*)")
_STEP = re.compile(r"(?P<app>[A-Za-z]+)(?:\((?P<data>.*)\))?")


class Act(StrEnum):
    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One difference. `running` and `wanted` are empty where there is nothing; a secret is never shown."""

    kind: str  # endpoint, aor, auth, identify, registration, transport, number, route
    name: str
    act: Act
    option: str = ""
    running: str = ""
    wanted: str = ""

    def __str__(self) -> str:
        sign = {Act.ADD: "+", Act.CHANGE: "~", Act.REMOVE: "-"}[self.act]
        values = f" {self.option}: {self.running or '(nothing)'} → {self.wanted or '(nothing)'}" if self.option else ""
        return f"{sign} {self.kind} {self.name}{values}"


@dataclass(frozen=True, slots=True)
class Plan:
    """`affected`: trunk → calls under way, of trunks that change; those calls go on as they are."""

    changes: tuple[Change, ...]
    affected: Mapping[str, int]

    def __bool__(self) -> bool:
        return bool(self.changes)


def plan(sections: Iterable[Section], dialplan: str, running: Running) -> Plan:
    """What has to change so that what runs is what is wanted."""
    wanted = {(each.kind, each.name): each for each in sections}
    changes = sorted((*_objects(wanted, running), *_numbers(extensions(dialplan), running.dialplan)))
    touched = {change.name for change in changes if change.kind not in {"number", "route"}}
    return Plan(tuple(changes), {name: count for name, count in running.calls.items() if count and name in touched})


def _objects(wanted: Mapping[Key, Section], running: Running) -> Iterator[Change]:
    for (kind, name), section in wanted.items():
        if (now := running.objects.get((kind, name))) is None:
            yield Change(kind, name, Act.ADD)
        else:
            yield from _options(section, now)
    yield from (Change(*key, Act.REMOVE) for key in running.objects if key not in wanted)


def _options(section: Section, now: Mapping[str, str]) -> Iterator[Change]:
    options: dict[str, list[str]] = {}
    for key, value in section.options:
        options.setdefault(key, []).append(value)
    for key, values in options.items():
        if key in _NOT_SHOWN or (shown := now.get(_field(key))) is None:
            continue
        if _same(key, values) != _same(key, _told(key, shown)):
            yield Change(section.kind, section.name, Act.CHANGE, key, shown, ",".join(values))
    if section.secret and now.get("Password", section.secret) != section.secret:
        yield Change(section.kind, section.name, Act.CHANGE, "password", HIDDEN, HIDDEN)


def _field(option: str) -> str:
    """The name that AMI gives an option: `rtp_timeout` → `RtpTimeout`, and `Contacts` for many."""
    name = "".join(part.capitalize() for part in option.split("_"))
    return {"Contact": "Contacts"}.get(name, name)


def _told(option: str, shown: str) -> list[str]:
    """What AMI tells as one text, one by one."""
    if option == "contact":
        return [each.partition("/")[2] for each in shown.split(",") if each]
    return shown.split(",") if option == "match" else [shown]


def _same(option: str, values: Iterable[str]) -> tuple[object, ...]:
    """In a form in which equal things are equal."""
    plain = [value.replace("\\;", ";").replace('"', "").strip() for value in values]
    match option:
        case "allow":
            return tuple(re.sub(r":[0-9]+", "", plain[0]).strip("()").replace("|", ",").split(","))
        case "contact":
            return tuple(sorted(plain))
        case "match":
            return tuple(sorted(_network(each) for each in plain))
    return tuple(_value(each) for each in plain)


def _value(text: str) -> object:
    lower = text.lower()
    if lower in {"yes", "true", "no", "false"}:
        return lower in {"yes", "true"}
    try:
        return float(text)
    except ValueError:
        return lower


def _network(text: str) -> str:
    address, _, port = text.rpartition(":") if text.count(":") == 1 else (text, "", "")
    if port:
        port, _, mask = port.partition("/")
        return f"{ip_network(f'{address}/{mask or 32}', strict=False)}:{port}"
    return str(ip_network(text, strict=False))


# -- the dialplan -----------------------------------------------------------------------------------------------------


def extensions(text: str) -> dict[Key, tuple[Step, ...]]:
    """Context and extension → its steps, as the file says it."""
    found: dict[Key, list[Step]] = {}
    context, exten = "", ""
    for line in text.split("\n"):
        if line.startswith("["):
            context = line[1:-1]
        elif line.startswith("include => "):
            found[context, f"include {line.removeprefix('include => ')}"] = []
        elif head := _EXTEN.fullmatch(line):
            exten = head["exten"]
            found[context, exten] = [_step(head["step"])]
        elif same := _SAME.fullmatch(line):
            found[context, exten].append(_step(same["step"]))
    return {key: tuple(steps) for key, steps in found.items()}


def _step(text: str) -> Step:
    found = _STEP.fullmatch(text)
    assert found, text
    return found["app"], (found["data"] or "").replace("\\;", ";")


def _numbers(wanted: Mapping[Key, tuple[Step, ...]], running: Mapping[Key, tuple[Step, ...]]) -> Iterator[Change]:
    for key in wanted.keys() | running.keys():
        context, exten = key
        kind = "number" if context == "hotline-did" else "route"
        name = exten if context == "hotline-did" else f"{context}/{exten}"
        if key not in running:
            yield Change(kind, name, Act.ADD)
        elif key not in wanted:
            yield Change(kind, name, Act.REMOVE)
        elif wanted[key] != running[key]:
            now, new = _first_difference(running[key], wanted[key])
            yield Change(kind, name, Act.CHANGE, "step", now, new)


def _first_difference(now: tuple[Step, ...], new: tuple[Step, ...]) -> tuple[str, str]:
    for at in range(max(len(now), len(new))):
        if now[at : at + 1] != new[at : at + 1]:
            return _shown(now[at : at + 1]), _shown(new[at : at + 1])
    raise AssertionError("they are equal")


def _shown(steps: tuple[Step, ...]) -> str:
    return f"{steps[0][0]}({steps[0][1]})" if steps else ""
