"""What one caller hears and presses, through one AGI session, under the dead-man's switch.

The switch is TIMEOUT(absolute): it is renewed in time before every command, so that a server that hangs loses the
caller to Asterisk's own queue, not to silence. Keys appear in no log, whatever they mean.

Between two commands Asterisk reads the caller and throws away what it hears, keys too [res_agi.c, run_agi]. So what is
said goes out as one sound where it can, and GET DATA waits for the first key right on. EXEC Background plays several
sounds, but does not see our end before its own. And no command can be sent ahead: Asterisk polls its socket, and a
second command that came along with the first lies in a buffer of its own, unseen (both tried on 22.10.1).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from ivr_flows import Digits, FlowError, Given, Prompt, TimedOut, WaitDigits
from ivr_flows.speech import SpeechError
from telephony.asterisk.agi import AgiSession
from telephony.asterisk.agi_wire import Reply

log = structlog.get_logger()

LIMIT_S = 15  # the dead-man's switch: how long Asterisk waits for our next sign of life
LINGER_S = 1.5  # after the last digit there can be: who ends with the terminator shall not answer the next question
PIECE_S = 5  # the longest single command while the switch is armed
SPARE_S = 4  # what must be left of the limit at the end of a command
UNKNOWN_S = 60.0  # at most, of a sound whose length we do not know

Speak = Callable[[Prompt], Awaitable[Path]]  # absolute, without extension; SpeechError, FlowError, OSError
Together = Callable[[Sequence[Path]], Awaitable[Path]]  # one sound of several; SpeechError, OSError


class Handset:
    """Errors of every method: SessionEndedError, AgiError."""

    def __init__(
        self, session: AgiSession, speak: Speak, clock: Callable[[], float], together: Together | None = None
    ) -> None:
        self._session = session
        self._speak = speak
        self._clock = clock
        self._together = together
        self._waited_s = 0.0  # how much of the next wait for a key is over already
        self._limit_at = 0.0  # when Asterisk's patience ends; 0: no limit of ours holds

    async def renew(self, takes_s: float) -> None:
        """A sign of life before a command that takes so long, unless the last one is young enough."""
        left_s = self._limit_at - self._clock()
        if not takes_s + SPARE_S <= left_s <= LIMIT_S:
            limit_s = LIMIT_S + math.ceil(max(0.0, takes_s - PIECE_S))
            await self._session.set_variable("TIMEOUT(absolute)", str(limit_s))
            self._limit_at = self._clock() + limit_s

    def lifted(self) -> None:
        """Somebody else has touched the limit: the dialplan lifts it when two people talk."""
        self._limit_at = 0.0

    async def say(self, prompts: Iterable[Prompt]) -> None:
        """Play them one after the other, whatever is pressed."""
        for path in await self._sounds(prompts):
            await self._play(path)

    async def ask(self, prompts: Iterable[Prompt], wait: WaitDigits) -> str:
        """Play them until a key of the wait ends it all, and begin to wait; the key, or nothing. `keys` goes on."""
        self._waited_s = 0.0
        paths = await self._sounds(prompts)
        for path in paths[:-1]:
            if key := await self._play(path, wait.keys):
                return key
        return await self._play_and_wait(paths[-1], wait) if paths else ""

    async def _play(self, path: Path, keys: str = "") -> str:
        long_s = sound_s(path)
        await self.renew(long_s)
        reply = await self._session.run("STREAM FILE", str(path), keys, takes_s=long_s or UNKNOWN_S)
        return _key_of(reply, keys)

    async def _play_and_wait(self, path: Path, wait: WaitDigits) -> str:
        long_s, wait_s = sound_s(path), min(wait.timeout_s, PIECE_S)
        await self.renew(long_s + wait_s)
        wait_ms = str(math.ceil(wait_s * 1000))
        reply = await self._session.run("GET DATA", str(path), wait_ms, "1", takes_s=(long_s or UNKNOWN_S) + wait_s)
        if reply.result == 0:  # below it is a sound that could not be played, or the end, which the next command tells
            self._waited_s = wait_s
        return _key_of(reply, wait.keys)

    async def _sounds(self, prompts: Iterable[Prompt]) -> Sequence[Path]:
        return await self._joined([path for prompt in prompts if (path := await self._sound(prompt))])

    async def _joined(self, paths: Sequence[Path]) -> Sequence[Path]:
        if len(paths) < 2 or self._together is None:
            return paths
        try:
            return [await self._together(paths)]
        except (SpeechError, OSError) as error:
            log.warning("prompt.not_joined", reason=type(error).__name__)
            return paths

    async def keys(self, wait: WaitDigits, first: str = "") -> Given:
        """What the wait asks for; `first` is the key that has ended the question. The time counts anew after each."""
        keys, key = "", first or await self._key(wait)
        while key and key != wait.terminator:
            keys += key
            full = len(keys) >= wait.max_digits
            if key in wait.enders or (full and not wait.terminator) or len(keys) > wait.max_digits:
                return Digits(keys)
            key = await self._key(replace(wait, timeout_s=LINGER_S) if full else wait)
        return Digits(keys) if keys or key else TimedOut()

    async def wait(self, wait_s: float) -> str:
        """One WAIT FOR DIGIT of at most PIECE_S under a renewed switch; the key, or nothing."""
        await self.renew(wait_s)
        reply = await self._session.run("WAIT FOR DIGIT", str(math.ceil(wait_s * 1000)), takes_s=wait_s)
        if reply.result < 0:
            raise self._session.over()
        return chr(reply.result) if reply.result else ""

    async def _key(self, wait: WaitDigits) -> str:
        until = self._clock() + wait.timeout_s - self._waited_s
        self._waited_s = 0.0
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


def _key_of(reply: Reply, keys: str) -> str:
    return chr(reply.result) if reply.result > 0 and chr(reply.result) in keys else ""


def sound_s(path: Path) -> float:
    """How long a prompt is, from the size of its raw 16-bit file; 0 where it has none."""
    for extension, rate_hz in ((".sln16", 16_000), (".sln", 8_000)):
        with contextlib.suppress(OSError):
            return path.with_name(path.name + extension).stat().st_size / 2 / rate_hz
    return 0.0
