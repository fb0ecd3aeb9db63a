"""What a test call found: how it was answered, how each direction sounded, whether speech and digits came through.

Scores are those of `quality.rtcp_score` (E-model [ITU-T G.107] over RTP and RTCP statistics [RFC 3550 §6.4]).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from quality.codecs import codec_named
from quality.echoed import Echoed
from quality.phone_protocol import Media
from quality.rtcp_score import Direction, LegQuality, Report, Verdict, score

HEARD_LEAST = 0.5  # of the speech; less is an echo with holes
ONE_WAY_BELOW = 0.05
OWN_WAY_LOST = 0.01  # between the probe and our own Asterisk
PORTABLE = "pyvoip"
NOT_MEASURED = "pyVoIP measures no media: its packets are timed by a Python thread"


class Outcome(StrEnum):
    ANSWERED = "answered"
    REFUSED = "refused"  # by the far end or the carrier, busy among it
    NO_ANSWER = "no_answer"
    NO_TRUNK = "no_trunk"  # this Asterisk has none of that name
    NO_WAY = "no_way"  # no rule of the trunks leads there, or a guard forbids it
    NOT_PLACED = "not_placed"  # our own Asterisk or the phone did not take the call


@dataclass(frozen=True, slots=True)
class Called:
    """What the phone saw. Times in seconds from the INVITE; `code` is the SIP status of the end, 0 without any."""

    phone: str  # pjsua2, pyvoip
    rang_s: float | None
    answered_s: float | None
    code: int
    reason: str
    digits_sent: str
    digits_heard: str
    media: Media | None
    echoed: Echoed | None


@dataclass(frozen=True, slots=True)
class Way:
    """One direction. `mos` is conversational where a round trip was measured, else listening; `reason`: why None."""

    packets_expected: int | None
    packets_lost: int | None
    loss_ratio: float | None
    jitter_ms: float | None
    rtt_ms: float | None
    r_factor: float | None
    mos: float | None
    scale: str | None
    verdict: str  # good, degraded, bad, none
    source: str  # phone: its own statistics; rtcp_ami: Asterisk's, of the trunk's leg; none
    reason: str | None


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One test call; `at` in seconds since the epoch, `target` as it was asked for. `problems`: in words.

    `verdict` is good, degraded or bad, or failed: the call was not answered. `post_dial_delay_s`: from the INVITE to
    the first sign of the far end. `digits_right`: None where none were sent.
    """

    at: float
    target: str
    trunk: str | None
    phone: str
    outcome: Outcome
    code: int
    post_dial_delay_s: float | None
    answered_s: float | None
    codec: str | None
    sent: Way | None
    received: Way | None
    heard_ratio: float | None
    echo_delay_ms: float | None
    digits_right: bool | None
    verdict: str
    problems: tuple[str, ...]


def way_of(quality: LegQuality, source: str) -> Way:
    mos = quality.mos_cq if quality.mos_cq is not None else quality.mos_lq
    return Way(
        quality.packets_expected, quality.packets_lost, quality.loss_ratio, quality.jitter_ms, quality.rtt_ms,
        quality.r_factor, mos, quality.scale, str(quality.verdict), source, quality.ungrounded_reason,
    )  # fmt: skip


def ways_of(media: Media) -> tuple[LegQuality, LegQuality]:
    """Sent and received, from the phone's own statistics."""
    return (
        _scored(Direction.SENT, media, media.sent_packets, media.sent_lost, media.sent_jitter_ms),
        _scored(
            Direction.RECEIVED, media, media.received_packets + media.received_lost, media.received_lost,
            media.received_jitter_ms,
        ),
    )  # fmt: skip


def _scored(direction: Direction, media: Media, packets: int, lost: int | None, jitter_ms: float | None) -> LegQuality:
    """Nothing is scored where no packet came, or nobody has reported of those we sent."""
    codec = codec_named(media.codec)
    if lost is None or packets <= 0:
        return score(direction, media.codec, ())
    report = Report(
        at=0.0, ssrc=1, fraction_lost=0, cumulative_lost=lost, highest_sequence=packets,
        jitter=round((jitter_ms or 0.0) * (codec.clock_rate_hz if codec else 0) / 1000),
        rtt_s=media.rtt_ms / 1000 if media.rtt_ms is not None else None, sent_so_far=packets,
    )  # fmt: skip
    return score(direction, media.codec, [report])


