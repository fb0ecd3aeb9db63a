"""A person who may log in to the console, as the hotline knows one, whatever store it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from telephony.core.ids import AgentId


class Role(StrEnum):
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ENGINEER = "engineer"
    ADMIN = "admin"
    DPO = "dpo"  # the data-protection officer: takes no calls, does nothing that supervisors do


@dataclass(frozen=True, slots=True)
class Account:
    login: str
    display_name: str
    password_hash: str = field(repr=False)  # argon2id, PHC string format [RFC 9106]
    endpoint: str = ""  # PJSIP endpoint of the agent's phone; empty: not an agent
    skills: Mapping[str, int] = field(default_factory=dict)  # skill (queue names among them) → level
    role: Role = Role.AGENT
    departments: tuple[
        str, ...
    ] = ()  # whose data they work with; where it is empty, the queues among the skills (`Settings.skilled`)
    disabled_at: float | None = None  # who is disabled may not log in

    @property
    def agent(self) -> AgentId:
        """The agent this account acts as; the login is the agent's name everywhere."""
        return AgentId(self.login)


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A log-in that lasts, as it is kept: times in seconds since the epoch, and nothing one could log in with."""

    key: str  # SHA-256 of the token in the browser's cookie
    login: str
    created_at: float
    used_at: float
    proven_at: float  # when the person last showed to be there, by password or code
    address: str = ""  # whence
    browser: str = ""  # with what, in a few words
