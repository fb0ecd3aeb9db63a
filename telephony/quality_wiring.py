"""Call quality while calls go on, put together from the settings: what is captured, and what Prometheus hears of it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Coroutine, Iterator, Sequence

from quality.live_window import StreamWindow, WindowEnd
from quality.sip_ladder import SipLadders
from telephony.after_call import AfterCall
from telephony.call_evidence import SipStep
from telephony.call_quality import CallQuality, Scored
from telephony.capture_process import CaptureProcesses
from telephony.core.views import CallView
from telephony.hep_receiver import HepCounters, HepReceiver
from telephony.metrics import Metrics
from telephony.quality_settings import QualityRules

_NUMBER = re.compile(r"[0-9](?:[ ()./-]?[0-9]){4,}")


class LiveQuality:
    """`calls` joins what is heard with calls. Without an interface nothing is captured."""

    def __init__(self, rules: QualityRules, scored: Scored, clock: Callable[[], float]) -> None:
        self.calls = CallQuality(scored=scored, dscp=rules.dscp)
        self._clock = clock
        self._after_call: AfterCall | None = None
        self._capture = (
            CaptureProcesses(rules.interface, rules.workers, rules.ring_mb, self._captured) if rules.interface else None
        )
        self.ladders = SipLadders()  # of calls by their Call-ID, as HEP has told them
        secret = rules.hep_secret.get_secret_value() if rules.hep_secret else ""
        self._hep_listen = rules.hep_listen
        self._hep = HepReceiver(self.calls.told, self.ladders, rules.hep_peers, secret)

    def tell(self, metrics: Metrics) -> None:
        """Figures for Prometheus. Alert on `hotline_capture_drops_total` and on `hotline_capture_running`."""
        if self._hep_listen:
            kinds = "What came over HEP: reports taken and not, SIP, and what was refused"
            metrics.counters("hep", kinds, lambda: dict(_figures(self._hep.counters)), "kind")
        if self._capture is None:
            return
        figures = self._capture.figures
        metrics.value("capture_running", "Processes that listen to media", lambda: float(figures.running))
        metrics.value("capture_streams", "Streams of the last ten seconds", lambda: float(figures.streams))
        metrics.counter("capture_packets", "RTP packets captured", lambda: float(figures.packets))
        metrics.counter("capture_drops", "Packets the kernel had no room for", lambda: float(figures.drops))
        metrics.counter("capture_restarts", "Captures that ended and were begun again", lambda: float(figures.restarts))

    def ladder(self, call: CallView) -> tuple[SipStep, ...] | None:
        """The SIP of the caller's channel, as HEP has told it; None where nobody can tell any."""
        if not self._hep_listen:
            return None
        return tuple(
            SipStep(each.time, _end(each.src, each.sport), _end(each.dst, each.dport), _without_numbers(each.start))
            for each in self.ladders.of_name(call.channel)
        )

    def works(self, after_call: AfterCall) -> Iterator[Coroutine[None, None, None]]:
        """What runs as long as the server does."""
        self._after_call = after_call
        yield after_call.run(self._clock)
        if self._capture:
            yield self._capture.run()
        if self._hep_listen:
            yield self._hep.run(self._hep_listen)

    def _captured(self, streams: Sequence[StreamWindow], end: WindowEnd) -> None:
        if self._after_call:
            self._after_call.tell(self.calls.captured(streams, end), self._clock())


def _without_numbers(start: str) -> str:
    """A method, or a status whose phrase the far end has chosen."""
    status, _, phrase = start[:80].partition(" ")
    return f"{status[:20]} {_NUMBER.sub('…', phrase)}".rstrip()


def _end(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _figures(counters: HepCounters) -> Iterator[tuple[str, float]]:
    for each in dataclasses.fields(counters):
        yield each.name, float(getattr(counters, each.name))
