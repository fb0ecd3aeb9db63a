"""The settings of what follows from calls: how long things are kept, and the clocks of complaints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from telephony.core.complaints import USUAL, ComplaintRules
from telephony.settings_types import ApiToken, Days, Frozen, Word

Kept = Annotated[int, Field(ge=1, le=3650)]


class Retention(Frozen):
    """Days after which something is forgotten."""

    calls_days: Kept = 365  # call records, from the call's end on; Asterisk's log files that were rotated, too
    recordings_days: Kept = 92  # messages and talks, from their beginning on
    notes_days: Kept = 365  # what consultants wrote down, from the last change on
    tickets_days: Kept = 1095  # those that are closed, from when they were opened or entered
    complaints_days: Kept = 1095  # from the day on which nothing was owed any more
    surveys_days: int = Field(default=730, ge=91, le=3650)  # answers to surveys, and who was asked
    call_backs_days: Kept = 365  # promised calls and visits, from what came of them on
    messages_days: Kept = 30  # what other systems took, or never took
    evidence_days: Kept = 1095  # persons' requests with an answer, holds that are over


class Privacy(Frozen):
    """What the law wants to be kept, whoever asks for erasure, and what receipts are signed with."""

    calls_by_law_days: int = Field(default=365, ge=0, le=3650)  # call records
    receipt_key: ApiToken | None = None  # the same on all servers; a file of the data folder unless given


class Complaints(Frozen):
    """Calendar days (docs/complaints.md). What the law asks for is the default, or stricter."""

    confirm_days: Days = 14
    answer_days: Mapping[Word, Days] = {"service_quality": 14}  # by kind, where less is promised than the law wants
    law_days: Days = 30  # silence past them is an acceptance
    completion_days: Days = 7  # for the customer, to add what is missing
    remind_days: tuple[Days, ...] = (7, 3, 1)  # before the end of a clock
    engineer_days: int = Field(default=7, ge=0, le=365)  # so few days before the end it goes to the service engineer
    manager_days: int = Field(default=3, ge=0, le=365)  # and to the operations manager
    copy_days: Days = 3  # working days, to send the answer again to whoever asks
    unit: str = Field(default="MARSOFT S.A., Dział Reklamacji", min_length=1, max_length=200)  # who answers
    required: tuple[Word, ...] = USUAL.required  # elements without which the customer is asked

    @property
    def rules(self) -> ComplaintRules:
        """What the core needs to know."""
        return ComplaintRules(
            self.confirm_days, self.answer_days, self.law_days, self.completion_days, self.remind_days,
            self.engineer_days, self.manager_days, self.copy_days, self.required,
        )  # fmt: skip
