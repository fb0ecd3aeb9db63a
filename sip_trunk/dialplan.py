"""Trunks in Asterisk's dialplan: numbers of ours in each carrier's form; ways out with guards, limits and failover.

Called numbers are matched exactly or by patterns of a fixed length (`500&PJSIP/x` matches neither). What a rule allows
and what a guard refuses are both patterns; Asterisk takes the more specific one: no rule opens a guarded number.
"""

from __future__ import annotations

from collections.abc import Iterator

from sip_trunk.failover import FINAL_CAUSES
from sip_trunk.model import Did, Host, Rule, Trunk, TrunkSet, Window
from sip_trunk.numbers import NumberForm, to_carrier
from sip_trunk.routes import HOME, Route, routes
from sip_trunk.sections import ordered_hosts, uri

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
            *_emergency(trunks),
            *_tries(trunks),
            _GUARD.format(guards=trunks.guards, shown=trunks.default_caller_id),
            _HEALTH,
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
        yield f"exten => {number},1,Gosub(hotline-trunk-arrived,s,1)"
        yield f" same => n,Set(HOTLINE_DID={number})"
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


EMERGENCY_CALLS = ("112", "997", "998", "999")
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
    """First the trunks that are well, then those that are not: a bad way is better than none."""
    label, cost = f"rule{index}", round(rule.cost_per_min * 100)
    yield f" same => n({label}),Set(HOTLINE_COST={cost})"
    names = [name for name in rule.trunks if trunks.trunks[name].outbound]
    for round_ in ("0", "1"):
        for name in names:
            yield f" same => n,GotoIf($[0${{DB(hotline_trunk_ill/{name})}} != {round_}]?skip-{index}-{round_}-{name})"
            yield f" same => n,Gosub(hotline-trunk-try,{name},1(${{EXTEN}}))"
            yield ' same => n,GotoIf($["${HOTLINE_NEXT}" != "1"]?end)'
            yield f" same => n(skip-{index}-{round_}-{name}),NoOp()"
    yield " same => n(end),Return()" if index == 0 else " same => n,Goto(end)"


def _window(window: Window) -> str:
    """`GotoIfTime` counts the last minute in; a window ends before it."""
    end = (window.end.hour * 60 + window.end.minute - 1) % 1440
    return f"{window.begin:%H:%M}-{end // 60:02}:{end % 60:02},{window.days},*,*,Europe/Warsaw"


def _emergency(trunks: TrunkSet) -> Iterator[str]:
    """Where people's own phones come when they dial one: every way out in turn, without a guard and without a limit."""
    yield "[hotline-trunk-emergency]"
    for number in EMERGENCY_CALLS:
        yield f"exten => {number},1,Set(CALLERID(all)=<{trunks.default_caller_id}>)"
        for name, trunk in trunks.trunks.items():
            if trunk.outbound:
                yield from (
                    f" same => n,Dial(PJSIP/{name}/{uri(host, trunk.transport, number)},{trunk.ring_timeout_s})"
                    for host in ordered_hosts(trunk)
                )
        yield " same => n,Congestion(10)"
    yield ""


def _tries(trunks: TrunkSet) -> Iterator[str]:
    """One trunk, host after host. HOTLINE_NEXT is 1 where the next one may be tried: never after an answer."""
    yield "[hotline-trunk-try]"
    for name, trunk in trunks.trunks.items():
        if trunk.outbound:
            yield from _try(name, trunk, trunks)
    yield ""


def _try(name: str, trunk: Trunk, trunks: TrunkSet) -> Iterator[str]:
    limit_ms = trunks.guards.call_minutes * 60_000
    yield f"exten => {name},1,Set(HOTLINE_NEXT=1)"
    both_ways = f"${{GROUP_COUNT({name}@trunk)}} + ${{GROUP_COUNT({name}@trunk_in)}}"
    yield f" same => n,GotoIf($[{both_ways} >= {trunk.limits.calls}]?full)"
    yield f" same => n,GotoIf($[${{GROUP_COUNT({name}-${{EPOCH}}@trunk_second)}} >= {trunk.limits.calls_per_s}]?full)"
    yield f" same => n,Set(GROUP(trunk)={name})"
    yield f" same => n,Set(GROUP(trunk_second)={name}-${{EPOCH}})"
    yield f" same => n,Set(HOTLINE_TRUNK={name})"
    yield f" same => n,Set(HOTLINE_DIALLED={_dialled(trunk.numbers)})"
    for host in ordered_hosts(trunk):
        yield f" same => n,Dial({_way(name, trunk, host)},{trunk.ring_timeout_s},gL({limit_ms})U(hotline-answered))"
        yield ' same => n,GotoIf($["${DIALSTATUS}" : "(ANSWER|BUSY|NOANSWER|CANCEL)$"]?over)'
        yield f' same => n,GotoIf($["-{"-".join(map(str, FINAL_CAUSES))}-" =~ "-${{HANGUPCAUSE}}-"]?over)'
    yield " same => n,Set(GROUP(trunk)=)"
    yield " same => n,Return()"
    yield f" same => n(full),UserEvent(HotlineTrunkFull,Trunk: {name})"
    yield " same => n,Return()"
    yield " same => n(over),Set(HOTLINE_NEXT=0)"
    yield " same => n,Set(GROUP(trunk)=)"
    yield " same => n,Return()"


