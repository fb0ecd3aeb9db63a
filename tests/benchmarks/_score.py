"""One capture read in a process of its own for `rtp`: `python -m tests.benchmarks._score FILE [stages|json]` writes
figures as JSON.

Without a flag: SIP, RTCP and MOS on. `json` joins calls and writes all of it, too; `stages` times the stages one by
one.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

from quality.capture_frames import FRAMES
from quality.capture_source import CaptureSource
from quality.codecs import Grounded, impairment_of
from quality.emodel import rate
from quality.engines import Decoded, best_engine
from quality.packet_records import FRAME
from quality.read_capture import read_capture
from quality.score_capture import score_capture
from quality.score_json import lines
from quality.sip_calls import SipCalls

PCAP_HEADER = 24


def score(path: Path, *, media: bool, payload: bool) -> dict[str, float]:
    began, cpu = time.perf_counter(), time.process_time()
    capture = read_capture(path, SipCalls() if media else None, payload=payload)
    rated = 0
    for stream in capture.streams:
        codec = stream.format.name if stream.format else ""
        found = impairment_of(
            codec, stream.ad.lost_or_late / stream.packets_expected, burst_ratio=stream.ad.burst_ratio
        )
        if isinstance(found, Grounded):
            rated += rate(found.ie_eff, scale=found.scale).mos > 1
    return {
        "wall_s": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
        "packets": capture.packets,
        "streams": len(capture.streams),
        "rated": rated,
    }


def told(path: Path) -> dict[str, float]:
    """All that `hotline quality score --json` does: calls joined, each stream and call written."""
    began, cpu = time.perf_counter(), time.process_time()
    scored = score_capture(path, payload=False)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        nowhere.writelines(f"{line}\n" for line in lines(scored.calls, None))
    return {
        "wall_s": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
        "packets": scored.capture.packets,
        "streams": len(scored.capture.streams),
    }


def stages(path: Path) -> dict[str, float]:
    """CPU seconds for reading, a bare walk (for its own sake), walking and decoding, and following all packets."""
    engine = best_engine()
    tracker, source = engine.tracker(None), CaptureSource(path)
    frames, decoded = np.zeros(FRAMES, FRAME), Decoded(tracker.secret)
    spent = dict.fromkeys(("walk", "decode", "track", "read"), 0.0)
    count = 0
    source.take(PCAP_HEADER)
    while source.size:
        marks = [time.process_time()]
        engine.walk_pcap(source.block, source.size, 1, frames, swapped=False, nano=False)
        marks.append(time.process_time())
        found, used, _ = engine.read_pcap(source.block, source.size, 1, frames, decoded, swapped=False, nano=False)
        marks.append(time.process_time())
        tracker.feed(source.block, decoded.packets[: decoded.found])
        marks.append(time.process_time())
        source.take(used)
        marks.append(time.process_time())
        for name, (begin, end) in zip(spent, pairwise(marks), strict=True):
            spent[name] += end - begin
        count += found
    return spent | {"packets": count}


def main(path: Path, *flags: str) -> None:
    began = time.perf_counter()
    best_engine()
    loaded_s = time.perf_counter() - began
    payload, media = "payload" in flags, "bare" not in flags
    if "json" in flags:
        figures = told(path)
    else:
        figures = stages(path) if "stages" in flags else score(path, media=media, payload=payload)
    # Not getrusage: what that tells includes the process that started this one.
    status = Path("/proc/self/status").read_text("ascii")
    rss_mb = int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024
    sys.stdout.write(json.dumps(figures | {"loaded_s": loaded_s, "rss_mb": rss_mb}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
