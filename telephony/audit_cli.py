"""`hotline audit`: whether the audit is whole, and what stands in it."""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from telephony.store_cli import Actions, say, settings_of, with_store

if TYPE_CHECKING:
    from telephony.core.audit import Head, Line
    from telephony.store.store import Store


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `audit` into `hotline`; `config` is the settings' file unless another is named."""
    audit = commands.add_parser(
        "audit",
        help="who has seen what of which customer: check it, read it",
        description="The audit: who has seen what of which customer, and why.",
    )
    actions = Actions(audit, config)
    verify = actions.add("verify", _verify, "find a line that was changed, removed, put in or moved; status 1 for one")
    verify.add_argument(
        "--head", action="append", default=[], type=_head, metavar="NUMBER:SEAL",
        help="a head noted earlier, from the log or the last verification: what was cut off since is found, too",
    )  # fmt: skip
    show = actions.add("show", _show, "what stands in it, the latest first")
    for parser in (verify, show):
        parser.add_argument("--json", action="store_true", help="as one JSON document")
    show.add_argument("--customer", metavar="NUMBER", help="of this customer; the audit itself has a pseudonym")
    show.add_argument("--actor", metavar="LOGIN", help="what this person was shown")
    show.add_argument("--since", type=_day, default=0.0, metavar="DATE", help="from this day on, 2026-11-24")
    show.add_argument("--most", type=int, default=100, metavar="N", help="lines (default: 100)")


def _head(text: str) -> Head:
    from telephony.core.audit import Head

    try:
        return Head.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _day(text: str) -> float:
    from ivr_flows.calendar import ZONE

    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZONE).timestamp()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2026-11-24") from None


def _verify(chosen: argparse.Namespace) -> int:
    from telephony.core.audit import Verifier

    async def read(store: Store) -> Verifier:
        verifier = Verifier(chosen.head)
        async for part in store.audit.lines():
            verifier.read(part)
            if verifier.fault:
                break
        return verifier

    verifier = with_store(settings_of(chosen), read)
    fault = verifier.end()
    if chosen.json:
        return say(json.dumps({"head": str(verifier.head), "fault": fault or None}), failed=bool(fault))
    if fault:
        return say(fault, failed=True)
    return say(f"nothing is wrong with {verifier.head.sequence} lines\nhead {verifier.head}")


def _show(chosen: argparse.Namespace) -> int:
    from telephony.audit import audit_key
    from telephony.core.audit import pseudonym

    settings = settings_of(chosen)
    subject = pseudonym(chosen.customer, audit_key(settings)) if chosen.customer else None
    lines = with_store(settings, lambda store: store.audit.of(subject, chosen.actor, chosen.since, chosen.most))
    if chosen.json:
        return say(json.dumps([_as_json(line) for line in lines], ensure_ascii=False, indent=2))
    return say("\n".join(map(_as_text, lines)) or "nothing stands there")


def _as_json(line: Line) -> dict[str, Any]:
    entry = line.entry
    return {
        "line": line.sequence,
        "at": entry.at,
        "actor": entry.actor,
        "act": entry.act,
        "subject": entry.subject,
        "fields": entry.fields,
        "why": entry.why,
    }


def _as_text(line: Line) -> str:
    from ivr_flows.calendar import local

    entry = line.entry
    at = f"{local(entry.at):%Y-%m-%d %H:%M:%S}"
    why = f" ({entry.why})" if entry.why else ""
    return f"{line.sequence:>8}  {at}  {entry.actor}  {entry.act}  {entry.subject}  {', '.join(entry.fields)}{why}"
