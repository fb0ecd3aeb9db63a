"""The settings of what we ask and call customers about by ourselves: surveys, and calls about appointments."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from telephony.core.appointments import AppointmentRules
from telephony.core.hours import Hours
from telephony.core.survey import SurveyRules
from telephony.settings_types import E164, CallHours, Frozen, Name

Email = Annotated[str, StringConstraints(pattern=r"^[^@\s<>\"',;:()]{1,64}@[A-Za-z0-9.-]{3,255}$")]
Origin = Annotated[str, StringConstraints(pattern=r"^(https?://[a-z0-9.:\[\]-]+)?$")]


class Surveys(Frozen):
    """Docs: surveys.md. Without `public_url` nobody gets a link."""

    public_url: Origin = ""  # how customers reach the console's public pages: https://ankieta.example.pl
    share: float = Field(default=0.25, ge=0, le=1)  # of the tickets that could be asked about
    quiet_days: int = Field(default=90, ge=1, le=3650)  # nobody is asked again before
    link_days: int = Field(default=14, ge=1, le=90)  # how long a link is good
    tickets_days: int = Field(default=60, ge=1, le=90)  # tickets opened earlier are asked about no more
    hours: CallHours = Hours()  # when messages go out
    editors: tuple[Email, ...] = ()  # of the knowledge base, who get the digest each Monday

    @property
    def rules(self) -> SurveyRules:
        return SurveyRules(self.share, self.quiet_days, self.link_days, self.tickets_days)


class Appointments(Frozen):
    """Calls to customers about a visit (docs/appointments.md)."""

    queue: Name = "support"  # whose consultants talk about it, and whose tickets they are
    shown: E164 | None = None  # one of ours, never one that only receives; the first such where it is not set
    hours: CallHours = Hours()
    attempts: int = Field(default=3, ge=1, le=10)
    pause_s: float = Field(default=7200.0, ge=30, le=7 * 86_400)  # from one try to the next
    ring_s: float = Field(default=30.0, ge=10, le=60)
    ahead_days: int = Field(default=3, ge=0, le=30)  # so many days before the visit the calls begin
    at_once: int = Field(default=3, ge=1, le=50)  # customers who are called at the same time

    @property
    def rules(self) -> AppointmentRules:
        return AppointmentRules(self.hours, self.attempts, self.pause_s, self.ring_s, self.ahead_days)
