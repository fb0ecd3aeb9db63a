"""A decision of the line in words a supervisor understands."""

from __future__ import annotations

from telephony.core.decision import Contender, Decision, Reason
from telephony.core.place import Rule
from telephony.core.rules import Boost
from telephony.core.views import Lane

RULES: dict[Rule, str] = {
    Rule.ACCESSIBILITY_FIRST: "pierwszeństwo dzwoniących ze wsparciem dostępności",
    Rule.OVERDUE_TURN: "co trzecia rozmowa należy do najdłużej czekającego po terminie",
    Rule.FIRST_COME: "kolejność zgłoszeń",
}

REASONS: dict[Reason, str] = {
    Reason.LATER: "dalej w kolejności",
    Reason.AFTER_ACCESSIBILITY: "po dzwoniących ze wsparciem dostępności",
    Reason.NOT_THIS_TURN: "tym razem kolej czekających po terminie",
    Reason.SKILLS: "konsultant nie ma wymaganych umiejętności",
    Reason.RESERVE: "konsultant w rezerwie dla wsparcia dostępności",
}

BOOSTS: dict[Boost, str] = {
    Boost.OUTAGE: "awaria",
    Boost.REPEAT: "dzwoni ponownie",
    Boost.COMPLAINT: "reklamacja",
}

LANES = {Lane.ACCESSIBILITY: "dostępność", Lane.STANDARD: "zwykłe"}


def describe(decision: Decision, now: float) -> str:
    """Who was chosen and why, the next ones with their keys, and how many others wait, by reason. One line each."""
    winner, agent = decision.winner, decision.agent
    lines = [
        f"Zasada: {RULES[decision.rule]}.",
        f"Wybrano: {_caller(winner, now)}.",
        f"Konsultant: {agent.agent}, wolny od {_seconds(now - agent.idle_since)}{_fit(decision)}.",
        *(f"{place}. {_caller(each, now)}: {_why(each)}." for place, each in enumerate(decision.following, 2)),
    ]
    if decision.rest:
        lines.append(
            "Pozostali: " + ", ".join(f"{REASONS[why]}: {count}" for why, count in sorted(decision.rest.items())) + "."
        )
    return "\n".join(lines)


def _caller(each: Contender, now: float) -> str:
    waiting = each.waiting
    waited_s, counted_s = now - waiting.first_arrival, now - each.key
    boosts = (
        f" + {_seconds(counted_s - waited_s)} premii ({', '.join(BOOSTS[each] for each in sorted(waiting.boosts))})"
        if waiting.boosts
        else ""
    )
    late = ", po terminie" if each.overdue else ""
    less = ", wymagania złagodzone" if each.relaxed else ""
    who = f"{waiting.interaction} ({waiting.queue}, {LANES[waiting.lane]})"
    return f"{who}, czeka {_seconds(waited_s)}{boosts}{late}{less}"


def _why(each: Contender) -> str:
    return REASONS[each.reason] if each.reason else ""


def _fit(decision: Decision) -> str:
    wishes = decision.winner.waiting.wishes
    if not wishes:
        return ""
    if decision.winner.overdue:
        return "; po terminie życzenia się nie liczą"
    met = sum(decision.agent.skills.get(skill, 0) >= level for skill, level in wishes.items())
    return f"; spełnia {met} z {len(wishes)} życzeń"


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s"
