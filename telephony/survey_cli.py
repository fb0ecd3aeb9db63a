"""`hotline survey`: how content customers are, the weekly digest, and who does not want to be asked."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from telephony.store_cli import Actions, say, settings_of, with_store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telephony.core.periods import Period
    from telephony.settings import Settings


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `survey` into `hotline`; `config` is the settings' file unless another is named."""
    survey = commands.add_parser(
        "survey",
        help="how content customers are, and what editors of the knowledge base should know",
        description="Surveys after calls and tickets (docs/surveys.md).",
    )
    actions = Actions(survey, config)
    report = actions.add("report", _report, "the NPS of a quarter with its interval, by department")
    report.add_argument("--quarter", type=_quarter, metavar="2026Q4", help="default: the present one")
    how = report.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="as one JSON document")
    how.add_argument("--csv", action="store_true", help="as CSV with a head")
    digest = actions.add("digest", _digest, "what editors of the knowledge base are told each Monday")
    digest.add_argument("--week", type=_week, metavar="2026-W48", help="default: the last whole one")
    asked = actions.add("object", _object, "somebody does not want to be asked any more")
    allowed = actions.add("allow", _allow, "somebody may be asked again")
    for parser in (asked, allowed):
        parser.add_argument("person", type=_person, help="a customer number, or a number such as +48600100200")


def _quarter(text: str) -> Period:
    from telephony.core.periods import quarter

    try:
        return quarter(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _week(text: str) -> Period:
    from telephony.core.periods import week

    try:
        return week(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _person(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("nobody is named")
    return text.strip()


def _report(chosen: argparse.Namespace) -> int:
    from telephony import survey_report
    from telephony.core.periods import day_of, quarter_of

    settings = settings_of(chosen)
    quarter = chosen.quarter or quarter_of(day_of(time.time()))
    known = with_store(settings, lambda store: survey_report.report(store.surveys, quarter))
    if chosen.csv:
        return say(survey_report.as_csv(known).rstrip("\n"))
    if chosen.json:
        links = {"sent": known.links, "answered": known.answered}
        return say(json.dumps({"links": links, "departments": list(survey_report.rows(known))}, indent=2))
    return say(survey_report.as_text(known, {name: queue.title for name, queue in settings.queues.items()}))


def _digest(chosen: argparse.Namespace) -> int:
    from telephony.core.digest import text
    from telephony.digest import digest_of, last_week

    settings = settings_of(chosen)
    week = chosen.week or last_week(time.time())
    known = with_store(settings, lambda store: digest_of(store, week))
    return say(text(known, _titles(settings)).rstrip("\n"))


def _titles(settings: Settings) -> Mapping[str, str]:
    from ivr_flows import SHIPPED, Known, load_set
    from telephony.guidance import dispositions_file
    from telephony.survey_titles import titles

    flows = load_set(settings.flows or SHIPPED, Known(frozenset(settings.queues)))
    return titles(settings, dispositions_file.load(settings.dispositions, settings.queues), flows.flows.values())


def _object(chosen: argparse.Namespace) -> int:
    customer, phone = ("", chosen.person) if chosen.person.startswith("+") else (chosen.person, "")
    with_store(settings_of(chosen), lambda store: store.surveys.object(customer, phone, time.time()))
    return say("noted: no survey any more")


def _allow(chosen: argparse.Namespace) -> int:
    known = with_store(settings_of(chosen), lambda store: store.surveys.allow(chosen.person))
    return say("may be asked again" if known else "nobody of that number had objected", failed=not known)
