"""Ways out of the house in the dialplan: permitted numbers, and the emergency ones.

Applied trunks (docs/trunks.md) come before the carriers of the node's own configuration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.asterisk.config_values import DID, NAME, checked

if TYPE_CHECKING:
    from telephony.asterisk.config import NodeConfig

OUT_RING_S = 30  # at each trunk, for a caller whom a flow sends out


def outside(number: str, node: NodeConfig) -> str:
    """A number outside the house, under a number of ours: a carrier refuses one that is not ours."""
    ways = _ways_out(checked(number, DID, "transfer number"), node)
    return (
        f"exten => {number},1,GotoIf($[${{DIALPLAN_EXISTS(hotline-trunk-out,{number},1)}}]?trunks)\n"
        f"{ways} same => n,Goto(hotline-handed-over,s,1)\n"
        f" same => n(trunks),Gosub(hotline-trunk-out,{number},1)\n same => n,Goto(hotline-handed-over,s,1)"
    )


def sent_out(number: str, node: NodeConfig) -> str:
    """A caller's own way out, from a flow: by the next trunk only where one could not reach the number at all."""
    ours = next(iter(node.numbers), "")
    shown = f" same => n,Set(CALLERID(all)=<{checked(ours, DID, 'number')}>)\n" if ours else ""
    names = (checked(trunk.name, NAME, "trunk name") for trunk in node.trunks if trunk.contact)
    ways = "".join(
        f" same => n,Dial(PJSIP/{checked(number, DID, 'transfer number')}@{name},{OUT_RING_S},gU(hotline-answered))\n"
        ' same => n,GotoIf($["${DIALSTATUS}" : "(ANSWER|BUSY|NOANSWER)$"]?done)\n'
        for name in names
    )
    # Without a trunk that calls out, the status of an earlier dial must not pass for this one's.
    return (
        f"exten => {number},1,Set(DIALSTATUS=CHANUNAVAIL)\n"
        f" same => n,GotoIf($[${{DIALPLAN_EXISTS(hotline-trunk-out,{number},1)}}]?trunks)\n{shown}{ways}"
        f" same => n,Goto(done)\n same => n(trunks),Gosub(hotline-trunk-out,{number},1)\n"
        " same => n(done),Set(CALLERID(all)=<${HOTLINE_NUMBER}>)\n same => n,Return()\n"
    )


def emergency(number: str, node: NodeConfig) -> str:
    """Every trunk that can call out, one after the other, under a number that the emergency centre can call back."""
    applied = f"hotline-trunk-emergency,{number},1"
    return (
        f"exten => {number},1,GotoIf($[${{DIALPLAN_EXISTS({applied})}}]?{applied})\n"
        f"{_ways_out(number, node)} same => n,Congestion(10)\n"
    )


def _ways_out(number: str, node: NodeConfig) -> str:
    ours = next(iter(node.numbers), "")
    caller = f" same => n,Set(CALLERID(all)=<{checked(ours, DID, 'number')}>)\n" if ours else ""
    ways = [checked(trunk.name, NAME, "trunk name") for trunk in node.trunks if trunk.contact]
    return caller + "".join(f" same => n,Dial(PJSIP/{number}@{name},60)\n" for name in ways)
