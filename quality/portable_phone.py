"""A phone for machines without pjsua2's wheel (Python 3.13): signalling and DTMF by pyVoIP, µ-law speech of a sort.

`python -m quality.portable_phone` speaks the same JSON lines as quality.softphone and is the only module that imports
pyVoIP (GPL). It measures no media: its sender is a Python thread. What pyVoIP 1.6.8 gets wrong and is put right here:
ACK with a foreign To tag (RFC 3261 §13.2.2.4), no ACK and no end for refused calls, CANCEL unanswered (§9.2), A-law
announced but µ-law sent, no DTMF of its own. What stays: one SIP server per process, no retransmission, no hold.
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
from pyVoIP.VoIP.status import PhoneStatus
from pyVoIP import RTP, SIP
# isort: on

from quality import phone_protocol as protocol
from quality.dtmf import PACKET_S, event_packets
from quality.phone_process import (
    SILENCE,
    Agenda,
    PhoneSettings,
    free_port,
    own_standard_output,
    serve,
    server_of,
    settings_from,
    speech_of,
    user_of,
)

TURN_S = 0.02
PAUSE_S = 0.1  # between digits
MEDIA = {0: RTP.PayloadType.PCMU, 101: RTP.PayloadType.EVENT}

pyVoIP.RTPCompatibleCodecs = [RTP.PayloadType.PCMU, RTP.PayloadType.EVENT]


class Line(VoIPPhone):
    """One identity at one server. pyVoIP's threads call it; it hands everything over to the phone's own thread."""

    sip: Signalling

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
        if response.headers["CSeq"]["method"] != "INVITE":
            return
        code = int(response.status)
        if code == 200:
            if call := self.calls.get(call_id):
                call.answered(response)
            self.sip.acknowledge(response)
            self.phone.later(lambda: self.phone.answered(call_id))
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
        self._prefix = os.urandom(8).hex()  # pyVoIP counts Call-IDs from 1 in each process

    def open(self) -> None:
        self.NSD = True
        self.s = self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.s.bind((self.myIP, self.myPort))
        threading.Thread(target=self.recv_loop, name="SIP receive", daemon=True).start()

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

    def invite_quietly(self, number: str, port: int) -> tuple[SIP.SIPMessage, str]:
        """INVITE without waiting for an answer; a trunk that knows us by address asks for no password."""
        call_id, branch = self.gen_call_id(), self.gen_branch()
        media: Any = {port: MEDIA}  # declared otherwise than it is used
        text = self.gen_invite(number, str(self.sessID.next()), media, RTP.TransmitType.SENDRECV, branch, call_id)
        self.out.sendto(text.encode(), (self.server, self.port))
        return SIP.SIPMessage(text.encode()), call_id

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


class Call:
    """One call: its SIP side and the thread that feeds it with speech and digits."""

    def __init__(self, name: str, line: Line, media: VoIPCall, play: str | None) -> None:
        self.name = name
        self.line = line
        self.media = media
        self.answered_at: float | None = None
        self.over = threading.Event()
        self._speech = speech_of(play) if play else SILENCE
        self._told = 0

    def start_media(self, now: float) -> None:
        self.answered_at = now
        threading.Thread(target=self._feed, name=f"speech of {self.name}", daemon=True).start()

    def _feed(self) -> None:
        """Keep about a second ahead of pyVoIP's sender."""
        for start in itertools.cycle(range(0, len(self._speech), 8000)):
            self.media.write_audio(self._speech[start : start + 8000])
            if self.over.wait(1.0):
                return

    def stop_media(self) -> None:
        self.over.set()
        self.media.bye()

    def new_digits(self) -> str:
        return str(self.media.get_dtmf(16))

    def send_digits(self, digits: str, duration_ms: int) -> None:
        threading.Thread(target=self._digits, args=(digits, duration_ms), daemon=True).start()

    def _digits(self, digits: str, duration_ms: int) -> None:
        for digit in digits:
            for client in self.media.RTPClients:
                self._digit(client, digit, duration_ms / 1000)
            if self.over.wait(PAUSE_S):
                return

    def _digit(self, client: RTP.RTPClient, digit: str, duration_s: float) -> None:
        """Between the speech packets of pyVoIP's sender, in the same sequence."""
        numbers = (number for number, kind in client.assoc.items() if kind == RTP.PayloadType.EVENT)
        event_type, timestamp = next(numbers, 101), client.outTimestamp
        for packet in event_packets(
            digit, duration_s, payload_type=event_type, sequence=0, timestamp=timestamp, ssrc=client.outSSRC
        ):
            client.outSequence += 1
            numbered = packet[:2] + (client.outSequence & 0xFFFF).to_bytes(2, "big") + packet[4:]
            with suppress(OSError):  # the call has just ended
                client.sout.sendto(numbered, (client.outIP, client.outPort))
            time.sleep(PACKET_S)


