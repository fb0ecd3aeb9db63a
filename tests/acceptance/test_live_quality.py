"""Real calls through a relay that impairs their media: within ten seconds the verdict names what was done, and no
clean call is accused of anything.

Real Asterisk, PostgreSQL, server and phones; the capture runs where this machine lets it, and RTCP speaks where not.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from quality.capture_ring import CaptureRefusedError, Ring
from quality.interval_verdicts import Finding
from quality.softphone_client import PhoneOptions, SoftPhone
from telephony.core.quality_interval import QualityInterval
from telephony.core.views import CallState, CallView
from telephony.demo.house import GENERAL
from tests.acceptance.conftest import ROOT
from tests.acceptance.media_relay import MediaRelay, Network, Way, media_relay
from tests.acceptance.world import World, world
from tests.ports import free_udp_port

CLEAN_CALLS = 2
MANY, AT_ONCE = 200, 16
EACH = 4  # calls of one phone program
TALK_S = 28  # a whole window, aligned to ten seconds, after the first report
RNG = random.Random(20)
LATE = [RNG.uniform(0.0, 0.15) for _ in range(997)]

HEP = "[general]\nenabled = yes\ncapture_address = 127.0.0.1:{port}\ncapture_id = 1\nuuid_type = channel\n"

LOSS, JITTER, DEAF, MUTE = "loss", "jitter", "nothing to Asterisk", "nothing to the phone"
MARK, CODEC = "mark", "codec"
NETWORKS = (
    Network(LOSS, to_asterisk=Way(lost=lambda number: number > 300 and number % 10 < 2)),
    Network(JITTER, to_asterisk=Way(delay_s=lambda number: LATE[number % len(LATE)] if number > 300 else 0.0)),
    Network(DEAF, to_asterisk=Way(lost=lambda number: number > 300)),
    Network(MUTE, to_phone=Way(lost=lambda number: number > 300)),
    Network(MARK, to_asterisk=Way(tos=0)),
    Network(CODEC, to_asterisk=Way(payload_type=0)),
    *(Network(f"clean {number}") for number in range(CLEAN_CALLS)),
)
# The direction as Asterisk sees it, what must be found in it, and whether it takes a capture.
EXPECTED = {
    LOSS: ("received", {Finding.LOSS_BURST}, False),
    JITTER: ("received", {Finding.JITTER_BURST}, False),
    DEAF: ("received", {Finding.ONE_WAY_AUDIO}, False),
    MUTE: ("sent", {Finding.ONE_WAY_AUDIO}, False),
    MARK: ("received", {Finding.WRONG_DSCP}, True),
    CODEC: ("received", {Finding.CODEC_MISMATCH}, True),
}
BESIDE = {CODEC: {Finding.CLIPPING}}  # A-law read as mu-law is loud


def captures() -> bool:
    try:
        Ring("lo", blocks=4).close()
    except CaptureRefusedError:
        return False
    return True


@asynccontextmanager
async def relayed(folder: Path, networks: Sequence[Network], limit_s: float) -> AsyncIterator[tuple[World, MediaRelay]]:
    config, port, hep = folder / "config", free_udp_port(), free_udp_port()
    shutil.copytree(ROOT / "config", config)
    with (config / "hotline.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'\n[quality]\ninterface = "lo"\nring_mb = 8\ndscp = 46\nhep_listen = "127.0.0.1:{hep}"\n')
    (config / "asterisk/hep.conf").write_text(HEP.format(port=hep), "utf-8")
    modules = config / "asterisk/modules.conf"
    modules.write_text(re.sub(r"noload = res_hep\w*\.so\n", "", modules.read_text("utf-8")), "utf-8")
    compiled()
    async with (
        asyncio.timeout(limit_s),
        world(folder, config=config, more_carriers=(port,)) as everything,
        media_relay(port, everything.house.ports.sip, networks) as relay,
    ):
        while captures() and not await listens(everything):  # noqa: ASYNC110 - its page of figures tells who asks
            await asyncio.sleep(0.2)
        yield everything, relay


async def talk(everything: World, relay: MediaRelay, places: range) -> None:
    """Calls of these places all at once, each for `TALK_S`."""
    async with AsyncExitStack() as phones:
        for place in places:
            if place % EACH == 0:
                log = everything.folder / f"phone-{place}.log"
                phone = await phones.enter_async_context(await SoftPhone.start(PhoneOptions(), log=log))
            call = await phone.call(
                f"sip:{GENERAL}@127.0.0.1:{relay.port}", caller=caller(place), play=everything.folder / "customer.wav"
            )
            await call.answered()
            phones.push_async_callback(call.hang_up)
        await asyncio.sleep(TALK_S)


def compiled() -> None:
    """As the server finds it: its environment has none of our own settings."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HOTLINE_")}
    program = "from quality.engines import best_engine; best_engine()"
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=300)


