"""Where personal data lies outside the database: files of ours, of Asterisk's, and other systems."""

from __future__ import annotations

from typing import Final

from telephony.core.personal_data.model import Ground, Kind, Place

_BY_ROTATION: Final = "as long as call records; a file that was rotated is removed then"
_MASKED: Final = (
    "numbers are masked in place once the law no longer wants them; before that they are named as kept by law"
)

PLACES: Final = (
    Place(
        "recordings", "`recordings` of the settings: INTERACTION-….sln16, .wav, .times",
        "messages and talks, until they are sealed", Kind.RECORDINGS, Ground.CONSENT, "some seconds after the call",
        "the files of the person's calls are removed",
    ),
    Place(
        "vault", "`vault` of the settings: INTERACTION-….sealed, .key", "messages and talks, encrypted",
        Kind.RECORDINGS, Ground.CONSENT, "recordings_days", "key and file of the person's calls are removed",
    ),
    Place(
        "facts.spool", "data folder", "facts while the database is away", Kind.CALLS, Ground.LAW,
        "until the database is back", "erasing waits until the database has taken them in",
    ),
    Place(
        "audit.spool", "data folder", "lines of the audit while the database is away", Kind.EVIDENCE, Ground.LAW,
        "until the database is back", "holds pseudonyms",
    ),
    Place(
        "erased.jsonl", "data folder", "pseudonyms of who was erased, applied again to a restored back-up",
        Kind.EVIDENCE, Ground.LAW, "always", "holds pseudonyms",
    ),
    Place(
        "messages", "`messages.folder` of the settings, where one is set", "letters and SMS that wait to be sent on",
        Kind.MESSAGES, Ground.CONTRACT, "messages_days", "those that mention the person are removed",
    ),
    Place(
        "exports", "data folder: exports", "what persons may have of their data", Kind.EVIDENCE, Ground.LAW,
        "until whoever handed it over removes it", "removed with the person",
    ),
    Place(
        "cel", "`log_folder` of each node: cel-custom/hotline.csv", "Asterisk's own record of each call's steps",
        Kind.CALLS, Ground.LAW, _BY_ROTATION, _MASKED,
    ),
    Place(
        "queue_log", "`log_folder` of each node: queue_log", "Asterisk's own record of the fallback queue",
        Kind.CALLS, Ground.LAW, _BY_ROTATION, _MASKED,
    ),
    Place(
        "asterisk messages", "`log_folder` of each node: messages.log, full", "Asterisk's log for its engineers",
        Kind.CALLS, Ground.INTEREST, _BY_ROTATION, _MASKED,
    ),
    Place(
        "server's log", "standard error; the system's journal", "what engineers read", Kind.NOBODY, Ground.NONE,
        "by the system's own rule", "holds neither numbers nor names",
    ),
    Place(
        "figures", "Prometheus", "what engineers and supervisors watch", Kind.NOBODY, Ground.NONE,
        "by Prometheus's own rule", "holds neither numbers nor names",
    ),
    Place(
        "memory", "the server: calls in progress, who waits, counts of wrong PINs", "the work itself", Kind.CALLS,
        Ground.CONTRACT, "until the call is over; counts of wrong PINs a day", "gone with the call, or a restart",
    ),
    Place(
        "pages", "consultants' browsers: the page of the call in progress", "the work itself", Kind.MASTER,
        Ground.CONTRACT, "until the next call or log-out", "gone with the page; nothing is stored in the browser",
    ),
    Place(
        "back-ups", "wherever the operator keeps them", "to lose nothing", Kind.CALLS, Ground.INTEREST,
        "by the operator's rule; they expire", "by expiry; one that is restored is erased again from erased.jsonl",
    ),
    Place(
        "directory of customers", "`crm` of the settings: Tryton, Odoo, REST, file", "whom a call is with", Kind.MASTER,
        Ground.CONTRACT, "by its own rule", "by whoever runs it, who is named in the receipt", far=True,
    ),
    Place(
        "ticket systems and receivers", "`pop.webhooks`, `pop.zammad`, ticket systems of the settings",
        "tickets and pops over there", Kind.TICKETS, Ground.CONTRACT, "by their own rule",
        "by whoever runs them, who is named in the receipt", far=True,
    ),
    Place(
        "mail and text messages", "the gateways that take them", "letters, confirmations, links", Kind.MESSAGES,
        Ground.CONTRACT, "by their own rule", "by whoever runs them, who is named in the receipt", far=True,
    ),
)  # fmt: skip