class PortablePhone:
    """Accounts and calls of one process, all decided in one thread."""

    def __init__(self, settings: PhoneSettings, emit: Callable[[protocol.Event], None]) -> None:
        self.settings = settings
        self.emit = emit
        self.quitting = False
        self.lines: dict[str, Line] = {}
        self.specs: dict[str, protocol.Register] = {}
        self.calls: dict[str, Call] = {}
        self._by_id: dict[str, Call] = {}  # by SIP Call-ID
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._agenda = Agenda()
        self._numbers = itertools.count(1)

    def later(self, action: Callable[[], None]) -> None:
        """From any thread."""
        self._inbox.put(action)

    def turn(self) -> None:
        with suppress(queue.Empty):
            self._inbox.get(timeout=TURN_S)()
        for action in self._agenda.due(time.monotonic()):
            action()
        for call in tuple(self.calls.values()):
            for digit in call.new_digits() if call.answered_at is not None else "":
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
                self.lines.pop(command.id).stop()
                self.emit(protocol.Unregistered(command.id))
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
            case protocol.Quit():
                self.quitting = True

    def _register(self, spec: protocol.Register) -> None:
        server = server_of(spec.registrar or spec.uri)
        line = Line(self, spec.id, server, spec.user or user_of(spec.uri), spec.password)
        self.lines[spec.id], self.specs[spec.id] = line, spec
        if spec.registrar:
            threading.Thread(target=self._register_now, args=(line,), daemon=True).start()
        else:
            line.open_only()
            self.emit(protocol.AccountAdded(spec.id))

    def _register_now(self, line: Line) -> None:
        """In a thread of its own: pyVoIP waits for the answers."""
        with suppress(Exception):  # pyVoIP raises bare ones; what counts is the status afterwards
            line.start()
        registered = line.get_status() == PhoneStatus.REGISTERED
        event: protocol.Event = protocol.Registered(line.name, line.sip.default_expires)
        if not registered:
            event = protocol.RegistrationFailed(line.name, 0, "the server did not accept the registration")
            line.sip.stop()
        self.later(lambda: self.emit(event))

    def _place(self, command: protocol.PlaceCall) -> None:
        server = server_of(command.to)
        line = self._line_for(command.account, server)
        if command.caller is not None:
            line.sip.username = command.caller
        port = line.request_port()
        request, call_id = line.sip.invite_quietly(user_of(command.to), port)
        medias: Any = {port: MEDIA}  # declared otherwise than it is used
        media = VoIPCall(line, CallState.DIALING, request, 1, line.myIP, ms=medias, sendmode=line.sendmode)
        line.calls[call_id] = media
        play = command.play or (self.specs[line.name].play if line.name in self.specs else None)
        self._add(Call(command.call, line, media, play), call_id)

    def _line_for(self, account: str | None, server: tuple[str, int]) -> Line:
        if account is not None:
            return self.lines[account]
        for line in self.lines.values():
            if (line.server, line.port) == server:
                return line
        line = self.lines["anonymous"] = Line(self, "anonymous", server, "anonymous", "")
        line.open_only()
        return line

    def _add(self, call: Call, call_id: str) -> None:
        self.calls[call.name] = self._by_id[call_id] = call

    def came_in(self, line: Line, call_id: str, caller: str) -> None:
        spec = self.specs[line.name]
        call = Call(f"in-{next(self._numbers)}", line, line.calls[call_id], spec.play)
        self._add(call, call_id)
        self.emit(protocol.Incoming(call.name, line.name, caller))
        if spec.auto_answer_after_s is not None:
            self._agenda.put(time.monotonic() + spec.auto_answer_after_s, lambda: self._answer(call))

    def _answer(self, call: Call) -> None:
        if call.over.is_set() or call.answered_at is not None:
            return
        call.media.answer()
        call.start_media(time.monotonic())
        self.emit(protocol.Answered(call.name))

    def rings(self, call_id: str) -> None:
        if call := self._by_id.get(call_id):
            self.emit(protocol.Ringing(call.name))

    def answered(self, call_id: str) -> None:
        call = self._by_id.get(call_id)
        if call and call.answered_at is None:
            call.start_media(time.monotonic())
            self.emit(protocol.Answered(call.name))

    def _hang_up(self, call: Call) -> None:
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
        call = self._by_id.pop(call_id, None)
        if call is None:
            return
        self.calls.pop(call.name, None)
        call.stop_media()
        talk_s = time.monotonic() - call.answered_at if call.answered_at is not None else 0.0
        self.emit(protocol.HungUp(call.name, code, reason, talk_s))

    def close(self) -> None:
        for call in tuple(self.calls.values()):
            self._hang_up(call)
        for line in self.lines.values():
            line.stop()


def main(argv: list[str] | None = None) -> int:
    settings = settings_from("quality.portable_phone", __doc__, argv)
    emit = own_standard_output()
    try:
        free_port(settings.address, settings.sip_port)
    except OSError as error:
        emit(protocol.Failed(f"cannot open SIP on {settings.address}:{settings.sip_port}: {error.strerror}"))
        return 2
    phone = PortablePhone(settings, emit)
    emit(protocol.Ready("pyvoip", settings.sip_port))
    serve(phone, emit)
    return 0


if __name__ == "__main__":
    os._exit(main())  # pyVoIP's threads would go on
