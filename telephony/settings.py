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
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field, IPvAnyAddress, SecretStr, StringConstraints, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from telephony.core.account import Account
from telephony.core.ids import QueueName
from telephony.core.rules import Rules
from telephony.crm_settings import Crm
from telephony.message_settings import Messages
from telephony.office_settings import Complaints, Privacy, Retention
from telephony.probe_settings import Probes
from telephony.quality_settings import QualityRules
from telephony.queue_settings import AgentSkills, Number, Queue
from telephony.settings_types import E164, Address, ApiToken, Frozen, Listen, Name, SettingsError
from telephony.shipped import CONFIG_FOLDER
from telephony.site_settings import Pop, Site
from telephony.survey_settings import Appointments, Surveys
from telephony.ticket_settings import TicketSystemTo
from telephony.trunk_settings import SshTo
from telephony.vault_settings import VaultRules

if TYPE_CHECKING:
    from ivr_flows.prompts import Speaker

TrunkSecret = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
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
    provision_secret: SecretStr | None = None  # of its account `hotline-provision`, by which trunks are applied
    trunk_folder: Path | None = None  # `trunks` in its configuration folder, where we can write it (docs/trunks.md)
    probe_sip: Address | None = None  # host:port of its SIP over UDP, for test calls (docs/probes.md)
    probe_secret: SecretStr | None = None  # of its endpoint `hotline-probe`
    trunk_ssh: SshTo | None = None  # or how that folder is reached
    log_folder: Path | None = None  # its `astlogdir`, where we can read it: what happened without us is read in

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.trunk_folder and self.trunk_ssh:
            raise ValueError("either `trunk_folder` or `trunk_ssh`")
        return self


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
    trunk_secrets: Mapping[TrunkSecret, SecretStr] = Field(default_factory=dict)  # what trunks.toml names
    trunk_file: Path | None = None  # the trunks.toml that engineers plan and apply in the console
    transfer_numbers: tuple[E164, ...] = ()  # outside the house, to which agents may hand a caller over
    queues: Mapping[Name, Queue] = Field(default_factory=dict)
    agents: Mapping[str, AgentSkills] = Field(default_factory=dict)  # by login
    repeat_within_s: float = Field(
        default=86_400.0, ge=0, le=30 * 86_400.0
    )  # a call in vain makes the next a repeated one
    pop: Pop = Pop()
    console: Site = Site()
    retention: Retention = Retention()
    privacy: Privacy = Privacy()
    complaints: Complaints = Complaints()
    ticket_system: TicketSystemTo = TicketSystemTo()  # where our tickets are, too
    messages: Messages = Messages()  # to customers
    surveys: Surveys = Surveys()
    appointments: Appointments = Appointments()
    vault: VaultRules = VaultRules()
    quality: QualityRules = QualityRules()  # of calls, while they go on
    probes: Probes = Probes()  # test calls
    speech_command: str = ""  # a program that makes prompts; the synthesiser that comes along where empty
    recorded: Path | None = None  # a folder of recorded prompts, which win
    prompts: Path | None = None  # where built prompts lie; `prompts` in the data folder unless given
    flows: Path | None = None  # the operator's own flows, served until a set is published; without it: the shipped ones
    recordings: Path | None = (
        None  # where Asterisk writes messages and talks, until they are sealed; in the data folder
    )
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
    def vault_folder(self) -> Path:
        return self.vault.folder or self.data / "vault"

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
