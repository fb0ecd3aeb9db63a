"""One call of the portable phone: what is said, heard and pressed in it.

It handles pyVoIP's call without importing pyVoIP (see quality.portable_phone), whose types it therefore cannot name.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from quality.dtmf import PACKET_S, event_packets
from quality.phone_process import SILENCE, speech_of, write_speech

PAUSE_S = 0.1  # between digits
LONGEST_RECORD = 8000 * 600


class PortableCall:
    """One call: its SIP side and the thread that feeds it with speech and digits."""

    def __init__(self, name: str, line: Any, media: Any, play: str | None, record: str | None) -> None:
        self.name = name
        self.line = line
        self.media = media
        self.record = record
        self.heard = bytearray()
        self.answered_at: float | None = None
        self.over = threading.Event()
        self._speech = speech_of(play) if play else SILENCE

    def start_media(self, now: float) -> None:
        self.answered_at = now
        threading.Thread(target=self._feed, name=f"speech of {self.name}", daemon=True).start()

    def _feed(self) -> None:
        for start in itertools.cycle(range(0, len(self._speech), 8000)):
            chunk = self._speech[start : start + 8000]
            self.media.write_audio(chunk)
            if self.over.wait(len(chunk) / 8000):
                return
            if self.record and len(self.heard) < LONGEST_RECORD:
                self.heard += self.media.read_audio(len(chunk), blocking=False)

    def stop_media(self) -> None:
        self.over.set()
        self.media.bye()
        if self.record:
            write_speech(self.record, bytes(self.heard))

    def send_digits(self, digits: str, duration_ms: int) -> None:
        threading.Thread(target=self._digits, args=(digits, duration_ms), daemon=True).start()

    def _digits(self, digits: str, duration_ms: int) -> None:
        for digit in digits:
            for client in self.media.RTPClients:
                self._digit(client, digit, duration_ms / 1000)
            if self.over.wait(PAUSE_S):
                return

    def _digit(self, client: Any, digit: str, duration_s: float) -> None:
        """In the place of speech, in its sequence: Asterisk loses digits on a bridge that has speech in between."""
        numbers = (number for number, kind in client.assoc.items() if str(kind) == "telephone-event")
        event_type = next(numbers, 101)
        with _speech_held(client):
            for packet in event_packets(
                digit,
                duration_s,
                payload_type=event_type,
                sequence=0,
                timestamp=client.outTimestamp,
                ssrc=client.outSSRC,
            ):
                numbered = packet[:2] + (client.outSequence & 0xFFFF).to_bytes(2, "big") + packet[4:]
                client.outSequence += 1  # what pyVoIP's sender gives its next packet
                with suppress(OSError):  # the call has just ended
                    client.sout.sendto(numbered, (client.outIP, client.outPort))
                time.sleep(PACKET_S)
            client.outTimestamp += round(duration_s * 8000)


@contextmanager
def _speech_held(client: Any) -> Iterator[None]:
    """PyVoIP's sender waits before its next packet, as long as this is open."""
    free, encode = threading.Event(), client.encode_packet

    def wait(payload: bytes) -> Any:
        free.wait()
        return encode(payload)

    client.encode_packet = wait
    time.sleep(PACKET_S)  # the packet under way
    try:
        yield
    finally:
        client.encode_packet = encode
        free.set()
