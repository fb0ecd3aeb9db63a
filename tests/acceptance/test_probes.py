"""Test calls through a real Asterisk, by a trunk that leads back to itself: speech, digits, scores, what is wrong."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from ivr_flows import HearEcho, Question, Result, Status
from quality import probe_result as probes
from quality.probe_result import ProbeResult
from quality.softphone_client import PhoneOptions, SoftPhone
from telephony.asterisk.asking import Asker, Asking
from telephony.asterisk.embedded import EmbeddedAsterisk
from telephony.call_quality import CallQuality
from telephony.core import commands
from telephony.core.views import Outcome
from telephony.probing import ProbeError, Prober, Target
from telephony.settings import AsteriskNode
from telephony.settings_types import Listen
from tests.acceptance.conftest import GENERAL, StartNode
from tests.acceptance.flow_scene import CALLER, CALLER_HZ, House, flow_scene
from tests.acceptance.sip import answers, refuses, sip_world
from tests.acceptance.test_trunk_apply import apply, node_of, wanted_of
from tests.ports import free_udp_port
from tests.tones import part_strength, speech_like

ECHO, SILENT, BUSY = "+48221234500", "+48500600701", "+48500600702"
PJSUA2 = importlib.util.find_spec("pjsua2") is not None  # Python 3.13 has no wheel: there all are portable
PYVOIP = ([sys.executable, "-m", "quality.portable_phone"], "pyvoip")

FILE = """
own = [["+48221234500", "+48221234599"]]
default_caller_id = "+48221234500"
[carriers.north]
title = "Północ"
"""
TRUNK = """
[trunks.{name}]
carrier = "north"
hosts = [{{ host = "127.0.0.1", port = {port} }}]
match = ["127.0.0.1:{port}/32"]
codecs = ["alaw"]
options_s = 0
[[outbound]]
prefix = "{prefix}"
trunks = ["{name}"]
"""


def prober(
    asterisk: EmbeddedAsterisk, speech: Path, lose: int = 0, program: tuple[Sequence[str], str] | None = None
) -> Prober:
    node = asterisk.node
    known = AsteriskNode.model_validate(
        {
            "name": node.name, "ami_port": node.ami_port, "secret": node.manager_secret,
            "probe_sip": Listen("127.0.0.1", node.sip_port), "probe_secret": node.probe_secret,
        }
    )  # fmt: skip
    options = PhoneOptions(lose_sent_percent=lose)
    return Prober(
        [known], lambda: speech, time.time, ours={"+48220000100"}, talk_s=6.5, options=options, program=program
    )


async def test_a_trunk_is_called_both_ways_and_what_is_wrong_is_said(asterisk_node: StartNode, tmp_path: Path) -> None:
    near = await asterisk_node(trunks=[], numbers={})
    speech = speech_like(tmp_path / "speech.wav")
    silent, refusing = free_udp_port(), free_udp_port()
    text = FILE + '[dids]\n"+48221234500" = { leads = "echo" }\n'
    for name, port, prefix in (("loop", near.node.sip_port, "+4822"), ("dumb", silent, SILENT), ("no", refusing, BUSY)):
        text += TRUNK.format(name=name, port=port, prefix=prefix)
    assert (await apply(node_of(near), wanted_of(text))).failed == ()
    good, bad = prober(near, speech), prober(near, speech, lose=30)
    async with sip_world(near.node, tmp_path) as sip:
        await sip.run("dumb", answers(), silent, calls=None)  # Asterisk's OPTIONS counts as a call
        await sip.run("no", refuses(), refusing, calls=None)
        whole, lossy, dumb, refused, nowhere, unknown, portable = await asyncio.gather(
            good.probe(Target(ECHO, "loop")), bad.probe(Target()), good.probe(Target(SILENT)), good.probe(Target(BUSY)),
            good.probe(Target("+49301234567")), good.probe(Target(ECHO, "west")),
            prober(near, speech, program=PYVOIP).probe(Target(ECHO)),
        )  # fmt: skip

    if PJSUA2:
        assert_whole(whole)
        assert lossy.verdict == "bad"
        assert lossy.sent
        assert lossy.sent.loss_ratio
        assert 0.1 < lossy.sent.loss_ratio < 0.5
        assert lossy.received
        assert lossy.received.loss_ratio == 0.0, "what is lost on the way there is not lost once more on the way back"
        assert any("loss on the way there" in each for each in lossy.problems)
        assert (dumb.verdict, dumb.outcome, dumb.trunk) == ("bad", probes.Outcome.ANSWERED, "dumb")
        assert "one-way audio: no packet came back" in dumb.problems
        assert "0 of 7 digits came back" in dumb.problems
    assert (refused.outcome, refused.code) == (probes.Outcome.REFUSED, 503)
    assert (nowhere.outcome, unknown.outcome) == (probes.Outcome.NO_WAY, probes.Outcome.NO_TRUNK)
    assert "there is no trunk west" in unknown.problems[0]

    assert (portable.phone, portable.outcome, portable.trunk) == ("pyvoip", probes.Outcome.ANSWERED, "loop")
    assert portable.digits_right
    assert portable.received
    assert (portable.received.mos, "no media" in str(portable.received.reason)) == (None, True)
    assert portable.post_dial_delay_s is not None

    with pytest.raises(ProbeError, match="would be a caller"):
        await good.probe(Target("+48220000100"))


def assert_whole(whole: ProbeResult) -> None:
    assert (whole.verdict, whole.problems) == ("good", ())
    assert (whole.outcome, whole.phone, whole.trunk, whole.codec) == (probes.Outcome.ANSWERED, "pjsua2", "loop", "pcma")
    for way in (whole.sent, whole.received):
        assert way
        assert (way.source, way.verdict) == ("rtcp_ami", "good")
        assert way.mos
        assert way.mos > 4.3
        assert way.packets_expected
        assert way.packets_expected > 200
    assert whole.heard_ratio
    assert whole.heard_ratio > 0.9
    assert whole.echo_delay_ms is not None
    assert whole.digits_right
    assert whole.post_dial_delay_s is not None


# -- the echo for customers -------------------------------------------------------------------------------------------

NODES = """\
  echo: {type: echo, say: "Proszę mówić.", seconds: 8, good: good, fair: fair, bad: bad, on_unavailable: person}
  good: {type: hang_up, say: "Linia jest dobra."}
  fair: {type: hang_up, say: "Linia jest średnia."}
  bad: {type: hang_up, say: "Linia jest zła."}
  person: {type: line, queue: support}
