"""The page about the own account: where one is logged in."""

from __future__ import annotations

from html import escape

from telephony.console.look import Look
from telephony.console.sessions import Session
from telephony.console.texts import PageTemplate


class AccountPage:
    def __init__(self) -> None:
        self._page = PageTemplate("account.html")

    def html(self, session: Session, seen: Look) -> str:
        account = session.account
        values = {
            "csrf": escape(session.csrf),
            "name": escape(account.display_name),
            "login": escape(account.login),
            **seen.frame("/account"),
        }
        return self._page.page(seen.language, values)
