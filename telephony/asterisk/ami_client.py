"""The AMI client of one node: connects, logs in, checks its own rights, keeps the picture whole, and comes back.

After each log-in events wait in a buffer while the snapshot (CoreShowChannels, DeviceStateList) is taken, then follow
it. Status would tell nothing more that we read; a contact that is gone shows as the device state UNAVAILABLE, and
PJSIPShowContacts needs a right (write `system`) that this account must not have. A half-open connection shows by the
ping's deadline within 15 s. Nothing is ever sent twice.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import structlog

from telephony.asterisk.ami import (
    AmiCounters,
    AmiError,
    AmiLostError,
    AmiNotConnectedError,
    AmiRefusedError,
    Connection,
    Listing,
)
from telephony.asterisk.ami_actions import (
    Action,
    CoreShowChannels,
    DeviceStateList,
    ListCommands,
    Login,
    Ping,
    forbidden_right,
)
from telephony.asterisk.ami_wire import AmiEvent, AmiResponse
from telephony.core.views import SpanKind

log = structlog.get_logger()

BUFFER_EVENTS = 20_000


class AmiSetupError(AmiError):
    """The account is not as it must be: somebody has to mend it, trying again does not help."""


@dataclass(frozen=True, slots=True)
class AmiSettings:
    host: str
    port: int
    username: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AmiTiming:
    """Deadlines in seconds. Ping interval and deadline together stay below 15 s."""

    connect_s: float = 5.0
    login_s: float = 5.0
    action_s: float = 5.0
    snapshot_s: float = 10.0
    ping_every_s: float = 4.0
    ping_deadline_s: float = 8.0
    backoff_first_s: float = 0.25
    backoff_most_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    taken_at: float  # when the lists were asked for
    channels: tuple[AmiEvent, ...]
    devices: tuple[AmiEvent, ...]


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears of it; nothing here may block."""

    event: Callable[[AmiEvent], None]
    snapshot: Callable[[Snapshot], None]
    lost: Callable[[float, SpanKind], None]  # since when nothing is known until the next snapshot, and why


