"""The settings: read once from TOML files and the environment, checked, and frozen.

Files are merged in the order given, later ones win and may add nodes to `[[asterisk]]`; `HOTLINE_…` variables win over
all of them, with `__` between the levels (`HOTLINE_POP__PAINT_S=0.3`). Secrets belong in the environment or in a file
of their own.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    IPvAnyAddress,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from telephony.core.account import Account, Role
from telephony.core.complaints import USUAL, ComplaintRules
from telephony.core.hours import Hours
from telephony.core.ids import QueueName
from telephony.core.rules import (
    MAX_BOOST_S,
    Boost,
    CallBackRules,
    FirstLeg,
    OverflowRule,
    QueueRules,
    Relaxation,
    Rules,
)
from telephony.crm_settings import Crm
from telephony.shipped import CONFIG_FOLDER

if TYPE_CHECKING:
    from ivr_flows.prompts import Speaker

E164 = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


ApiToken = Annotated[SecretStr, Field(min_length=32)]


class SettingsError(ValueError):
    """The configuration cannot be used; the message names the place and the mend."""


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Listen:
    host: str
    port: int  # 0 lets the system choose

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def _listen(text: object) -> object:
    if not isinstance(text, str):
        return text
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{text!r} is not host:port")
    return Listen(host.strip("[]"), int(port))


def _hours(text: object) -> object:
    """`08:00-20:00`, on the clock on a Polish wall."""
    if not isinstance(text, str):
        return text
    begin, _, end = text.partition("-")
    try:
        return Hours(time.fromisoformat(begin.strip()), time.fromisoformat(end.strip()))
    except ValueError:
        raise ValueError(f"{text!r} are no hours, such as 08:00-20:00") from None


CallHours = Annotated[Hours, BeforeValidator(_hours)]
Address = Annotated[Listen, NoDecode, BeforeValidator(_listen)]


class Number(Frozen):
    """A number customers call, and what answers it."""

    flow: Name
    accessibility: bool = False
    language: Literal["pl", "en", "uk"] = "pl"  # what its callers are spoken to in


class Relax(Frozen):
    """Who has waited `after_s` needs `skill` at `level` only; or `instead` at that level will do, too."""

    after_s: float = Field(gt=0, allow_inf_nan=False)
    skill: Name
    level: int = Field(default=1, ge=0, le=10)  # 0: not at all
    instead: Name | None = None


class Overflow(Frozen):
    """When callers whose flow knows another way go on with it."""

    after_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    ahead: int | None = Field(default=None, ge=1)
    agents_below: int = Field(default=0, ge=0)
    expected_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)


class CallBack(Frozen):
    """How those who asked for it are called back (docs/call-backs.md)."""

    first: FirstLeg = FirstLeg.AGENT
    attempts: int = Field(default=3, ge=1, le=20)
    pause_s: float = Field(default=900.0, ge=30, le=86_400)
    ring_s: float = Field(default=30.0, ge=5, le=120)
    hours: CallHours = Hours()

    @property
    def rules(self) -> CallBackRules:
        return CallBackRules(self.first, self.attempts, self.pause_s, self.ring_s, self.hours)


class Queue(Frozen):
    title: str
    max_wait_s: float = Field(default=1200.0, gt=0, allow_inf_nan=False)
    wrap_up_s: float = Field(default=10.0, ge=0, allow_inf_nan=False)
    ring_timeout_s: float = Field(default=20.0, ge=5, le=120)
    boosts: Mapping[Boost, Annotated[float, Field(ge=0, le=MAX_BOOST_S)]] = Field(default_factory=dict)  # seconds
    boost_cap_s: float = Field(default=MAX_BOOST_S, ge=0, le=MAX_BOOST_S)
    relax: tuple[Relax, ...] = ()
    reserve: int = Field(default=0, ge=0, le=1000)  # free agents trained in accessibility, kept for its callers
    overflow: Overflow = Overflow()  # docs/flows.md
    call_back: CallBack = CallBack()
    number: E164 | None = None  # of ours, shown to whom its consultants call; the first of ours where it is not set
    disposition_required: bool = True  # before the next call, where the queue has a list of them

    @property
    def rules(self) -> QueueRules:
        relax = sorted(self.relax, key=lambda each: each.after_s)
        return QueueRules(
            self.max_wait_s,
            self.wrap_up_s,
            self.ring_timeout_s,
            self.boosts,
            self.boost_cap_s,
            tuple(Relaxation(each.after_s, each.skill, each.level, each.instead) for each in relax),
            self.reserve,
            OverflowRule(**self.overflow.model_dump()),
            self.call_back.rules,
        )


class AgentSkills(Frozen):
    """What a consultant can do, in place of what the account says."""

    skills: Mapping[Name, Annotated[int, Field(ge=1, le=10)]]


PHONE_URL = re.compile(r"wss://[a-z0-9.-]+(:[0-9]+)?/ws|ws://127\.0\.0\.1:[0-9]+/ws")


class AsteriskNode(Frozen):
    """One Asterisk we lead: its manager interface. `name` is its `systemname`."""

    name: Name
    host: str = "127.0.0.1"
    ami_port: int = 5038
    username: str = "hotline"
    secret: SecretStr
    trunk: Name | None = None  # by which customers are called back from here; without it nobody is
    # Where the phones of pages connect to it, at one of the nodes.
    phone_url: Annotated[str, StringConstraints(pattern=rf"^({PHONE_URL.pattern})?$")] = ""
    log_folder: Path | None = None  # its `astlogdir`, where we can read it: what happened without us is read in


class WebhookTo(Frozen):
    url: HttpUrl
    secret: SecretStr  # whsec_ and base64 [Standard Webhooks]


class ZammadTo(Frozen):
    url: SecretStr  # https://zammad.example.pl/api/v1/cti/TOKEN, as Zammad's settings show it


class Site(Frozen):
    """How people reach the console: `origins` (https://konsola.example.pl) where a proxy of ours stands before it."""

    origins: tuple[Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.:\[\]-]+$")], ...] = ()
    proxies: tuple[IPvAnyAddress, ...] = ()  # their addresses, whose X-Forwarded-For is believed
    privacy_contact: str = Field(default="iod@marsoft.example", max_length=200)  # of the data protection officer
    idle_s: float = Field(default=1800.0, ge=60, le=86_400)  # a session without an open page ends after this time
    absolute_s: float = Field(default=12 * 3600.0, ge=300, le=7 * 86_400)  # and any session so long after log-in
    without_database_s: float = Field(default=4 * 3600.0, ge=60, le=86_400)  # sessions go on so long without it
    certificate: Path | None = None  # PEM files, the certificate with those between it and its root; read again when
    key: Path | None = None  # they change
    totp_roles: tuple[Role, ...] = (Role.SUPERVISOR, Role.ENGINEER, Role.ADMIN)  # who must have a second factor
    second_factor_key: ApiToken | None = None  # the same on all servers; a file of the data folder unless given
    tls: Literal["", "self-made"] = ""  # a certificate made here, which browsers warn of

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("`certificate` and `key` belong together")
        if self.tls and self.certificate:
            raise ValueError('`tls = "self-made"` is for where no `certificate` is given')
        if (self.tls or self.certificate) and any(each.startswith("http:") for each in self.origins):
            raise ValueError("with TLS, `origins` begin with https://")
        return self


class Pop(Frozen):
    """`link` is shown with each pop (docs/pops.md); it may lead to `hosts` alone, and so may the receivers."""

    paint_s: float = Field(default=0.25, ge=0, le=5)
    link: str = Field(default="", max_length=1000)
    hosts: tuple[str, ...] = ()
    webhooks: Mapping[Name, WebhookTo] = Field(default_factory=dict)
    zammad: ZammadTo | None = None

    @model_validator(mode="after")
    def _hosts_are_listed(self) -> Self:
        addresses = [str(each.url) for each in self.webhooks.values()]
        addresses += [self.zammad.url.get_secret_value()] if self.zammad else []
        if "zammad" in self.webhooks:
            raise ValueError("a webhook has another name than `zammad`")
        for address in addresses:
            host = urlsplit(address).hostname
            if urlsplit(address).scheme != "https":
                raise ValueError(f"the address at {host} begins with https://")
            if host not in self.hosts:
                raise ValueError(f"the host {host} is not among `hosts`")
        return self


class Retention(Frozen):
    """Days after which something is forgotten."""

    notes_days: int = Field(default=365, ge=1, le=3650)  # what consultants wrote down, from the last change on
    messages_days: int = Field(default=30, ge=1, le=3650)  # what other systems took, or never took


Days = Annotated[int, Field(ge=1, le=365)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]


class Complaints(Frozen):
    """Calendar days (docs/complaints.md). What the law asks for is the default, or stricter."""

    confirm_days: Days = 14
    answer_days: Mapping[Word, Days] = {"service_quality": 14}  # by kind, where less is promised than the law wants
    law_days: Days = 30  # silence past them is an acceptance
    completion_days: Days = 7  # for the customer, to add what is missing
    remind_days: tuple[Days, ...] = (7, 3, 1)  # before the end of a clock
    engineer_days: int = Field(default=7, ge=0, le=365)  # so few days before the end it goes to the service engineer
    manager_days: int = Field(default=3, ge=0, le=365)  # and to the operations manager
    unit: str = Field(default="MARSOFT S.A., Dział Reklamacji", min_length=1, max_length=200)  # who answers
    required: tuple[Word, ...] = USUAL.required  # elements without which the customer is asked

    @property
    def rules(self) -> ComplaintRules:
        """What the core needs to know."""
        return ComplaintRules(
            self.confirm_days, self.answer_days, self.law_days, self.completion_days, self.remind_days,
            self.engineer_days, self.manager_days, self.required,
        )  # fmt: skip


class Settings(BaseSettings):
    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix="HOTLINE_", env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    data: Path = Path(".hotline")
    crm: Crm = Crm()
    console_listen: Address = Listen("127.0.0.1", 8480)
    metrics_listen: Address = Listen("127.0.0.1", 9464)
    agi_listen: Address = Listen("127.0.0.1", 4573)
    agi_peers: tuple[
        IPvAnyAddress, ...
    ] = ()  # the Asterisk hosts that may bring calls; empty: whoever reaches the port
    database_url: SecretStr = SecretStr("")
    audit_key: ApiToken | None = None  # of pseudonyms, the same on all servers; a file of the data folder unless given
    asterisk: tuple[AsteriskNode, ...] = ()
    numbers: Mapping[E164, Number] = Field(default_factory=dict)
    transfer_numbers: tuple[E164, ...] = ()  # outside the house, to which agents may hand a caller over
    queues: Mapping[Name, Queue] = Field(default_factory=dict)
    agents: Mapping[str, AgentSkills] = Field(default_factory=dict)  # by login
    repeat_within_s: float = Field(
        default=86_400.0, ge=0, le=30 * 86_400.0
    )  # a call in vain makes the next a repeated one
    pop: Pop = Pop()
    console: Site = Site()
    retention: Retention = Retention()
    complaints: Complaints = Complaints()
    speech_command: str = ""  # a program that makes prompts; the synthesiser that comes along where empty
    recorded: Path | None = None  # a folder of recorded prompts, which win
    prompts: Path | None = None  # where built prompts lie; `prompts` in the data folder unless given
    flows: Path | None = None  # the operator's own flows, served until a set is published; without it: the shipped ones
    recordings: Path | None = None  # messages and talks, written by Asterisk; in the data folder unless given
    api_listen: Address = Listen("127.0.0.1", 8490)  # the operator's HTTP interface, once somebody has a token
    api_tokens: Mapping[Name, ApiToken] = Field(default_factory=dict)  # name of a program → its token
    outages: Path = CONFIG_FOLDER / "outages.yaml"  # what is announced as out of order; need not exist
    calendar: Path = CONFIG_FOLDER / "calendar.yaml"  # when each department is open
    articles: Path = CONFIG_FOLDER / "articles"  # the knowledge base, a folder of Markdown files
    scripts: Path = CONFIG_FOLDER / "scripts"  # a YAML file for each queue
    dispositions: Path = CONFIG_FOLDER / "dispositions.yaml"  # what may come of a talk, by queue
    ticket_rules: Path = CONFIG_FOLDER / "ticket-rules.yaml"  # which calls need a ticket
    card_fields: Path = CONFIG_FOLDER / "card-fields.yaml"  # who may see which part of a customer's card

    @property
    def recording_folder(self) -> Path:
        return self.recordings or self.data / "recordings"

    @property
    def prompt_folder(self) -> Path:
        return self.prompts or self.data / "prompts"

    def skilled(self, account: Account) -> Account:
        """The account with the skills that stand here, where they do, and with its departments."""
        known = self.agents.get(account.login)
        skills = known.skills if known else account.skills
        departments = account.departments or tuple(queue for queue in self.queues if queue in skills)
        return replace(account, skills=skills, departments=departments)

    @property
    def rules(self) -> Rules:
        """What the core needs to know of all this."""
        queues = {QueueName(name): queue.rules for name, queue in self.queues.items()}
        return Rules(queues, self.pop.paint_s, tuple(node.name for node in self.asterisk if node.trunk))

    @classmethod
    def settings_customise_sources(  # pydantic-settings fixes the parameters
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings  # the environment wins over the files


def load(paths: Iterable[Path]) -> Settings:
    """Read and check the settings. Errors: SettingsError naming file, place and what is expected there."""
    merged: dict[str, object] = {}
    for path in paths:
        _merge(merged, _read(path))
    if common := os.environ.get("DATABASE_URL"):  # as hosting services set it; whatever is said to us alone wins
        merged.setdefault("database_url", common)
    try:
        return Settings(**merged)  # type: ignore[arg-type]
    except ValidationError as error:
        places = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_input=False))
        raise SettingsError("the settings are not usable:\n  " + "\n  ".join(places)) from None


def speaker(command: str) -> Speaker:
    """What makes prompts; raises SpeechError for a command that cannot be understood."""
    from ivr_flows.prompts import Espeak
    from ivr_flows.speech_command import SpeechCommand

    return SpeechCommand(command) if command else Espeak()


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error


def _merge(into: dict[str, object], new: Mapping[str, object]) -> None:
    for key, value in new.items():
        old = into.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            _merge(old, value)
        elif key == "asterisk" and isinstance(old, list) and isinstance(value, list):
            into[key] = _by_name(old, value)
        else:
            into[key] = value


def _by_name(old: list[object], new: list[object]) -> list[object]:
    """Each node has a file of its own; a later one says again what an earlier one of that name said."""
    again = {each.get("name") for each in new if isinstance(each, dict)}
    return [each for each in old if not (isinstance(each, dict) and each.get("name") in again)] + new
