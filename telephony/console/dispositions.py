"""What came of a talk, chosen by its consultant: the lists of the queues, and the choice for a call of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pydantic import Field

from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.console.notes import CONSULTANTS
from telephony.core.disposition import Choice
from telephony.core.events import DispositionChosen
from telephony.core.ids import AgentId, InteractionId, QueueName

Lists = Mapping[QueueName, tuple[Choice, ...]]


class ChoiceTold(Wire):
    code: str
    pl: str
    en: str


class ListsTold(Wire):
    queues: Mapping[str, tuple[ChoiceTold, ...]]


class Chosen(Wire):
    code: str = Field(max_length=40)


class DispositionApi:
    """`queue_of`: the queue of a call that this agent has talked in, as far as the desk knows; None for any other."""

    def __init__(
        self,
        lists: Lists,
        queue_of: Callable[[AgentId, InteractionId], QueueName | None],
        submit: Callable[[DispositionChosen], None],
    ) -> None:
        self._lists = lists
        self._queue_of = queue_of
        self._submit = submit

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint(
            "GET", "/dispositions", "what may come of a talk, by queue", CONSULTANTS, self._read, gives=ListsTold
        )
        yield Endpoint(
            "PUT", "/calls/{interaction}/disposition", "what came of one's own talk", CONSULTANTS, self._choose,
            takes=Chosen, refuses=(404,),
        )  # fmt: skip

    async def _read(self, _: Asked) -> ListsTold:
        return ListsTold(
            queues={
                queue: tuple(ChoiceTold(code=each.code, pl=each.pl, en=each.en) for each in choices)
                for queue, choices in self._lists.items()
            }
        )

    async def _choose(self, asked: Asked) -> None:
        interaction, agent = InteractionId(asked.path["interaction"]), asked.account.agent
        queue = self._queue_of(agent, interaction)
        if queue is None:
            raise ProblemError(404, detail="not a talk of this desk")
        code = asked.body_as(Chosen).code
        if code not in {each.code for each in self._lists.get(queue, ())}:
            raise ProblemError(422, detail=f"not in the list of the queue {queue}")
        self._submit(DispositionChosen(interaction, agent, queue, code))
