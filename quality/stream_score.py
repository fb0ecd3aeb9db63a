"""From the figures of a stream to its scores: R and MOS by the E-model, after each of three jitter buffers.

What was lost and what came too late count alike: a receiver plays neither. Nothing is scored without published figures
of the codec, and nothing conversational without a known delay.
"""

from __future__ import annotations

from dataclasses import dataclass

from quality.codecs import Grounded, Ungrounded, impairment_of
from quality.emodel import Rating, Scale, on_narrowband, rate
from quality.rtcp_score import JITTER_BUFFER_MS, PTIME_MS, DelayModel, Verdict, verdict
from quality.sdp import Encoding
from quality.stream_figures import BufferFigures, StreamFigures

BURST_RATIO_RANGE = (1.0, 8.0)  # of BurstR [G.107 Table 2]
LEAST_EXPECTED = 25  # packets of a window that is worth a score of its own: half a second of 20 ms
INTERRUPTED_FROM = 0.05  # share of one window, with which no call is good, however long it is
NO_SPEECH = frozenset({"telephone-event", "cn"})
VIDEO = frozenset(
    {"h261", "h263", "h263-1998", "h263-2000", "h264", "h265", "vp8", "vp9", "av1", "jpeg", "mpv", "mp2t"}
)

_AMR_WB_MODES = ("6.6", "8.85", "12.65", "14.25", "15.85", "18.25", "19.85", "23.05", "23.85")  # [RFC 4867 §8.2]


@dataclass(frozen=True, slots=True)
class StreamScore:
    """Scores of one stream on `scale`; None where nothing grounds them (`ungrounded_reason`) or the delay is unknown.

    `mos_f1`, `mos_f2`, `mos_ad` leave delay aside, as `mos_lq` does, which is that of AD. `r_factor` is that of
    `mos_cq`, or of `mos_lq` when there is none. `mos_worst_10s`: of the worst of the windows of ten seconds.
    """

    scale: Scale | None
    r_factor: float | None
    mos_lq: float | None
    mos_cq: float | None
    mos_f1: float | None
    mos_f2: float | None
    mos_ad: float | None
    mos_worst_10s: float | None
    delay_ms: float | None
    verdict: Verdict
    ungrounded_reason: str | None


def score(
    figures: StreamFigures, *, parameters: str = "", rtt_ms: float | None = None, plc: bool = True
) -> StreamScore:
    """Score a stream. `parameters` are its codec's in SDP (a=fmtp); `rtt_ms` from end to end, where it is known."""
    delay_ms = None if rtt_ms is None else _one_way_ms(figures, rtt_ms)
    reason = _unscorable(figures)
    name = codec_of(figures)
    codec = scored_codec(Encoding(name, 0, parameters)) if name else ""
    after_ad = Ungrounded(reason) if reason else _impairment(codec, figures.ad, figures.packets_expected, plc=plc)
    if isinstance(after_ad, Ungrounded):
        nothing = (None,) * 8
        return StreamScore(*nothing, delay_ms, _verdict(figures, delay_ms, None), after_ad.reason)
    listening = rate(after_ad.ie_eff, scale=after_ad.scale)
    talking = rate(after_ad.ie_eff, one_way_delay_ms=delay_ms, scale=after_ad.scale) if delay_ms is not None else None
    rating = talking or listening
    return StreamScore(
        after_ad.scale,
        rating.r,
        listening.mos,
        talking.mos if talking else None,
        _mos_after(figures.f1, codec, figures, listening, plc=plc),
        _mos_after(figures.f2, codec, figures, listening, plc=plc),
        listening.mos,
        _worst(codec, figures, listening, plc=plc),
        delay_ms,
        _verdict(figures, delay_ms, on_narrowband(rating.r, rating.scale)),
        None,
    )


