"""Joins Asterisk's RTCP events with calls: scored intervals while a call goes on, one record per leg and direction
when it has ended.

What Asterisk *sent* in RTCP is our view of what we received; what it *received* is what the far end says about what we
sent [RFC 3550 §6.4]. Memory is bounded by the number of legs and of reports kept for each.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from quality.hep import HepPacket
from quality.hep_rtcp import ToldReport
from quality.live_window import StreamWindow, WindowEnd
from quality.rtcp_score import DelayModel, Direction, LegQuality, Report, Verdict, score
from telephony.core.ids import InteractionId
from telephony.core.quality_interval import QualityInterval
from telephony.core.quality_record import QualityRecord
from telephony.core.rtcp_event import ReportBlock, RtcpDirection, RtcpEvent
from telephony.core.views import CallView
from telephony.hep_legs import LegName, event_of
from telephony.leg_capture import Address, CapturedLeg, WindowIndex, captured_intervals, whole_of
from telephony.leg_intervals import RTCP_AMI, RTCP_HEP, Closed, OpenInterval, Whose, intervals_of, talking

MOST_LEGS = 8_192  # three times what the largest site talks at once
MOST_REPORTS = 720  # per leg and direction: one hour at one report in 5 s; then every second one is dropped
CAPTURE_DEAD_S = 25.0  # a capture that has told nothing for so long sees nothing any more
AMI_SILENT_S = 12.0  # a leg of which AMI has told nothing for so long is told of by HEP
FIRST_WINDOW_S = 12.0  # so long a new leg waits for its first window
RTCP_EVERY_S = 8.0  # a leg that is alive is reported on that often; every 5 s, and a little [RFC 3550 §6.2]
IDLE_S = 900.0  # a leg of which nothing was heard for so long has gone without a word
CALLER, AGENT = "caller", "agent"

K = TypeVar("K")
V = TypeVar("V")
Scored = Callable[[str, str, Sequence[LegQuality]], None]


@dataclass(slots=True)
class _Count:
    """A sender's own packet count and when it was told."""

    packets: int
    at: float


@dataclass(slots=True)
class _Leg:
    linkedid: str
    node: str
    channel: str
    last_at: float = 0.0
    rtt_s: float | None = None  # last measured; a property of the path, so it serves both directions
    sent: _Count | None = None  # by us
    received: _Count | None = None  # by the far end
    reports: dict[Direction, list[Report]] = field(
        default_factory=lambda: {Direction.RECEIVED: [], Direction.SENT: []}
    )  # fmt: skip
    source: str = RTCP_AMI  # of its reports
    local: Address | None = None  # where Asterisk sends and receives its media
    begun_at: float = 0.0
    captured: CapturedLeg = field(default_factory=CapturedLeg)
    wrong: dict[Direction, tuple[float, tuple[str, ...]]] = field(default_factory=dict)  # last found; until when
    open: dict[Direction, OpenInterval] = field(
        default_factory=lambda: {Direction.RECEIVED: OpenInterval(), Direction.SENT: OpenInterval()}
    )  # fmt: skip


