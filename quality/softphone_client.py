"""Drive a phone process from asyncio: start it, register, call, listen, end it. Imports no SIP library."""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from quality import phone_protocol as protocol

QUIT_GRACE_S = 8.0
EVENTS_KEPT = 1_000  # for a listener that does not listen; the oldest go first


class PhoneError(Exception):
    """The phone or its far end did not do what was asked; the text says what."""


class RegistrationError(PhoneError):
    def __init__(self, account: str, code: int, reason: str) -> None:
        super().__init__(f"{account} was not registered: {code} {reason}")
        self.code = code


class CallFailedError(PhoneError):
    """The call ended before it was answered."""

    def __init__(self, ended: protocol.HungUp) -> None:
        super().__init__(f"call ended before an answer: {ended.code} {ended.reason}")
        self.code = ended.code


@dataclass(frozen=True, slots=True)
class PhoneOptions:
    """How a phone process is started. `sip_port` 0 takes any free one; `codecs` the preferred first."""

    address: str = "127.0.0.1"
    sip_port: int = 0
    rtp_ports: tuple[int, int] = (20_000, 29_999)
    codecs: tuple[str, ...] = ("pcma", "pcmu")
    sip_log: Path | None = None
    lose_sent_percent: int = 0  # to try a bad line; pjsua2's alone

    def argv(self) -> list[str]:
        first, last = self.rtp_ports
        argv = ["--address", self.address, "--sip-port", str(self.sip_port), "--rtp-ports", f"{first}-{last}"]
        argv += ["--codecs", ",".join(self.codecs)]
        argv += ["--lose-sent", str(self.lose_sent_percent)] if self.lose_sent_percent else []
        return argv + (["--sip-log", str(self.sip_log)] if self.sip_log else [])


def phone_program() -> tuple[list[str], str]:
    """The phone this machine can run: argv and its kind, `pjsua2` or `pyvoip`. Errors: PhoneError if neither."""
    for kind, library, module in (
        ("pjsua2", "pjsua2", "quality.softphone"),
        ("pyvoip", "pyVoIP", "quality.portable_phone"),
    ):
        if importlib.util.find_spec(library):
            return [sys.executable, "-m", module], kind
    raise PhoneError("neither pjsua2-python nor pyVoIP is installed: install the extra `phones`")


class PhoneCall:
    """One call as its driver sees it; its state follows the phone's events."""

    def __init__(self, name: str, phone: SoftPhone) -> None:
        self.name = name
        self.account: str | None = None  # of an incoming call
        self.caller: str | None = None  # From URI of an incoming call
        self.is_ringing = False
        self.is_answered = False
        self.end: protocol.HungUp | None = None
        self.digits = ""
        self.media: protocol.Media | None = None
        self.streams: list[protocol.Media] = []  # last figures of the streams that have ended
        self._phone = phone
        self._news = asyncio.Event()

    def took(self, event: protocol.CallEvent | protocol.Failed) -> None:
        match event:
            case protocol.Incoming():
                self.account, self.caller = event.account, event.caller
            case protocol.Ringing():
                self.is_ringing = True
            case protocol.Answered():
                self.is_answered = True
            case protocol.DtmfHeard():
                self.digits += event.digit
            case protocol.Media():
                self.media = event
                if event.final:
                    self.streams.append(event)
            case protocol.HungUp():
                self.end = event
            case protocol.Failed():
                pass  # told to whoever listens to the phone's events
        self._news.set()
        self._news = asyncio.Event()

    async def until(self, true_of: Callable[[PhoneCall], bool]) -> None:
        """Wait until `true_of(self)`. Errors: CallFailedError when the call ends first."""
        while not true_of(self):
            if self.end:
                raise CallFailedError(self.end)
            await self._news.wait()

    async def answered(self) -> None:
        await self.until(lambda call: call.is_answered)

    async def ringing(self) -> None:
        await self.until(lambda call: call.is_ringing or call.is_answered)

    async def ended(self) -> protocol.HungUp:
        while self.end is None:
            await self._news.wait()
        return self.end

    async def heard(self, count: int) -> str:
        """The first `count` digits from the other side."""
        await self.until(lambda call: len(call.digits) >= count)
        return self.digits[:count]

    async def answer(self) -> None:
        await self._phone.send(protocol.Answer(self.name))

    async def dtmf(self, digits: str, *, duration_ms: int = 160) -> None:
        await self._phone.send(protocol.SendDtmf(self.name, digits, duration_ms))

    async def hang_up(self, *, code: int = 486) -> None:
        await self._phone.send(protocol.HangUp(self.name, code))

    async def hold(self, *, on: bool = True) -> None:
        await self._phone.send(protocol.Hold(self.name, on))

    async def transfer(self, to: str | PhoneCall) -> None:
        """Hand the other side over: blind to a SIP URI, attended to the other side of our call `to`."""
        if isinstance(to, PhoneCall):
            await self._phone.send(protocol.Transfer(self.name, to_call=to.name))
        else:
            await self._phone.send(protocol.Transfer(self.name, to=to))


