"""A phone for machines without pjsua2's wheel (Python 3.13): signalling and DTMF by pyVoIP, A-law speech of a sort.

`python -m quality.portable_phone` speaks the same JSON lines as quality.softphone and is the only module that imports
pyVoIP (GPL). It measures no media: its sender is a Python thread. What pyVoIP 1.6.8 gets wrong and is put right here:
a registration that takes any message for its answer, OPTIONS thrown away (Asterisk then holds the phone for gone), ACK
with a foreign To tag [RFC 3261 §13.2.2.4], no ACK and no end for refused calls, CANCEL without effect [§9.2], A-law
announced but µ-law sent, no DTMF of its own, no password for calls out. What stays: one SIP server per account, no
retransmission, no hold.
"""

from __future__ import annotations

import itertools
import os
import queue
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

# isort: off
# pyVoIP's modules import one another in a circle, which only works beginning with VoIP.
import pyVoIP
from pyVoIP.VoIP.VoIP import CallState, VoIPCall, VoIPPhone
from pyVoIP import RTP, SIP
# isort: on

from quality import phone_protocol as protocol
from quality.phone_process import (
    Agenda,
    PhoneSettings,
    free_port,
    own_standard_output,
    serve,
    server_of,
    settings_from,
    user_of,
)
from quality.portable_call import PortableCall
from quality.sip_digest import invite_again, with_headers

TURN_S = 0.02
ANSWER_S, GOODBYE_S = 5.0, 1.0  # how long a REGISTER may go unanswered, at work and at the end
Headers = tuple[tuple[str, str], ...]
MEDIA = {8: RTP.PayloadType.PCMA, 101: RTP.PayloadType.EVENT}

pyVoIP.SIPCompatibleMethods.append("OPTIONS")  # else the message is thrown away, and Asterisk takes us for gone
# A-law alone, as carriers here have it: on a bridge that has to transcode, Asterisk loses digits that come back.
pyVoIP.RTPCompatibleCodecs = [RTP.PayloadType.PCMA, RTP.PayloadType.EVENT]
_client: Any = RTP.RTPClient  # declared otherwise than it is used
_client.encode_packet = _client.encode_pcma


class Line(VoIPPhone):
    """One identity at one server. pyVoIP's threads call it; it hands everything over to the phone's own thread."""

    sip: Signalling
    answer_due_at: float | None = None  # to a REGISTER

    def __init__(self, phone: PortablePhone, name: str, server: tuple[str, int], user: str, password: str) -> None:
        settings = phone.settings
        self.port_number = free_port(settings.address, settings.sip_port)
        super().__init__(
            *server, user, password, settings.address, lambda _call: None,
            sipPort=self.port_number, rtpPortLow=settings.rtp_first_port, rtpPortHigh=settings.rtp_last_port,
        )  # fmt: skip
        self.name = name
        self.phone = phone
        self.sip = Signalling(*server, user, password, self, settings.address, self.port_number, self.callback)

    def open_only(self) -> None:
        self.sip.open()
        self.NSD = True

    def callback(self, request: SIP.SIPMessage) -> None:
        call_id = request.headers["Call-ID"]
        if request.type != SIP.SIPMessageType.MESSAGE:
            self._response(request, call_id)
        elif request.method == "INVITE":
            is_new = call_id not in self.calls
            super().callback(request)
            self.threads.clear()  # pyVoIP forgets calls whose callback has returned
            self.threadLookup.clear()
            if is_new and call_id in self.calls:
                caller = unquote(str(request.headers["From"]["raw"]))
                self.phone.later(lambda: self.phone.came_in(self, call_id, caller))
        elif request.method in {"BYE", "CANCEL"}:
            self.calls.pop(call_id, None)
            code, reason = (200, "Normal call clearing") if request.method == "BYE" else (487, "Request Terminated")
            self.phone.later(lambda: self.phone.ended(call_id, code, reason))

    def _response(self, response: SIP.SIPMessage, call_id: str) -> None:
        code, method = int(response.status), response.headers["CSeq"]["method"]
        if method == "REGISTER" and code >= 200 and not self.sip.registers_again(response, code):
            self.phone.later(lambda: self.phone.registration_answered(self, code, str(response.status.phrase)))
        if method != "INVITE":
            return
        if code == 200:
            if call := self.calls.get(call_id):
                call.answered(response)
            self.sip.acknowledge(response)
            self.phone.later(lambda: self.phone.answered(call_id))
        elif code == 401 and (again := self.sip.invites_again(response, call_id)):
            self.phone.later(lambda: self.phone.asked_again(call_id, again))
        elif code in {180, 183}:
            self.phone.later(lambda: self.phone.rings(call_id))
        elif code >= 300:
            self.sip.acknowledge(response)
            self.calls.pop(call_id, None)
            self.phone.later(lambda: self.phone.ended(call_id, code, str(response.status.phrase)))