"""


@pytest.mark.skipif(not PJSUA2, reason="its stand-in tells nothing of RTCP")
async def test_customers_hear_themselves_and_are_told_how_the_line_is(asterisk_node: StartNode, tmp_path: Path) -> None:
    quality = CallQuality()

    async def answer(asker: Asker, question: Question) -> Result:
        verdict = quality.sounds(asker.interaction) if isinstance(question, HearEcho) else None
        return Result(Status.OK, {"verdict": verdict}) if verdict else Result(Status.UNAVAILABLE)

    async with flow_scene(asterisk_node, tmp_path, NODES, House(asking=Asking(answer), quality=quality)) as scene:
        port = int(scene.asterisk.node.trunks[1].match.partition(":")[2].partition("/")[0])
        lossy = PhoneOptions(sip_port=port, lose_sent_percent=30)
        async with await SoftPhone.start(lossy) as other:
            bad = await other.call(
                f"sip:{GENERAL}@127.0.0.1:{scene.asterisk.node.sip_port}", caller="+48500000222",
                play=tmp_path / "customer.wav",
            )  # fmt: skip
            good = await scene.calls()
            await asyncio.gather(good.ended(), bad.ended())
        await scene.hears("Linia jest dobra.")
        await scene.hears("Linia jest zła.")
        ended = [each for each in scene.seen if isinstance(each, commands.CallEnded)]
        assert [each.call.outcome for each in ended] == [Outcome.SELF_SERVED] * 2
    assert part_strength(tmp_path / f"heard-by-{CALLER[1:]}.wav", CALLER_HZ) > 0.8, "they hear themselves"
