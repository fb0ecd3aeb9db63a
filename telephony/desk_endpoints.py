"""What pages may ask about the calls of their own desks, put together from the settings: recordings, calls out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from telephony.asterisk.gateway import Gateway
from telephony.console.api.endpoint import Endpoint
from telephony.console.desk import Desk
from telephony.console.outgoing import OutgoingApi
from telephony.console.recording import RecordingApi
from telephony.core.events import Event
from telephony.core.ids import AgentId, InteractionId
from telephony.customer_finding import finding
from telephony.outgoing import OutgoingCalls
from telephony.recording_pauses import RecordingPauses
from telephony.settings import Settings
from telephony.store.store import Store

DeskOf = Callable[[AgentId], Desk]


class DeskEndpoints:
    """`receive_only` are numbers of ours that are never shown as the caller."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        nodes: Mapping[str, Gateway],
        receive_only: Callable[[], Collection[str]],
        submit: Callable[[Event], None],
        new_id: Callable[[], InteractionId],
        clock: Callable[[], float],
    ) -> None:
        self._clock = clock
        self._recordings = RecordingPauses(nodes, store.recordings, clock)
        self._outgoing = OutgoingCalls(
            own=settings.numbers,
            receive_only=receive_only,
            shown={name: queue.number for name, queue in settings.queues.items()},
            hours={name: queue.rules.call_back.hours for name, queue in settings.queues.items()},
            find=finding(store.customers),
            submit=submit,
            new_id=new_id,
            clock=clock,
        )

    def __call__(self, desk: DeskOf) -> Iterator[Endpoint]:
        yield from RecordingApi(self._recordings, lambda agent, call: desk(agent).call_of(call)).endpoints()
        yield from OutgoingApi(self._outgoing, lambda agent: desk(agent).hindered, self._clock).endpoints()
