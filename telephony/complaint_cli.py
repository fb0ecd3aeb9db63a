"""`hotline complaint take`: an e-mail on standard input becomes a complaint; for an alias of the mail server.

Its status is what mail servers expect [sysexits.h]: 0 taken (or of a machine, and left), 65 not readable, 75 try again
later.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from telephony.store_cli import Actions, say, settings_of, with_store

if TYPE_CHECKING:
    from telephony.mailed_complaint import MailedComplaint
    from telephony.settings import Settings

DATA_ERROR, TRY_LATER = 65, 75


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `complaint` into `hotline`; `config` is the settings' file unless another is named."""
    complaint = commands.add_parser(
        "complaint",
        help="take a complaint that came as an e-mail",
        description="Complaints that come as e-mails (docs/complaints.md).",
    )
    take = Actions(complaint, config).add("take", _take, "file the e-mail on standard input as a complaint, once")
    take.add_argument(
        "--kind", choices=("service_quality", "billing", "contract", "other"), default="other",
        help="what those that come this way are about (default: %(default)s)",
    )  # fmt: skip


def _take(chosen: argparse.Namespace) -> int:
    from telephony.mailed_complaint import MOST_BYTES, RefusedMailError, read

    raw = sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        settings = settings_of(chosen)
        mailed = read(raw, settings.messages.sender)
        if mailed is None:
            return say("left: it is of a machine")
        return say(_filed(settings, chosen.kind, mailed))
    except RefusedMailError as error:
        sys.stderr.write(f"hotline: {error}\n")
        return DATA_ERROR
    except Exception as error:  # noqa: BLE001 - whatever is wrong with us, the mail server keeps the e-mail
        sys.stderr.write(f"hotline: the e-mail could not be taken now ({type(error).__name__})\n")
        return TRY_LATER


def _filed(settings: Settings, kind: str, mailed: MailedComplaint) -> str:
    """Its number. Nobody is written to from here: the server confirms it."""
    from telephony.clock import Clock
    from telephony.complaint_post import ComplaintPost
    from telephony.complaints import Complaints
    from telephony.customer_messages import CustomerMessages
    from telephony.web_messages import interaction_of

    post = ComplaintPost(settings.complaints.unit, CustomerMessages(settings.messages, b""))
    interaction = interaction_of(mailed.once)
    return with_store(
        settings,
        lambda store: Complaints(settings.complaints.rules, store, Clock(), post).file(
            interaction, kind, None, mailed.elements
        ),
    )
