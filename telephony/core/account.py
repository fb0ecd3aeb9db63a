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


@dataclass(frozen=True, slots=True)
class Account:
    login: str
    display_name: str
    password_hash: str = field(repr=False)  # argon2id, PHC string format [RFC 9106]
    endpoint: str = ""  # PJSIP endpoint of the agent's phone; empty: not an agent
    skills: Mapping[str, int] = field(default_factory=dict)  # skill (queue names among them) → level
    role: Role = Role.AGENT

    @property
    def agent(self) -> AgentId:
        """The agent this account acts as; the login is the agent's name everywhere."""
        return AgentId(self.login)
