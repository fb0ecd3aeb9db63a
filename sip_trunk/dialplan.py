"""Trunks in Asterisk's dialplan: numbers of ours in each carrier's form; ways out with guards, limits and failover.

Called numbers are matched exactly or by patterns of a fixed length (`500&PJSIP/x` matches neither). What a rule allows
and what a guard refuses are both patterns; Asterisk takes the more specific one: no rule opens a guarded number.
"""

from __future__ import annotations

from collections.abc import Iterator

from sip_trunk.dialplan_fixed import FIXED, guard
from sip_trunk.dialplan_tries import EMERGENCY_CALLS, emergency, tries
from sip_trunk.model import Did, Rule, TrunkSet, Window
from sip_trunk.numbers import NumberForm, to_carrier
from sip_trunk.routes import HOME, Route, routes

ACCESSIBILITY_PRIORITY = 10  # of app_queue, where a higher number is served first
NATIONAL_DIGITS = 9
E164_DIGITS = range(7, 16)


def text(trunks: TrunkSet) -> str:
    """The file of extensions, in an order that depends on the trunks alone."""
    return "\n".join(
        (
            *_inbound(trunks),
            *_dids(trunks),
            *_outbound(trunks),
            *emergency(trunks),
            *tries(trunks),
            *FIXED,
            guard(trunks),
            "",
        )
    )


def _inbound(trunks: TrunkSet) -> Iterator[str]:
    """A context for each trunk. A number that is not in it is answered 404 without a channel."""
    by_trunk: dict[str, list[str]] = {}  # "" for those that any trunk may bring
    for number, did in sorted(trunks.dids.items()):
        for name in did.trunks or ("",):
            by_trunk.setdefault(name, []).append(number)
    for form in sorted({trunk.numbers for trunk in trunks.trunks.values()}):
        yield f"[hotline-numbers-{form.value}]"
        yield from (_arrives(number, form) for number in by_trunk.get("", ()))
        yield ""
    for name, trunk in trunks.trunks.items():
        yield f"[hotline-in-{name}]"
        yield f"include => hotline-numbers-{trunk.numbers.value}"
        yield from (_arrives(number, trunk.numbers) for number in by_trunk.get(name, ()))
        yield ""


def _arrives(number: str, form: NumberForm) -> str:
    return f"exten => {to_carrier(number, form)},1,Goto(hotline-did,{number},1)"


def _dids(trunks: TrunkSet) -> Iterator[str]:
    yield "[hotline-did]"
    for number, did in sorted(trunks.dids.items()):
        yield f"exten => {number},1,Gosub(hotline-trunk-arrived,s,1({number}))"
        yield from (f" same => n,{each}" for each in _leads(did))
    yield ""


def _leads(did: Did) -> tuple[str, ...]:
    kind, _, endpoint = did.leads.partition(":")
    match kind:
        case "accessibility":
            return (f"Set(QUEUE_PRIO={ACCESSIBILITY_PRIORITY})", "Goto(hotline-call,s,1)")
        case "echo":
            return ("Answer()", "Goto(hotline-probe,s,1)")
        case "agent":
            return (f"Dial(PJSIP/{endpoint},30)", "Hangup(${HANGUPCAUSE})")
    return ("Goto(hotline-call,s,1)",)


def _outbound(trunks: TrunkSet) -> Iterator[str]:
    """`Gosub(hotline-trunk-out,+48…,1)`: returns with HOTLINE_TRUNK (who answered) and DIALSTATUS."""
    yield "[hotline-trunk-out]"
    for route in routes(trunks):
        for pattern in _patterns(route.prefix):
            yield from _route(pattern, route, trunks)
    for pattern in GUARDED:
        yield f"exten => {pattern},1,Goto(hotline-trunk-refused,s,1)"
    yield ""


GUARDED = ("_+4870XXXXXXX", *(f"+48{number}" for number in EMERGENCY_CALLS))


def _patterns(prefix: str) -> Iterator[str]:
    """Of each length that a number with this prefix may have: Poland's plan is closed."""
    known = len(prefix) - 1
    if prefix.startswith(HOME):
        yield f"_{prefix}{'X' * (len(HOME) - 1 + NATIONAL_DIGITS - known)}"
        return
    yield from (f"_{prefix}{'X' * (digits - known)}" for digits in E164_DIGITS if digits >= known)


def _route(pattern: str, route: Route, trunks: TrunkSet) -> Iterator[str]:
    yield f"exten => {pattern},1,Gosub(hotline-trunk-guard,s,1)"
    yield ' same => n,GotoIf($["${HOTLINE_GUARD}" != "open"]?hotline-trunk-refused,s,1)'
    for index, rule in enumerate(route.choices):
        if rule.when:
            yield f" same => n,GotoIfTime({_window(rule.when)}?rule{index})"
        else:
            yield f" same => n,Goto(rule{index})"
    if not route.choices or route.choices[-1].when:
        yield " same => n,Goto(hotline-trunk-refused,s,1)"
    for index, rule in enumerate(route.choices):
        yield from _choice(index, rule, trunks)


def _choice(index: int, rule: Rule, trunks: TrunkSet) -> Iterator[str]:
    """First the hosts that answer, of trunks that are well, then all others: a bad way is better than none."""
    label, cost = f"rule{index}", round(rule.cost_per_min * 100)
    yield f" same => n({label}),Set(HOTLINE_COST={cost})"
    names = [name for name in rule.trunks if trunks.trunks[name].outbound]
    for name in names:
        yield f" same => n,GotoIf($[0${{DB(hotline_trunk_ill/{name})}} = 1]?skip-{index}-{name})"
        yield f" same => n,Gosub(hotline-trunk-try,{name},1(${{EXTEN}},well))"
        yield ' same => n,GotoIf($["${HOTLINE_NEXT}" != "1"]?end)'
        yield f" same => n(skip-{index}-{name}),NoOp()"
    for name in names:
        yield f" same => n,Gosub(hotline-trunk-try,{name},1(${{EXTEN}},any))"
        yield ' same => n,GotoIf($["${HOTLINE_NEXT}" != "1"]?end)'
    yield " same => n(end),Return()" if index == 0 else " same => n,Goto(end)"


def _window(window: Window) -> str:
    """`GotoIfTime` counts the last minute in; a window ends before it."""
    end = (window.end.hour * 60 + window.end.minute - 1) % 1440
    return f"{window.begin:%H:%M}-{end // 60:02}:{end % 60:02},{window.days},*,*,Europe/Warsaw"
