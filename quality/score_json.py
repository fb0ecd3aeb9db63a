"""Scores as objects for JSON Lines and rows for CSV; docs/quality.md describes each field.

Times are seconds since the epoch, ratios 0 to 1, MOS on the named scale. What is unknown is null.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import tzinfo
from typing import Any, TextIO

from quality.call_problems import problems
from quality.call_score import RtcpView, ScoredCall, ScoredStream, available
from quality.rtcp_xr import VoipMetrics
from quality.sip_calls import Side, SipCall
from quality.stream_figures import PDV_EDGES_MS, Bursts, ToneEvent
from quality.stream_score import NO_SPEECH, codec_of

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False)  # built here: no circles


def lines(
    calls: Iterable[ScoredCall], zone: tzinfo | None, *, dscp: int | None = None, file: str | None = None
) -> Iterator[str]:
    """One line for each stream, then one for each call. `file`: named in each where there are several."""
    calls = tuple(calls)
    named = {} if file is None else {"file": file}
    for stream in in_order(calls):
        yield _ENCODER.encode({**stream_object(stream), **named})
    for call in calls:
        yield _ENCODER.encode({**call_object(call, zone, dscp=dscp), **named})


def in_order(calls: Iterable[ScoredCall]) -> list[ScoredStream]:
    """All streams in the order of their first packets."""
    return sorted((stream for call in calls for stream in call.streams), key=lambda stream: stream.figures.start)


def stream_object(stream: ScoredStream) -> dict[str, Any]:
    figures, score = stream.figures, stream.score
    return {
        "type": "stream",
        **figures.flow._asdict(),
        "ssrc": f"0x{figures.ssrc:08x}",
        "payload_type": figures.payload_type,
        "codec": codec_of(figures),
        "clock_rate_hz": figures.format.clock_rate_hz if figures.format else None,
        "ptime_ms": figures.ptime_ms,
        "start": figures.start,
        "duration_s": round(figures.end - figures.start, 6),
        "packets_expected": figures.packets_expected,
        "packets_received": figures.packets_received,
        "packets_lost": figures.packets_lost,
        "rfc3550_lost": figures.rfc3550_lost,
        "duplicates": figures.duplicates,
        "reordered": figures.reordered,
        "loss_ratio": _ratio(figures.packets_lost, figures.packets_expected),
        "burst_ratio": figures.ad.burst_ratio,
        "jitter_mean_ms": figures.jitter_mean_ms,
        "jitter_max_ms": figures.jitter_max_ms,
        "delta_max_ms": figures.delta_max_ms,
        "pdv_histogram": {"edges_ms": PDV_EDGES_MS, "packets": figures.pdv_histogram},
        "bursts": {"prose": _bursts(figures.bursts_prose), "a2": _bursts(figures.bursts_a2)},
        "late_ratio": {
            "f1": _ratio(figures.f1.late, figures.packets_expected),
            "f2": _ratio(figures.f2.late, figures.packets_expected),
            "ad": _ratio(figures.ad.late, figures.packets_expected),
        },
        "r_factor": score.r_factor,
        "mos_lq": score.mos_lq,
        "mos_cq": score.mos_cq,
        "mos": {"f1": score.mos_f1, "f2": score.mos_f2, "ad": score.mos_ad} if score.scale else None,
        "mos_worst_10s": score.mos_worst_10s,
        "scale": score.scale,
        "dscp": figures.dscp,
        "events": [_event(event) for event in figures.events],
        "dtx": figures.dtx,
        "one_way": stream.one_way,
        "silence_ratio": figures.silence_ratio,
        "clipping_ratio": figures.clipping_ratio,
        "encrypted": figures.encrypted,
        "call_id": stream.call.call_id if stream.call is not None else None,
        "ungrounded_reason": score.ungrounded_reason,
        "capture_drops": figures.capture_drops,
    }


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def _bursts(bursts: Bursts) -> dict[str, Any]:
    return {
        "burst_count": bursts.burst_count,
        "burst_density": bursts.burst_density,
        "gap_density": bursts.gap_density,
        "burst_duration_ms": bursts.burst_duration_ms,
        "gap_duration_ms": bursts.gap_duration_ms,
    }


def _event(event: ToneEvent) -> dict[str, Any]:
    """Which digit it was is nobody's business."""
    shown = "*" if event.kind == "digit" else event.kind
    return {"event": shown, "start": event.start, "duration_ms": event.duration_ms}


def call_object(call: ScoredCall, zone: tzinfo | None, *, dscp: int | None = None) -> dict[str, Any]:
    sip = call.sip
    return {
        "type": "call",
        "call_id": sip.call_id if sip else None,
        "caller": call.party(Side.CALLER),
        "callee": call.party(Side.CALLEE),
        "start": call.start,
        "duration_s": round(call.end - call.start, 6),
        **_signalled(sip),
        "directions": [_direction(call, side) for side in Side],
        "codec_changes": _codec_changes(call),
        "verdict": call.verdict,
        "problems": list(problems(call, zone, dscp=dscp)),
    }


def _signalled(sip: SipCall | None) -> dict[str, Any]:
    """What only SIP tells."""
    return {
        "ringing": sip.ringing if sip else None,
        "answered": sip.answered if sip else None,
        "ended": sip.ended if sip else None,
        "ended_by": sip.ended_by if sip else None,
        "status": sip.status if sip else None,
        "post_dial_delay_s": _post_dial_delay(sip) if sip else None,
        "early_media": sip.early_media if sip else None,
        "reinvites": sip.reinvites if sip else None,
        "holds": _holds(sip) if sip else [],
        "t38": sip.t38 if sip else None,
    }