class AmiClient:
    def __init__(
        self,
        node: str,
        settings: AmiSettings,
        wanted: Mapping[str, Iterable[str]],
        listener: Listener,
        clock: Callable[[], float],
        *,
        timing: AmiTiming = AmiTiming(),
        rng: random.Random | None = None,
    ) -> None:
        self._settings = settings
        self._wanted = wanted
        self._listener = listener
        self._clock = clock
        self._timing = timing
        self._rng = rng or random.Random()
        self._log = log.bind(node=node)
        self._connection: Connection | None = None
        self._buffer: list[AmiEvent] | None = None
        self._resync = asyncio.Event()
        self.counters = AmiCounters()
        self.connected = False  # logged in and the first snapshot taken
        self._alive_at = clock()  # the last sign of life

    # -- asking -------------------------------------------------------------------------------------------------

    async def request(self, action: Action, timeout_s: float | None = None) -> AmiResponse:
        """Errors: ValueError before a byte is sent; AmiError, of which AmiNotConnectedError means not sent."""
        return await self._current(action).request(action, timeout_s or self._timing.action_s)

    async def listing(self, action: Action, timeout_s: float | None = None) -> Listing:
        return await self._current(action).listing(action, timeout_s or self._timing.snapshot_s)

    def resynchronise(self) -> None:
        """Take the snapshot anew, soon; at most once every 10 s."""
        if self._connection is not None:
            self._connection.trust.ask_resync()
            self._resync.set()

    def _current(self, action: Action) -> Connection:
        if self._connection is None:
            raise AmiNotConnectedError(f"{action.name} was not sent: there is no connection to Asterisk")
        return self._connection

    # -- living -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled. Errors: AmiSetupError for a wrong password or an account with too many rights."""
        failures = 0
        while True:
            self.connected = False
            try:
                await self._live()
            except (AmiError, OSError, TimeoutError) as error:
                if isinstance(error, AmiSetupError):
                    raise
                self._log.warning("ami.down", reason=str(error) or type(error).__name__)
            failures = 0 if self.connected else failures + 1
            if self.connected:
                self.connected = False
                self.counters.losses += 1
                self._lost(self._alive_at, SpanKind.LINK)
            await asyncio.sleep(self._backoff_s(failures))

    def _backoff_s(self, failures: int) -> float:
        """Exponential with full jitter, so that many clients of one Asterisk do not come back in step."""
        longest = min(self._timing.backoff_first_s * 2.0 ** min(failures, 16), self._timing.backoff_most_s)
        return self._rng.uniform(longest / 2, longest)

    async def _live(self) -> None:
        """One connection from its first to its last byte."""
        connection = await self._connect()
        try:
            await self._log_in(connection)
            self.counters.connects += 1
            self._connection = connection
            self._resync.clear()
            await self._synchronise(connection)
            self.connected = True
            self._log.info("ami.up")
            await self._attend(connection)
        finally:
            self._connection = None
            self._buffer = None
            connection.close()

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._timing.connect_s):
            _, connection = await loop.create_connection(
                lambda: Connection(
                    self._wanted,
                    self._receive,
                    self.counters,
                    distrusted=lambda: self._lost(self._clock(), SpanKind.DISTRUST),
                    trusted_again=self._resync.set,
                ),
                self._settings.host,
                self._settings.port,
            )
            try:
                await connection.greeted()
            except BaseException:
                connection.close()
                raise
        return connection

    async def _log_in(self, connection: Connection) -> None:
        self._buffer = []  # events come as soon as the log-in stands
        try:
            await connection.request(Login(self._settings.username, self._settings.secret), self._timing.login_s)
        except AmiRefusedError:
            raise AmiSetupError(
                f"Asterisk at {self._settings.host}:{self._settings.port} refuses the manager account "
                f"`{self._settings.username}`: compare its secret with manager.conf"
            ) from None
        commands = await connection.request(ListCommands(), self._timing.login_s)
        if right := forbidden_right(frozenset(commands.fields)):
            raise AmiSetupError(
                f"the manager account `{self._settings.username}` has the right `{right}`, which a server that "
                "callers can reach must not have: take it out of `write` in manager.conf"
            )

    async def _attend(self, connection: Connection) -> None:
        """Ping, and take snapshots when they are asked for, until the connection ends."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._ping(connection)), group.create_task(self._resynchronise(connection))]
            await connection.ended()
            for task in tasks:
                task.cancel()

    async def _ping(self, connection: Connection) -> None:
        try:
            while True:
                await asyncio.sleep(self._timing.ping_every_s)
                asked_at = self._clock()
                await connection.request(Ping(), self._timing.ping_deadline_s)
                self._alive_at = asked_at
        except AmiError as error:
            self._log.warning("ami.ping_unanswered", reason=str(error))
            connection.close()

    # -- the picture --------------------------------------------------------------------------------------------

    async def _resynchronise(self, connection: Connection) -> None:
        while True:
            await self._resync.wait()
            self._resync.clear()
            wait_s = connection.trust.resync_in_s(self._clock())
            if wait_s is None:
                continue  # the return of trust sets the event again
            await asyncio.sleep(wait_s)
            self.counters.resyncs += 1
            try:
                await self._synchronise(connection)
            except AmiError as error:
                self._log.warning("ami.snapshot_failed", reason=str(error))
                connection.close()

    async def _synchronise(self, connection: Connection) -> None:
        """Take the snapshot, then let the events follow that came meanwhile."""
        self._buffer = self._buffer or []
        taken_at, overflows = self._clock(), self.counters.overflows
        self._alive_at = taken_at
        connection.trust.resync_begins(taken_at)
        try:
            channels = await connection.listing(CoreShowChannels(), self._timing.snapshot_s)
            devices = await connection.listing(DeviceStateList(), self._timing.snapshot_s)
        finally:
            waiting, self._buffer = self._buffer, None
        if channels.whole:
            snapshot = Snapshot(taken_at, channels.events, devices.events if devices.whole else ())
            self._guarded(lambda: self._listener.snapshot(snapshot))
        else:  # a channel may be missing from it only because somebody forged text: nobody's call ends by that
            connection.trust.ask_resync()
            self._resync.set()
        for event in waiting:
            self._deliver(event)
        if self.counters.overflows > overflows:
            self._lost(taken_at, SpanKind.OVERFLOW)
            self.resynchronise()

    def _receive(self, event: AmiEvent) -> None:
        if self._buffer is None:
            self._deliver(event)
        elif len(self._buffer) < BUFFER_EVENTS:
            self._buffer.append(event)
        else:
            self.counters.overflows += 1

    def _deliver(self, event: AmiEvent) -> None:
        self._guarded(lambda: self._listener.event(event))

    def _lost(self, since: float, why: SpanKind) -> None:
        self._guarded(lambda: self._listener.lost(since, why))

    def _guarded(self, tell: Callable[[], None]) -> None:
        try:
            tell()
        except Exception:  # noqa: BLE001 - a listener's bug must not cost the connection, and with it every call's state
            self.counters.receiver_failures += 1
            self._log.exception("ami.listener_failed")


__all__ = ["AmiClient", "AmiLostError", "AmiSettings", "AmiSetupError", "AmiTiming", "Listener", "Snapshot"]
