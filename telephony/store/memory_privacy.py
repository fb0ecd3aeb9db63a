"""The twin in memory of requests, holds and erasures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telephony.store.connection import Row

Values = dict[str, Any]


class MemoryPrivacy:
    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[str, Values] = {}
        self.held: dict[str, Values] = {}
        self.erased: dict[str, Values] = {}

    def enter_person_request(self, **request: Any) -> None:
        unanswered = {"extended_why": "", "answer": None, "answered_on": None, "answered_by": ""}
        self.asked[request["id"]] = {**request, **unanswered}

    def person_requests(self, most: int) -> Iterable[Row]:
        order = sorted(self.asked.values(), key=lambda row: (row["answer"] is not None, row["due_on"], row["id"]))
        return order[:most]

    def extend_person_request(self, id: str, due_on: object, why: str) -> Iterable[Row]:  # noqa: A002 - its name
        known = self.asked.get(id)
        if not known or known["answer"] or known["extended_why"]:
            return ()
        self.asked[id] = {**known, "due_on": due_on, "extended_why": why}
        return [{"id": id}]

    def answer_person_request(self, id: str, **answer: Any) -> Iterable[Row]:  # noqa: A002 - its name
        known = self.asked.get(id)
        if not known or known["answer"]:
            return ()
        self.asked[id] = {**known, **answer}
        return [{"id": id}]

    def place_hold(self, **hold: Any) -> None:
        self.held[hold["id"]] = {**hold, "released_at": None, "released_by": ""}

    def holds(self, most: int) -> Iterable[Row]:
        return sorted(self.held.values(), key=lambda row: (-row["placed_at"], row["id"]))[:most]

    def release_hold(self, id: str, at: float, by: str) -> Iterable[Row]:  # noqa: A002 - its name
        known = self.held.get(id)
        if not known or known["released_at"] is not None:
            return ()
        self.held[id] = {**known, "released_at": at, "released_by": by, "numbers": []}
        return [{"id": id}]

    def begin_erasure(self, **erasure: Any) -> None:
        self.erased[erasure["id"]] = {**erasure, "counts": {}, "kept_calls": [], "done_at": None, "receipt": None}

    def open_erasures(self) -> Iterable[Row]:
        found = [each for each in self.erased.values() if each["done_at"] is None]
        return sorted(found, key=lambda row: (row["begun_at"], row["id"]))

    def erasures(self, most: int) -> Iterable[Row]:
        return sorted(self.erased.values(), key=lambda row: (-row["begun_at"], row["id"]))[:most]

    def erasures_with_kept_calls(self) -> Iterable[Row]:
        found = [each for each in self.erased.values() if each["done_at"] is not None and each["kept_calls"]]
        return sorted(found, key=lambda row: (row["begun_at"], row["id"]))

    def keep_erasure_counts(self, id: str, counts: object) -> None:  # noqa: A002 - its name
        self.erased[id] = {**self.erased[id], "counts": counts}

    def keep_erasure_calls(self, id: str, calls: object) -> None:  # noqa: A002 - its name
        self.erased[id] = {**self.erased[id], "kept_calls": calls}

    def end_erasure(self, id: str, calls: object, **end: Any) -> None:  # noqa: A002 - its name
        self.erased[id] = {**self.erased[id], **end, "kept_calls": calls, "wanted": None}
