"""The AGI server: one TCP connection per call that Asterisk hands to us (FastAGI, port 4573 by custom).

It bounds what a stranger can cost: connections, header bytes, lines and seconds. Whatever goes wrong with one of them
closes that one, and Asterisk's dialplan goes on with the caller by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from telephony.asterisk import agi_wire as wire
from telephony.asterisk.agi_wire import AgiError, Environment, EnvironmentReader, Hangup, Refused, Reply

log = structlog.get_logger()


class SessionEndedError(Exception):
    """The AGI connection is over. It does not say that the caller is gone: a transfer ends it, too."""


@dataclass(frozen=True, slots=True)
class AgiLimits:
    connections: int = 2000  # open at a time; past it the one silent for longest makes room, then more are refused
    header_s: float = 2.0
    reply_s: float = 5.0  # past the time a command takes by itself


@dataclass(slots=True)
class AgiCounters:
    """Plain counts since the start of the process, for metrics."""

    connections: int = 0
    open: int = 0
    sessions: int = 0
    refused_full: int = 0
    made_room: int = 0  # silent connections closed for the sake of a new one
    refused_peer: int = 0
    bad_headers: int = 0
    forged_lines: int = 0
    out_of_step: int = 0
    failures: int = 0


class AgiSession:
    """The commands of one call, one at a time, each answered by exactly one reply."""

    def __init__(
        self,
        environment: Environment,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        reply_s: float = 5.0,
    ) -> None:
        self.environment = environment
        self._reader = reader
        self._writer = writer
        self._reply_s = reply_s
        self.hung_up = False  # Asterisk has said HANGUP
        self.ending = False  # a command has failed as it does when the channel is gone

    def over(self) -> SessionEndedError:
        """To be raised when a command's result says that the channel is gone."""
        self.ending = True
        return SessionEndedError()

    async def run(self, words: str, *arguments: str, takes_s: float | None = 0.0) -> Reply:
        """Send one command and wait for its reply.

        `takes_s` is how long it takes by itself, None for as long as it likes. Errors: ValueError before a byte is
        sent; SessionEndedError when the connection is over; AgiError when the reply is refused or out of step.
        """
        self._writer.write(wire.command(words, *arguments))
        try:
            async with asyncio.timeout(None if takes_s is None else takes_s + self._reply_s):
                await self._writer.drain()
                return await self._reply(words)
        except TimeoutError:
            raise AgiError(f"{words}: no reply") from None
        except OSError:
            raise self.over() from None

    async def variable(self, name: str) -> str:
        """The value of a channel variable or function that no caller can write; empty where it has none."""
        return (await self.run("GET VARIABLE", name)).text or ""

    async def set_variable(self, name: str, value: str) -> None:
        await self.run("SET VARIABLE", name, value)

    async def _reply(self, words: str) -> Reply:
        parse = wire.parse_key_reply if words == "GET DATA" else wire.parse_reply
        while True:
            match parse(await self._line()):
                case Reply() as reply:
                    return reply
                case Refused() as refused:
                    raise AgiError(f"{words} was refused with {refused.code}")
                case wire.UsageBegins():
                    await self._skip_usage()
                    raise AgiError(f"{words} was refused with 520")
                case Hangup():
                    self.hung_up = True
                case wire.Trying():
                    pass

    async def _skip_usage(self) -> None:
        for _ in range(wire.HEADER_LINES):
            if wire.is_end_of_usage(await self._line()):
                return
        raise AgiError("a usage text without an end")

    async def _line(self) -> bytes:
        try:
            return await self._reader.readuntil(b"\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            raise SessionEndedError from None
        except asyncio.LimitOverrunError:
            raise AgiError("a reply is too long") from None

    async def listen_for_end(self) -> None:
        """After the last command: read what Asterisk still says (HANGUP) until it closes; bounded by the caller."""
        with contextlib.suppress(SessionEndedError):
            while True:
                if (await self._line()).strip() == b"HANGUP":
                    self.hung_up = True


Serve = Callable[[AgiSession], Awaitable[None]]


class AgiServer:
    """`serve` leads one session to its end; when it returns or raises, the connection is closed."""

    def __init__(
        self,
        host: str,
        port: int,
        serve: Serve,
        *,
        limits: AgiLimits = AgiLimits(),
        peers: frozenset[str] | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._serve = serve
        self._limits = limits
        self._peers = peers  # addresses that may connect; None: any
        self._sessions: set[asyncio.Task[None]] = set()
        self._silent: dict[asyncio.Task[None], asyncio.StreamWriter] = {}  # no whole header yet, the oldest first
        self._server: asyncio.Server | None = None
        self._quiet_until = 0.0
        self.counters = AgiCounters()

    async def start(self) -> int:
        """Listen; returns the port. Errors: OSError when it is taken."""
        self._server = await asyncio.start_server(
            self._connected, self._host, self._port, limit=wire.HEADER_LINE_LIMIT, backlog=512
        )
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Close the listener and every connection: Asterisk's dialplan takes the callers over."""
        if self._server is None:
            return
        self._server.close()
        sessions = list(self._sessions)
        for task in sessions:
            task.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counters.connections += 1
        if self._peers is not None and writer.get_extra_info("peername", ("?",))[0] not in self._peers:
            self.counters.refused_peer += 1
            writer.transport.abort()
        elif len(self._sessions) >= self._limits.connections and not self._make_room():
            self.counters.refused_full += 1
            writer.transport.abort()
        else:
            task = asyncio.create_task(self._hold(reader, writer))
            self._sessions.add(task)
            self._silent[task] = writer
            task.add_done_callback(self._forget)

    def _make_room(self) -> bool:
        """Asterisk sends its header at once: who is still silent is the stranger, and never a caller's session."""
        if not self._silent:
            return False
        task, writer = next(iter(self._silent.items()))
        self._forget(task)
        writer.transport.abort()  # here, too: a task cancelled before its first step closes nothing
        task.cancel()
        self.counters.made_room += 1
        return True

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._sessions.discard(task)
        self._silent.pop(task, None)

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counters.open += 1
        try:
            _keep_alive(writer)
            await self._converse(reader, writer)
        except AgiError as error:
            self.counters.out_of_step += 1
            log.warning("agi.broken_off", reason=str(error))
        except Exception:  # a bug in one call's session costs this call's session, not the other calls
            self.counters.failures += 1
            log.exception("agi.session_failed")
        finally:
            self.counters.open -= 1
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        environment = await self._header(reader)
        if environment is None:
            return
        if (task := asyncio.current_task()) is not None:
            self._silent.pop(task, None)
        self.counters.sessions += 1
        if environment.duplicates:
            self.counters.forged_lines += environment.duplicates
            log.warning("agi.forged_lines", lines=environment.duplicates)
        await self._serve(AgiSession(environment, reader, writer, self._limits.reply_s))

    async def _header(self, reader: asyncio.StreamReader) -> Environment | None:
        header = EnvironmentReader()
        environment: Environment | None = None
        try:
            async with asyncio.timeout(self._limits.header_s):
                while environment is None:
                    environment = header.line(await reader.readuntil(b"\n"))
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, TimeoutError, AgiError) as error:
            self.counters.bad_headers += 1
            self._tell_of_bad_header(type(error).__name__)
            return None
        return environment

    def _tell_of_bad_header(self, reason: str) -> None:
        """At most once a second: strangers do not decide how fast the log grows."""
        now = asyncio.get_running_loop().time()
        if now >= self._quiet_until:
            self._quiet_until = now + 1.0
            log.info("agi.bad_header", reason=reason, so_far=self.counters.bad_headers)


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """A dial may last for hours without a byte: let the kernel notice an Asterisk host that is gone."""
    raw = writer.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
