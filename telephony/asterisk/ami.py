"""One AMI connection, from its greeting to its end: panoramisk's protocol with our parser under it.

Kept from panoramisk: the protocol object, the wire form of an action with its future, the registry of what is under
way. Replaced, because it cannot be made sound from outside: reading (it decodes each TCP chunk by itself and guesses
from English words when a list ends), sending (it lets line ends through), closing (it would send actions again after
a reconnect: double calls). Its Manager is not used at all: reconnects, pings and log-in without deadlines live there.
This is the only module that imports panoramisk.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import structlog
from panoramisk.actions import Action as PanoramiskAction  # type: ignore[import-untyped]
from panoramisk.ami_protocol import AMIProtocol  # type: ignore[import-untyped]

from telephony.asterisk.ami_actions import Action, Ping
from telephony.asterisk.ami_trust import Trust
from telephony.asterisk.ami_wire import (
    AmiEvent,
    AmiResponse,
    Banner,
    Item,
    Parser,
    Taint,
    TaintReason,
    WireError,
    checked,
)
from telephony.asterisk.provision_actions import ProvisionAction

log = structlog.get_logger()

UNDER_WAY_LIMIT = 1000  # actions without an answer; more is a bug of ours or a dead Asterisk
LIST_LIMIT = 50_000  # events of one list


class AmiError(Exception):
    """Asterisk's manager interface did not do what was asked (RemoteError)."""


class AmiNotConnectedError(AmiError):
    """The action was not sent."""


class AmiLostError(AmiError):
    """The connection ended or the time ran out after the action was sent: its effect is unknown, it is not repeated."""


class AmiRefusedError(AmiError):
    """Asterisk answered `Error`."""


@dataclass(slots=True)
class AmiCounters:
    """Plain counts since the start of the process, for metrics."""

    connects: int = 0
    losses: int = 0
    messages: int = 0
    events_used: int = 0
    replaced: int = 0
    distrusted: int = 0
    tainted_duplicate_key: int = 0
    tainted_no_channel_id: int = 0
    tainted_no_kind: int = 0
    tainted_bad_line: int = 0
    tainted_broken_snapshot: int = 0
    resyncs: int = 0
    overflows: int = 0
    malformed: int = 0
    receiver_failures: int = 0
    actions: int = 0
    actions_failed: int = 0

    def taint(self, reason: TaintReason) -> None:
        counter = f"tainted_{reason}"
        setattr(self, counter, getattr(self, counter) + 1)


@dataclass(frozen=True, slots=True)
class Listing:
    """The events of a list; `whole` is false when something in or beside it was not to be believed."""

    events: tuple[AmiEvent, ...]
    whole: bool


class _Request(PanoramiskAction):  # type: ignore[misc]
    """An action under way: completed by the structure of the answer, never by its English words."""

    def __init__(self, action: Action | ProvisionAction, action_id: str) -> None:
        fields = [("Action", action.name), ("ActionID", action_id), *action.fields()]
        super().__init__(dict(checked(fields)))
        self.listing = action.listing
        self.answer: AmiResponse | None = None
        self.events: list[AmiEvent] = []
        self.whole = True

    def answered(self, response: AmiResponse) -> bool:
        """Take the response; true when nothing more is to come."""
        self.answer = response
        if self.listing and response.fields.get("EventList", "").lower() == "start":
            return False
        return self._complete()

    def listed(self, event: AmiEvent) -> bool:
        if event.fields.get("EventList", "").lower() == "complete":
            return self._complete()
        if len(self.events) < LIST_LIMIT:
            self.events.append(event)
        else:
            self.whole = False
        return False

    def _complete(self) -> bool:
        if not self.future.done():
            self.future.set_result(self.answer)
        return True