class Signalling(SIP.SIPClient):
    """pyVoIP's SIP client with every response shown to the line, and ACKs that match their dialog."""

    def __init__(
        self, server: str, port: int, user: str, password: str, line: Line, address: str, own_port: int,
        shown: Callable[[SIP.SIPMessage], None],
    ) -> None:  # fmt: skip
        super().__init__(server, port, user, password, line, address, own_port, shown, lambda: None)
        self._shown = shown
        self.wishes_registration = False
        self._has_authorised = False
        self._invites: dict[str, str] = {}  # by Call-ID, those that were not challenged yet
        self._prefix = os.urandom(8).hex()  # pyVoIP counts Call-IDs from 1 in each process

    def open(self) -> None:
        self.NSD = True
        self.s = self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.s.bind((self.myIP, self.myPort))
        threading.Thread(target=self.recv_loop, name="SIP receive", daemon=True).start()

    def ask_registration(self, *, on: bool) -> None:
        """REGISTER without waiting: pyVoIP's own takes whatever comes next, an OPTIONS too, for the answer."""
        self.wishes_registration, self._has_authorised = on, False
        self.out.sendto(self.gen_first_response(deregister=not on).encode(), (self.server, self.port))

    def registers_again(self, response: SIP.SIPMessage, code: int) -> bool:
        """True when the response was a first challenge, which is answered here [RFC 3261 §22.2]."""
        if code != 401 or self._has_authorised:
            return False
        self._has_authorised = True
        text = self.gen_register(response, deregister=not self.wishes_registration)
        self.out.sendto(text.encode(), (self.server, self.port))
        return True

    def gen_call_id(self) -> str:
        return f"{self._prefix}{self.callID.next():08x}@{self.myIP}"

    def parse_message(self, message: SIP.SIPMessage) -> None:
        if message.type != SIP.SIPMessageType.MESSAGE:
            self._shown(message)
        elif message.method == "OPTIONS":
            self.reply(message, "200 OK")
        elif message.method == "CANCEL":
            self.reply(message, "200 OK")
            self._shown(message)
        else:
            super().parse_message(message)

    def invite_quietly(self, number: str, port: int, headers: Headers) -> tuple[SIP.SIPMessage, str]:
        """INVITE without waiting for an answer; a trunk that knows us by address asks for no password."""
        call_id, branch = self.gen_call_id(), self.gen_branch()
        media: Any = {port: MEDIA}  # declared otherwise than it is used
        text = self.gen_invite(number, str(self.sessID.next()), media, RTP.TransmitType.SENDRECV, branch, call_id)
        text = with_headers(text, headers)
        if self.password:
            self._invites[call_id] = text
        self.out.sendto(text.encode(), (self.server, self.port))
        return SIP.SIPMessage(text.encode()), call_id

    def invites_again(self, response: SIP.SIPMessage, call_id: str) -> SIP.SIPMessage | None:
        """The INVITE with our password, if this was its first challenge and we have one."""
        first = self._invites.pop(call_id, None)
        if first is None:
            return None
        self.acknowledge(response)
        text = invite_again(first, response.authentication, self.username, self.password, os.urandom(16).hex())
        self.out.sendto(text.encode(), (self.server, self.port))
        return SIP.SIPMessage(text.encode())

    def acknowledge(self, response: SIP.SIPMessage) -> None:
        """ACK with the To tag of the response [RFC 3261 §13.2.2.4, §17.1.1.3]."""
        headers = response.headers
        target = headers.get("Contact") if int(response.status) == 200 else None
        uri = str(target or headers["To"]["raw"]).partition("<")[2].partition(">")[0]
        self._send(f"ACK {uri} SIP/2.0", headers, "ACK", via=self._gen_response_via_header(response))

    def cancel(self, request: SIP.SIPMessage) -> None:
        """End a call that was not answered yet [RFC 3261 §9.1]."""
        uri = str(request.headers["To"]["raw"]).partition("<")[2].partition(">")[0]
        self._send(f"CANCEL {uri} SIP/2.0", request.headers, "CANCEL", via=self._gen_response_via_header(request))

    def reply(self, request: SIP.SIPMessage, status: str) -> None:
        headers = request.headers
        method = headers["CSeq"]["method"]
        self._send(f"SIP/2.0 {status}", headers, method, via=self._gen_response_via_header(request))

    def _send(self, first: str, headers: dict[str, Any], method: str, *, via: str) -> None:
        sender, to = (
            headers[name]["raw"] + (f";tag={headers[name]['tag']}" if headers[name]["tag"] else "")
            for name in ("From", "To")
        )
        text = (
            f"{first}\r\n{via}Max-Forwards: 70\r\nFrom: {sender}\r\nTo: {to}\r\nCall-ID: {headers['Call-ID']}\r\n"
            f"CSeq: {headers['CSeq']['check']} {method}\r\nContent-Length: 0\r\n\r\n"
        )
        self.out.sendto(text.encode(), (self.server, self.port))


