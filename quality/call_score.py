"""Streams, signalling and RTCP of a capture joined to calls: both directions, and what the parties report of them.

Streams without signalling are calls, too: what goes to and fro between two addresses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from quality.codecs import Grounded, impairment_of
from quality.emodel import rate
from quality.rtcp_digest import Told
from quality.rtcp_score import Verdict
from quality.rtcp_xr import UNAVAILABLE, VoipMetrics
from quality.sdp import Encoding, Media
from quality.sip_calls import Endpoint, Side, SipCall, SipCalls
from quality.stream_figures import Capture, Flow, StreamFigures
from quality.stream_score import NO_SPEECH, VIDEO, StreamScore, codec_of, score, scored_codec

SLACK_S = 10.0  # media may go on so long after the BYE, or the clock of the capture be late
RETURNED_LEAST = 5  # packets that have to come back for a stream to be answered
SEVERITY = (Verdict.NONE, Verdict.GOOD, Verdict.DEGRADED, Verdict.BAD)


@dataclass(frozen=True, slots=True)
class ScoredStream:
    """A stream with its place in a call. `side` is who sent it. `rtcp`: what its receiver reported."""

    figures: StreamFigures
    score: StreamScore
    call: SipCall | None
    side: Side | None
    encoding: Encoding | None
    one_way: bool
    rtcp: RtcpView | None

    is_audio: bool = field(init=False)

    def __post_init__(self) -> None:
        """Asked for often: found once."""
        object.__setattr__(self, "is_audio", codec_of(self.figures) not in VIDEO)


@dataclass(frozen=True, slots=True)
class RtcpView:
    """One direction as RTCP tells it. Ratios 0 to 1; delays in ms, None while unknown.

    `packets_lost` is the receiver's cumulative count, negative with duplicates. `rtt_ms` is from end to end: the parts
    on either side of the capture, as far as reports of both tell them, or what an extended report says.
    """

    reports: int
    packets_lost: int
    loss_ratio: float | None
    worst_loss_ratio: float
    jitter_mean_ms: float | None
    jitter_max_ms: float | None
    rtt_ms: float | None
    delay_ms: float | None
    mos_lq: float | None
    mos_cq: float | None
    voip: VoipMetrics | None


@dataclass(frozen=True, slots=True)
class ScoredCall:
    """A call: with signalling (`sip`), or only what goes between two addresses."""

    sip: SipCall | None
    streams: tuple[ScoredStream, ...]
    start: float = field(init=False)
    end: float = field(init=False)
    _sent: dict[Side, tuple[ScoredStream, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Asked for often: found once."""
        begins = [stream.figures.start for stream in self.streams]
        ends = [stream.figures.end for stream in self.streams]
        if (sip := self.sip) is not None:
            begins.append(sip.started)
            ends.append(sip.ended or sip.answered or sip.started)
        object.__setattr__(self, "start", min(begins, default=0.0))
        object.__setattr__(self, "end", max(ends, default=0.0))
        object.__setattr__(self, "_sent", {side: self._audio_of(side) for side in Side})

    def _audio_of(self, side: Side) -> tuple[ScoredStream, ...]:
        own = [stream for stream in self.streams if stream.side is side and stream.is_audio]
        return tuple(sorted(own, key=lambda stream: -stream.figures.packets_received))

    def sent_by(self, side: Side) -> tuple[ScoredStream, ...]:
        """Its audio, the longest stream first."""
        return self._sent[side]

    def party(self, side: Side) -> str:
        """Its SIP address, or where its media comes from."""
        if self.sip is not None:
            return self.sip.caller if side is Side.CALLER else self.sip.callee
        for stream in self.streams:
            flow = stream.figures.flow
            return f"{flow.src}:{flow.sport}" if stream.side is side else f"{flow.dst}:{flow.dport}"
        return ""

    @property
    def verdict(self) -> Verdict:
        """The worst of its audio streams; none where no media came."""
        verdicts = [stream.score.verdict for stream in self.streams if stream.is_audio]
        return max(verdicts, key=SEVERITY.index, default=Verdict.NONE)


def join(capture: Capture, signalling: SipCalls, *, plc: bool = True) -> tuple[ScoredCall, ...]:
    """All calls of a capture in the order of their begin, each with its streams in theirs."""
    placed = [(figures, *_place(figures, signalling)) for figures in capture.streams]
    groups: dict[object, list[tuple[StreamFigures, SipCall | None, Side | None]]] = {}
    for call in signalling.calls.values():
        groups[call.call_id] = []
    for figures, its_call, side in placed:
        key = its_call.call_id if its_call is not None else _pair(figures.flow)
        groups.setdefault(key, []).append((figures, its_call, side))
    found = [_joined(signalling.calls.get(str(key)), group, signalling, plc=plc) for key, group in groups.items()]
    return tuple(sorted(found, key=lambda call: call.start))


def _place(figures: StreamFigures, signalling: SipCalls) -> tuple[SipCall | None, Side | None]:
    """The call that asked for the stream, and who sends it; with addresses behind a NAT one end is enough."""
    flow = figures.flow
    receiver = _alive(signalling.endpoint(flow.dst, flow.dport, figures.end), figures)
    sender = _alive(signalling.endpoint(flow.src, flow.sport, figures.end), figures)
    if receiver is not None and (sender is None or sender.call is not receiver.call):
        return receiver.call, receiver.side.other
    return (sender.call, sender.side) if sender is not None else (None, None)