def _post_dial_delay(sip: SipCall) -> float | None:
    """From INVITE to the first ringing, or to the answer where it never rang [RFC 6076 §4.3]."""
    heard = sip.ringing if sip.ringing is not None else sip.answered
    return round(heard - sip.started, 6) if heard is not None else None


def _holds(sip: SipCall) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for side in Side:
        for described in sip.descriptions:
            held = described.audio is not None and described.audio.on_hold
            going_on = found[-1] if found and found[-1]["by"] == side and found[-1]["until"] is None else None
            if described.side is not side or (going_on is not None) == held:
                continue
            if going_on is not None:
                going_on["until"] = described.time
            elif sip.answered is not None and described.time >= sip.answered:
                found.append({"by": side, "since": described.time, "until": None})
    return found


def _direction(call: ScoredCall, side: Side) -> dict[str, Any]:
    """One way of a call: sums over its streams, and the scores of the longest."""
    streams = call.sent_by(side)
    main = streams[0] if streams else None
    expected = sum(stream.figures.packets_expected for stream in streams)
    lost = sum(stream.figures.packets_lost for stream in streams)
    return {
        "from": side,
        "to": side.other,
        "ssrcs": [f"0x{stream.figures.ssrc:08x}" for stream in streams],
        "codec": codec_of(main.figures) if main else None,
        "packets_expected": expected,
        "packets_received": sum(stream.figures.packets_received for stream in streams),
        "packets_lost": lost,
        "loss_ratio": _ratio(lost, expected),
        "jitter_mean_ms": main.figures.jitter_mean_ms if main else None,
        "delay_ms": main.score.delay_ms if main else None,
        "r_factor": main.score.r_factor if main else None,
        "mos_lq": main.score.mos_lq if main else None,
        "mos_cq": main.score.mos_cq if main else None,
        "mos_worst_10s": main.score.mos_worst_10s if main else None,
        "scale": main.score.scale if main else None,
        "encrypted": main.figures.encrypted if main else None,
        "one_way": bool(main and main.one_way),
        "verdict": main.score.verdict if main else "none",
        "rtcp": _rtcp(next((stream.rtcp for stream in streams if stream.rtcp), None)),
    }


def _rtcp(view: RtcpView | None) -> dict[str, Any] | None:
    if view is None:
        return None
    return {
        "reports": view.reports,
        "packets_lost": view.packets_lost,
        "loss_ratio": view.loss_ratio,
        "worst_loss_ratio": view.worst_loss_ratio,
        "jitter_mean_ms": view.jitter_mean_ms,
        "jitter_max_ms": view.jitter_max_ms,
        "rtt_ms": view.rtt_ms,
        "delay_ms": view.delay_ms,
        "mos_lq": view.mos_lq,
        "mos_cq": view.mos_cq,
        "xr": _voip(view.voip) if view.voip is not None else None,
    }


def _voip(voip: VoipMetrics) -> dict[str, Any]:
    """VoIP metrics as the receiver measured them [RFC 3611 §4.7]."""
    mos_lq, mos_cq = available(voip.mos_lq), available(voip.mos_cq)
    return {
        "loss_ratio": voip.loss_rate / 256,
        "discard_ratio": voip.discard_rate / 256,
        "burst_density": voip.burst_density / 256,
        "gap_density": voip.gap_density / 256,
        "burst_duration_ms": voip.burst_duration_ms,
        "gap_duration_ms": voip.gap_duration_ms,
        "round_trip_ms": voip.round_trip_ms,
        "end_system_ms": voip.end_system_ms,
        "r_factor": available(voip.r_factor),
        "mos_lq": mos_lq / 10 if mos_lq is not None else None,
        "mos_cq": mos_cq / 10 if mos_cq is not None else None,
        "jitter_buffer_ms": voip.jb_nominal_ms,
    }


def _codec_changes(call: ScoredCall) -> list[dict[str, Any]]:
    """Within a stream, or from a stream to the next of the same side."""
    found: list[dict[str, Any]] = []
    for side in Side:
        before: str | None = None
        for stream in sorted(call.sent_by(side), key=lambda stream: stream.figures.start):
            name = codec_of(stream.figures)
            if name in NO_SPEECH:
                continue
            if before is not None and name != before:
                found.append({"from": side, "at": stream.figures.start, "before": before, "after": name})
            for _ in range(min(stream.figures.codec_changes, 1)):
                types = [number for number, _ in stream.figures.payload_types]
                found.append({"from": side, "at": None, "times": stream.figures.codec_changes, "payload_types": types})
            before = name
    return found


def write_csv(calls: Iterable[ScoredCall], out: TextIO) -> None:
    """A row for each stream; what is nested has a column of its own, `mos.f1`."""
    rows = [_flat(stream_object(stream)) for stream in in_order(calls)]
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["type"]
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    writer.writerows(rows)


def _flat(found: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in found.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        elif name == "events":
            flat[prefix + name] = len(value)
        else:
            flat[prefix + name] = _harmless(value)
    return flat


def _harmless(value: object) -> object:
    """A spreadsheet runs what begins as a formula, and a Call-ID comes from a stranger."""
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