def result_of(
    called: Called,
    *,
    at: float,
    target: str,
    trunk: str | None = None,
    refused: Outcome | None = None,
    why: str = "",
    leg: tuple[LegQuality, LegQuality] | None = None,
) -> ProbeResult:
    """`refused`, `why`: what our own Asterisk said of a call it did not place. `leg`: the trunk's, sent, received."""
    outcome = refused or _outcome(called)
    sent, received = _ways(called, leg)
    answered = outcome is Outcome.ANSWERED
    right = called.digits_heard == called.digits_sent if answered and called.digits_sent else None
    problems = _problems(called, sent, received, right, leg) if answered else (why or _refusal(outcome, called),)
    return ProbeResult(
        at=at, target=target, trunk=trunk, phone=called.phone, outcome=outcome, code=called.code,
        post_dial_delay_s=_first(called.rang_s, called.answered_s), answered_s=called.answered_s,
        codec=called.media.codec if called.media else None,
        sent=sent if answered else None, received=received if answered else None,
        heard_ratio=called.echoed.heard_ratio if answered and called.echoed else None,
        echo_delay_ms=called.echoed.delay_ms if answered and called.echoed else None,
        digits_right=right, verdict=_verdict(called, sent, received, right) if answered else "failed",
        problems=problems,
    )  # fmt: skip


def not_placed(target: str, phone: str, why: str, at: float, trunk: str | None = None) -> ProbeResult:
    """Our own phone, or the way to our Asterisk, failed."""
    nothing = Called(phone, None, None, 0, why, "", "", None, None)
    return result_of(nothing, at=at, target=target, trunk=trunk, refused=Outcome.NOT_PLACED, why=why)


def _first(rang_s: float | None, answered_s: float | None) -> float | None:
    return rang_s if rang_s is not None else answered_s


def _outcome(called: Called) -> Outcome:
    if called.answered_s is not None:
        return Outcome.ANSWERED
    if called.code in {401, 407, 0}:  # nobody but our own Asterisk asks us for a password
        return Outcome.NOT_PLACED
    return Outcome.NO_ANSWER if called.code in {408, 480, 487} else Outcome.REFUSED


def _refusal(outcome: Outcome, called: Called) -> str:
    match outcome:
        case Outcome.NO_ANSWER:
            return "nobody answered"
        case Outcome.NOT_PLACED if called.code:
            return "our own Asterisk does not know the probe's password: see probe_secret (docs/probes.md)"
        case Outcome.NOT_PLACED:
            return f"the call was not placed: {called.reason}"
    return f"refused: {called.code} {called.reason}"


def _ways(called: Called, leg: tuple[LegQuality, LegQuality] | None) -> tuple[Way, Way]:
    if called.phone == PORTABLE or (called.media is None and leg is None):
        reason = NOT_MEASURED if called.phone == PORTABLE else "no packet was seen"
        nothing = Way(None, None, None, None, None, None, None, None, "none", "none", reason)
        return nothing, nothing
    if leg is not None:
        return way_of(leg[0], "rtcp_ami"), way_of(leg[1], "rtcp_ami")
    assert called.media
    sent, received = ways_of(called.media)
    return way_of(sent, "phone"), way_of(received, "phone")


def _silent(called: Called) -> bool:
    return called.echoed is not None and called.echoed.heard_ratio < ONE_WAY_BELOW


def _verdict(called: Called, sent: Way, received: Way, right: bool | None) -> str:  # noqa: FBT001 - three-valued
    verdicts = {sent.verdict, received.verdict}
    if _silent(called) or "bad" in verdicts:
        return Verdict.BAD
    holes = called.echoed is not None and called.echoed.heard_ratio < HEARD_LEAST
    if right is False or holes or "degraded" in verdicts:
        return Verdict.DEGRADED
    return Verdict.GOOD


def _problems(
    called: Called,
    sent: Way,
    received: Way,
    right: bool | None,  # noqa: FBT001 - three-valued
    leg: tuple[LegQuality, LegQuality] | None,
) -> tuple[str, ...]:
    found = []
    if _silent(called):
        came = called.media is not None and called.media.received_packets > 0
        found.append("one-way audio: only silence came back" if came else "one-way audio: no packet came back")
    elif called.echoed is not None and called.echoed.heard_ratio < HEARD_LEAST:
        found.append(f"only {called.echoed.heard_ratio:.0%} of the speech came back")
    for way, name in ((sent, "on the way there"), (received, "on the way back")):
        if way.loss_ratio is not None and way.loss_ratio >= 0.01:
            found.append(f"{way.loss_ratio:.0%} loss {name}")
        if way.jitter_ms is not None and way.jitter_ms >= 30:
            found.append(f"jitter of {way.jitter_ms:.0f} ms {name}")
    if sent.rtt_ms is not None and sent.rtt_ms > 300:
        found.append(f"a round trip of {sent.rtt_ms:.0f} ms")
    if right is False:
        found.append(f"{len(called.digits_heard)} of {len(called.digits_sent)} digits came back" + _order(called))
    if leg is not None and called.media is not None and called.phone != PORTABLE:
        own = max(each.loss_ratio or 0.0 for each in ways_of(called.media))
        if own >= OWN_WAY_LOST:
            found.append(f"{own:.0%} loss between the probe and our own Asterisk: the machine is busy")
    return tuple(found)


def _order(called: Called) -> str:
    return ", other ones" if len(called.digits_heard) == len(called.digits_sent) else ""
