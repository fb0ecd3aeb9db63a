"""Second factors of the in-memory twin (`memory.py`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telephony.store.connection import Row
from telephony.store.errors import StoreRefusedError
from telephony.store.memory_sessions import MemorySessions, Values


class MemorySecondFactors(MemorySessions):
    def __init__(self) -> None:
        super().__init__()
        self.factors: dict[str, Values] = {}
        self.recovery_codes: dict[tuple[str, str], Values] = {}

    def remove_account(self, login: str) -> None:
        super().remove_account(login)
        self.remove_second_factor(login)

    def second_factor(self, login: str) -> Iterable[Row]:
        return [self.factors[login]] if login in self.factors else ()

    def add_second_factor(self, login: str, **factor: Any) -> Iterable[Row]:
        if login in self.factors or login not in self.people:
            return ()
        self.factors[login] = {"login": login, **factor}
        return [{"login": login}]

    def use_step(self, login: str, step: int) -> Iterable[Row]:
        known = self.factors.get(login)
        if not known or known["last_step"] >= step:
            return ()
        self.factors[login] = {**known, "last_step": step}
        return [{"login": login}]

    def remove_second_factor(self, login: str) -> Iterable[Row]:
        self.remove_recovery_codes(login)
        return [{"login": login}] if self.factors.pop(login, None) else ()

    def add_recovery_code(self, login: str, mac: str) -> None:
        if login not in self.factors or (login, mac) in self.recovery_codes:
            raise StoreRefusedError("PostgreSQL refuses `add_recovery_code`: IntegrityConstraintViolationError")
        self.recovery_codes[login, mac] = {"used_at": None}

    def use_recovery_code(self, login: str, mac: str, used_at: float) -> Iterable[Row]:
        if self.recovery_codes.get((login, mac), {"used_at": used_at})["used_at"] is not None:
            return ()
        self.recovery_codes[login, mac] = {"used_at": used_at}
        return [{"login": login}]

    def remove_recovery_codes(self, login: str) -> None:
        for key in [key for key in self.recovery_codes if key[0] == login]:
            del self.recovery_codes[key]

    def recovery_codes_left(self, login: str) -> Iterable[Row]:
        good = (key for key, code in self.recovery_codes.items() if key[0] == login and code["used_at"] is None)
        return [{"left": sum(1 for _ in good)}]