class SoftPhone:
    """One phone process with several accounts and up to 4 calls at once (the limit of its library).

    Use as `async with await SoftPhone.start(…) as phone:`; the process ends with the block, and with its parent.
    """

    def __init__(self, process: asyncio.subprocess.Process, kind: str) -> None:
        self.kind = kind
        self.sip_port = 0
        self.calls: dict[str, PhoneCall] = {}  # those not yet ended
        self._process = process
        self._has_ended = False
        self._numbers = itertools.count(1)
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._accounts: dict[str, asyncio.Future[None]] = {}
        self._incoming: asyncio.Queue[PhoneCall] = asyncio.Queue()
        self._listeners: list[asyncio.Queue[protocol.Event | None]] = []
        self._reader = asyncio.create_task(self._read(), name="softphone events")

    @classmethod
    async def start(
        cls,
        options: PhoneOptions | None = None,
        *,
        program: tuple[Sequence[str], str] | None = None,
        log: Path | None = None,
    ) -> Self:
        """Start the process and wait until its SIP port is open; `log` takes its standard error.

        Errors: PhoneError when it cannot start, a taken SIP port among the reasons.
        """
        argv, kind = program or phone_program()
        with (log or Path("/dev/null")).open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *argv,
                *(options or PhoneOptions()).argv(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        phone = cls(process, kind)
        try:
            await phone._ready
        except BaseException:
            await phone.close()
            raise
        return phone

    @property
    def pid(self) -> int:
        return self._process.pid

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def send(self, command: protocol.Command) -> None:
        """Errors: PhoneError when the process is gone."""
        assert self._process.stdin is not None
        try:
            if self._has_ended:
                raise ConnectionResetError
            self._process.stdin.write(protocol.command_line(command))
            await self._process.stdin.drain()
        except (ConnectionError, RuntimeError) as error:
            raise PhoneError("the phone process has ended") from error

    async def register(
        self,
        name: str,
        *,
        uri: str,
        registrar: str | None = None,
        user: str = "",
        password: str = "",
        auto_answer_after_s: float | None = None,
        play: Path | None = None,
        record: Path | None = None,
    ) -> None:
        """Add an account and wait until it is registered. Errors: RegistrationError with the SIP status."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._accounts[name] = done
        await self.send(
            protocol.Register(
                name, uri, registrar, user, password, auto_answer_after_s, _text(play), _text(record)
            )
        )  # fmt: skip
        await done

    async def unregister(self, name: str) -> None:
        await self.send(protocol.Unregister(name))

    async def call(
        self,
        to: str,
        *,
        caller: str | None = None,
        account: str | None = None,
        play: Path | None = None,
        record: Path | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> PhoneCall:
        """Place a call to a SIP URI; returns at once. `caller` is the number shown in From."""
        name = f"out-{next(self._numbers)}"
        call = self.calls[name] = PhoneCall(name, self)
        await self.send(protocol.PlaceCall(name, to, caller, account, _text(play), _text(record), headers))
        return call

    async def incoming(self) -> PhoneCall:
        """The next call that comes in, in their order."""
        return await self._incoming.get()

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[protocol.Event]]:
        """`async with phone.events() as events: async for event in events: …`, from the moment of entering."""
        queue: asyncio.Queue[protocol.Event | None] = asyncio.Queue()
        self._listeners.append(queue)
        try:
            yield _drain(queue)
        finally:
            self._listeners.remove(queue)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self._took(protocol.parse_event(line))
        self._gone()

    def _took(self, event: protocol.Event) -> None:
        match event:
            case protocol.Ready():
                self.sip_port = event.sip_port
                _settle(self._ready, None)
            case protocol.AccountAdded() | protocol.Registered():
                _settle(self._accounts.pop(event.id, None), None)
            case protocol.RegistrationFailed():
                error = RegistrationError(event.id, event.code, event.reason)
                _settle(self._accounts.pop(event.id, None), error)
            case protocol.Unregistered():
                pass
            case protocol.Failed():
                self._failed(event)
            case _:
                self._call_took(event)
        for queue in self._listeners:
            if queue.qsize() >= EVENTS_KEPT:
                queue.get_nowait()
            queue.put_nowait(event)

    def _call_took(self, event: protocol.CallEvent) -> None:
        if isinstance(event, protocol.Incoming):
            self.calls[event.call] = PhoneCall(event.call, self)
            self._incoming.put_nowait(self.calls[event.call])
        if call := self.calls.get(event.call):
            call.took(event)
        if isinstance(event, protocol.HungUp):
            self.calls.pop(event.call, None)

    def _failed(self, event: protocol.Failed) -> None:
        error = PhoneError(event.reason)
        if event.call is None and event.id is None:
            _settle(self._ready, error)
        if event.id:
            _settle(self._accounts.pop(event.id, None), error)
        if event.call and (call := self.calls.get(event.call)):
            call.took(event)

    def _gone(self) -> None:
        """The process has ended: nobody may wait for it any longer."""
        self._has_ended = True
        error = PhoneError("the phone process has ended")
        _settle(self._ready, error)
        for done in self._accounts.values():
            _settle(done, error)
        for call in tuple(self.calls.values()):
            self._call_took(protocol.HungUp(call.name, 0, "the phone process has ended", 0.0))
        for queue in self._listeners:
            queue.put_nowait(None)

    async def close(self) -> None:
        """End all calls and the process; it is gone when this returns."""
        with suppress(PhoneError):
            await self.send(protocol.Quit())
        try:
            await asyncio.wait_for(self._process.wait(), QUIT_GRACE_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        finally:
            if self._process.stdin:
                self._process.stdin.close()
            await self._reader


def _text(path: Path | None) -> str | None:
    return str(path) if path else None


def _settle(future: asyncio.Future[None] | None, error: PhoneError | None) -> None:
    if future is None or future.done():
        return
    if error:
        future.set_exception(error)
    else:
        future.set_result(None)


async def _drain(queue: asyncio.Queue[protocol.Event | None]) -> AsyncIterator[protocol.Event]:
    while event := await queue.get():
        yield event
