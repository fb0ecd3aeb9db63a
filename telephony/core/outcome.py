"""What is left of an interaction: its outcome's ticket, in the words of the people who will read it."""

from __future__ import annotations

from telephony.core.commands import OpenTicket
from telephony.core.views import CallView, Lane, Outcome

# Somebody has to look at it again, or may be asked about it: everything but a call that served itself or was closed.
SUBJECTS: dict[Outcome, str] = {
    Outcome.ANSWERED: "Rozmowa z konsultantem",
    Outcome.TRANSFERRED_OUT: "Rozmowa przekazana na numer zewnętrzny",
    Outcome.FALLBACK_ANSWERED: "Rozmowa odebrana przez kolejkę zapasową",
    Outcome.ABANDONED_MENU: "Połączenie porzucone w menu",
    Outcome.ABANDONED_LINE: "Połączenie porzucone w kolejce",
    Outcome.CALLBACK: "Prośba o oddzwonienie",
    Outcome.VOICEMAIL: "Wiadomość głosowa",
    Outcome.INTERRUPTED: "Połączenie przerwane po naszej stronie",
    Outcome.NOT_REACHED: "Nie udało się oddzwonić",
}


def ticket_for(call: CallView) -> OpenTicket | None:
    """The ticket an ended call needs, or None."""
    subject = SUBJECTS.get(call.outcome) if call.outcome else None
    if subject is None:
        return None
    return OpenTicket(call.interaction, call.queue, subject, "\n".join(_facts(call)))


def _facts(call: CallView) -> list[str]:
    waited_from = call.queued_at or call.arrived_at
    waited_until = call.answered_at or call.ended_at or waited_from
    facts = [
        f"Numer dzwoniącego: {call.caller or 'nieznany'}",
        f"Numer wybrany: {call.did}",
        f"Czas oczekiwania: {waited_until - waited_from:.0f} s",
    ]
    if call.lane is Lane.ACCESSIBILITY:
        facts.append("Wsparcie dostępności: tak")
    if call.agent:
        facts.append(f"Konsultant: {call.agent}")
    if call.answered_at and call.ended_at:
        facts.append(f"Czas rozmowy: {call.ended_at - call.answered_at:.0f} s")
    return facts
