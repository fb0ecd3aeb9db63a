"""What one caller hears and presses, through one AGI session, under the dead-man's switch.

The switch is TIMEOUT(absolute): it is renewed before every command, so that a server that hangs loses the caller to
Asterisk's own queue, not to silence. Keys appear in no log, whatever they mean.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import structlog

from ivr_flows import Digits, FlowError, Given, Prompt, TimedOut, WaitDigits
from ivr_flows.speech import SpeechError
from telephony.asterisk.agi import AgiSession

log = structlog.get_logger()

LIMIT_S = 15  # the dead-man's switch: how long Asterisk waits for our next sign of life
PIECE_S = 5  # the longest single command while the switch is armed

Speak = Callable[[Prompt], Awaitable[Path]]  # absolute, without extension; SpeechError, FlowError, OSError


class Handset:
    """Errors of every method: SessionEndedError, AgiError."""

    def __init__(self, session: AgiSession, speak: Speak, clock: Callable[[], float]) -> None:
        self._session = session
        self._speak = speak
        self._clock = clock

    async def renew(self, more_s: int = 0) -> None:
        """A sign of life, for a command that takes `more_s` longer than usual."""
        await self._session.set_variable("TIMEOUT(absolute)", str(LIMIT_S + more_s))

    async def say(self, prompts: Iterable[Prompt], keys: str = "") -> str:
        """Play them one after the other; the key out of `keys` that ended it all, or nothing."""
        for prompt in prompts:
            path = await self._sound(prompt)
            if path is None:
                continue
            long_s = sound_s(path)
            await self.renew(math.ceil(max(0.0, long_s - PIECE_S)))
            reply = await self._session.run("STREAM FILE", str(path), keys, takes_s=long_s or 60.0)
            if reply.result > 0 and chr(reply.result) in keys:
                return chr(reply.result)
        return ""

    async def keys(self, wait: WaitDigits, first: str = "") -> Given:
        """What the wait asks for; `first` is the key that has ended the question. The time counts anew after each."""
        keys, key = "", first or await self._key(wait)
        while key and key != wait.terminator:
            keys += key
            if len(keys) >= wait.max_digits or key in wait.enders:
                return Digits(keys)
            key = await self._key(wait)
        return Digits(keys) if keys or key else TimedOut()

    async def wait(self, wait_s: float) -> str:
        """One WAIT FOR DIGIT of at most PIECE_S under a renewed switch; the key, or nothing."""
        await self.renew()
        reply = await self._session.run("WAIT FOR DIGIT", str(math.ceil(wait_s * 1000)), takes_s=wait_s)
        if reply.result < 0:
            raise self._session.over()
        return chr(reply.result) if reply.result else ""

    async def _key(self, wait: WaitDigits) -> str:
        until = self._clock() + wait.timeout_s
        while (left_s := until - self._clock()) > 0:
            key = await self.wait(min(left_s, PIECE_S))
            if key and key in wait.keys:
                return key
        return ""

    async def _sound(self, prompt: Prompt) -> Path | None:
        """None where it cannot be made: the caller hears what follows, and the menu's time-out leads to a person."""
        try:
            return await self._speak(prompt)
        except (SpeechError, FlowError, OSError) as error:
            # The type only: the words may be a caller's balance.
            log.error("prompt.unspoken", language=prompt.language, reason=type(error).__name__)  # noqa: TRY400
            return None


def sound_s(path: Path) -> float:
    """How long a prompt is, from the size of its raw 16-bit file; 0 where it has none."""
    for extension, rate_hz in ((".sln16", 16_000), (".sln", 8_000)):
        with contextlib.suppress(OSError):
            return path.with_name(path.name + extension).stat().st_size / 2 / rate_hz
    return 0.0
