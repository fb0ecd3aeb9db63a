"""From a capture's bytes to the figures of its RTP streams."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from quality.stream_figures import Capture, MediaMap

Progress = Callable[[int], None]


def read_capture(
    source: Path | BinaryIO, media: MediaMap | None = None, *, payload: bool = False, progress: Progress | None = None
) -> Capture:
    """Read a pcap or pcapng file (gzip, too) or stream in blocks and tell about each RTP stream in it.

    `payload` asks for the analysis of G.711 samples. `progress` hears after each block how many bytes of the source
    were read. Errors: CaptureError where nothing of the file can be read; OSError.
    """
    raise NotImplementedError
