"""`hotline user …`: who may log in to the console, and who is logged in. Passwords never stand on the command line."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from telephony.core.account import Role

if TYPE_CHECKING:
    from telephony.accounts import Person, Register
    from telephony.core.account import Account, SessionRecord
    from telephony.settings import Settings

T = TypeVar("T")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `user` into `hotline`; `config` is the settings' file unless another is named."""
    user = commands.add_parser("user", help="who may log in to the console", description="Who may log in.")
    actions = user.add_subparsers(required=True, metavar="ACTION")

    def action(
        name: str, run: Callable[[argparse.Namespace], int], summary: str, login: str | None = None
    ) -> argparse.ArgumentParser:
        parser = actions.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        parser.set_defaults(run=run, default=config)
        if login != "":
            parser.add_argument("login", metavar="LOGIN", nargs=login)
        parser.add_argument("--config", type=Path, action="append", metavar="FILE", help="settings; later files win")
        return parser

    enter = action("add", _add, "enter a person; the password is asked for, or the first line of standard input")
    _describe(enter, new=True)
    _describe(action("change", _change, "change what is known of a person"), new=False)
    action("disable", _disable, "let nobody log in with it; whoever is logged in is logged out")
    action("enable", _enable, "let the person log in again")
    action("remove", _remove, "the end of an account; what its person did stays on record")
    action("reset-password", _reset_password, "give a new password: asked for, or the first line of standard input")
    action("reset-totp", _reset_totp, "take the second factor away, for who has lost phone and codes; logs them out")
    listing = action("list", _list, "everybody who may log in", login="")
    sessions = action("sessions", _sessions, "who is logged in, since when and from where", login="?")
    sessions.add_argument("--end", action="store_true", help="log the person out everywhere")
    for parser in (listing, sessions):
        parser.add_argument("--json", action="store_true", help="as one JSON document")


def _describe(parser: argparse.ArgumentParser, *, new: bool) -> None:
    def usual(what: str) -> str:
        return f"default: {what if new else 'as before'}"

    parser.add_argument("--name", required=new, help="as shown in the console")
    parser.add_argument("--endpoint", metavar="NAME", help=f"the phone ({usual('the login')})")
    parser.add_argument(
        "--skill", action="append", default=[], metavar="NAME[=LEVEL]",
        help=f"a queue, or another skill with its level ({usual('every queue')})",
    )  # fmt: skip
    parser.add_argument(
        "--department", action="append", default=[], metavar="QUEUE",
        help=f"whose data they work with ({usual('the queues among the skills')})",
    )  # fmt: skip
    parser.add_argument("--no-phone", action="store_true", help="takes no calls")
    parser.add_argument("--role", choices=[str(role) for role in Role], help=usual("agent"))


def _person(chosen: argparse.Namespace) -> Person:
    from telephony.accounts import Person

    role = Role(chosen.role) if chosen.role else None
    return Person(
        chosen.login,
        chosen.name,
        chosen.endpoint,
        chosen.skill,
        chosen.department,
        role,
        phone=not chosen.no_phone,
    )


def _add(chosen: argparse.Namespace) -> int:
    from telephony.accounts import account_of, read_password

    settings = _settings(chosen)
    account = account_of(_person(chosen), read_password(), settings)
    _with(settings, lambda register: register.enter(account))
    return _say(f"{chosen.login} may log in")


def _change(chosen: argparse.Namespace) -> int:
    settings, person = _settings(chosen), _person(chosen)
    account = _with(settings, lambda register: register.change(person, settings))
    return _say(_one(settings.skilled(account)))


def _disable(chosen: argparse.Namespace) -> int:
    ended = _with(_settings(chosen), lambda register: register.disable(chosen.login, time.time()))
    return _say(f"{chosen.login} may not log in any more; {_ended(ended)}")


def _enable(chosen: argparse.Namespace) -> int:
    _with(_settings(chosen), lambda register: register.enable(chosen.login))
    return _say(f"{chosen.login} may log in")


def _remove(chosen: argparse.Namespace) -> int:
    ended = _with(_settings(chosen), lambda register: register.remove(chosen.login))
    return _say(f"{chosen.login} is removed; {_ended(ended)}")


