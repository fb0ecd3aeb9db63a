"""What is wrong with a call, in words for the engineer who has to mend it.

Each finding is a sentence with figures in it: who, what, when. Limits stand here by their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from quality.call_score import RETURNED_LEAST, ScoredCall, ScoredStream, agreed, expects_return
from quality.sdp import STATIC_TYPES
from quality.sip_calls import Side
from quality.stream_figures import WINDOW_S, Window
from quality.stream_score import NO_SPEECH, codec_of

LOSS_FROM = 0.02  # share of a window of ten seconds that is worth a word
LATE_FROM = 0.02  # share of a stream too late for a jitter buffer of 50 ms
SILENT_FROM, CLIPPED_FROM = 0.98, 0.01
ONE_WAY_FROM_S, NO_MEDIA_FROM_S, AFTER_END_FROM_S = 2.0, 2.0, 1.0
OUTAGE_FROM_MS = 1000.0
LEAST_PACKETS = 50  # of a stream about whose shares something can be said
EXPEDITED = 46  # EF, what voice is marked with [RFC 4594 §4.1]
VOICE_MARKS = frozenset({40, 44, EXPEDITED})  # CS5, VOICE-ADMIT, EF


def problems(call: ScoredCall, zone: tzinfo | None, *, dscp: int | None = None) -> tuple[str, ...]:
    """All that is wrong. Times of day in `zone`; `dscp` is the mark that packets shall have, where one is demanded."""
    return (
        *_missing_media(call),
        *_one_way(call),
        *(words for stream in call.streams for words in _of_stream(call, stream, zone)),
        *_marks(call, dscp),
        *_codecs(call),
        *_after_the_end(call),
    )


def who(call: ScoredCall, side: Side | None) -> str:
    """`the caller`, or without signalling the address."""
    if call.sip is not None and side is not None:
        return f"the {side}"
    return call.party(side) if side is not None else "an unknown party"


def _missing_media(call: ScoredCall) -> Iterator[str]:
    if call.sip is None or call.sip.answered is None or call.sip.t38 is not None:
        return
    talked_s = (call.sip.ended or call.end) - call.sip.answered
    if not any(stream.is_audio for stream in call.streams) and talked_s >= NO_MEDIA_FROM_S:
        yield f"no media: answered, {talked_s:.1f} s long, and no RTP from either side"


def _one_way(call: ScoredCall) -> Iterator[str]:
    for side in Side:
        heard = [stream for stream in call.sent_by(side) if stream.one_way]
        seconds = sum(stream.figures.end - stream.figures.start for stream in heard)
        if not heard or seconds < ONE_WAY_FROM_S:
            continue
        returned = sum(stream.figures.packets_received for stream in call.sent_by(side.other))
        came = f"only {returned} packets came" if returned else "nothing came"
        yield f"one-way audio from {who(call, side)}: {came} from {who(call, side.other)} in {seconds:.1f} s"


def _of_stream(call: ScoredCall, stream: ScoredStream, zone: tzinfo | None) -> Iterator[str]:
    figures, sender = stream.figures, who(call, stream.side)
    yield from _losses(figures.windows, figures.end, sender, zone)
    if figures.packets_expected >= LEAST_PACKETS:
        late = figures.f1.late / figures.packets_expected
        if late >= LATE_FROM:
            yield f"jitter: {late:.0%} of the packets from {sender} came too late for a jitter buffer of 50 ms"
    if figures.delta_max_ms >= OUTAGE_FROM_MS and not figures.dtx and not _paused(call, stream):
        yield f"no packet from {sender} for {figures.delta_max_ms / 1000:.1f} s"
    if figures.silence_ratio is not None and figures.silence_ratio >= SILENT_FROM:
        yield f"silence: {figures.silence_ratio:.0%} of what {sender} sent is silent"
    if figures.clipping_ratio is not None and figures.clipping_ratio >= CLIPPED_FROM:
        yield f"clipping: {figures.clipping_ratio:.1%} of the samples from {sender} are at the end of the scale"
    if figures.capture_drops:
        yield f"the capture itself lost {figures.capture_drops} packets: losses may be its own"


def _paused(call: ScoredCall, stream: ScoredStream) -> bool:
    """Whether at some time the stream was not to be sent."""
    if call.sip is None or stream.side is None:
        return False
    return any(not expects_return(call.sip, stream.side.other, each.time) for each in call.sip.descriptions)


def _losses(windows: Sequence[Window], end: float, sender: str, zone: tzinfo | None) -> Iterator[str]:
    """Windows with loss, one after another, as one span."""
    span: list[Window] = []
    for window in windows:
        if window.lost < LOSS_FROM * window.expected or window.lost == 0:
            continue
        if span and window.start > span[-1].start + 1.5 * WINDOW_S:
            yield _loss(span, end, sender, zone)
            span = []
        span.append(window)
    if span:
        yield _loss(span, end, sender, zone)


def _loss(span: Sequence[Window], end: float, sender: str, zone: tzinfo | None) -> str:
    share = sum(window.lost for window in span) / sum(window.expected for window in span)
    until = min(span[-1].start + WINDOW_S, end)
    return f"{100 * share:.0f} % loss between {_clock(span[0].start, zone)} and {_clock(until, zone)} from {sender}"


def _clock(at: float, zone: tzinfo | None) -> str:
    return f"{datetime.fromtimestamp(at, zone):%H:%M:%S}"


def _marks(call: ScoredCall, demanded: int | None) -> Iterator[str]:
    """A wrong mark: not the one demanded; or, where none is, marks that differ or are not for voice."""
    audio = [stream for stream in call.streams if stream.is_audio]
    marks = {stream.figures.dscp for stream in audio}
    for stream in audio:
        mark, sender = stream.figures.dscp, who(call, stream.side)
        if stream.figures.dscp_changes:
            yield f"wrong DSCP: the mark of packets from {sender} changes {stream.figures.dscp_changes} times"
        elif demanded is not None and mark != demanded:
            yield f"wrong DSCP: {mark} on packets from {sender}, {demanded} is demanded"
        elif demanded is None and mark not in VOICE_MARKS and (mark or len(marks) > 1):
            yield f"wrong DSCP: {mark} on packets from {sender}, {EXPEDITED} (EF) is for voice"


def _codecs(call: ScoredCall) -> Iterator[str]:
    if call.sip is None:
        return
    sent: dict[Side, list[str]] = {Side.CALLER: [], Side.CALLEE: []}
    for stream in call.streams:
        if stream.side is None or not stream.is_audio:
            continue
        wanted = agreed(call.sip, stream.side.other, stream.figures.end)
        if wanted is not None and wanted.encodings:
            yield from _unwanted(call, stream)
        name = codec_of(stream.figures) or ""
        if name and name not in NO_SPEECH:
            sent[stream.side].append(name)
        yield from _packet_time(call, stream, wanted.ptime_ms if wanted is not None else None)
    callers, callees = sent[Side.CALLER], sent[Side.CALLEE]
    if callers and callees and not set(callers) & set(callees):
        yield f"codec mismatch: {callers[0]} from the caller, {callees[0]} from the callee"


def _packet_time(call: ScoredCall, stream: ScoredStream, agreed_ms: float | None) -> Iterator[str]:
    ptime_ms = stream.figures.ptime_ms
    if not agreed_ms or not ptime_ms or stream.figures.packets_received < LEAST_PACKETS:
        return
    if abs(agreed_ms - ptime_ms) > 1:
        sender, receiver = who(call, stream.side), who(call, stream.side.other if stream.side else None)
        yield f"packets from {sender} hold {ptime_ms:.0f} ms, {receiver} asked for {agreed_ms:.0f} ms"


def _unwanted(call: ScoredCall, stream: ScoredStream) -> Iterator[str]:
    """Payload types that the receiver has never asked for."""
    assert call.sip is not None
    assert stream.side is not None
    asked = {
        number
        for described in call.sip.descriptions
        if described.side is stream.side.other
        for media in described.media
        for number, _ in media.encodings
    }
    for payload_type, packets in stream.figures.payload_types:
        name = STATIC_TYPES.get(payload_type, ("",))[0]
        if payload_type not in asked and packets >= RETURNED_LEAST and name not in NO_SPEECH:
            named = f" ({name})" if name else ""
            yield (
                f"codec mismatch: {who(call, stream.side)} sends payload type {payload_type}{named}, for which "
                f"{who(call, stream.side.other)} has not asked"
            )


def _after_the_end(call: ScoredCall) -> Iterator[str]:
    ended = call.sip.ended if call.sip is not None else None
    for stream in call.streams:
        if ended is not None and stream.figures.end > ended + AFTER_END_FROM_S:
            beyond_s = stream.figures.end - ended
            yield f"{who(call, stream.side)} went on sending for {beyond_s:.1f} s after the call's end"
