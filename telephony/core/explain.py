"""A decision of the line in words a supervisor understands."""

from __future__ import annotations

from telephony.core.line import Choice, Line, Rule
from telephony.core.views import Lane

REASONS: dict[Rule, str] = {
    Rule.ACCESSIBILITY_FIRST: "pierwszeństwo dzwoniących ze wsparciem dostępności",
    Rule.OVERDUE_TURN: "co trzecia rozmowa należy do najdłużej czekającego po terminie",
    Rule.FIRST_COME: "kolejność zgłoszeń",
}


def explain(choice: Choice, left: Line, now: float) -> str:
    """Who was chosen and why; `left` is the line without the winner."""
    waiting = choice.waiting
    return (
        f"{REASONS[choice.rule]}: zadzwonił {now - waiting.first_arrival:.0f} s temu, kolejka {waiting.queue}; "
        f"wolny najdłużej: {choice.agent.agent}; dalej czekają: "
        f"{left.count(Lane.ACCESSIBILITY)} (dostępność), {left.count(Lane.STANDARD)} (pozostali)"
    )