def _reset_password(chosen: argparse.Namespace) -> int:
    from telephony.accounts import hashed, read_password

    settings = _settings(chosen)
    _with(settings, lambda register: register.known(chosen.login))  # before anybody types a password in vain
    new = hashed(read_password())
    ended = _with(settings, lambda register: register.set_password(chosen.login, new))
    return _say(f"{chosen.login} has a new password; {_ended(ended)}")


def _reset_totp(chosen: argparse.Namespace) -> int:
    had, ended = _with(_settings(chosen), lambda register: register.reset_totp(chosen.login))
    return _say(f"{chosen.login} has no second factor {'any more' if had else 'and had none'}; {_ended(ended)}")


def _list(chosen: argparse.Namespace) -> int:
    settings = _settings(chosen)
    everybody = _with(settings, lambda register: register.everybody())
    accounts = [(settings.skilled(each.account), each.sessions) for each in everybody]
    if chosen.json:
        return _say(json.dumps([_account_json(*each) for each in accounts], ensure_ascii=False, indent=2))
    rows = [
        (
            account.login,
            account.display_name,
            str(account.role),
            ", ".join(account.departments),
            account.endpoint,
            _state(account, sessions),
        )
        for account, sessions in accounts
    ]
    if not rows:
        return _say("nobody may log in yet: `hotline user add LOGIN --name …`")
    return _table(("LOGIN", "NAME", "ROLE", "DEPARTMENTS", "PHONE", "STATE"), rows)


def _sessions(chosen: argparse.Namespace) -> int:
    settings = _settings(chosen)
    if chosen.end:
        return _log_out(chosen.login, settings)
    found = _with(settings, lambda register: register.sessions(chosen.login))
    if chosen.json:
        return _say(json.dumps([_session_json(each) for each in found], ensure_ascii=False, indent=2))
    rows = [
        (each.login, _time(each.created_at), _time(each.used_at), each.address, each.browser or "unknown")
        for each in found
    ]
    if not rows:
        return _say("nobody is logged in")
    return _table(("LOGIN", "SINCE", "LAST SEEN", "FROM", "WITH"), rows)


def _log_out(login: str | None, settings: Settings) -> int:
    from telephony.accounts import AccountError

    if not login:
        raise AccountError("whose sessions? `hotline user sessions LOGIN --end`")
    ended = _with(settings, lambda register: register.log_out(login))
    return _say(f"{login}: {_ended(ended)}")


# -- words ----------------------------------------------------------------------------------------------------------


def _one(account: Account) -> str:
    skills = ", ".join(f"{name}={level}" for name, level in account.skills.items()) or "none"
    departments = ", ".join(account.departments) or "none"
    phone = account.endpoint or "none"
    return (
        f"{account.login}: {account.display_name}, {account.role}; phone {phone}; skills {skills}; "
        f"departments {departments}"
    )


def _ended(sessions: int) -> str:
    return {0: "was not logged in", 1: "one session has ended"}.get(sessions, f"{sessions} sessions have ended")


def _state(account: Account, sessions: int) -> str:
    if account.disabled_at is not None:
        return f"disabled since {_time(account.disabled_at)}"
    return f"logged in ({sessions})" if sessions else ""


def _account_json(account: Account, sessions: int) -> dict[str, object]:
    return {
        "login": account.login,
        "name": account.display_name,
        "role": str(account.role),
        "departments": account.departments,
        "endpoint": account.endpoint,
        "skills": dict(account.skills),
        "disabled_at": account.disabled_at,
        "sessions": sessions,
    }


def _session_json(session: SessionRecord) -> dict[str, object]:
    return {
        "login": session.login,
        "created_at": session.created_at,
        "used_at": session.used_at,
        "address": session.address,
        "browser": session.browser,
    }


def _time(at: float) -> str:
    from ivr_flows.calendar import local

    return f"{local(at):%Y-%m-%d %H:%M}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, *rows):
        _say("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _say(text: str) -> int:
    sys.stdout.write(f"{text}\n")
    return 0


# -- the database ---------------------------------------------------------------------------------------------------


def _settings(chosen: argparse.Namespace) -> Settings:
    from telephony.settings import load

    return load(chosen.config or [chosen.default])


def _with(settings: Settings, work: Callable[[Register], Awaitable[T]]) -> T:
    from telephony.accounts import register

    async def done() -> T:
        async with register(settings) as opened:
            return await work(opened)

    return asyncio.run(done())
