"""Test calls: a real phone calls an echo through an Asterisk of ours, and says how it was (docs/probes.md).

`Prober.probe(target)` is all that others need: the command, the timer of the server, whoever applies trunks.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr_flows import audio
from ivr_flows.session import Prompt
from quality.probe_call import ProbeCall, placed
from quality.probe_result import Called, Outcome, ProbeResult, not_placed, result_of
from quality.softphone_client import PhoneError, PhoneOptions
from telephony.asterisk.ami import AmiError
from telephony.asterisk.ami_client import AmiSettings
from telephony.asterisk.config_probe import PROBE
from telephony.probe_ears import ProbeEars, listening
from telephony.settings import AsteriskNode, Settings, speaker

LAST_REPORTS_S = 0.3  # Asterisk tells of the end of the call a moment after it
SPEECH = (
    "To jest próba łącza telefonicznego. Siedem, osiem, dziewięć. Każde słowo, które wraca, słychać tak samo "
    "wyraźnie: jeden, dwa, trzy, cztery, pięć. Dziękujemy."
)
SPEECH_FILE = "probe.wav"
REFUSALS = {
    "no_trunk": (Outcome.NO_TRUNK, "there is no trunk {trunk} at {node}"),
    "no_way": (Outcome.NO_WAY, "no rule leads there{by}: see `outbound` in trunks.toml, or transfer_numbers"),
}
GUARDS = {
    "calls_per_minute": "as many calls as trunks.toml allows have gone out in this minute",
    "cost_per_day": "as much as trunks.toml allows has been spent today",
    "calls": "the trunk has as many calls as trunks.toml allows",
    "calls_per_s": "as many calls as trunks.toml allows have begun by the trunk in this second",
}


class ProbeError(ValueError):
    """A test call that cannot be made as it was asked for; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """`number`: E.164 of an echo; empty: Asterisk's own. `trunk`: the only one to go by; empty: as the rules say."""

    number: str = ""
    trunk: str = ""
    node: str = ""  # the first where empty

    @property
    def name(self) -> str:
        return self.trunk or self.number or "echo"


class Prober:
    """`speech` gives the WAV file that is said; `ours`: numbers that are no echoes, whose calls would be callers."""

    def __init__(
        self,
        nodes: Sequence[AsteriskNode],
        speech: Callable[[], Path],
        clock: Callable[[], float],
        *,
        ours: Container[str] = (),
        talk_s: float = 12.0,
        options: PhoneOptions | None = None,
        program: tuple[Sequence[str], str] | None = None,
    ) -> None:
        self._nodes = {node.name: node for node in nodes}
        self._speech, self._clock, self._ours = speech, clock, ours
        self._talk_s, self._options, self._program = talk_s, options, program

    async def probe(self, target: Target) -> ProbeResult:
        """One call. Errors: ProbeError for what cannot be asked; whatever goes wrong in the call is in the result."""
        node = self._node(target)
        if target.number in self._ours:
            raise ProbeError(f"{target.number} is answered by the hotline itself: a test call would be a caller there")
        at, probe = self._clock(), secrets.token_hex(8)
        ami = AmiSettings(node.host, node.ami_port, node.username, node.secret.get_secret_value())
        try:
            call = await self._call(node, target, probe)
            async with listening(ami, probe) as ears:
                called = await placed(call, self._options, program=self._program)
                await asyncio.sleep(LAST_REPORTS_S)
        except (AmiError, PhoneError) as error:
            return not_placed(target.name, "none", str(error), at, target.trunk or None)
        return _result(target, node.name, called, ears, at)

    def _node(self, target: Target) -> AsteriskNode:
        if not self._nodes:
            raise ProbeError("no [[asterisk]] in the settings: at least one is needed")
        node = self._nodes.get(target.node or next(iter(self._nodes)))
        if node is None:
            raise ProbeError(f"there is no [[asterisk]] {target.node} in the settings: {', '.join(self._nodes)}")
        if node.probe_sip is None or node.probe_secret is None:
            raise ProbeError(f"[[asterisk]] {node.name} needs probe_sip and probe_secret (docs/probes.md)")
        return node

    async def _call(self, node: AsteriskNode, target: Target, probe: str) -> ProbeCall:
        assert node.probe_sip
        assert node.probe_secret
        headers = (("X-Hotline-Probe", probe), *((("X-Hotline-Trunk", target.trunk),) if target.trunk else ()))
        return ProbeCall(
            to=f"sip:{target.number or 'echo'}@{node.probe_sip}",
            speech=await asyncio.to_thread(self._speech),
            user=PROBE,
            password=node.probe_secret.get_secret_value(),
            headers=headers,
            talk_s=self._talk_s,
        )


def _result(target: Target, node: str, called: Called, ears: ProbeEars, at: float) -> ProbeResult:
    refused, why = None, ""
    if ears.refused in REFUSALS and called.answered_s is None:
        refused, words = REFUSALS[ears.refused]
        by = f" by {target.trunk}" if target.trunk else ""
        why = GUARDS.get(ears.reason) or words.format(trunk=target.trunk, node=node, by=by)
    return result_of(
        called, at=at, target=target.name, trunk=ears.trunk or target.trunk or None, refused=refused, why=why,
        leg=ears.leg(),
    )  # fmt: skip


def said(settings: Settings) -> Callable[[], Path]:
    """What makes the file that a probe says, once."""

    def speech() -> Path:
        path = settings.data / SPEECH_FILE
        if not path.is_file():
            sound = audio.resample(speaker(settings.speech_command).speak(Prompt(SPEECH, "pl", slow=False)), 8000)
            new = path.with_suffix(".new.wav")
            audio.write_wav(new, sound)
            new.replace(path)
        return path

    return speech


def prober_of(settings: Settings, clock: Callable[[], float]) -> Prober:
    return Prober(settings.asterisk, said(settings), clock, ours=settings.numbers, talk_s=settings.probes.talk_s)


def scheduled(settings: Settings) -> Iterable[Target]:
    """What the server calls by itself, at each Asterisk that can."""
    asked = settings.probes
    for node in settings.asterisk:
        if node.probe_sip and node.probe_secret:
            yield from (Target(asked.number or "", trunk, node.name) for trunk in asked.trunks)
            yield from (Target(number, "", node.name) for number in asked.numbers)
