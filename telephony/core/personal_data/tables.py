"""All tables of the database, each with what its columns hold. A test compares them with a real one.

A new table or column: add it here. Say what each column holds (`Holds`); for what is a person's, say from when on it
ages (`age`) and by which figure of `[retention]` (`keep`).
"""

from __future__ import annotations

from typing import Final

from telephony.core.personal_data.model import Erase, Ground, Keep, Kind, Table, columns

# Of a row that has an `interaction` and no time or department of its own.
CALL_ENDED: Final = "(SELECT ended_at FROM interaction AS its WHERE its.interaction = {table}.interaction)"
QUEUE_OF_CALL: Final = "(SELECT queue FROM interaction AS its WHERE its.interaction = {table}.interaction)"
# Open complaints are worked on by law, whatever their customer wants forgotten [PKE art. 378; GDPR art. 17(3)(b), (e)].
OPEN_COMPLAINT: Final = (
    "EXISTS (SELECT FROM complaint AS its WHERE its.interaction = {table}.interaction AND its.over_at IS NULL)"
)
COMPLAINING: Final = (
    "EXISTS (SELECT FROM complaint AS its WHERE its.customer = {table}.customer AND its.over_at IS NULL)"
)
TICKET_OF_COMPLAINT: Final = (
    "EXISTS (SELECT FROM complaint AS its JOIN ticket_interaction AS part USING (interaction)"
    " WHERE part.ticket = {table}.%s AND its.over_at IS NULL)"
)

COMPLAINT_LAW: Final = "a complaint is open: it has to be answered"
CALLS_LAW: Final = "call records have to be kept for a time, and those of open complaints until they are over"

CUSTOMERS: Final = (
    Table(
        "customer", "whom the call is with", Kind.MASTER, Ground.CONTRACT, Keep.CUSTOMER,
        columns(customer="number", person="name address services since accessibility folded"),
        by_law="EXISTS (SELECT FROM complaint AS its WHERE its.customer = {table}.number AND its.over_at IS NULL)",
        law=COMPLAINT_LAW,
    ),
    Table(
        "customer_phone", "whose number a caller has", Kind.MASTER, Ground.CONTRACT, Keep.CUSTOMER,
        columns(phone="e164", person="reversed", customer="customer"), by_law=COMPLAINING, law=COMPLAINT_LAW,
    ),
    Table(
        "customer_word", "a search by name", Kind.MASTER, Ground.CONTRACT, Keep.CUSTOMER,
        columns(person="word", customer="customer"), by_law=COMPLAINING, law=COMPLAINT_LAW,
    ),
    Table(
        "customer_pin", "proof on the keypad", Kind.MASTER, Ground.CONTRACT, Keep.CUSTOMER,
        columns(customer="customer", sealed="pin_hash", fact="set_at"),
    ),
    Table(
        "customer_account", "what a customer may hear of money and line", Kind.MASTER, Ground.CONTRACT, Keep.CUSTOMER,
        columns(
            customer="customer",
            person="balance balance_due invoice invoice_amount invoice_due invoice_paid line_state line_since"
            " line_repair",
        ),
    ),
    Table(
        "contract", "what was agreed on, for the card", Kind.MASTER, Ground.CONTRACT, Keep.CUSTOMER,
        columns(customer="customer", person="number services since until monthly"),
    ),
    Table(
        "device", "what the customer has of ours, for the card", Kind.MASTER, Ground.CONTRACT, Keep.CUSTOMER,
        columns(customer="customer", person="serial kind model"),
    ),
    Table(
        "invoice", "the last invoices, for the card", Kind.MASTER, Ground.CONTRACT, Keep.CUSTOMER,
        columns(customer="customer", person="number amount due paid"),
    ),
)  # fmt: skip

