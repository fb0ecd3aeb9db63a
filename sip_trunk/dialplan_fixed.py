"""The parts of the trunks' dialplan that are the same for all of them: guards, what is told of calls, judgements.

`HotlineTrunk` events tell the server what became of each dial (telephony.asterisk.trunk_news); nothing depends on it.
"""

from __future__ import annotations

from sip_trunk.failover import OVER, REACHED
from sip_trunk.model import TrunkSet


def guard(trunks: TrunkSet) -> str:
    """Whether a call may go out at all."""
    return _GUARD.format(
        guards=trunks.guards, shown=trunks.default_caller_id, most_ms=trunks.guards.call_minutes * 60_000
    )


# The counts are kept in Asterisk's database under a lock: they hold over a reload and without our server.
_GUARD = """\
[hotline-trunk-guard]
exten => s,1,Set(HOTLINE_GUARD=open)
 same => n,Set(DIALSTATUS=CHANUNAVAIL)
 same => n,Set(HOTLINE_TRIED=)
 same => n,Set(HOTLINE_BEFORE=0)
 same => n,Set(HOTLINE_MOST_MS={most_ms})
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
 same => n,GotoIf($["${{HOTLINE_HANDLED}}" = "1"]?end)
 same => n,Set(HOTLINE_HANDLED=1)
 same => n,Set(CHANNEL(hangup_handler_push)=hotline-trunk-tried,s,1)
 same => n(end),Return()
"""  # noqa: E501

FIXED = (
    """\
[hotline-trunk-refused]
exten => s,1,Set(DIALSTATUS=CHANUNAVAIL)
 same => n,Set(HOTLINE_NEXT=0)
 same => n,UserEvent(HotlineTrunk,What: refused,Reason: ${HOTLINE_GUARD})
 same => n,Return()

[hotline-trunk-begins]
exten => s,1,HangupCauseClear()
 same => n,Set(HOTLINE_ASKED=${ARG1})
 same => n,Set(HOTLINE_SINCE=${STRFTIME(,UTC,%s%3q)})
 same => n,Return()
""",
    # After each dial; and at the hang-up, where the caller has not waited for the end of one. A regular expression
    # without a group tells how much it matches, a number.
    f"""\
[hotline-trunk-tried]
exten => s,1,GotoIf($["${{HOTLINE_ASKED}}" = ""]?end)
 same => n,Set(HOTLINE_SAID=${{HANGUPCAUSE(${{HANGUPCAUSE_KEYS()}},tech):4:3}})
 same => n,Set(HOTLINE_TOOK=$[${{STRFTIME(,UTC,%s%3q)}} - ${{HOTLINE_SINCE}}])
 same => n,Set(HOTLINE_NEXT=${{IF($["${{DIALSTATUS}}" : "{"|".join(OVER)}" | "${{HOTLINE_SAID}}" : "{"|".join(REACHED)}"]?0:1)}})
 same => n,UserEvent(HotlineTrunk,What: tried,Trunk: ${{HOTLINE_ASKED}},Status: ${{DIALSTATUS}},Said: ${{HOTLINE_SAID}},Cause: ${{HANGUPCAUSE}},Rang: ${{RINGTIME_MS}},Spoke: ${{PROGRESSTIME_MS}},Took: ${{HOTLINE_TOOK}},Before: ${{HOTLINE_BEFORE}},Talked: ${{ANSWEREDTIME_MS}})
 same => n,Set(HOTLINE_BEFORE=$[${{HOTLINE_BEFORE}} + ${{HOTLINE_TOOK}}])
 same => n,Set(HOTLINE_ASKED=)
 same => n,GotoIf($[0${{HOTLINE_COST}} = 0 | 0${{ANSWEREDTIME}} = 0]?end)
 same => n,Set(HOTLINE_DAY=${{STRFTIME(${{EPOCH}},Europe/Warsaw,%Y%m%d)}})
 same => n,Set(HOTLINE_LOCKED=${{LOCK(hotline-trunk)}})
 same => n,Set(DB(hotline_trunk_spent/${{HOTLINE_DAY}})=$[0${{DB(hotline_trunk_spent/${{HOTLINE_DAY}})}} + ((${{ANSWEREDTIME}} + 59) / 60) * ${{HOTLINE_COST}}])
 same => n,Set(HOTLINE_LOCKED=${{UNLOCK(hotline-trunk)}})
 same => n(end),Return()
""",  # noqa: E501
    # Only a call that the server begins gets here (telephony.asterisk.trunk_actions.JudgeTrunk); what it brings is read
    # strictly all the same.
    """\
[hotline-trunk-judged]
exten => s,1,Set(HOTLINE_JUDGED=${FILTER(-a-z0-9,${HOTLINE_JUDGED})})
 same => n,GotoIf($["${HOTLINE_JUDGED}" = ""]?end)
 same => n,GotoIf($["${HOTLINE_ILL}" != "1"]?well)
 same => n,Set(DB(hotline_trunk_ill/${HOTLINE_JUDGED})=1)
 same => n,Goto(end)
 same => n(well),NoOp(${DB_DELETE(hotline_trunk_ill/${HOTLINE_JUDGED})})
 same => n(end),Hangup()
exten => done,1,Hangup()
""",
    # A call that has come in counts among the trunk's calls, and is never refused for it.
    """\
[hotline-trunk-arrived]
exten => s,1,Set(HOTLINE_DID=${ARG1})
 same => n,Set(HOTLINE_CAME=${FILTER(-a-z0-9,${CHANNEL(endpoint)})})
 same => n,Set(GROUP(trunk_in)=${HOTLINE_CAME})
 same => n,Set(HOTLINE_CAME_AT=${EPOCH})
 same => n,UserEvent(HotlineTrunk,What: came,Trunk: ${HOTLINE_CAME})
 same => n,Set(CHANNEL(hangup_handler_push)=hotline-trunk-left,s,1)
 same => n,Return()

[hotline-trunk-left]
exten => s,1,UserEvent(HotlineTrunk,What: left,Trunk: ${HOTLINE_CAME},Talked: $[(${EPOCH} - ${HOTLINE_CAME_AT}) * 1000])
 same => n,Return()
""",
)
