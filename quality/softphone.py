"""Real phones in a process of their own: SIP (RFC 3261), G.711/G.722 speech over RTP, DTMF (RFC 4733), RTCP figures.

`python -m quality.softphone` reads commands and writes events as JSON lines (quality.phone_protocol). It is the only
module that imports pjsua2, which is GPL: nothing else runs in this process. pjsua2 is not thread-safe, so one thread
does everything: its callbacks only note what happened, the loop acts on it afterwards.
"""

from __future__ import annotations

import itertools
import os
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pjsua2 as pj  # type: ignore[import-untyped,import-not-found,unused-ignore]

from quality import phone_protocol as protocol
from quality.phone_process import (
    Agenda,
    PhoneSettings,
    own_standard_output,
    recording_is_whole,
    serve,
    settings_from,
)
from quality.softphone_config import add_headers, set_account, set_endpoint

POLL_MS = 10  # how long a command from standard input may wait for pjsua2's own loop
FIGURES_EVERY_S = 2.5  # RTCP comes about every 5 s [RFC 3550 §6.2]
RECORD_LIMIT_S = 1.0
MAX_CALLS = 4  # PJSUA_MAX_CALLS, with which pjsua2-python's wheels are built; more is silently cut to it
CODECS = {"pcma": "PCMA/8000", "pcmu": "PCMU/8000", "g722": "G722/16000"}
METHODS = {pj.PJSUA_DTMF_METHOD_RFC2833: "rfc4733", pj.PJSUA_DTMF_METHOD_SIP_INFO: "sip_info"}


class Account(pj.Account):  # type: ignore[misc,unused-ignore]
    """One identity; incoming calls are taken up by the phone."""

    def __init__(self, phone: Softphone, spec: protocol.Register) -> None:
        super().__init__()
        self.phone = phone
        self.spec = spec

    def onRegState(self, prm: pj.OnRegStateParam) -> None:  # noqa: N802 - pjsua2's name
        code, reason, expires_s = int(prm.code), str(prm.reason), int(prm.expiration)
        self.phone.later(lambda: self.phone.registration_changed(self, code, reason, expires_s))

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802
        call = Call(self.phone, self, f"in-{next(self.phone.numbers)}", prm.callId)
        self.phone.calls[call.name] = call  # a call nobody holds on to is refused by pjsua2 at once
        self.phone.later(lambda: self.phone.call_came_in(call))