def scored_codec(encoding: Encoding) -> str:
    """The name under which its figures are published, as far as the session description tells the rate or mode."""
    named = dict(part.strip().partition("=")[::2] for part in encoding.parameters.lower().split(";"))
    if encoding.name == "g729":  # with its silence suppression unless that is refused [RFC 4856 §2.1.9]
        return "g729a" if named.get("annexb") == "no" else "g729a-vad"
    if encoding.name == "g723" and named.get("bitrate") in {"5.3", "6.3"}:
        return "g723.1-5.3" if named["bitrate"] == "5.3" else "g723.1-vad"
    mode = named.get("mode-set", "")
    if encoding.name == "amr-wb" and len(mode) == 1 and mode in "012345678":
        return f"amr-wb-{_AMR_WB_MODES[int(mode)]}"
    return encoding.name


def codec_of(figures: StreamFigures) -> str | None:
    """Its name, lower case; None where only a clock rate could be told."""
    if figures.format is None or figures.clock_rate_source in {"estimated", "unknown"}:
        return None
    return figures.format.name


def _unscorable(figures: StreamFigures) -> str:
    """Why there is nothing to be looked up; empty where there is."""
    name = codec_of(figures)
    if name is None:
        return f"payload type {figures.payload_type} is not known: no SDP names its codec"
    if name in NO_SPEECH:
        return "no speech: only telephone events or comfort noise"
    if name in VIDEO:
        return f"{name} is video"
    return "" if figures.packets_expected > 0 else "no packet was expected"


def _impairment(codec: str, buffer: BufferFigures, expected: int, *, plc: bool) -> Grounded | Ungrounded:
    return impairment_of(codec, buffer.lost_or_late / expected, burst_ratio=_bounded(buffer.burst_ratio), plc=plc)


def _bounded(burst_ratio: float) -> float:
    least, most = BURST_RATIO_RANGE
    return min(max(burst_ratio, least), most)


def _mos(impairment: Grounded | Ungrounded) -> float | None:
    if isinstance(impairment, Ungrounded):
        return None
    return rate(impairment.ie_eff, scale=impairment.scale).mos


def _mos_after(
    buffer: BufferFigures, codec: str, figures: StreamFigures, adaptive: Rating, *, plc: bool
) -> float | None:
    """MOS behind a fixed buffer; where nothing came late it lost what the adaptive one lost, and that is rated."""
    if buffer == figures.ad:
        return adaptive.mos
    return _mos(_impairment(codec, buffer, figures.packets_expected, plc=plc))


def _worst(codec: str, figures: StreamFigures, whole: Rating, *, plc: bool) -> float | None:
    """MOS falls with loss alone, so that of the worst window is that of the one with the greatest share gone."""
    share = _worst_share(figures)
    if share is None:
        return whole.mos
    return _mos(impairment_of(codec, share, burst_ratio=_bounded(figures.ad.burst_ratio), plc=plc))


def _worst_share(figures: StreamFigures) -> float | None:
    """The greatest share of a window that was lost or late; None where no window is long enough."""
    shares = (
        (window.lost + window.late) / window.expected
        for window in figures.windows
        if window.expected >= LEAST_EXPECTED
    )  # fmt: skip
    greatest = max(shares, default=None)
    return None if greatest is None else min(greatest, 1.0)


def _one_way_ms(figures: StreamFigures, rtt_ms: float) -> float:
    """To a tenth of a millisecond: nobody hears less, and streams with the same delay are rated but once."""
    return round(DelayModel(figures.ptime_ms or PTIME_MS, JITTER_BUFFER_MS).one_way_ms(rtt_ms), 1)


def _verdict(figures: StreamFigures, delay_ms: float | None, r_narrowband: float | None) -> Verdict:
    if not figures.packets_expected:
        return Verdict.NONE
    gone = figures.ad.lost_or_late / figures.packets_expected
    found = verdict(gone, figures.jitter_mean_ms or 0.0, delay_ms, r_narrowband)
    interrupted = (_worst_share(figures) or 0.0) >= INTERRUPTED_FROM
    return Verdict.DEGRADED if found is Verdict.GOOD and interrupted else found