CALLS: Final = (
    Table(
        "interaction", "a call and what became of it", Kind.CALLS, Ground.LAW, Keep.CALLS,
        columns(
            call="interaction follows", phone="caller", customer="verified",
            staff="agent",
            fact="node channel uniqueid linkedid did codec state lane queue arrived_at queued_at answered_at ended_at"
            " attempt outcome offered_at painted_at rang_at spans direction path",
        ),
        age="ended_at",
        by_law="(coalesce(ended_at, arrived_at) > {now} - {calls_by_law_s} OR " + OPEN_COMPLAINT + ")",
        law=CALLS_LAW,
        department="queue",
    ),
    Table(
        "decision", "why a caller came to whom", Kind.CALLS, Ground.INTEREST, Keep.CALLS,
        columns(call="interaction", staff="agent", fact="decided_at rule waiting", text="explanation"),
        age="decided_at", department=QUEUE_OF_CALL,
    ),
    Table(
        "quality", "how a call sounded", Kind.CALLS, Ground.INTEREST, Keep.CALLS,
        columns(
            call="interaction",
            fact="leg direction codec loss_ratio jitter_ms rtt_ms delay_ms r_factor mos_cq mos_lq scale source"
            " ungrounded_reason mos_worst_10s worst_at verdict trunk",
        ),
        age=CALL_ENDED, department=QUEUE_OF_CALL,
    ),
    Table(
        "quality_interval", "how a call sounded, ten seconds at a time", Kind.CALLS, Ground.INTEREST, Keep.CALLS,
        columns(
            call="interaction",
            fact="leg direction starts_at seconds trunk codec clock_rate_hz scale source packets_expected packets_lost"
            " loss_ratio late_ratio jitter_ms delay_ms mos_lq mos_cq r_factor verdict verdicts capture_drops",
        ),
        age="starts_at", department=QUEUE_OF_CALL,
    ),
    Table(
        "disposition", "what came of a talk", Kind.CALLS, Ground.INTEREST, Keep.CALLS,
        columns(call="interaction", staff="agent", fact="queue owed_at code given_at"),
        age="given_at", department="queue",
    ),
    Table(
        "recording_pause", "when a recording was paused, and why", Kind.RECORDINGS, Ground.INTEREST, Keep.RECORDINGS,
        columns(call="interaction", staff="agent", fact="reason from_at to_at"),
        age="from_at", department=QUEUE_OF_CALL,
    ),
    Table(
        "recording", "which recordings lie in the vault", Kind.RECORDINGS, Ground.CONSENT, Keep.RECORDINGS,
        columns(call="interaction", fact="name kind begun_at duration_s sealed_at"),
        age="begun_at", department=QUEUE_OF_CALL, by_law=OPEN_COMPLAINT, law=COMPLAINT_LAW, with_files=True,
    ),
    Table(
        "callback_request", "a call that was promised", Kind.CALL_BACKS, Ground.CONTRACT, Keep.CALL_BACKS,
        columns(
            call="interaction call_back", phone="number",
            fact="queue lane shown first_arrival requested_at done_at purpose state attempts next_at",
        ),
        age="done_at", department="queue",
    ),
    Table(
        "survey_answer", "how content callers are", Kind.SURVEYS, Ground.INTEREST, Keep.SURVEYS,
        columns(call="interaction", fact="survey value answered_at"),
        age="answered_at", department=QUEUE_OF_CALL,
    ),
    Table(
        "survey_invitation", "who was asked by a link, and what was answered", Kind.SURVEYS, Ground.INTEREST,
        Keep.SURVEYS,
        columns(
            ticket="ticket", customer="customer", phone="phone", text="comment", sealed="key",
            fact="queue why decided_at expires_at answered_at nps csat",
        ),
        age="coalesce(answered_at, expires_at, decided_at)", department="queue",
    ),
    Table(
        "survey_objection", "who does not want to be asked", Kind.SURVEYS, Ground.INTEREST, Keep.ALWAYS,
        columns(customer="customer", phone="phone", fact="at"),
    ),
    Table(
        "appointment", "a visit that a customer is called about", Kind.CALL_BACKS, Ground.CONTRACT, Keep.CALL_BACKS,
        columns(
            call="id call", phone="number", person="place",
            fact="reference day begins language loaded_at state attempts next_at done_at",
        ),
        age="done_at",
    ),
    Table(
        "trunk_incident", "a trunk that was bad, and its ticket", Kind.CALLS, Ground.INTEREST, Keep.CALLS,
        columns(call="id", fact="node trunk carrier reason began_at well_at ticket_at steps ended_at"),
        age="ended_at",
    ),
    Table(
        "probe", "a test call of ours to an echo", Kind.NOBODY, Ground.NONE, Keep.CALLS,
        columns(
            fact="node trunk placed_at phone outcome verdict code post_dial_delay_s answered_s codec sent_loss_ratio"
            " sent_jitter_ms sent_mos received_loss_ratio received_jitter_ms received_mos rtt_ms scale heard_ratio"
            " digits_right problems",
        ),
        age="placed_at", erase=Erase.STAYS,
    ),
    Table(
        "note", "what a consultant has written down of a call", Kind.NOTES, Ground.INTEREST, Keep.NOTES,
        columns(call="interaction", staff="agent", text="text", fact="saved_at revision"),
        age="saved_at", department=QUEUE_OF_CALL,
    ),
    Table(
        "article_use", "which articles help", Kind.CALLS, Ground.INTEREST, Keep.CALLS,
        columns(call="interaction", staff="agent", fact="article use at"),
        age="at", department=QUEUE_OF_CALL,
    ),
)  # fmt: skip