def caller(place: int) -> str:
    return f"+4850000{place:04}"


async def test_the_verdict_names_what_was_done_and_clean_calls_are_clean(tmp_path: Path) -> None:
    async with relayed(tmp_path, NETWORKS, 200) as (everything, relay):
        await talk(everything, relay, range(len(NETWORKS)))
        over_hep = await figures(everything, "hep_total")
        found = await told_of(everything, len(NETWORKS))
    told = {NETWORKS[place].name: verdicts(each) for place, each in found.items()}
    jitter_of_ours = {Finding.JITTER_BURST} if relay.stall_s > 0.04 else set()
    for name, (direction, words, by_capture) in EXPECTED.items():
        if by_capture and not captures():
            continue
        assert words <= told[name][direction], (name, told)
        others = told[name]["received"] - words - jitter_of_ours - BESIDE.get(name, set())
        assert not others, (name, told, relay.stall_s)
    for name in told:
        if name.startswith("clean"):
            assert told[name]["received"] <= jitter_of_ours, (name, told, relay.stall_s)
            assert told[name]["sent"] <= jitter_of_ours, (name, told)
    sources = {each.source for intervals in found.values() for each in intervals if each.direction == "received"}
    assert ("rtp" in sources) == captures()
    assert over_hep["malformed"] == over_hep["refused"] == 0
    assert over_hep["unplaced"] > len(NETWORKS), "reports of legs that AMI tells of already"
    assert over_hep["sip"] > len(NETWORKS)


@pytest.mark.long
@pytest.mark.timeout(1300)  # about eight minutes
async def test_two_hundred_clean_calls_are_accused_of_nothing(tmp_path: Path) -> None:
    async with relayed(tmp_path, [Network("clean")] * MANY, 1200) as (everything, relay):
        for first in range(0, MANY, AT_ONCE):
            await talk(everything, relay, range(first, min(MANY, first + AT_ONCE)))
        found = await told_of(everything, MANY)
    told = [verdicts(each) for each in found.values()]
    accused = [each for each in told if each["received"] or each["sent"]]
    print(f"{len(told)} clean calls, {len(accused)} accused: {accused}; our own longest pause {relay.stall_s:.3f} s")
    assert len(told) == MANY
    assert all(each["received"] | each["sent"] <= {Finding.JITTER_BURST} for each in told)
    assert not accused or relay.stall_s > 0.04, "a pause of the relay's own is jitter"


async def told_of(everything: World, count: int) -> dict[int, list[QualityInterval]]:
    """The intervals of all calls by place, once they have ended."""
    seen: Sequence[CallView] = ()
    async with asyncio.timeout(60):
        while sum(call.state is CallState.ENDED for call in seen) < count:
            await asyncio.sleep(0.2)
            seen = await everything.store.recent_interactions(count)
    places = {caller(place): place for place in range(count)}
    return {
        places[str(each.caller)]: list(await everything.store.quality.intervals_of(each.interaction)) for each in seen
    }


async def listens(everything: World) -> bool:
    return (await figures(everything, "capture_running")).get("") == 1.0


async def figures(everything: World, name: str) -> dict[str, float]:
    """What the server tells Prometheus under this name, by the value of its label."""
    async with aiohttp.ClientSession() as session, session.get(everything.house.metrics_url) as answer:
        told = await answer.text()
    found = re.findall(rf'^hotline_{name}(?:\{{\w+="(\w+)"\}})? ([0-9.e+]+)$', told, re.MULTILINE)
    return {kind: float(count) for kind, count in found}


def verdicts(intervals: list[QualityInterval]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for each in intervals:
        found[each.direction] |= set(each.verdicts)
    return found