class Connection(AMIProtocol):  # type: ignore[misc]
    """`receive` gets each event that is to be believed and belongs to no list; it must neither block nor raise."""

    def __init__(
        self,
        wanted: Mapping[str, Iterable[str]],
        receive: Callable[[AmiEvent], None],
        counters: AmiCounters,
        *,
        distrusted: Callable[[], None] = lambda: None,
        trusted_again: Callable[[], None] = lambda: None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._parser = Parser(wanted)
        self._receive = receive
        self._counters = counters
        self._distrusted = distrusted
        self._trusted_again = trusted_again
        self._greeted: asyncio.Future[str] = loop.create_future()
        self._ended: asyncio.Future[None] = loop.create_future()
        self.trust = Trust()
        self.encoding = "utf-8"
        self.closed = True

    # -- the transport's side -----------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        before, replaced = self._parser.messages, self._parser.replaced
        try:
            for item in self._parser.feed(data):
                self._take(item)
        except WireError as error:
            log.warning("ami.not_ami", reason=str(error))
            self.transport.abort()
        self._counters.messages += self._parser.messages - before
        self._counters.replaced += self._parser.replaced - replaced

    def eof_received(self) -> None:
        """Let the transport close."""

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        lost = AmiLostError("the connection to Asterisk ended before the answer came")
        for request in self._under_way():
            request.future.cancel()
        self.responses.clear()
        if not self._greeted.done():
            self._greeted.set_exception(lost)
            self._greeted.exception()  # nobody may be waiting
        if not self._ended.done():
            self._ended.set_result(None)

    def close(self) -> None:
        """End the connection; what is under way fails and is not sent again."""
        if not self.closed:
            self.closed = True
            self.transport.abort()

    # -- our side -----------------------------------------------------------------------------------------------

    async def greeted(self) -> str:
        """The version in the greeting. Errors: AmiLostError."""
        return await asyncio.shield(self._greeted)

    async def ended(self) -> None:
        await asyncio.shield(self._ended)

    async def request(self, action: Action | ProvisionAction, timeout_s: float = 5.0) -> AmiResponse:
        """Send once and wait for the answer.

        Errors: ValueError before a byte is sent, AmiNotConnectedError, AmiLostError, AmiRefusedError.
        """
        answer = (await self._run(action, timeout_s)).answer
        assert answer is not None  # a request is completed by its answer
        return answer

    async def listing(self, action: Action | ProvisionAction, timeout_s: float = 10.0) -> Listing:
        """Send once and wait for the whole list. Errors as for `request`."""
        request = await self._run(action, timeout_s)
        return Listing(tuple(request.events), request.whole and self.trust.holds)

    async def _run(self, action: Action | ProvisionAction, timeout_s: float) -> _Request:
        request = self._send(action, secrets.token_hex(12))
        try:
            async with asyncio.timeout(timeout_s):
                answer: AmiResponse = await self._answer(request)
        except TimeoutError:
            self._counters.actions_failed += 1
            raise AmiLostError(f"{action.name}: no answer within {timeout_s:g} s") from None
        finally:
            self.responses.pop(request.id, None)
        if answer.status.lower() == "error":
            self._counters.actions_failed += 1
            raise AmiRefusedError(f"{action.name}: {answer.fields.get('Message', 'refused')}")
        return request

    async def _answer(self, request: _Request) -> AmiResponse:
        """The request's future; its cancellation (by the connection's end) told apart from our own."""
        await asyncio.wait({request.future})
        if request.future.cancelled():
            raise AmiLostError("the connection to Asterisk ended before the answer came")
        return request.future.result()  # type: ignore[no-any-return]

    def _send(self, action: Action | ProvisionAction, action_id: str) -> _Request:
        if self.closed or self.transport.is_closing():
            raise AmiNotConnectedError(f"{action.name} was not sent: there is no connection to Asterisk")
        if len(self.responses) >= UNDER_WAY_LIMIT:
            raise AmiNotConnectedError(f"{action.name} was not sent: {UNDER_WAY_LIMIT} actions wait for an answer")
        request = _Request(action, action_id)
        request.whole = self.trust.holds
        self._counters.actions += 1
        super().send(request)
        return request

    # -- what came in -------------------------------------------------------------------------------------------

    def _take(self, item: Item) -> None:
        match item:
            case AmiEvent():
                self._take_event(item)
            case AmiResponse():
                self._take_response(item)
            case Taint():
                self._take_taint(item)
            case Banner() if not self._greeted.done():
                self._greeted.set_result(item.version)

    def _take_event(self, event: AmiEvent) -> None:
        if action_id := event.fields.get("ActionID"):  # random and ours: no caller knows it
            request = self.responses.get(action_id)
            if request is not None and request.listing and request.listed(event):
                del self.responses[action_id]
            return
        if not self.trust.holds:
            self._counters.distrusted += 1
            return
        self._counters.events_used += 1
        self._receive(event)

    def _take_response(self, response: AmiResponse) -> None:
        action_id = response.fields.get("ActionID", "")
        if self.trust.awaits(action_id):
            self._take_marker(action_id)
            return
        request = self.responses.get(action_id)
        if request is not None and request.answered(response):
            del self.responses[action_id]

    def _take_taint(self, taint: Taint) -> None:
        self._counters.taint(taint.reason)
        if self.trust.holds:
            log.warning("ami.tainted", reason=taint.reason)
        for request in self._under_way():
            request.whole = False
        marker = secrets.token_hex(16)
        if self.trust.taint(marker):
            self._distrusted()
            self._send_marker(marker)

    def _take_marker(self, action_id: str) -> None:
        self.responses.pop(action_id, None)
        marker = secrets.token_hex(16)
        if self.trust.answered(marker):
            self._trusted_again()
        else:
            self._send_marker(marker)

    def _send_marker(self, marker: str) -> None:
        try:
            self._send(Ping(), marker)
        except AmiNotConnectedError:
            log.info("ami.marker_not_sent")  # the connection is ending; the next one starts anew

    def _under_way(self) -> list[_Request]:
        return [request for request in self.responses.values() if isinstance(request, _Request)]
