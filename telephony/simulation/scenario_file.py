"""A scenario read from TOML and checked; every mistake is one line with file, line and place."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from telephony.core.ids import QueueName
from telephony.core.rules import Boost, QueueRules
from telephony.core.views import Lane
from telephony.queue_settings import Queue
from telephony.settings_types import Name
from telephony.simulation import history
from telephony.simulation.callers import MAX_CALLS
from telephony.simulation.places import line_of
from telephony.simulation.scenario import (
    HOUR_S,
    AgentGroup,
    Arrivals,
    Handle,
    OverflowTo,
    PastCall,
    Scenario,
    ScenarioError,
)

MAX_BYTES = 10_000_000
MAX_AGENTS = 10_000
MONTH_S = 31 * 24 * HOUR_S

Skill = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
Level = Annotated[int, Field(ge=0, le=1000)]
Seconds = Annotated[float, Field(ge=0, le=MONTH_S, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=MONTH_S, allow_inf_nan=False)]
Ratio = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, le=MAX_CALLS, allow_inf_nan=False)]


def _one_or_each_hour(value: object) -> object:
    if value == []:
        raise ValueError("a list has one rate for each hour")
    return value if isinstance(value, list) else [value]


Rates = Annotated[tuple[Rate, ...], BeforeValidator(_one_or_each_hour)]


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScenarioQueue(Queue):
    """As in the configuration, but for the title, which nobody is told."""

    title: str = ""


class AgentsTable(Strict):
    count: int = Field(ge=0, le=MAX_AGENTS)
    skills: Mapping[Skill, Level]
    shift: tuple[Seconds, Seconds] | None = None
    answer_after_s: Seconds = 0.0
    no_answer_ratio: Ratio = 0.0
    back_after_s: Seconds = 60.0
    name: Name | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.shift and self.shift[0] >= self.shift[1]:
            raise ValueError("a shift ends after it begins: [from_s, to_s]")
        return self


class ArrivalsTable(Strict):
    queue: Name
    priority: Literal["standard", "accessibility"] = "standard"
    rate_per_h: Rates | None = None
    times_s: tuple[Seconds, ...] | None = None
    csv: Path | None = None
    handle_mean_s: Positive | None = None
    handle: Handle = Handle.EXP
    patience_mean_s: Positive | None = None
    requires: Mapping[Skill, Level] = Field(default_factory=dict)
    wishes: Mapping[Skill, Level] = Field(default_factory=dict)
    boosts: frozenset[Boost] = frozenset()
    on_overflow: Literal["callback", "leave"] | Name | None = None  # or the name of another queue
    callback_ratio: Ratio = 1.0
    reached_ratio: Ratio = 1.0

    @property
    def overflow(self) -> OverflowTo | None:
        if self.on_overflow is None:
            return None
        call_back, leave = self.on_overflow == "callback", self.on_overflow == "leave"
        return OverflowTo(None if call_back or leave else QueueName(self.on_overflow), call_back)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(source is not None for source in (self.rate_per_h, self.times_s, self.csv)) != 1:
            raise ValueError("callers come from one of rate_per_h, times_s and csv")
        if self.handle_mean_s is None and self.csv is None:
            raise ValueError("handle_mean_s is missing: how long a call takes on the average")
        return self


class ScenarioTable(Strict):
    duration_s: Positive
    seed: int = Field(default=1, ge=0, le=2**63)
    service_level_s: Seconds = 20.0
    agents: tuple[AgentsTable, ...]
    arrivals: tuple[ArrivalsTable, ...]
    queues: Mapping[Name, ScenarioQueue] = Field(default_factory=dict)


def load(path: Path) -> Scenario:
    """Raises ScenarioError; a message of several lines where several things are wrong."""
    text = _text(path)
    try:
        table = ScenarioTable.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{path}: not TOML: {error}") from error
    except ValidationError as error:
        raise ScenarioError("\n".join(_mistakes(path, text, error))) from None
    return _scenario(table, path, text)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise ScenarioError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB; put long lists of calls in a CSV file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ScenarioError(f"{path}:{line}: not UTF-8 text; save the file as UTF-8") from error


def _mistakes(path: Path, text: str, error: ValidationError) -> list[str]:
    found: dict[str, None] = {}  # one line each, in order
    for each in error.errors(include_url=False, include_input=False):
        place = each["loc"]
        words = each["msg"].removeprefix("Value error, ")
        words = "there is no such key" if each["type"] == "extra_forbidden" else words[0].lower() + words[1:]
        found[f"{path}:{line_of(text, place)}: {_shown(place)}: {words}"] = None
    return list(found)


def _shown(place: Sequence[str | int]) -> str:
    shown = ""
    for part in place:
        if isinstance(part, int):
            shown += f"[{part + 1}]"
        else:
            shown += f".{part}" if shown else part
    return shown or "the file"


def _scenario(table: ScenarioTable, path: Path, text: str) -> Scenario:
    scenario = Scenario(
        duration_s=table.duration_s,
        seed=table.seed,
        agents=tuple(_group(each, table.duration_s) for each in table.agents),
        arrivals=tuple(_arrivals(each, path.parent) for each in table.arrivals),
        queues={QueueName(name): queue.rules for name, queue in table.queues.items()},
        service_level_s=table.service_level_s,
    )
    for where, number, wrong in _unplayable(scenario):
        place = (where, number) if number is not None else (where,)
        raise ScenarioError(f"{path}:{line_of(text, place)}: {_shown(place)}: {wrong}")
    return scenario


def _unplayable(scenario: Scenario) -> list[tuple[str, int | None, str]]:
    """What is wrong between tables that are each right by themselves."""
    found: list[tuple[str, int | None, str]] = []
    if sum(group.count for group in scenario.agents) > MAX_AGENTS:
        found.append(("agents", None, f"more than {MAX_AGENTS:,} agents"))
    for number, group in enumerate(scenario.agents):
        queues = [scenario.queues.get(QueueName(skill), QueueRules()) for skill in group.skills]
        rings_s = min((queue.ring_timeout_s for queue in queues), default=math.inf)
        if group.answer_after_s >= rings_s:
            found.append(("agents", number, f"answer_after_s: their phones stop ringing after {rings_s:g} s"))
    expected = 0.0
    for number, stream in enumerate(scenario.arrivals):
        hours = len(stream.rates_per_h)
        if hours > 1 and hours * HOUR_S < scenario.duration_s:
            hours_wanted = math.ceil(scenario.duration_s / HOUR_S)
            found.append(("arrivals", number, f"rate_per_h: {hours} rates for a run of {hours_wanted} hours"))
        length_s = HOUR_S if hours > 1 else scenario.duration_s
        expected += len(stream.calls) + sum(stream.rates_per_h) / HOUR_S * length_s
        if expected > MAX_CALLS:
            found.append(("arrivals", number, f"more than {MAX_CALLS:,} calls; shorten the run or lower the rates"))
    return found


def _group(table: AgentsTable, duration_s: float) -> AgentGroup:
    from_s, to_s = table.shift or (0.0, duration_s)
    return AgentGroup(
        table.count,
        table.skills,
        from_s,
        to_s,
        table.answer_after_s,
        table.name or "",
        table.no_answer_ratio,
        table.back_after_s,
    )


def _arrivals(table: ArrivalsTable, folder: Path) -> Arrivals:
    calls = tuple(PastCall(at) for at in sorted(table.times_s or ()))
    if table.csv is not None:
        calls = history.read(folder / table.csv)
        if table.handle_mean_s is None and any(call.handle_s is None for call in calls):
            raise ScenarioError(f"{folder / table.csv}: some calls have no handle_s, and there is no handle_mean_s")
    return Arrivals(
        queue=QueueName(table.queue),
        lane=Lane(table.priority),
        rates_per_h=table.rate_per_h or (),
        calls=calls,
        handle_mean_s=table.handle_mean_s or _mean_s(calls),
        handle=table.handle,
        patience_mean_s=table.patience_mean_s,
        requires=table.requires,
        wishes=table.wishes,
        boosts=table.boosts,
        overflow=table.overflow,
        callback_ratio=table.callback_ratio,
        reached_ratio=table.reached_ratio,
    )


def _mean_s(calls: tuple[PastCall, ...]) -> float:
    known = [call.handle_s for call in calls if call.handle_s is not None]
    return math.fsum(known) / len(known) if known else 0.0
