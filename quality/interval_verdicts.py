"""What was wrong in one direction of a leg for ten seconds, by name: limits and rules, pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

LOSS_FROM, LOST_LEAST = 0.02, 5  # share and number of packets that are worth a word
LATE_FROM = 0.02
JITTER_FROM_MS = 30.0  # J [RFC 3550 §A.8]; beyond it a usual jitter buffer plays out late
SILENT_FROM, CLIPPED_FROM = 0.98, 0.01
LEAST_S = 8.0  # of an interval in which nothing came: shorter ones lie at the edges of a call
RETURNED_LEAST = 25  # packets in the other direction, of which somebody hears nothing back


class Finding(StrEnum):
    NO_MEDIA = "no_media"  # in neither direction
    ONE_WAY_AUDIO = "one_way_audio"  # in this direction nothing came, in the other it did
    LOSS_BURST = "loss_burst"
    JITTER_BURST = "jitter_burst"
    CODEC_MISMATCH = "codec_mismatch"
    WRONG_DSCP = "wrong_dscp"
    CLIPPING = "clipping"
    SILENCE = "silence"


WORDS = {
    Finding.NO_MEDIA: "no media in either direction",
    Finding.ONE_WAY_AUDIO: "one-way audio: nothing came in this direction",
    Finding.LOSS_BURST: "packets were lost",
    Finding.JITTER_BURST: "packets came unevenly",
    Finding.CODEC_MISMATCH: "another codec than agreed",
    Finding.WRONG_DSCP: "packets are not marked for voice",
    Finding.CLIPPING: "speech is clipped",
    Finding.SILENCE: "packets hold silence only",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """One direction over `seconds`; None is not known. Ratios are of packets expected, and of samples.

    `back`: packets expected in the other direction meanwhile. `sent`: how many were sent in this one, as their sender
    says. `due`: something must come where anything comes back. `talking`: two people talk, so that both must be heard.
    `held`: somebody is on hold, so that nothing need come. `mute`: nothing but silence has come since they talk.
    """

    seconds: float
    expected: int
    lost: int
    back: int | None
    sent: int | None = None
    late_ratio: float | None = None
    jitter_ms: float | None = None
    clipping_ratio: float | None = None
    dscp: frozenset[int] = frozenset()  # seen
    codecs: frozenset[str] = frozenset()  # on the wire
    agreed_codec: str | None = None
    due: bool = True
    talking: bool = True
    held: bool = False
    mute: bool = False


def findings(heard: Heard, *, demanded_dscp: int | None = None) -> tuple[Finding, ...]:
    """All that was wrong, the gravest first. Marks are judged only where one is demanded."""
    return tuple(_missing(heard)) if not heard.expected else tuple(_of_packets(heard, demanded_dscp))


def _missing(heard: Heard) -> Iterator[Finding]:
    if heard.held or heard.seconds < LEAST_S:
        return
    sent, back = heard.sent or 0, heard.back or 0
    if sent >= RETURNED_LEAST or (heard.due and back >= RETURNED_LEAST):
        yield Finding.ONE_WAY_AUDIO
    elif heard.talking and not back:
        yield Finding.NO_MEDIA


def _of_packets(heard: Heard, demanded_dscp: int | None) -> Iterator[Finding]:
    if heard.lost >= max(LOST_LEAST, LOSS_FROM * heard.expected):
        yield Finding.LOSS_BURST
    if (heard.late_ratio or 0.0) >= LATE_FROM or (heard.jitter_ms or 0.0) >= JITTER_FROM_MS:
        yield Finding.JITTER_BURST
    if heard.agreed_codec and heard.codecs - {heard.agreed_codec}:
        yield Finding.CODEC_MISMATCH
    if demanded_dscp is not None and heard.dscp - {demanded_dscp}:
        yield Finding.WRONG_DSCP
    if (heard.clipping_ratio or 0.0) >= CLIPPED_FROM:
        yield Finding.CLIPPING
    if heard.mute and not heard.held and heard.seconds >= LEAST_S:
        yield Finding.SILENCE