class Call(pj.Call):  # type: ignore[misc,unused-ignore]
    """One call with what it plays and records."""

    def __init__(self, phone: Softphone, account: Account, name: str, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(account, call_id)
        self.phone = phone
        self.account = account
        self.name = name
        self.play: str | None = account.spec.play
        self.record: str | None = None
        self.player: pj.AudioMediaPlayer | None = None
        self.recorder: pj.AudioMediaRecorder | None = None
        self.answered = False
        self.ended = False

    def onCallState(self, prm: pj.OnCallStateParam) -> None:  # noqa: N802
        info = self.getInfo()
        state, code, reason = int(info.state), int(info.lastStatusCode), str(info.lastReason)
        talk_s = info.connectDuration.sec + info.connectDuration.msec / 1000
        self.phone.later(lambda: self.phone.call_changed(self, state, code, reason, talk_s))

    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:  # noqa: N802
        self.phone.later(lambda: self.phone.connect_media(self))

    def onStreamDestroyed(self, prm: pj.OnStreamDestroyedParam) -> None:  # noqa: N802
        figures = media_of(self, prm.streamIdx, final=True)  # the last moment at which they can be read
        if figures:
            self.phone.later(lambda: self.phone.emit(figures))

    def onCallTransferStatus(self, prm: pj.OnCallTransferStatusParam) -> None:  # noqa: N802
        if prm.finalNotify:
            done = prm.statusCode // 100 == 2
            self.phone.later(lambda: self.phone.transfer_ended(self, done=done))

    def onDtmfDigit(self, prm: pj.OnDtmfDigitParam) -> None:  # noqa: N802
        digit, method = str(prm.digit), METHODS.get(prm.method, "unknown")
        self.phone.later(lambda: self.phone.emit(protocol.DtmfHeard(self.name, digit, method)))


def media_of(call: Call, stream: int = 0, *, final: bool = False) -> protocol.Media | None:
    """The stream's RTCP figures, or None when there is no stream. [RFC 3550 §6.4]."""
    try:
        whole = call.getStreamStat(stream)  # held: its parts are views into it
        codec = call.getStreamInfo(stream).codecName.lower()
    except pj.Error:
        return None
    rtcp = whole.rtcp
    reported = rtcp.txStat.updateCount > 0
    return protocol.Media(
        call.name,
        codec,
        received_packets=rtcp.rxStat.pkt,
        received_lost=rtcp.rxStat.loss,
        received_jitter_ms=rtcp.rxStat.jitterUsec.mean / 1000,
        sent_packets=rtcp.txStat.pkt,
        sent_lost=rtcp.txStat.loss if reported else None,
        sent_jitter_ms=rtcp.txStat.jitterUsec.mean / 1000 if reported else None,
        rtt_ms=rtcp.rttUsec.mean / 1000 if rtcp.rttUsec.n else None,
        final=final,
    )


class Softphone:
    """Accounts and calls of one process. `emit` takes every event."""

    def __init__(self, settings: PhoneSettings, emit: Callable[[protocol.Event], None]) -> None:
        self.settings = settings
        self.emit = emit
        self.numbers = itertools.count(1)
        self.accounts: dict[str, Account] = {}
        self.calls: dict[str, Call] = {}
        self._ended: list[Call] = []
        self._noted: deque[Callable[[], None]] = deque()
        self._agenda = Agenda()
        self.quitting = False
        self.endpoint = pj.Endpoint()
        self.sip_port = self._start()

    def _start(self) -> int:
        self.endpoint.libCreate()
        config = pj.EpConfig()
        set_endpoint(config, self.settings, most_calls=MAX_CALLS)
        self.endpoint.libInit(config)
        transport = pj.TransportConfig()
        transport.port = self.settings.sip_port
        transport.boundAddress = self.settings.address
        transport.publicAddress = self.settings.address
        number = self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        self.endpoint.audDevManager().setNullDev()
        self.endpoint.libStart()
        self._choose_codecs()
        local = str(self.endpoint.transportGetInfo(number).localName)
        return int(local.rpartition(":")[2])

    def _choose_codecs(self) -> None:
        for codec in self.endpoint.codecEnum2():
            self.endpoint.codecSetPriority(codec.codecId, 0)
        for rank, name in enumerate(self.settings.codecs):
            self.endpoint.codecSetPriority(CODECS[name], 255 - rank)

    def later(self, action: Callable[[], None]) -> None:
        """From a callback: act once pjsua2 has returned, since it must not be called or deleted from within."""
        self._noted.append(action)

    def after(self, delay_s: float, action: Callable[[], None]) -> None:
        self._agenda.put(time.monotonic() + delay_s, action)

    def turn(self) -> None:
        """One turn of the loop: let pjsua2 work, then do what its callbacks noted and what is due."""
        self.endpoint.libHandleEvents(POLL_MS)
        while self._noted:
            self._safely(self._noted.popleft())
        for action in self._agenda.due(time.monotonic()):
            self._safely(action)
        if self._ended:
            taken = {call.getId() for call in self.calls.values()}
            self._ended = [call for call in self._ended if call.getId() in taken]

    def _safely(self, action: Callable[[], None]) -> None:
        try:
            action()
        except pj.Error as error:
            self.emit(protocol.Failed(error_text(error)))

    def do(self, command: protocol.Command) -> None:
        """Carry out one command; what fails is told as an `error` event."""
        call = getattr(command, "call", None)
        try:
            self._do(command)
        except pj.Error as error:
            self.emit(protocol.Failed(error_text(error), call=call, id=getattr(command, "id", None)))
        except KeyError as error:
            self.emit(protocol.Failed(f"no such call or account: {error}", call=call))

    def _do(self, command: protocol.Command) -> None:
        match command:
            case protocol.Register():
                self._register(command)
            case protocol.Unregister():
                self.accounts[command.id].setRegistration(False)
            case protocol.PlaceCall():
                self._place(command)
            case protocol.Answer():
                self._answer(self.calls[command.call])
            case protocol.SendDtmf():
                self._send_dtmf(command)
            case protocol.HangUp():
                self._hang_up(self.calls[command.call], command.code)
            case protocol.Hold():
                self._hold(self.calls[command.call], on=command.on)
            case protocol.Transfer():
                self._transfer(command)
            case protocol.Quit():
                self.quitting = True

    def _register(self, spec: protocol.Register) -> None:
        if spec.id in self.accounts:
            self.accounts.pop(spec.id).shutdown()
        account = Account(self, spec)
        account.create(account_config(spec, self.settings))
        self.accounts[spec.id] = account
        if not spec.registrar:
            self.emit(protocol.AccountAdded(spec.id))

    def registration_changed(self, account: Account, code: int, reason: str, expires_s: int) -> None:
        name = account.spec.id
        if code // 100 != 2:
            self.emit(protocol.RegistrationFailed(name, code, reason))
        elif expires_s > 0:
            self.emit(protocol.Registered(name, expires_s))
        else:
            self.emit(protocol.Unregistered(name))

    def _account_for(self, name: str | None) -> Account:
        """The account a call is placed from; one without a registrar is made when nobody has asked for any."""
        if name is None and not self.accounts:
            self._register(protocol.Register("anonymous", f"sip:anonymous@{self.settings.address}:{self.sip_port}"))
        return self.accounts[name] if name is not None else next(iter(self.accounts.values()))

    def _place(self, command: protocol.PlaceCall) -> None:
        if len(self.calls) >= MAX_CALLS:
            self.emit(protocol.HungUp(command.call, 0, f"one phone process takes {MAX_CALLS} calls at once", 0.0))
            return
        call = Call(self, self._account_for(command.account), command.call)
        call.play = command.play or call.account.spec.play
        call.record = command.record
        prm = pj.CallOpParam(True)  # noqa: FBT003 - pjsua2's positional flag: default settings
        if command.caller is not None:
            prm.txOption.localUri = f"<sip:{command.caller}@{self.settings.address}>"
        add_headers(prm.txOption.headers, pj.SipHeader, command.headers)
        self.calls[command.call] = call
        try:
            call.makeCall(command.to, prm)
        except pj.Error as error:
            self.calls.pop(command.call, None)
            self.emit(protocol.HungUp(command.call, 0, error_text(error), 0.0))

    def call_came_in(self, call: Call) -> None:
        spec = call.account.spec
        if spec.record:
            call.record = str(Path(spec.record) / f"{call.name}.wav")
        self.emit(protocol.Incoming(call.name, spec.id, str(call.getInfo().remoteUri)))
        ringing = pj.CallOpParam()
        ringing.statusCode = 180
        call.answer(ringing)
        if spec.auto_answer_after_s is not None:
            self._later_with(call, spec.auto_answer_after_s, self._answer)

    def _later_with(self, call: Call, delay_s: float, action: Callable[[Call], None]) -> None:
        """Do something with a call later, if it is still there; only its name is kept (see `_ended`)."""
        name = call.name

        def with_call() -> None:
            if found := self.calls.get(name):
                action(found)

        self.after(delay_s, with_call)

    def _answer(self, call: Call) -> None:
        if call.answered:
            return
        prm = pj.CallOpParam()
        prm.statusCode = 200
        call.answer(prm)

    def _hang_up(self, call: Call, code: int) -> None:
        prm = pj.CallOpParam()
        if call.name.startswith("in-") and not call.answered:
            prm.statusCode = code
        call.hangup(prm)

    def call_changed(self, call: Call, state: int, code: int, reason: str, talk_s: float) -> None:
        if state == pj.PJSIP_INV_STATE_EARLY and code in {180, 183} and not call.name.startswith("in-"):
            self.emit(protocol.Ringing(call.name))
        elif state == pj.PJSIP_INV_STATE_CONFIRMED and not call.answered:
            call.answered = True
            self.emit(protocol.Answered(call.name))
            self._later_with(call, FIGURES_EVERY_S, self._tell_figures)
        elif state == pj.PJSIP_INV_STATE_DISCONNECTED and not call.ended:
            # When pjsua2's object goes, it hangs up whoever has its number then: it must go while that is free.
            call.ended = True
            self._ended.append(call)
            call.player = call.recorder = None  # closes the files
            self.calls.pop(call.name, None)
            self._tell_end(call.record, protocol.HungUp(call.name, code, reason, talk_s), RECORD_LIMIT_S)

    def _tell_end(self, record: str | None, end: protocol.HungUp, left_s: float) -> None:
        """Once the recording is whole: pjsua2 writes its header from another thread, some time after the close."""
        if left_s <= 0 or record is None or recording_is_whole(Path(record)):
            self.emit(end)
        else:
            self.after(POLL_MS / 1000, lambda: self._tell_end(record, end, left_s - POLL_MS / 1000))

    def _tell_figures(self, call: Call) -> None:
        if figures := media_of(call):
            self.emit(figures)
        self._later_with(call, FIGURES_EVERY_S, self._tell_figures)

    def connect_media(self, call: Call) -> None:
        """Join the call's stream with its player and its recorder; runs again after each re-INVITE."""
        if call.ended:
            return
        info = call.getInfo()  # held: its parts are views into it
        for index, media in enumerate(info.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                stream = call.getAudioMedia(index)
                if call.play and call.player is None:
                    call.player = pj.AudioMediaPlayer()
                    call.player.createPlayer(call.play)
                if call.record and call.recorder is None:
                    call.recorder = pj.AudioMediaRecorder()
                    call.recorder.createRecorder(call.record)
                if call.player is not None:
                    call.player.startTransmit(stream)
                if call.recorder is not None:
                    stream.startTransmit(call.recorder)

    def _send_dtmf(self, command: protocol.SendDtmf) -> None:
        prm = pj.CallSendDtmfParam()
        prm.method = pj.PJSUA_DTMF_METHOD_RFC2833
        prm.digits = command.digits
        prm.duration = command.duration_ms
        self.calls[command.call].sendDtmf(prm)

    def _hold(self, call: Call, *, on: bool) -> None:
        prm = pj.CallOpParam(True)  # noqa: FBT003 - pjsua2's positional flag: default settings
        if on:
            call.setHold(prm)
        else:
            prm.opt.flag = pj.PJSUA_CALL_UNHOLD
            call.reinvite(prm)

    def _transfer(self, command: protocol.Transfer) -> None:
        call, prm = self.calls[command.call], pj.CallOpParam(True)  # noqa: FBT003 - pjsua2's positional flag
        if command.to_call is not None:
            call.xferReplaces(self.calls[command.to_call], prm)
        else:
            call.xfer(command.to or "", prm)

    def transfer_ended(self, call: Call, *, done: bool) -> None:
        """Who has handed a call over hangs up [RFC 5589 §6.1]; after a failure the talk goes on."""
        if done and not call.ended:
            self._hang_up(call, 486)

    def close(self) -> None:
        """Hang up and unregister everywhere, as far as the far ends answer in time."""
        with suppress(pj.Error):
            self.endpoint.hangupAllCalls()
        for call in self.calls.values():
            call.player = call.recorder = None
        with suppress(pj.Error):
            self.endpoint.libDestroy()


def account_config(spec: protocol.Register, settings: PhoneSettings) -> pj.AccountConfig:
    config = pj.AccountConfig()
    set_account(config, spec, settings)
    if spec.user:
        config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", spec.user, 0, spec.password))
    return config


def error_text(error: pj.Error) -> str:
    return str(error.reason or error.title)


def main(argv: list[str] | None = None) -> int:
    settings = settings_from("quality.softphone", __doc__, argv)
    emit = own_standard_output()
    try:
        phone = Softphone(settings, emit)
    except pj.Error as error:
        emit(protocol.Failed(f"cannot open SIP on {settings.address}:{settings.sip_port}: {error_text(error)}"))
        return 2

    serve(phone, emit, protocol.Ready("pjsua2", phone.sip_port))
    return 0


if __name__ == "__main__":
    # Not sys.exit: pjsua2's wrappers crash when the interpreter destroys them after the library is gone.
    os._exit(main())
