"""One trunk after the other, host after host, in the dialplan: limits, the carrier's form of numbers, and what comes of
each dial.

A host is dialled once at most for a call. First come those that answer OPTIONS (ARG2 is `well`), then the others
(`any`). Among hosts of one priority the first is drawn by weight [RFC 2782], and the others follow round the circle.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from sip_trunk.model import Host, Trunk, TrunkSet
from sip_trunk.numbers import NumberForm
from sip_trunk.sections import ordered_hosts, uri
from sip_trunk.state import UNREACHABLE, host_ids

EMERGENCY_CALLS = ("112", "997", "998", "999")


def tries(trunks: TrunkSet) -> Iterator[str]:
    """`hotline-trunk-try`, with a number in E.164: HOTLINE_NEXT is 1 where the next trunk may be tried."""
    out = {name: trunk for name, trunk in trunks.trunks.items() if trunk.outbound}
    yield "[hotline-trunk-try]"
    for name, trunk in out.items():
        yield from _try(name, trunk)
    yield ""
    yield "[hotline-trunk-host]"
    for name, trunk in out.items():
        yield from _hosts(name, trunk)
    yield ""


def _try(name: str, trunk: Trunk) -> Iterator[str]:
    both_ways = f"${{GROUP_COUNT({name}@trunk)}} + ${{GROUP_COUNT({name}@trunk_in)}}"
    yield f"exten => {name},1,Set(HOTLINE_NEXT=1)"
    # A test call goes by the trunk that it is about, and by no other.
    yield f' same => n,GotoIf($["${{HOTLINE_ONLY}}" != "" & "${{HOTLINE_ONLY}}" != "{name}"]?none)'
    yield f' same => n,GotoIf($["${{HOTLINE_TRIED}}" =~ "/{name}/"]?none)'
    yield f" same => n,GotoIf($[{both_ways} >= {trunk.limits.calls}]?full)"
    yield f" same => n,GotoIf($[${{GROUP_COUNT({name}-${{EPOCH}}@trunk_second)}} >= {trunk.limits.calls_per_s}]?fast)"
    yield f" same => n,Set(GROUP(trunk)={name})"
    yield f" same => n,Set(HOTLINE_TRUNK={name})"
    yield f" same => n,Set(HOTLINE_DIALLED={_dialled(trunk.numbers)})"
    yield f" same => n,Set(GROUP(trunk_second)={name}-${{EPOCH}})"
    for group in _by_priority(trunk):
        yield from _group(name, group)
    yield " same => n(over),Set(GROUP(trunk)=)"
    yield " same => n(none),Return()"
    yield f" same => n(full),UserEvent(HotlineTrunk,What: full,Trunk: {name},Reason: calls)"
    yield " same => n,Goto(later)"
    yield f" same => n(fast),UserEvent(HotlineTrunk,What: full,Trunk: {name},Reason: calls_per_s)"
    yield f" same => n(later),Set(HOTLINE_TRIED=${{HOTLINE_TRIED}}/{name}/)"
    yield " same => n,Return()"


def _group(name: str, group: list[tuple[int, Host]]) -> Iterator[str]:
    """Hosts of one priority, with their places in the order of all."""
    first, size = group[0][0], len(group)
    if size > 1:
        bounds = list(_bounds(group))
        passed = " + ".join(f"(${{HOTLINE_DRAWN}} > {bound})" for bound in bounds[:-1])
        yield f" same => n,Set(HOTLINE_DRAWN=${{RAND(1,{bounds[-1]})}})"
        yield f" same => n,Set(HOTLINE_FIRST=$[{passed}])"
    for step in range(size):
        place = f"$[{first} + (${{HOTLINE_FIRST}} + {step}) % {size}]" if size > 1 else f"{first}"
        yield f" same => n,Gosub(hotline-trunk-host,{name}-{place},1(${{ARG2}}))"
        yield ' same => n,GotoIf($["${HOTLINE_NEXT}" != "1"]?over)'


def _by_priority(trunk: Trunk) -> Iterator[list[tuple[int, Host]]]:
    for _, group in groupby(enumerate(ordered_hosts(trunk)), key=lambda each: each[1].priority):
        yield list(group)


def _bounds(group: list[tuple[int, Host]]) -> Iterator[int]:
    """Up to which number drawn each host is the first; one of weight 0 is hardly ever [RFC 2782]."""
    bound = 0
    for _, host in group:
        bound += 100 * host.weight or 1
        yield bound


def _hosts(name: str, trunk: Trunk) -> Iterator[str]:
    waits = f"{trunk.ring_timeout_s}^{trunk.answer_timeout_s:g}"
    for place, (host, (_, contact)) in enumerate(zip(ordered_hosts(trunk), host_ids(name, trunk), strict=True)):
        yield f'exten => {name}-{place},1,GotoIf($["${{HOTLINE_TRIED}}" =~ "/{name}-{place}/"]?end)'
        asked = f'"${{ARG1}}" = "well" & "${{PJSIP_CONTACT({contact},status)}}" = "{UNREACHABLE}"'
        yield f" same => n,GotoIf($[{asked}]?end)"
        yield f" same => n,Set(HOTLINE_TRIED=${{HOTLINE_TRIED}}/{name}-{place}/)"
        yield f" same => n,Gosub(hotline-trunk-begins,s,1({name}))"
        way = f"PJSIP/{name}/{uri(host, trunk.transport, '${HOTLINE_DIALLED}')}"
        yield f" same => n,Dial({way},{waits},giL(${{HOTLINE_MOST_MS}})U(hotline-answered))"
        yield " same => n,Gosub(hotline-trunk-tried,s,1)"
        yield " same => n(end),Return()"


def emergency(trunks: TrunkSet) -> Iterator[str]:
    """Where people's own phones come when they dial one: every way out in turn, without a guard and without a limit.

    Hosts that do not answer OPTIONS come last here, too; whatever one says, the next is tried.
    """
    yield "[hotline-trunk-emergency]"
    for number in EMERGENCY_CALLS:
        yield f"exten => {number},1,Set(CALLERID(all)=<{trunks.default_caller_id}>)"
        yield " same => n,Set(HOTLINE_TRIED=)"
        for round_ in ("well", "any"):
            for name, trunk in trunks.trunks.items():
                if trunk.outbound:
                    yield from _emergency_dials(number, name, trunk, round_)
        yield " same => n,Congestion(10)"
    yield ""


def _emergency_dials(number: str, name: str, trunk: Trunk, round_: str) -> Iterator[str]:
    waits = f"{trunk.ring_timeout_s}^{trunk.answer_timeout_s:g}"
    for place, (host, (_, contact)) in enumerate(zip(ordered_hosts(trunk), host_ids(name, trunk), strict=True)):
        this, skip = f"/{name}-{place}/", f"{round_}-{name}-{place}"
        silent = f' | "${{PJSIP_CONTACT({contact},status)}}" = "{UNREACHABLE}"' if round_ == "well" else ""
        yield f' same => n,GotoIf($["${{HOTLINE_TRIED}}" =~ "{this}"{silent}]?{skip})'
        yield f" same => n,Set(HOTLINE_TRIED=${{HOTLINE_TRIED}}{this})"
        yield f" same => n,Dial(PJSIP/{name}/{uri(host, trunk.transport, number)},{waits})"
        yield f" same => n({skip}),NoOp()"


def _dialled(form: NumberForm) -> str:
    """ARG1 (E.164 with +) in the carrier's form, by the dialplan's own means."""
    bare = "${ARG1:1}"
    if form in {NumberForm.E164, NumberForm.BARE, NumberForm.INTERNATIONAL}:
        return {NumberForm.E164: "${ARG1}", NumberForm.BARE: bare, NumberForm.INTERNATIONAL: f"00{bare}"}[form]
    zero = "0" if form is NumberForm.TRUNK_ZERO else ""
    return f'${{IF($["${{ARG1:0:3}}" = "+48"]?{zero}${{ARG1:3}}:00{bare})}}'