class CallQuality:
    """Takes RTCP events in the order they come and gives the records of a call at its end."""

    def __init__(
        self,
        *,
        scored: Scored = lambda _node, _channel, _scores: None,
        delay: DelayModel | None = None,
        most_legs: int = MOST_LEGS,
        most_reports: int = MOST_REPORTS,
        dscp: int | None = None,
    ) -> None:
        """`scored` is shown each leg of a call that has ended: its node, channel, and both directions. `dscp`: the mark
        that packets shall have, where one is demanded.
        """
        self._scored = scored
        self._codecs: OrderedDict[str, str] = OrderedDict()  # by Uniqueid
        self._delay = delay or DelayModel()
        self._most_legs = most_legs
        self._most_reports = most_reports
        self._legs: OrderedDict[str, _Leg] = OrderedDict()  # by Uniqueid, the longest silent first
        self._ended: OrderedDict[str, None] = OrderedDict()  # Linkedids, and legs that were not the caller's
        self._joined: OrderedDict[str, InteractionId] = OrderedDict()  # Linkedids of legs on other nodes
        self._calls: OrderedDict[InteractionId, CallView] = OrderedDict()  # under way, as last heard of
        self._at: OrderedDict[Address, str] = OrderedDict()  # legs by their media's address at Asterisk
        self._on: OrderedDict[str, InteractionId] = OrderedDict()  # calls by the caller's channel
        self._dscp = dscp
        self._window: WindowIndex | None = None  # the last one that was captured

    @property
    def legs(self) -> int:
        """How many legs are remembered."""
        return len(self._legs)

    def told(self, packet: HepPacket, report: ToldReport, reporter: str) -> bool:
        """Take a report that HEP has brought; not of a leg that AMI tells of: False then, and where no leg is known."""
        event = event_of(packet, report, reporter, by_address=self._leg_at, by_channel=self._caller_on)
        if event is None:
            return False
        known = self._legs.get(event.uniqueid)
        if known is not None and known.source == RTCP_AMI and known.last_at > event.at - AMI_SILENT_S:
            return False
        self.heard(event, RTCP_HEP)
        return True

    def _leg_at(self, address: Address) -> LegName | None:
        name = self._at.get(address, "")
        leg = self._legs.get(name)
        return LegName(leg.node, leg.channel, name, leg.linkedid) if leg else None

    def _caller_on(self, channel: str) -> LegName | None:
        call = self._calls.get(self._on.get(channel, InteractionId("")))
        return LegName(call.node, call.channel, call.uniqueid, call.linkedid) if call else None

    def heard(self, event: RtcpEvent, source: str = RTCP_AMI) -> None:
        """Take one report. One that comes after its call's end is dropped."""
        if event.linkedid in self._ended or event.uniqueid in self._ended:
            return
        leg = self._leg(event)
        leg.source = source
        self._note_sender(leg, event)
        direction = Direction.RECEIVED if event.direction is RtcpDirection.SENT else Direction.SENT
        blocks = [block for block in event.report_blocks if block.source_ssrc != 0]  # pjsua2: 0 before the first packet
        if not blocks:
            leg.open[direction].add_nobody(event.at)
        for block in blocks:
            reports = leg.reports[direction]
            reports.append(_report(block, event.at, leg, direction, self._delay.ptime_ms))
            leg.open[direction].add(reports[-1])
            if len(reports) > self._most_reports:
                leg.reports[direction] = thinned(reports)
        self._forget_idle(event.at)

    def codec(self, uniqueid: str, codec: str) -> None:
        """Tell the codec of an agent's leg; the caller's comes with the call."""
        _keep(self._codecs, uniqueid, codec, self._most_legs)

    def joined(self, linkedid: str, interaction: InteractionId) -> None:
        """A node has a leg of this interaction, which another node leads, under a Linkedid of its own."""
        _keep(self._joined, linkedid, interaction, self._most_legs)

    def changed(self, call: CallView) -> None:
        """A call under way, or what has become of it: whose legs those of its Linkedid are."""
        _keep(self._calls, call.interaction, call, self._most_legs)
        _keep(self._on, call.channel, call.interaction, self._most_legs)

    def intervals(self, now: float, only: CallView | None = None) -> tuple[QualityInterval, ...]:
        """What was reported since this was asked last: of one call, or of all under way; not what is captured."""
        captures = self._window is not None and now < self._window.end.start + CAPTURE_DEAD_S
        found: list[QualityInterval] = []
        for uniqueid, leg, call in self._under_way(only):
            captured = captures and (leg.captured.until > now - CAPTURE_DEAD_S or leg.begun_at > now - FIRST_WINDOW_S)
            if only or not captured:
                whose = self._whose(uniqueid, call)
                found += self._noted(leg, intervals_of(whose, self._close(leg, whose.codec), leg.source))
        return tuple(found)

    def captured(self, streams: Iterable[StreamWindow], end: WindowEnd) -> tuple[QualityInterval, ...]:
        """All streams of a window of a live capture: what they say of the legs of calls under way."""
        before, self._window = self._window, WindowIndex(streams, end)
        found: list[QualityInterval] = []
        for uniqueid, leg, call in self._under_way():
            if leg.local is None:
                continue
            whose = self._whose(uniqueid, call)
            if before and leg.captured.first_at is None:  # it may have begun there, before its address was known
                found += self._of_window(leg, whose, before)
            found += self._of_window(leg, whose, self._window)
        return tuple(found)

    def _of_window(self, leg: _Leg, whose: Whose, window: WindowIndex) -> list[QualityInterval]:
        """Nothing where the capture has never seen the leg: it passes elsewhere."""
        assert leg.local is not None
        end, seen = window.end, window.of(leg.local)
        alive = leg.last_at > end.start + end.seconds - RTCP_EVERY_S or whose.leg == CALLER
        if not any(each.expected for each in seen.values()) and (leg.captured.first_at is None or not alive):
            return []
        leg.captured.take(seen, end, talking=talking(whose.call, end.start))
        rtt_ms = leg.rtt_s * 1000 if leg.rtt_s is not None else None
        reported = self._close(leg, whose.codec)
        told = captured_intervals(
            whose, seen, reported, leg.captured, end, rtt_ms=rtt_ms, demanded_dscp=self._dscp, reporting=leg.source
        )  # fmt: skip
        return self._noted(leg, told)

    def _under_way(self, only: CallView | None = None) -> Iterator[tuple[str, _Leg, CallView]]:
        """All legs of calls that are known; of one call where one is given."""
        calls = {only.interaction: only} if only else self._calls
        by_uniqueid = {str(call.uniqueid): call for call in calls.values()}
        by_linkedid = {each: calls[whose] for each, whose in self._joined.items() if whose in calls}
        by_linkedid |= {call.linkedid: call for call in calls.values()}
        for uniqueid, leg in self._legs.items():
            if call := by_uniqueid.get(uniqueid) or by_linkedid.get(leg.linkedid):
                yield uniqueid, leg, call

    def _whose(self, uniqueid: str, call: CallView) -> Whose:
        is_caller = uniqueid == call.uniqueid
        trunk = trunk_of(call) if is_caller else None
        return Whose(call, CALLER if is_caller else AGENT, self._codec_of(uniqueid, call), trunk)

    def _close(self, leg: _Leg, codec: str) -> dict[Direction, Closed]:
        return {direction: each.close(direction, codec, self._delay) for direction, each in leg.open.items()}

    def _noted(self, leg: _Leg, found: list[QualityInterval]) -> list[QualityInterval]:
        for each in found:
            direction = Direction(each.direction)
            leg.open[direction].worst.see(each)
            leg.wrong[direction] = each.starts_at + each.seconds, each.verdicts
        return found

    def _codec_of(self, uniqueid: str, call: CallView) -> str:
        return self._codecs.get(uniqueid, call.codec if uniqueid == call.uniqueid else "unknown")

    def begun(self, call: CallView) -> None:
        """A call in the menu: its channel may have had one before, when an agent hands a caller over to our number."""
        self._ended.pop(call.linkedid, None)
        if (before := self._joined.pop(call.linkedid, None)) is None:
            return
        kept = f"{before} {call.linkedid}"  # what was scored so far stays with the call of which this was a leg
        self._joined[kept] = before
        for leg in self._legs.values():
            leg.linkedid = kept if leg.linkedid == call.linkedid else leg.linkedid

    def sounds(self, interaction: InteractionId) -> str | None:
        """How the caller's own leg of a call under way has sounded, in the worse direction: good, fair or bad."""
        call = self._calls.get(interaction)
        verdicts = {each.verdict for each in self.lately(call, -math.inf)} if call else set()
        words = ((Verdict.BAD, "bad"), (Verdict.DEGRADED, "fair"), (Verdict.GOOD, "good"))
        return next((word for verdict, word in words if verdict in verdicts), None)

    def leg(self, uniqueid: str, codec: str) -> tuple[LegQuality, ...]:
        """How one leg has sounded so far, of a caller or of nobody's call; nothing where nobody reported."""
        if (leg := self._legs.get(uniqueid)) is None:
            return ()
        return tuple(score(direction, codec, reports, delay=self._delay) for direction, reports in leg.reports.items())

    def wrong(self, call: CallView, since: float) -> dict[str, tuple[str, ...]]:
        """What was found wrong in intervals of the caller's leg that have ended since then, by direction."""
        leg = self._legs.get(call.uniqueid)
        told = leg.wrong.items() if leg else ()
        return {str(direction): words for direction, (at, words) in told if at > since}

    def lately(self, call: CallView, since: float) -> tuple[LegQuality, ...]:
        """How the caller's own leg has sounded since then, in both directions; nothing where nobody reported."""
        leg = self._legs.get(call.uniqueid)
        if leg is None:
            return ()
        return tuple(
            score(direction, self._codec_of(call.uniqueid, call), reports, delay=self._delay, since=since)
            for direction, reports in leg.reports.items()
        )

    def ended(self, call: CallView) -> tuple[QualityRecord, ...]:
        """The records of all legs of a call that has ended; each leg in both directions, the caller's first.

        A direction nobody reported on is there too, with its reason. A call without any RTCP has no record. Ask for
        `intervals` first: the last of them may be the worst.
        """
        self._calls.pop(call.interaction, None)
        linkedids = {call.linkedid, *(each for each, whose in self._joined.items() if whose == call.interaction)}
        mine = [name for name, leg in self._legs.items() if leg.linkedid in linkedids or name == call.uniqueid]
        mine.sort(key=lambda name: name != call.uniqueid)
        records = tuple(record for name in mine for record in self._records(name, self._legs.pop(name), call))
        for linkedid in linkedids:
            self._joined.pop(linkedid, None)
            self._ended[linkedid] = None
        self._ended.update(dict.fromkeys(name for name in mine if name != call.uniqueid))
        while len(self._ended) > 2 * self._most_legs:
            self._ended.popitem(last=False)
        return records

    def _records(self, uniqueid: str, leg: _Leg, call: CallView) -> tuple[QualityRecord, ...]:
        whose, rtt_ms = self._whose(uniqueid, call), leg.rtt_s * 1000 if leg.rtt_s is not None else None
        self._codecs.pop(uniqueid, None)
        told = [score(direction, whose.codec, reports, delay=self._delay) for direction, reports in leg.reports.items()]
        scores = [whole_of(leg.captured, each, whose.codec, rtt_ms, leg.source) for each in told]
        self._scored(leg.node, leg.channel, [each for each, _ in scores])
        return tuple(
            leg.open[each.direction].worst.beside(_record(whose, each, source)) for each, source in scores
        )  # fmt: skip

    def _leg(self, event: RtcpEvent) -> _Leg:
        new = _Leg(event.linkedid, event.node, event.channel, begun_at=event.at)
        leg = self._legs.setdefault(event.uniqueid, new)
        if event.local:
            leg.local = event.local[0], event.local[1] & ~1  # RTP has the even port [RFC 3550 §11], or both share it
            _keep(self._at, leg.local, event.uniqueid, self._most_legs)
        leg.linkedid = event.linkedid  # a transfer merges calls: the last one counts
        leg.last_at = event.at
        self._legs.move_to_end(event.uniqueid)
        if len(self._legs) > self._most_legs:
            self._legs.popitem(last=False)
        return leg

    def _note_sender(self, leg: _Leg, event: RtcpEvent) -> None:
        if event.rtt_s is not None and event.rtt_s >= 0:
            leg.rtt_s = event.rtt_s
        if event.packet_count is None:
            return
        count = _Count(event.packet_count, event.at)
        if event.direction is RtcpDirection.SENT:
            leg.sent = count
        else:
            leg.received = count
        of = Direction.SENT if event.direction is RtcpDirection.SENT else Direction.RECEIVED
        leg.open[of].count(count.packets, event.at)

    def _forget_idle(self, now: float) -> None:
        while self._legs and next(iter(self._legs.values())).last_at < now - IDLE_S:
            self._legs.popitem(last=False)


