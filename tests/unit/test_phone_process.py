"""The outside of the phone programs: words, lines, agenda, options, and that they end."""

import os
import signal
import socket
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quality import phone_protocol as protocol
from quality.phone_process import (
    LONGEST_LINE,
    SILENCE,
    Agenda,
    Lines,
    free_port,
    own_standard_output,
    recording_is_whole,
    serve,
    server_of,
    settings_from,
    speech_of,
    user_of,
    write_speech,
)

READY = protocol.Ready("pjsua2", 5060)
COMMANDS: list[protocol.Command] = [
    protocol.Register("anna", "sip:anna@host", "sip:host", "anna", "secret", 1.5, "a.wav", "folder"),
    protocol.Unregister("anna"),
    protocol.PlaceCall("out-1", "sip:+48220000100@host", "+48500000001"),
    protocol.Answer("in-1"),
    protocol.SendDtmf("out-1", "12#"),
    protocol.HangUp("out-1"),
    protocol.Hold("out-1", on=False),
    protocol.Transfer("out-1", to="sip:piotr@127.0.0.1"),
    protocol.Transfer("out-1", to_call="out-2"),
    protocol.Quit(),
]
EVENTS: list[protocol.Event] = [
    READY,
    protocol.AccountAdded("anna"),
    protocol.Registered("anna", 120),
    protocol.RegistrationFailed("anna", 401, "Unauthorized"),
    protocol.Unregistered("anna"),
    protocol.Incoming("in-1", "anna", "<sip:x@y>"),
    protocol.Ringing("out-1"),
    protocol.Answered("out-1"),
    protocol.DtmfHeard("in-1", "#", "rfc4733"),
    protocol.Media("in-1", "pcma", 100, 0, 0.2, 100, None, None, None, final=True),
    protocol.HungUp("out-1", 486, "Busy Here", 0.0),
    protocol.Failed("no such call", call="out-9"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.do)
def test_commands_survive_the_wire(command: protocol.Command) -> None:
    line = protocol.command_line(command)
    assert line.count(b"\n") == 1
    assert protocol.parse_command(line) == command


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.event)
def test_events_survive_the_wire(event: protocol.Event) -> None:
    assert protocol.parse_event(protocol.event_line(event)) == event


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"{", "line: Invalid JSON"),
        (b'{"do":"dance"}', "tag"),
        (b'{"do":"answer"}', "answer.call: Field required"),
        (b'{"do":"answer","call":"in-1","loudly":true}', "answer.loudly"),
    ],
)
def test_what_is_wrong_with_a_command_is_said(line: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        protocol.parse_command(line)


def test_a_complaint_never_quotes_a_value() -> None:
    with pytest.raises(ValueError, match="expires_s") as complaint:
        protocol.parse_command(b'{"do":"register","id":"a","uri":"u","password":"geheim","expires_s":"geheim"}')
    assert "geheim" not in str(complaint.value)


def test_an_event_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="event"):
        protocol.parse_event(b'{"event":"unheard_of"}')


@pytest.fixture
def pipe() -> Iterator[tuple[Lines, Callable[[bytes], int], Callable[[], None]]]:
    reading, writing = os.pipe()
    open_ends = {reading, writing}

    def close() -> None:
        os.close(writing)
        open_ends.discard(writing)

    yield Lines(reading), lambda data: os.write(writing, data), close
    for descriptor in open_ends:
        os.close(descriptor)


Pipe = tuple[Lines, Callable[[bytes], int], Callable[[], None]]


def test_lines_come_whole(pipe: Pipe) -> None:
    lines, write, close = pipe
    assert lines.take() == []
    write(b"one\ntw")
    assert lines.take() == [b"one"]
    write(b"o\n\nthree\n")
    assert lines.take() == [b"two", b"three"]
    close()
    assert lines.take() == []
    assert lines.ended


