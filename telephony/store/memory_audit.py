"""The twin in memory of what the audit asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from telephony.store.connection import Row

Values = dict[str, Any]


class MemoryAudit:
    def __init__(self) -> None:
        super().__init__()
        self.audit: dict[int, Values] = {}

    def lock_audit(self) -> Iterable[Row]:
        return ()

    def audit_head(self) -> Iterable[Row]:
        return list(self.audit.values())[-1:]

    def audit_known(self, ids: Sequence[str]) -> Iterable[Row]:
        return [{"id": each["id"]} for each in self.audit.values() if each["id"] in ids]

    def add_audit(self, **line: Any) -> None:
        self.audit[line["sequence"]] = line

    def audit_lines(self, after: int, most: int) -> Iterable[Row]:
        return [each for each in self.audit.values() if each["sequence"] > after][:most]

    def audit_of(self, subject: str | None, actor: str | None, since: float, most: int) -> Iterable[Row]:
        found = (
            each
            for each in reversed(self.audit.values())
            if subject in (None, each["subject"]) and actor in (None, each["actor"]) and each["at"] >= since
        )
        return list(found)[:most]
