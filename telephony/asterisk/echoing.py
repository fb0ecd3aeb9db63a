"""A caller who hears what they say: through the dialplan, for a time, or until `#`."""

from __future__ import annotations

from telephony.asterisk.agi import AgiSession
from telephony.asterisk.handset import Handset

CONTEXT = "hotline-echo"
SPARE_S = 5.0  # until the dead-man's switch ends an echo that has not ended by itself


async def hear_echo(session: AgiSession, handset: Handset, seconds: int) -> None:
    """Errors: SessionEndedError when the caller hangs up, AgiError."""
    await handset.renew(seconds + SPARE_S)
    reply = await session.run("GOSUB", CONTEXT, "s", "1", str(seconds), takes_s=None)
    if reply.result < 0 or reply.text:  # "abnormal exit": the caller has hung up
        raise session.over()
