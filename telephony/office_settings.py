"""The settings of what follows from calls: how long things are kept, and the clocks of complaints."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from telephony.core.complaints import USUAL, ComplaintRules
from telephony.settings_types import Days, Frozen, Word


class Retention(Frozen):
    """Days after which something is forgotten."""

    notes_days: int = Field(default=365, ge=1, le=3650)  # what consultants wrote down, from the last change on
    messages_days: int = Field(default=30, ge=1, le=3650)  # what other systems took, or never took
    surveys_days: int = Field(default=730, ge=91, le=3650)  # answers to surveys, and who was asked
    call_backs_days: int = Field(default=90, ge=1, le=3650)  # visits we call about, from what came of them on
    recordings_days: int = Field(default=92, ge=1, le=3650)  # messages and talks, from their beginning on


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