CASES: Final = (
    Table(
        "ticket_interaction", "which calls a ticket has taken in", Kind.TICKETS, Ground.CONTRACT, Keep.TICKETS,
        columns(call="interaction", ticket="ticket", text="subject body", fact="entered_at"),
        age="(SELECT {table}.entered_at FROM ticket WHERE sequence = {table}.ticket AND status = 'closed')",
        by_law=TICKET_OF_COMPLAINT % "ticket", law=COMPLAINT_LAW,
        department="(SELECT queue FROM ticket AS its WHERE its.sequence = {table}.ticket)",
    ),
    Table(
        "ticket", "a matter that is worked on", Kind.TICKETS, Ground.CONTRACT, Keep.TICKETS,
        columns(
            ticket="sequence", call="interaction", customer="customer", text="subject body about",
            fact="queue status opened_at told_at",
        ),
        age="CASE WHEN status = 'closed' THEN opened_at END",
        by_law=TICKET_OF_COMPLAINT % "sequence", law=COMPLAINT_LAW,
        department="queue",
    ),
    Table(
        "complaint_step", "what has become of a complaint", Kind.COMPLAINTS, Ground.LAW, Keep.COMPLAINTS,
        columns(call="interaction", staff="actor", text="facts", fact="number act at taken_on"),
        age="(SELECT over_at FROM complaint WHERE complaint.interaction = {table}.interaction)",
        by_law=OPEN_COMPLAINT, law=COMPLAINT_LAW, department=QUEUE_OF_CALL,
    ),
    Table(
        "complaint_letter", "what a customer was written of a complaint", Kind.COMPLAINTS, Ground.LAW, Keep.COMPLAINTS,
        columns(
            call="interaction", staff="actor", text="text", pseudonym="recipient", fact="id act way made_at entered_at"
        ),
        age="(SELECT over_at FROM complaint WHERE complaint.interaction = {table}.interaction)",
        by_law=OPEN_COMPLAINT, law=COMPLAINT_LAW, department=QUEUE_OF_CALL,
    ),
    Table(
        "complaint", "a complaint and its elements", Kind.COMPLAINTS, Ground.LAW, Keep.COMPLAINTS,
        columns(
            call="interaction", customer="customer", text="elements",
            fact="kind filed_at over_at look_on look_rules",
        ),
        age="over_at", by_law="over_at IS NULL", law=COMPLAINT_LAW, department=QUEUE_OF_CALL,
    ),
    Table(
        "ticket_there", "where a ticket is in another system", Kind.TICKETS, Ground.CONTRACT, Keep.TICKETS,
        columns(ticket="ticket", fact="system there status"),
        age="(SELECT opened_at FROM ticket WHERE sequence = {table}.ticket AND status = 'closed')",
        by_law=TICKET_OF_COMPLAINT % "ticket", law=COMPLAINT_LAW,
        department="(SELECT queue FROM ticket AS its WHERE its.sequence = {table}.ticket)",
    ),
    Table(
        "ticket_change", "what was done to a ticket here and elsewhere", Kind.TICKETS, Ground.CONTRACT, Keep.TICKETS,
        columns(ticket="ticket", staff="actor", text="comment", fact="system change at status"),
        age="(SELECT {table}.at FROM ticket WHERE sequence = {table}.ticket AND status = 'closed')",
        by_law=TICKET_OF_COMPLAINT % "ticket", law=COMPLAINT_LAW,
        department="(SELECT queue FROM ticket AS its WHERE its.sequence = {table}.ticket)",
    ),
    Table(
        "ticket_system", "which ticket system is told, and how far it was asked", Kind.NOBODY, Ground.NONE, Keep.ALWAYS,
        columns(fact="name told mark"), erase=Erase.STAYS,
    ),
    Table(
        "outbox", "what other systems are told", Kind.MESSAGES, Ground.CONTRACT, Keep.MESSAGES,
        columns(
            text="body", pseudonym="recipient",
            fact="id target created_at attempts next_at sent_at dead_at why about sequence",
        ),
        age="coalesce(sent_at, dead_at)",
    ),
)  # fmt: skip