def test_a_line_without_end_ends_the_talk(pipe: Pipe) -> None:
    lines, write, _ = pipe
    for _ in range(2):
        write(b"x" * (LONGEST_LINE // 2 + 1))
        assert lines.take() == []
    assert lines.ended


def test_the_agenda_goes_by_time_then_by_order() -> None:
    agenda, done = Agenda(), list[str]()
    agenda.put(2.0, lambda: done.append("late"))
    agenda.put(1.0, lambda: agenda.put(1.0, lambda: done.append("put in meanwhile")))
    agenda.put(1.0, lambda: done.append("second"))
    for action in agenda.due(1.5):
        action()
    assert done == ["second", "put in meanwhile"]


def test_options() -> None:
    settings = settings_from("phone", None, ["--sip-port", "5080", "--rtp-ports", "4000-4098", "--codecs", "g722,pcma"])
    assert (settings.sip_port, settings.rtp_first_port, settings.rtp_last_port) == (5080, 4000, 4098)
    assert settings.codecs == ("g722", "pcma")


def test_an_unknown_codec_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        settings_from("phone", None, ["--codecs", "pcma,flac"])
    assert "flac" in capsys.readouterr().err


class FakePhone:
    quitting = False

    def __init__(self) -> None:
        self.done: list[protocol.Command] = []
        self.closed = False
        self.on_turn: Callable[[], None] = lambda: None

    def turn(self) -> None:
        self.on_turn()

    def do(self, command: protocol.Command) -> None:
        self.done.append(command)
        self.quitting = isinstance(command, protocol.Quit)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def signals() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals")
def test_a_phone_serves_until_it_is_told_to_quit(pipe: Pipe) -> None:
    lines, write, _ = pipe
    phone, told = FakePhone(), list[protocol.Event]()
    write(protocol.command_line(protocol.Answer("in-1")) + b"nonsense\n" + protocol.command_line(protocol.Quit()))
    serve(phone, told.append, READY, lines)
    assert phone.done == [protocol.Answer("in-1"), protocol.Quit()]
    assert phone.closed
    assert [type(event) for event in told] == [protocol.Ready, protocol.Failed]


@pytest.mark.usefixtures("signals")
def test_a_phone_ends_with_its_driver(pipe: Pipe) -> None:
    lines, _, close = pipe
    phone = FakePhone()
    close()
    serve(phone, lambda _event: None, READY, lines)
    assert phone.closed


@pytest.mark.usefixtures("signals")
def test_a_phone_ends_when_asked_by_signal(pipe: Pipe) -> None:
    phone = FakePhone()
    phone.on_turn = lambda: os.kill(os.getpid(), signal.SIGTERM)
    serve(phone, lambda _event: None, READY, pipe[0])
    assert phone.closed


def test_the_library_cannot_write_between_our_events(capfd: pytest.CaptureFixture[str]) -> None:
    kept = os.dup(1)
    try:
        emit = own_standard_output()
        os.write(1, b"a library's chatter\n")
        emit(protocol.Ringing("out-1"))
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    assert capfd.readouterr().out == protocol.event_line(protocol.Ringing("out-1")).decode()


def test_a_recording_is_whole_once_its_header_tells_a_length(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    assert recording_is_whole(path)  # nothing was recorded
    path.write_bytes(b"RIFF\0\0\0\0WAVE")
    assert not recording_is_whole(path)
    write_speech(str(path), SILENCE)
    assert recording_is_whole(path)


def test_speech_comes_as_eight_bits_at_eight_kilohertz(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"\x00\x00\x11\x11\x00\x7f\x11\x11\x00\x80\x11\x11")
    assert speech_of(str(path)) == bytes((0x80, 0xFF, 0x00))


def test_an_empty_recording_is_silence(tmp_path: Path) -> None:
    write_speech(str(tmp_path / "a.wav"), b"")
    assert speech_of(str(tmp_path / "a.wav")) == SILENCE


def test_sip_uris() -> None:
    assert server_of("sip:anna@127.0.0.1:5061") == ("127.0.0.1", 5061)
    assert server_of("sip:127.0.0.1") == ("127.0.0.1", 5060)
    assert user_of("sip:+48220000100@127.0.0.1:5061") == "+48220000100"


def test_a_taken_port_is_refused() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as owner:
        owner.bind(("127.0.0.1", 0))
        with pytest.raises(OSError, match="in use"):
            free_port("127.0.0.1", owner.getsockname()[1])
