"""What an operator may set about the console; times in seconds."""

from __future__ import annotations

from dataclasses import dataclass

from telephony.core.account import Role


@dataclass(frozen=True, slots=True)
class ConsoleRules:
    away_s: float = 10.0  # how long an agent stays signed in after the last page has gone
    board_s: float = 0.25  # changes of the line are told to the pages at most this often
    tick_s: float = 15.0  # a sign of life to every page
    idle_s: float = 1800.0  # a session without an open page ends after this time
    absolute_s: float = 12 * 3600.0  # and any session after this
    without_keeper_s: float = 4 * 3600.0  # how long sessions go on when nothing is heard of the database
    origins: tuple[
        str, ...
    ] = ()  # where the console is reached, if not where it listens (`https://konsola.example.pl`)
    proxies: frozenset[str] = frozenset()  # addresses of those that stand before us and tell whom they speak for
    privacy_contact: str = "iod@marsoft.example"  # the data protection officer's address, for people who write to us
    totp_roles: frozenset[Role] = frozenset()  # who must have a second factor
    secure_cookies: bool = False  # True behind TLS
    phone_origin: str = ""  # where the phones of pages connect (`wss://sip.example.pl:8089`), the only foreign place
    strict_transport: bool = False  # browsers are told to come by TLS alone, for a year