HOUSE: Final = (
    Table(
        "account", "who may log in", Kind.STAFF, Ground.CONTRACT, Keep.ACCOUNT,
        columns(staff="login display_name endpoint skills role departments disabled_at", sealed="password_hash"),
        erase=Erase.STAYS,
    ),
    Table(
        "account_look", "how somebody wants pages to look", Kind.STAFF, Ground.CONTRACT, Keep.ACCOUNT,
        columns(staff="login look"), erase=Erase.STAYS,
    ),
    Table(
        "session", "who is logged in", Kind.STAFF, Ground.CONTRACT, Keep.ACCOUNT,
        columns(sealed="key", staff="login address browser", fact="created_at used_at proven_at"), erase=Erase.STAYS,
    ),
    Table(
        "second_factor", "proof of a log-in", Kind.STAFF, Ground.CONTRACT, Keep.ACCOUNT,
        columns(staff="login", sealed="secret last_step", fact="enrolled_at"), erase=Erase.STAYS,
    ),
    Table(
        "recovery_code", "proof of a log-in, on paper", Kind.STAFF, Ground.CONTRACT, Keep.ACCOUNT,
        columns(staff="login", sealed="mac", fact="used_at"), erase=Erase.STAYS,
    ),
    Table(
        "audit", "who has seen what of whom", Kind.EVIDENCE, Ground.LAW, Keep.ALWAYS,
        columns(pseudonym="subject", staff="actor", fact="sequence id at act fields why seal"), erase=Erase.STAYS,
    ),
    Table(
        "privacy_request", "what persons ask about their data", Kind.EVIDENCE, Ground.LAW, Keep.EVIDENCE,
        columns(
            pseudonym="subject", text="number note extended_why", staff="entered_by answered_by",
            fact="id kind received_on due_on answer answered_on",
        ),
        age="extract(epoch FROM answered_on)", erase=Erase.WORDS,
    ),
    Table(
        "privacy_hold", "whose data must stay", Kind.EVIDENCE, Ground.LAW, Keep.EVIDENCE,
        columns(
            pseudonym="subject", text="numbers reason", staff="placed_by released_by",
            fact="id placed_at until released_at",
        ),
        age="coalesce(released_at, until)", erase=Erase.WORDS,
    ),
    Table(
        "privacy_erasure", "what was erased, and what is still to be", Kind.EVIDENCE, Ground.LAW, Keep.ALWAYS,
        columns(
            pseudonym="subjects", person="wanted", staff="actor",
            fact="id begun_at counts kept_calls done_at receipt",
        ),
        erase=Erase.STAYS,
    ),
    Table(
        "article", "the knowledge base", Kind.NOBODY, Ground.NONE, Keep.ALWAYS,
        columns(fact="id title language queues nodes keywords body revision search"), erase=Erase.STAYS,
    ),
    Table(
        "log_position", "how far Asterisk's logs were read", Kind.NOBODY, Ground.NONE, Keep.ALWAYS,
        columns(fact="node log file bytes"), erase=Erase.STAYS,
    ),
    Table(
        "report_reader", "whose figures somebody may read", Kind.STAFF, Ground.INTEREST, Keep.ACCOUNT,
        columns(staff="role departments"), erase=Erase.STAYS,
    ),
    Table(
        "last_alive", "when a server last lived", Kind.NOBODY, Ground.NONE, Keep.ALWAYS,
        columns(fact="one at"), erase=Erase.STAYS,
    ),
    Table(
        "migration", "which steps the schema has taken", Kind.NOBODY, Ground.NONE, Keep.ALWAYS,
        columns(fact="number name sha256 applied_at"), erase=Erase.STAYS,
    ),
)  # fmt: skip

# In the order of erasing: what hangs on something comes before it, and calls, by which most is found, come late.
TABLES: Final = (
    *CASES,
    *(each for each in CALLS if each.name != "interaction"),
    CALLS[0],
    *reversed(CUSTOMERS),
    *HOUSE,
)