def _way(name: str, trunk: Trunk, host: Host) -> str:
    return f"PJSIP/{name}/{uri(host, trunk.transport, '${HOTLINE_DIALLED}')}"


def _dialled(form: NumberForm) -> str:
    """ARG1 (E.164 with +) in the carrier's form, by the dialplan's own means."""
    bare = "${ARG1:1}"
    if form in {NumberForm.E164, NumberForm.BARE, NumberForm.INTERNATIONAL}:
        return {NumberForm.E164: "${ARG1}", NumberForm.BARE: bare, NumberForm.INTERNATIONAL: f"00{bare}"}[form]
    zero = "0" if form is NumberForm.TRUNK_ZERO else ""
    return f'${{IF($["${{ARG1:0:3}}" = "+48"]?{zero}${{ARG1:3}}:00{bare})}}'


# The counts are kept in Asterisk's database under a lock: they hold over a reload and without our server.
_GUARD = """\
[hotline-trunk-guard]
exten => s,1,Set(HOTLINE_GUARD=open)
 same => n,Set(CALLERID(all)=<${{IF($["${{HOTLINE_SHOWN}}" = ""]?{shown}:${{HOTLINE_SHOWN}})}}>)
 same => n,Set(HOTLINE_MINUTE=${{STRFTIME(${{EPOCH}},Europe/Warsaw,%Y%m%d%H%M)}})
 same => n,Set(HOTLINE_LOCKED=${{LOCK(hotline-trunk)}})
 same => n,Set(HOTLINE_COUNT=${{IF($["${{DB(hotline_trunk/minute)}}" = "${{HOTLINE_MINUTE}}"]?$[0${{DB(hotline_trunk/calls)}} + 1]:1)}})
 same => n,Set(DB(hotline_trunk/minute)=${{HOTLINE_MINUTE}})
 same => n,Set(DB(hotline_trunk/calls)=${{HOTLINE_COUNT}})
 same => n,Set(HOTLINE_LOCKED=${{UNLOCK(hotline-trunk)}})
 same => n,ExecIf($[${{HOTLINE_COUNT}} > {guards.calls_per_minute}]?Set(HOTLINE_GUARD=calls_per_minute))
 same => n,Set(HOTLINE_SPENT=0${{DB(hotline_trunk_spent/${{HOTLINE_MINUTE:0:8}})}})
 same => n,ExecIf($[${{HOTLINE_SPENT}} >= {guards.cost_per_day:.0f}00]?Set(HOTLINE_GUARD=cost_per_day))
 same => n,Set(CHANNEL(hangup_handler_push)=hotline-trunk-account,s,1)
 same => n,Return()

[hotline-trunk-account]
exten => s,1,GotoIf($[0${{HOTLINE_COST}} = 0 | 0${{ANSWEREDTIME}} = 0]?end)
 same => n,Set(HOTLINE_DAY=${{STRFTIME(${{EPOCH}},Europe/Warsaw,%Y%m%d)}})
 same => n,Set(HOTLINE_LOCKED=${{LOCK(hotline-trunk)}})
 same => n,Set(DB(hotline_trunk_spent/${{HOTLINE_DAY}})=$[0${{DB(hotline_trunk_spent/${{HOTLINE_DAY}})}} + ((${{ANSWEREDTIME}} + 59) / 60) * ${{HOTLINE_COST}}])
 same => n,Set(HOTLINE_LOCKED=${{UNLOCK(hotline-trunk)}})
 same => n(end),Return()

[hotline-trunk-refused]
exten => s,1,Set(DIALSTATUS=CHANUNAVAIL)
 same => n,Set(HOTLINE_NEXT=0)
 same => n,UserEvent(HotlineTrunkRefused,Reason: ${{HOTLINE_GUARD}})
 same => n,Return()
"""  # noqa: E501 - a line of the dialplan cannot be broken

# Only a call that the server begins gets to -judged (telephony.asterisk.trunk_actions.JudgeTrunk); what it brings is
# read strictly all the same. A call that has come in counts among the trunk's calls, and is never refused for it.
_HEALTH = """\
[hotline-trunk-judged]
exten => s,1,Set(HOTLINE_JUDGED=${FILTER(-a-z0-9,${HOTLINE_JUDGED})})
 same => n,GotoIf($["${HOTLINE_JUDGED}" = ""]?end)
 same => n,Set(DB(hotline_trunk_ill/${HOTLINE_JUDGED})=${IF($["${HOTLINE_ILL}" = "1"]?1:0)})
 same => n(end),Hangup()
exten => done,1,Hangup()

[hotline-trunk-arrived]
exten => s,1,Set(GROUP(trunk_in)=${FILTER(-a-z0-9,${CHANNEL(endpoint)})})
 same => n,Return()
"""
