"""What pages may ask about the calls of their own desks, put together from the settings: recordings, calls out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from telephony.asterisk.gateway import Gateway
from telephony.call_quality import CallQuality
from telephony.console.api.endpoint import Endpoint
from telephony.console.desk import Desk
from telephony.console.line_test import Lately, LineTestApi
from telephony.console.outgoing import OutgoingApi
from telephony.console.recording import RecordingApi
from telephony.core.events import Event
from telephony.core.ids import AgentId, InteractionId
from telephony.core.views import CallView
from telephony.customer_finding import CustomerFinding
from telephony.outgoing import OutgoingCalls
from telephony.recording_pauses import RecordingPauses
from telephony.settings import Settings
from telephony.store.store import Store

DeskOf = Callable[[AgentId], Desk]


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the console needs of a score."""

    loss_ratio: float | None
    jitter_ms: float | None
    rtt_ms: float | None
    mos: float | None
    verdict: str
    verdicts: tuple[str, ...] = ()


class DeskEndpoints:
    """`receive_only` are numbers of ours that are never shown as the caller."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        customers: CustomerFinding,
        nodes: Mapping[str, Gateway],
        receive_only: Callable[[], Collection[str]],
        submit: Callable[[Event], None],
        new_id: Callable[[], InteractionId],
        clock: Callable[[], float],
        quality: CallQuality,
    ) -> None:
        self._clock = clock
        self._line = line_heard(quality)
        self._recordings = RecordingPauses(nodes, store.recordings, clock)
        self._outgoing = OutgoingCalls(
            own=settings.numbers,
            receive_only=receive_only,
            shown={name: queue.number for name, queue in settings.queues.items()},
            hours={name: queue.rules.call_back.hours for name, queue in settings.queues.items()},
            of=customers.of,
            submit=submit,
            new_id=new_id,
            clock=clock,
        )

    def __call__(self, desk: DeskOf) -> Iterator[Endpoint]:
        yield from RecordingApi(self._recordings, lambda agent, call: desk(agent).call_of(call)).endpoints()
        yield from LineTestApi(self._line, lambda agent, call: desk(agent).call_of(call), self._clock).endpoints()
        yield from OutgoingApi(self._outgoing, lambda agent: desk(agent).hindered, self._clock).endpoints()


def line_heard(quality: CallQuality) -> Lately:
    """A call's scores as the console tells them, with what was found wrong."""

    def heard(call: CallView, since: float) -> Mapping[str, _Heard]:
        wrong = quality.wrong(call, since)
        return {
            each.direction: _Heard(
                each.loss_ratio,
                each.jitter_ms,
                each.rtt_ms,
                each.mos_cq or each.mos_lq,
                each.verdict,
                wrong.get(each.direction, ()),
            )
            for each in quality.lately(call, since)
        }

    return heard
