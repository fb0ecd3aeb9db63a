"""A capture file scored: read, joined with its signalling, each stream and call with what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from quality.call_score import ScoredCall, join
from quality.read_capture import Progress, read_capture, without_collection
from quality.sip_calls import SipCalls
from quality.stream_figures import Capture

PAYLOAD_UP_TO = 64 << 20  # octets of a file whose samples are looked at without being asked


@dataclass(frozen=True, slots=True)
class Scored:
    """`warnings`: what was wrong with the file or with its signalling, where it could be scored all the same."""

    capture: Capture
    calls: tuple[ScoredCall, ...]
    warnings: tuple[str, ...]


def score_capture(
    source: Path | BinaryIO, *, payload: bool | None = None, plc: bool = True, progress: Progress | None = None
) -> Scored:
    """Score a file or an open stream. `payload`: look at G.711's samples, too; None: if the file is not too long.

    Errors: CaptureError where nothing of it can be read; OSError.
    """
    signalling = SipCalls()
    wanted = _short(source) if payload is None else payload
    capture = read_capture(source, signalling, payload=wanted, progress=progress)
    with without_collection():
        calls = join(capture, signalling, plc=plc)
    return Scored(capture, calls, tuple(_warnings(capture, signalling)))


def _short(source: Path | BinaryIO) -> bool:
    return not isinstance(source, Path) or not source.is_file() or source.stat().st_size <= PAYLOAD_UP_TO


def _warnings(capture: Capture, signalling: SipCalls) -> list[str]:
    found = [capture.fault] if capture.fault else []
    if capture.drops:
        found.append(f"the capture itself lost {capture.drops} packets: losses may be its own")
    if signalling.faults:
        found.append(f"{signalling.faults} packets with SIP or RTCP could not be read")
    return found