class PortablePhone:
    """Accounts and calls of one process, all decided in one thread."""

    def __init__(self, settings: PhoneSettings, emit: Callable[[protocol.Event], None]) -> None:
        self.settings = settings
        self.emit = emit
        self.quitting = False
        self.lines: dict[str, Line] = {}
        self.specs: dict[str, protocol.Register] = {}
        self.calls: dict[str, PortableCall] = {}
        self._by_id: dict[str, PortableCall] = {}  # by SIP Call-ID
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._agenda = Agenda()
        self._numbers = itertools.count(1)

    def later(self, action: Callable[[], None]) -> None:
        self._inbox.put(action)

    def turn(self) -> None:
        with suppress(queue.Empty):
            self._inbox.get(timeout=TURN_S)()
        for action in self._agenda.due(time.monotonic()):
            action()
        for call in tuple(self.calls.values()):
            for digit in call.media.get_dtmf(16) if call.answered_at is not None else "":
                self.emit(protocol.DtmfHeard(call.name, digit, "rfc4733"))

    def do(self, command: protocol.Command) -> None:
        """Carry out one command; what fails is told as an `error` event."""
        name, account = getattr(command, "call", None), getattr(command, "id", None)
        try:
            self._do(command)
        except KeyError as error:
            self.emit(protocol.Failed(f"no such call or account: {error}", call=name))
        except (OSError, ValueError) as error:
            self.emit(protocol.Failed(str(error), call=name, id=account))

    def _do(self, command: protocol.Command) -> None:
        match command:
            case protocol.Register():
                self._register(command)
            case protocol.Unregister():
                self.lines.pop(command.id).sip.ask_registration(on=False)
            case protocol.PlaceCall():
                self._place(command)
            case protocol.Answer():
                self._answer(self.calls[command.call])
            case protocol.SendDtmf():
                self.calls[command.call].send_digits(command.digits, command.duration_ms)
            case protocol.HangUp():
                self._hang_up(self.calls[command.call])
            case protocol.Hold():
                raise ValueError("the portable phone cannot hold a call")
            case protocol.Transfer():
                raise ValueError("the portable phone cannot transfer a call")
            case protocol.Quit():
                self.quitting = True

    def _register(self, spec: protocol.Register) -> None:
        server = server_of(spec.registrar or spec.uri)
        line = Line(self, spec.id, server, spec.user or user_of(spec.uri), spec.password)
        self.lines[spec.id], self.specs[spec.id] = line, spec
        line.open_only()
        if spec.registrar:
            line.sip.default_expires = spec.expires_s
            self._ask_registration(line)
        else:
            self.emit(protocol.AccountAdded(spec.id))

    def _ask_registration(self, line: Line) -> None:
        if line.NSD:
            line.answer_due_at = time.monotonic() + ANSWER_S
            line.sip.ask_registration(on=True)
            self._agenda.put(line.answer_due_at, lambda: self._miss_registration(line))

    def _miss_registration(self, line: Line) -> None:
        if line.answer_due_at is not None and line.answer_due_at <= time.monotonic():
            self.registration_answered(line, 408, "Request Timeout")

    def registration_answered(self, line: Line, code: int, reason: str) -> None:
        line.answer_due_at = None
        if not line.sip.wishes_registration:
            line.stop()
            self.emit(protocol.Unregistered(line.name))
        elif code == 200:
            self.emit(protocol.Registered(line.name, line.sip.default_expires))
            self._agenda.put(time.monotonic() + line.sip.default_expires / 2, lambda: self._ask_registration(line))
        else:
            self.emit(protocol.RegistrationFailed(line.name, code, reason))

    def _place(self, command: protocol.PlaceCall) -> None:
        server = server_of(command.to)
        line = self._line_for(command.account, server)
        if command.caller is not None:
            line.sip.username = command.caller
        port = line.request_port()
        request, call_id = line.sip.invite_quietly(user_of(command.to), port, command.headers)
        medias: Any = {port: MEDIA}  # declared otherwise than it is used
        media = VoIPCall(line, CallState.DIALING, request, 1, line.myIP, ms=medias, sendmode=line.sendmode)
        line.calls[call_id] = media
        play = command.play or (self.specs[line.name].play if line.name in self.specs else None)
        self._add(PortableCall(command.call, line, media, play, command.record), call_id)

    def _line_for(self, account: str | None, server: tuple[str, int]) -> Line:
        if account is not None:
            return self.lines[account]
        for line in self.lines.values():
            if (line.server, line.port) == server:
                return line
        line = self.lines["anonymous"] = Line(self, "anonymous", server, "anonymous", "")
        line.open_only()
        return line

    def _add(self, call: PortableCall, call_id: str) -> None:
        self.calls[call.name] = self._by_id[call_id] = call

    def came_in(self, line: Line, call_id: str, caller: str) -> None:
        spec = self.specs[line.name]
        name = f"in-{next(self._numbers)}"
        call = PortableCall(
            name, line, line.calls[call_id], spec.play, f"{spec.record}/{name}.wav" if spec.record else None
        )
        self._add(call, call_id)
        self.emit(protocol.Incoming(call.name, line.name, caller))
        if spec.auto_answer_after_s is not None:
            self._agenda.put(time.monotonic() + spec.auto_answer_after_s, lambda: self._answer(call))

    def _answer(self, call: PortableCall) -> None:
        if not call.over.is_set() and call.answered_at is None:
            call.media.answer()
            self.answered(call.media.call_id)

    def asked_again(self, call_id: str, invite: SIP.SIPMessage) -> None:
        """What the call's CANCEL and BYE go by."""
        if call := self._by_id.get(call_id):
            call.media.request.headers.update({name: invite.headers[name] for name in ("CSeq", "Via")})

    def rings(self, call_id: str) -> None:
        if call := self._by_id.get(call_id):
            self.emit(protocol.Ringing(call.name))

    def answered(self, call_id: str) -> None:
        if (call := self._by_id.get(call_id)) and call.answered_at is None:
            call.start_media(time.monotonic())
            self.emit(protocol.Answered(call.name))

    def _hang_up(self, call: PortableCall) -> None:
        call_id = call.media.call_id
        if call.answered_at is not None:
            call.media.hangup()
            self.ended(call_id, 200, "OK")
        elif call.name.startswith("in-"):
            call.media.deny()
            self.ended(call_id, 486, "Busy Here")
        else:
            call.line.sip.cancel(call.media.request)  # 487 brings the end

    def ended(self, call_id: str, code: int, reason: str) -> None:
        if (call := self._by_id.pop(call_id, None)) is None:
            return
        self.calls.pop(call.name, None)
        call.stop_media()
        talk_s = time.monotonic() - call.answered_at if call.answered_at is not None else 0.0
        self.emit(protocol.HungUp(call.name, code, reason, talk_s))

    def close(self) -> None:
        for call in tuple(self.calls.values()):
            self._hang_up(call)
        registered = [line for line in self.lines.values() if line.sip.wishes_registration]
        for line in registered:
            line.sip.ask_registration(on=False)
        until = time.monotonic() + GOODBYE_S
        while any(line.NSD for line in registered) and time.monotonic() < until:
            self.turn()


def main(argv: list[str] | None = None) -> int:
    settings = settings_from("quality.portable_phone", __doc__, argv)
    emit = own_standard_output()
    try:
        free_port(settings.address, settings.sip_port)
    except OSError as error:
        emit(protocol.Failed(f"cannot open SIP on {settings.address}:{settings.sip_port}: {error.strerror}"))
        return 2
    phone = PortablePhone(settings, emit)
    serve(phone, emit, protocol.Ready("pyvoip", settings.sip_port))
    return 0


if __name__ == "__main__":
    os._exit(main())  # pyVoIP's threads would go on
