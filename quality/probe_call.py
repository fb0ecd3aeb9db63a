"""One test call by a real phone to an echo: speech both ways, digits there and back, what the phone measured."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from quality.echoed import Echoed, compared, levels
from quality.probe_result import Called
from quality.softphone_client import CallFailedError, PhoneCall, PhoneOptions, SoftPhone

DIGITS = "1590*48"  # a `#` would end Asterisk's echo
ACCOUNT = "probe"
DIGITS_S = 6.0  # how long their echo may take
ENDED_S = 5.0
TALK_S = 12.0  # RTCP comes every 5 s: two reports at least


@dataclass(frozen=True, slots=True)
class ProbeCall:
    """`to`: a SIP URI; `user` and `password` as our own Asterisk knows the probe, empty for one that asks none."""

    to: str
    speech: Path  # mono WAV of 16 bits at 8 kHz
    user: str = ""
    password: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    talk_s: float = TALK_S
    ring_s: float = 40.0
    digits: str = DIGITS


async def placed(
    call: ProbeCall, options: PhoneOptions | None = None, *, program: tuple[Sequence[str], str] | None = None
) -> Called:
    """Call, speak, send digits, hang up. Errors: PhoneError when the phone itself does not work."""
    with tempfile.TemporaryDirectory(prefix="hotline-probe-") as folder:
        heard = Path(folder) / "heard.wav"
        async with await SoftPhone.start(options, program=program) as phone:
            host = call.to.rpartition("@")[2]
            uri = f"sip:{call.user or ACCOUNT}@{host}"
            await phone.register(ACCOUNT, uri=uri, user=call.user, password=call.password)
            began = time.monotonic()
            talk = await phone.call(call.to, account=ACCOUNT, play=call.speech, record=heard, headers=call.headers)
            rang_s, answered_s = await _answered(talk, began, call.ring_s)
            if answered_s is not None:
                await _talked(talk, call)
            if talk.end is None:
                await talk.hang_up()
            with suppress(TimeoutError):
                await asyncio.wait_for(talk.ended(), ENDED_S)
        echoed = _echoed(call, heard) if answered_s is not None else None
        end, digits = talk.end, call.digits if answered_s is not None else ""
        code, reason = (end.code, end.reason) if end else (0, "the call did not end")
        if answered_s is None and end and end.code == 487:
            reason = f"not answered within {call.ring_s:g} s"
        return Called(phone.kind, rang_s, answered_s, code, reason, digits, talk.digits, talk.media, echoed)


async def _answered(talk: PhoneCall, began: float, within_s: float) -> tuple[float | None, float | None]:
    """After how many seconds it rang, and was answered."""
    rang_s: float | None = None
    try:
        async with asyncio.timeout(within_s):
            await talk.ringing()
            rang_s = time.monotonic() - began
            await talk.answered()
    except (TimeoutError, CallFailedError):
        return rang_s, None
    return rang_s, time.monotonic() - began


async def _talked(talk: PhoneCall, call: ProbeCall) -> None:
    """The whole conversation; whoever hangs up over there ends it."""
    with suppress(CallFailedError, TimeoutError):
        async with asyncio.timeout(call.talk_s):
            await talk.until(lambda _: False)
    if talk.end is None and call.digits:
        await talk.dtmf(call.digits)
        with suppress(CallFailedError, TimeoutError):
            async with asyncio.timeout(DIGITS_S):
                await talk.heard(len(call.digits))


def _echoed(call: ProbeCall, heard: Path) -> Echoed:
    """The speech before the digits, which stand in its place while they are sent."""
    if not heard.is_file():
        return Echoed(0.0, None)
    return compared(levels(call.speech), levels(heard), first_s=call.talk_s)
