"""What both phone programs are on the outside: their options, commands line by line, events on standard output."""

from __future__ import annotations

import argparse
import heapq
import itertools
import os
import select
import signal
import socket
import sys
import wave
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Protocol

from quality import phone_protocol as protocol

CODECS = ("pcma", "pcmu", "g722")
LONGEST_LINE = 65_536
SILENCE = b"\x80" * 8000  # one second of linear 8-bit samples
QUIT_LIMIT_S = 6  # for answers to BYE and REGISTER; then the process ends all the same


@dataclass(frozen=True, slots=True)
class PhoneSettings:
    address: str
    sip_port: int  # 0: any free one
    rtp_first_port: int
    rtp_last_port: int
    codecs: tuple[str, ...]  # the preferred first; only these are offered
    sip_log: Path | None
    lose_sent_percent: int = 0


def settings_from(program: str, description: str | None, argv: list[str] | None) -> PhoneSettings:
    """Options of the command line. Errors: SystemExit with a message, as argparse does."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--sip-port", type=int, default=0)
    parser.add_argument("--rtp-ports", default="20000-29999", metavar="FIRST-LAST")
    parser.add_argument("--codecs", default="pcma,pcmu", help=f"preferred first: {', '.join(CODECS)}")
    parser.add_argument("--sip-log", type=Path, help="everything the library says, SIP messages among it")
    parser.add_argument("--lose-sent", type=int, default=0, metavar="PERCENT", help="of the packets sent")
    given = parser.parse_args(argv)
    first, _, last = given.rtp_ports.partition("-")
    codecs = tuple(given.codecs.split(","))
    if unknown := set(codecs) - set(CODECS):
        parser.error(f"unknown codec {', '.join(sorted(unknown))}")
    return PhoneSettings(given.address, given.sip_port, int(first), int(last), codecs, given.sip_log, given.lose_sent)


class Lines:
    """Whole lines from a file descriptor, without ever blocking. `ended` once the far end has closed it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""
        self.ended = False

    def take(self) -> list[bytes]:
        while not self.ended and select.select([self._descriptor], [], [], 0)[0]:
            chunk = os.read(self._descriptor, LONGEST_LINE)
            self.ended = not chunk
            self._rest += chunk
        *lines, self._rest = self._rest.split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            self._rest, self.ended = b"", True  # whoever drives us has gone mad
        return [line for line in lines if line.strip()]


class Agenda:
    """What is to be done at which moment (seconds of one clock)."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def put(self, at: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._entries, (at, next(self._numbers), action))

    def due(self, now: float) -> Iterator[Callable[[], None]]:
        """Take off what is due, the earliest first, what is put in meanwhile included."""
        while self._entries and self._entries[0][0] <= now:
            yield heapq.heappop(self._entries)[2]


def recording_is_whole(path: Path) -> bool:
    """True when there is no recording, or one whose header tells its length."""
    try:
        with path.open("rb") as file:
            header = file.read(12)
    except OSError:
        return True
    return len(header) == 12 and header[4:8] != bytes(4)


class Phone(Protocol):
    """What a phone program drives; all of it in one thread."""

    quitting: bool

    def turn(self) -> None:
        """A slice of work, some 10 ms at most."""

    def do(self, command: protocol.Command) -> None: ...

    def close(self) -> None: ...


def serve(
    phone: Phone, emit: Callable[[protocol.Event], None], ready: protocol.Ready, commands: Lines | None = None
) -> None:
    """Until `quit`, SIGTERM, or the end of the commands (standard input); then end the phone, at last by force."""
    commands = commands or Lines(sys.stdin.fileno())

    def asked_to_end(_number: int, _frame: FrameType | None) -> None:
        phone.quitting = True

    signal.signal(signal.SIGTERM, asked_to_end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches the driver, which ends us in order
    emit(ready)
    while not phone.quitting and not commands.ended:
        phone.turn()
        for line in commands.take():
            try:
                phone.do(protocol.parse_command(line))
            except ValueError as error:
                emit(protocol.Failed(f"command not understood: {error}"))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # the kernel's own end, even inside a library
    signal.alarm(QUIT_LIMIT_S)
    phone.close()
    signal.alarm(0)


def speech_of(path: str) -> bytes:
    """A 16-bit PCM WAV as linear samples of 8 bit, unsigned, at 8 kHz (every second sample of a 16 kHz file)."""
    with wave.open(path, "rb") as file:
        rate, frames = file.getframerate(), file.readframes(file.getnframes())
    step = 2 * max(1, rate // 8000)
    return bytes((byte + 128) & 0xFF for byte in frames[1::step]) or SILENCE


def write_speech(path: str, samples: bytes) -> None:
    """Such samples as a WAV file."""
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(samples)


def server_of(uri: str) -> tuple[str, int]:
    """Host and port of a SIP URI."""
    host, _, port = uri.removeprefix("sip:").rpartition("@")[2].partition(":")
    return host, int(port or 5060)


def user_of(uri: str) -> str:
    return uri.removeprefix("sip:").partition("@")[0]


def free_port(address: str, wished: int = 0) -> int:
    """A UDP port nobody has, `wished` if it is not 0. Errors: OSError when that one is taken."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((address, wished))
        return int(probe.getsockname()[1])


def own_standard_output() -> Callable[[protocol.Event], None]:
    """Keep descriptor 1 for our events and give the library, which prints to it, an empty one."""
    ours = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)

    def emit(event: protocol.Event) -> None:
        with suppress(BrokenPipeError):
            os.write(ours, protocol.event_line(event))

    return emit