def _keep(table: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    """As the latest; the oldest go where there are too many."""
    table[key] = value
    table.move_to_end(key)
    while len(table) > most:
        table.popitem(last=False)


def _report(block: ReportBlock, at: float, leg: _Leg, direction: Direction, ptime_ms: float) -> Report:
    sender = leg.received if direction is Direction.RECEIVED else leg.sent
    sent_so_far = None
    if sender is not None:  # its count is some seconds old
        sent_so_far = sender.packets + round(max(0.0, at - sender.at) * 1000 / ptime_ms)
    return Report(
        at=at,
        ssrc=block.source_ssrc,
        fraction_lost=block.fraction_lost,
        cumulative_lost=block.cumulative_lost,
        highest_sequence=block.highest_sequence,
        jitter=block.ia_jitter,
        rtt_s=leg.rtt_s,
        sent_so_far=sent_so_far,
    )


def thinned(reports: list[Report]) -> list[Report]:
    """About half of the reports, the first and last of each stream among them: totals stay exact.

    A far end that changes its SSRC with every report loses the older half instead.
    """
    edges = {0, len(reports) - 1}
    for index in range(1, len(reports)):
        if reports[index].ssrc != reports[index - 1].ssrc:
            edges |= {index - 1, index}
    kept = [report for index, report in enumerate(reports) if index % 2 == 0 or index in edges]
    return kept if len(kept) < len(reports) * 3 // 4 + 1 else reports[len(reports) // 2 :]


def trunk_of(call: CallView) -> str | None:
    """The endpoint of the caller's channel: `trunk-a` of `PJSIP/trunk-a-0000001f`; other channels may name a number."""
    technology, _, name = call.channel.partition("/")
    return (name.rpartition("-")[0] or None) if technology == "PJSIP" else None


def _record(whose: Whose, quality: LegQuality, source: str) -> QualityRecord:
    return QualityRecord(
        interaction=whose.call.interaction,
        leg=whose.leg,
        direction=quality.direction,
        codec=quality.codec,
        loss_ratio=quality.loss_ratio,
        jitter_ms=quality.jitter_ms,
        rtt_ms=quality.rtt_ms,
        delay_ms=quality.delay_ms,
        r_factor=quality.r_factor,
        mos_cq=quality.mos_cq,
        mos_lq=quality.mos_lq,
        scale=quality.scale,
        source=source,
        ungrounded_reason=quality.ungrounded_reason,
        verdict=str(quality.verdict),
        trunk=whose.trunk,
    )