def _alive(endpoint: Endpoint | None, figures: StreamFigures) -> Endpoint | None:
    """None where the call was over long before the stream began: another has the port now."""
    if endpoint is None or (endpoint.call.ended is not None and figures.start > endpoint.call.ended + SLACK_S):
        return None
    return endpoint


def _pair(flow: Flow) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(((flow.src, flow.sport), (flow.dst, flow.dport))))


def _joined(
    call: SipCall | None,
    group: Sequence[tuple[StreamFigures, SipCall | None, Side | None]],
    signalling: SipCalls,
    *,
    plc: bool,
) -> ScoredCall:
    """Without signalling, whoever was heard first is the caller."""
    first = (group[0][0].flow.src, group[0][0].flow.sport) if group else None
    sided = [
        (figures, side or (Side.CALLER if (figures.flow.src, figures.flow.sport) == first else Side.CALLEE))
        for figures, _, side in group
    ]
    streams = tuple(_scored(figures, side, call, sided, signalling, plc=plc) for figures, side in sided)
    return ScoredCall(call, streams)


def _scored(
    figures: StreamFigures,
    side: Side,
    call: SipCall | None,
    sided: Sequence[tuple[StreamFigures, Side]],
    signalling: SipCalls,
    *,
    plc: bool,
) -> ScoredStream:
    encoding = signalling.encoding(figures.flow, figures.payload_type) if call is not None else None
    told = None if figures.encrypted else signalling.rtcp.told(figures.flow, figures.ssrc)
    rtt_ms = _rtt_ms(told, side, sided, signalling)
    parameters = encoding.parameters if encoding is not None else ""
    scored = score(figures, parameters=parameters, rtt_ms=rtt_ms, plc=plc)
    view = _view(told, figures, parameters, rtt_ms, scored.delay_ms) if told is not None else None
    return ScoredStream(figures, scored, call, side, encoding, _one_way(figures, side, call, sided), view)


def _rtt_ms(
    told: Told | None, side: Side, sided: Sequence[tuple[StreamFigures, Side]], signalling: SipCalls
) -> float | None:
    """From end to end: the part to the receiver and the part back to the sender, or what an extended report says."""
    there = told.rtt_s if told is not None else None
    back = [
        answer.rtt_s
        for other, its_side in sided
        if its_side is not side and not other.encrypted
        and (answer := signalling.rtcp.told(other.flow, other.ssrc)) is not None
    ]  # fmt: skip
    parts = [part for part in (there, next((rtt for rtt in back if rtt is not None), None)) if part is not None]
    if parts:
        return sum(parts) * 1000
    voip = told.voip if told is not None else None
    return float(voip.round_trip_ms) if voip is not None and voip.round_trip_ms else None


def _one_way(
    figures: StreamFigures, side: Side, call: SipCall | None, sided: Sequence[tuple[StreamFigures, Side]]
) -> bool:
    """Whether nothing of the same kind came back meanwhile, though it might have by what the parties agreed."""
    if call is not None and not expects_return(call, side, figures.end):
        return False
    video = _is_video(figures)
    return not any(
        its_side is not side
        and _is_video(other) == video
        and other.packets_received >= RETURNED_LEAST
        and other.start < figures.end + 1
        and other.end > figures.start - 1
        for other, its_side in sided
    )


def _is_video(figures: StreamFigures) -> bool:
    return codec_of(figures) in VIDEO


def expects_return(call: SipCall, side: Side, at: float) -> bool:
    """Whether by offer and answer the other side was to send, too: false on hold and for one-way announcements."""
    own, other = call.of(side, at), call.of(side.other, at)
    listens = own is None or own.audio is None or own.audio.direction.receives
    return listens and (other is None or other.audio is None or other.audio.direction.sends)


def _view(
    told: Told, figures: StreamFigures, parameters: str, rtt_ms: float | None, delay_ms: float | None
) -> RtcpView:
    clock_hz = figures.format.clock_rate_hz if figures.format is not None else None
    loss_ratio = _loss_ratio(told)
    listening = talking = None
    name = codec_of(figures)
    if name is not None and name not in NO_SPEECH:
        codec = scored_codec(Encoding(name, 0, parameters))
        impairment = impairment_of(codec, loss_ratio or 0.0)
        if isinstance(impairment, Grounded) and loss_ratio is not None:
            listening = rate(impairment.ie_eff, scale=impairment.scale).mos
            if delay_ms is not None:
                talking = rate(impairment.ie_eff, one_way_delay_ms=delay_ms, scale=impairment.scale).mos
    return RtcpView(
        told.reports,
        told.last_lost,
        loss_ratio,
        told.worst_fraction / 256,
        told.jitter_sum / told.reports * 1000 / clock_hz if clock_hz and told.reports else None,
        told.jitter_max * 1000 / clock_hz if clock_hz and told.reports else None,
        rtt_ms,
        delay_ms,
        listening,
        talking,
        told.voip,
    )


def _loss_ratio(told: Told) -> float | None:
    """Between the first report and the last; of a single one the fraction since its begin."""
    expected = (told.last_highest - told.first_highest) % (1 << 32)
    if told.reports > 1 and 0 < expected < 1 << 31:
        return min(max(told.last_lost - told.first_lost, 0) / expected, 1.0)
    return told.worst_fraction / 256 if told.reports else None


def available(value: int) -> int | None:
    """An R factor or MOS of an extended report; None for the number that says unknown."""
    return None if value == UNAVAILABLE else value


def agreed(call: SipCall, side: Side, at: float) -> Media | None:
    """What that side asked for by then, as audio."""
    described = call.of(side, at)
    return described.audio if described is not None else None
