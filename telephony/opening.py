"""When departments are open, for a running server: the hours of the calendar file and the emergency closings, each
read anew when it changes. A file that cannot be read keeps what was known before, and the log says why.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import structlog

from ivr_flows import FlowError, calendar_file, closures
from ivr_flows.calendar import Calendar
from ivr_flows.live_file import mark

log = structlog.get_logger()


class Opening:
    """`current` costs two calls of `stat` unless something has changed. Errors at the start: FlowError."""

    def __init__(self, hours: Path, data: Path) -> None:
        self._path = hours
        self._seen = mark(hours)
        self._hours = calendar_file.load(hours)
        self._closures = closures.live(data / closures.FILE)
        self._problem = ""

    @property
    def departments(self) -> frozenset[str]:
        return frozenset(self._hours.departments)

    def current(self) -> Calendar:
        if (now := mark(self._path)) != self._seen:
            self._seen = now
            self._read()
        closed = self._closures.current()
        if self._closures.problem != self._problem:
            self._problem = self._closures.problem
            log.error("calendar.closures_unreadable", reason=self._problem)
        return Calendar(self._hours.departments, closed)

    def _read(self) -> None:
        """Departments may come; one that flows may ask for does not go without a restart."""
        try:
            read = calendar_file.load(self._path)
        except (FlowError, OSError) as error:
            log.error("calendar.refused", reason=str(error))  # noqa: TRY400 - its author needs the place, not a trace
            return
        if gone := sorted(self.departments - set(read.departments)):
            log.error("calendar.department_kept", departments=gone)
        self._hours = dataclasses.replace(read, departments={**self._hours.departments, **read.departments})
        log.info("calendar.read", departments=sorted(read.departments))
