"""A flow that says one sentence, and a speaker that costs nothing: for sets of flows."""

from __future__ import annotations

import threading

from ivr_flows import Prompt
from ivr_flows.audio import Sound
from ivr_flows.speech import SpeechError

FLOW = """\
flow: {name}
start: hello
person: line
menu_words: {{closing: "Zero.", wrong_key: "Nie ma."}}
nodes:
  hello: {{type: say, say: "{say}", next: line}}
  line: {{type: line, queue: support}}
"""


class Beep:
    """Speaks every text as the same tone."""

    broken = False

    def __init__(self) -> None:
        self.asked, self.may_speak = threading.Event(), threading.Event()
        self.may_speak.set()

    def identity(self, prompt: Prompt) -> str:
        return "beep"

    def speak(self, prompt: Prompt) -> Sound:
        self.asked.set()
        assert self.may_speak.wait(20)
        if self.broken:
            raise SpeechError("no voice today")
        return Sound(b"\x00\x20\x00\xe0" * 4000, 16_000)
