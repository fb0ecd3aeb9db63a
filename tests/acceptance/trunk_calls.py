"""Calls out by applied trunks as an agent's phone makes them, without the phone, and what the dialplan says of them."""

from __future__ import annotations

from sip_trunk.calls import Tried
from telephony.asterisk.trunk_news import news
from tests.acceptance.ami_tap import AmiTap

TRY_OUT = """
[try-out]
exten => _+X!,1,Gosub(hotline-trunk-out,${EXTEN},1)
 same => n,UserEvent(TriedOut,Number: ${EXTEN},Status: ${DIALSTATUS},Trunk: ${HOTLINE_TRUNK},Guard: ${HOTLINE_GUARD})
 same => n,Hangup()
"""


def call_out(tap: AmiTap, number: str, patience_s: float = 30) -> None:
    """Whoever is not answered within `patience_s` hangs up."""
    tap.send(
        Action="Originate", Channel=f"Local/{number}@try-out/n", Application="Wait", Data="20", Async="true",
        Timeout=f"{patience_s * 1000:.0f}",
    )  # fmt: skip


def tried(tap: AmiTap) -> list[tuple[str, Tried]]:
    """By trunk, what has become of calls that were sent there."""
    lines = (frame.decode().split("\r\n") for frame in tap.events("UserEvent"))
    fields = [dict(line.partition(": ")[::2] for line in frame) for frame in lines]
    known = [news(each) for each in fields if each["UserEvent"] == "HotlineTrunk"]
    return [(each.trunk, each.tried) for each in known if each.tried]
