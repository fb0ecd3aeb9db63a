"""A caller's session that follows a script, and a flow for it."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType

from ivr_flows import Facts, Flow, Prompt, load
from telephony.asterisk.agi import AgiSession
from telephony.asterisk.agi_wire import Environment, Reply
from telephony.asterisk.journey import Arrival, Journey
from telephony.asterisk.services import Services
from telephony.core import events as core
from telephony.core.commands import Dial
from telephony.core.estimate import Minutes
from telephony.core.ids import AgentId, InteractionId

FLOW = """\
flow: test
language: pl
start: menu
person: person
menu_words: {closing: "Zero.", wrong_key: "Nie."}
nodes:
  menu:
    type: menu
    choices:
      1: {say: "Jeden.", next: bye}
      2: {say: "Dwa.", next: person}
      3: {say: "Trzy.", next: gentle}
    timeout_s: 12
    attempts: 1
  bye: {type: hang_up, say: "Do usłyszenia.", reason: self_served}
  person: {type: line, say: "Proszę czekać.", queue: support, requires: {voip: 2}, wishes: {english: 1},
           boost: complaint}
  gentle: {type: set, accessibility: true, next: person}
"""

Answer = Reply | BaseException
ENVIRONMENT = {
    "agi_channel": "PJSIP/trunk-00000001",
    "agi_uniqueid": "n1-1.1",
    "agi_arg_1": "+48221000000",
    "agi_arg_2": "+48501000001",
}


class ScriptedSession(AgiSession):
    """Answers `0` to everything that the script does not name; the script is eaten from the front."""

    def __init__(self, script: Sequence[tuple[str, Answer]], clock: Callable[[], float]) -> None:
        self.environment = Environment(MappingProxyType(ENVIRONMENT), 0)
        self.hung_up = False
        self.ending = False
        self.script = deque(script)
        self.commands: list[str] = []
        self.on_command: Callable[[str], None] = lambda line: None

    async def run(self, words: str, *arguments: str, takes_s: float | None = 0.0) -> Reply:
        line = " ".join([words, *arguments])
        self.commands.append(line)
        self.on_command(line)
        if self.script and line.startswith(self.script[0][0]):
            answer = self.script.popleft()[1]
            if isinstance(answer, BaseException):
                raise answer
            return answer
        return Reply(1, "(alaw)") if words == "GET VARIABLE" else Reply(0)

    async def listen_for_end(self) -> None:
        self.hung_up = self.ending


class Ticking:
    """Each look at the clock is a step later."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.step_s = 1.0

    def __call__(self) -> float:
        self.now += self.step_s
        return self.now


class Case:
    def __init__(
        self, flow: Flow, script: Sequence[tuple[str, Answer]], flow_for: Callable[[str], Flow] | None = None
    ) -> None:
        self.clock = clock = Ticking()
        self.events: list[core.Event] = []
        self.facts_fail = False
        self.repeat = False
        self.long: Path | None = None
        self.wait: Minutes | None = None  # what may be announced
        self.asked = 0
        self.session = ScriptedSession(script, clock)
        services = Services(
            "n1",
            self.events.append,
            flow_for or {"+48221000000": flow}.__getitem__,
            self.speak,
            self.facts,
            clock,
            random.Random(7),
            announce=self.announce,
        )
        self.journey = Journey(self.session, Arrival.of(self.session.environment), services)

    async def speak(self, prompt: Prompt) -> Path:
        return self.long or Path("/sounds") / prompt.text.strip(".").lower().replace(" ", "-")

    def announce(self, interaction: InteractionId) -> Minutes | None:
        assert interaction == self.journey.interaction
        self.asked += 1
        return self.wait

    async def facts(self, did: str, caller: str | None) -> Facts:
        if self.facts_fail:
            raise OSError("no directory")
        return Facts(did, customer="1002", accessibility=False, repeat=self.repeat)

    def of(self, kind: type[core.Event]) -> list[core.Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def said(self) -> list[str]:
        return [line.split()[2] for line in self.session.commands if line.startswith("STREAM FILE")]

    def waits(self) -> list[str]:
        return [line for line in self.session.commands if line.startswith("WAIT FOR DIGIT")]

    def dial_at(self, line: str, attempt: int = 1) -> None:
        """Let the core's command come in while this command runs."""
        dial = Dial(self.journey.interaction, attempt, AgentId("anna"), "phone-anna", 20.0, "n1")
        self.session.on_command = lambda each: self.journey.line.instruct(dial) if each.startswith(line) else None


def flow_in(tmp_path: Path) -> Flow:
    path = tmp_path / "test.yaml"
    path.write_text(FLOW)
    return load(path)


def key(character: str) -> Reply:
    return Reply(ord(character))
