"""Logs: structured events on standard error; lines for people on a terminal, JSON for everything else."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.processors import ExceptionRenderer
from structlog.tracebacks import ExceptionDictTransformer


def configure(*, quiet: bool = False) -> None:
    """Once per process, before anything is logged. `quiet`: warnings and worse alone."""
    terminal = sys.stderr.isatty()
    plain = structlog.dev.plain_traceback  # others show local variables: a customer's number among them
    as_lines = structlog.dev.ConsoleRenderer(exception_formatter=plain)
    as_json = structlog.processors.JSONRenderer(ensure_ascii=False)
    traces = ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=False),
            structlog.processors.StackInfoRenderer(),
            *([as_lines] if terminal else [traces, as_json]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if quiet else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
