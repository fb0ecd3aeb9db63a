"""A carrier over TLS with encrypted speech is another Asterisk: a wrong certificate or codec is refused and said."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.asterisk.embedded import EmbeddedAsterisk
from telephony.asterisk.install import AsteriskProgram
from tests.acceptance.ami_tap import AmiTap, tapped
from tests.acceptance.conftest import starting_nodes
from tests.acceptance.test_trunk_apply import OUTSIDE, apply, node_of, wanted_of
from tests.acceptance.trunk_calls import tried
from tests.certificates import Authority
from tests.ports import free_port
from tests.tones import part_strength, samples_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERE, THERE = "127.0.0.1", "127.0.0.2"
TONE_HZ = 440.0

FILE = """
own = [["+48221234500", "+48221234599"]]
default_caller_id = "+48221234500"
[carriers.north]
title = "Północ"
[trunks.north]
carrier = "north"
hosts = [{{ host = "127.0.0.2", port = {port} }}]
match = ["127.0.0.2/32"]
transport = "tls"
srtp = "{srtp}"
ca_file = "{ca}"
certificate = "{certificate}"
key = "{key}"
listen_port = {listen}
codecs = ["{codec}"]
options_s = 5
[dids]
"+48221234500" = {{ leads = "echo" }}
[[outbound]]
prefix = "+48"
trunks = ["north"]
"""

FAR_TRANSPORT = """
[{name}]
type = transport
protocol = tls
bind = 127.0.0.2:{port}
method = tlsv1_2
cert_file = {certificate}
priv_key_file = {key}
ca_list_file = {ca}
verify_server = yes
"""

FAR = """
[near]
type = endpoint
context = carrier
disallow = all
allow = alaw
aors = near
transport = right
media_encryption = {srtp}
direct_media = no
[near]
type = aor
contact = sip:127.0.0.1:{listen}\\;transport=tls
[near]
type = identify
endpoint = near
match = 127.0.0.1/32
"""

SPEAKS = """
[carrier]
exten => _+X!,1,Answer()
 same => n,Echo()
[speaks]
exten => s,1,MixMonitor({folder}/both.wav,r({folder}/heard.wav))
 same => n,Playtones(440)
 same => n,UserEvent(Speaks)
 same => n,Wait(1.2)
 same => n,StopMixMonitor()
 same => n,UserEvent(Spoke)
"""

HEARD = 0.9
LEAST_SAMPLES = 4000
SPEAKS_NOW, SPOKE = (rb"UserEvent: %s\r\n" % each for each in (b"Speaks", b"Spoke"))


@dataclass
class Scene:
    near: EmbeddedAsterisk
    far: EmbeddedAsterisk
    ports: dict[str, int]
    values: dict[str, object]

    def file(self, host: str = "right", **more: object) -> str:
        return FILE.format(**{"port": self.ports[host], "srtp": "sdes", "codec": "alaw", **self.values, **more})

    async def encrypts(self, how: str) -> None:
        """What the carrier wants from now on."""
        file = self.far.node.folder / "etc/pjsip.conf"
        file.write_text(
            re.sub(r"(?s)(media_encryption = ).*?(?=direct_media = no\n\[near\])", rf"\g<1>{how}\n", file.read_text())
        )
        await self.far.command("module reload res_pjsip.so")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(asterisk_program: AsteriskProgram) -> AsyncIterator[Scene]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours, theirs = Authority(folder, "ours"), Authority(folder, "theirs")
        certificates = {
            "right": ours.signed("right", THERE),
            "other-name": ours.signed("other-name", "sip.other.example"),
            "other-authority": theirs.signed("other-authority", THERE),
        }
        certificate, key = ours.signed("near", HERE)
        ports = {each: free_port() for each in certificates}
        values: dict[str, object] = {
            "theirs": theirs.file,
            "ca": ours.file,
            "certificate": certificate,
            "key": key,
            "listen": free_port(),
        }
        async with starting_nodes(asterisk_program, folder) as start:
            near, far = await asyncio.gather(
                start(trunks=[], numbers={}, transfer_numbers=[OUTSIDE]), start(trunks=[], numbers={}, sip_host=THERE)
            )
            transports = "".join(
                FAR_TRANSPORT.format(name=each, port=ports[each], certificate=pair[0], key=pair[1], ca=ours.file)
                for each, pair in certificates.items()
            )
            _append(far, "pjsip.conf", transports + FAR.format(srtp="sdes", **values))
            for asterisk in (near, far):
                _append(asterisk, "extensions.conf", SPEAKS.format(folder=asterisk.node.folder))
            await far.command("module reload res_pjsip.so")
            await far.command("dialplan reload")
            yield Scene(near, far, ports, values)


def _append(asterisk: EmbeddedAsterisk, name: str, text: str) -> None:
    with (asterisk.node.folder / "etc" / name).open("a") as file:
        file.write(text)


async def hears_itself(asterisk: EmbeddedAsterisk, channel: str) -> float:
    """Call an echo, speak a tone: how much of what comes back is that tone."""
    async with tapped(asterisk.node) as tap:
        originate(tap, channel)
        await tap.until(SPOKE)
    return await heard(asterisk)


async def heard(asterisk: EmbeddedAsterisk) -> float:
    """The recording has a length once Asterisk has closed it."""
    file = asterisk.node.folder / "heard.wav"
    async with asyncio.timeout(5):
        while len(samples_of(file)[1]) < LEAST_SAMPLES:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.05)
    strength = part_strength(file, TONE_HZ)
    file.unlink()
    return strength


def originate(tap: AmiTap, channel: str) -> None:
    tap.send(Action="Originate", Channel=channel, Context="speaks", Exten="s", Priority="1", Async="true")


OUT, IN = f"Local/{OUTSIDE}@hotline-agents/n", "PJSIP/+48221234500@near"


async def test_speech_goes_both_ways_over_tls_and_srtp_and_what_is_wrong_is_rolled_back(scene: Scene) -> None:
    node, right = node_of(scene.near), wanted_of(scene.file())
    for host, why in (
        ("other-authority", "the certificate is refused: unable to get local issuer certificate"),
        ("other-name", "the certificate is refused: IP address mismatch"),
    ):
        done = await apply(node, wanted_of(scene.file(host)), verify_s=0.7)
        assert done.failed[0] == "north does not answer OPTIONS (Unreachable)"
        assert done.failed[1].startswith(f"north: TLS to {THERE}:{scene.ports[host]}: {why}")
        assert node.folder.current() is None

    assert (await apply(node, right)).failed == ()
    async with tapped(scene.near.node) as tap:
        originate(tap, OUT)
        await tap.until(SPEAKS_NOW)
        # Another authority is taken up while a call is under way, which goes on to its end.
        theirs = wanted_of(scene.file("other-authority", ca=scene.values["theirs"]))
        assert (await apply(node, theirs)).failed == ()
        assert not re.search(SPOKE, tap.received), "the call is still there"
        await tap.until(SPOKE)
    assert await heard(scene.near) > HEARD
    assert (await apply(node, right)).failed == ()
    assert await hears_itself(scene.far, IN) > HEARD


async def test_speech_goes_both_ways_over_dtls_and_none_without_encryption(scene: Scene) -> None:
    assert (await apply(node_of(scene.near), wanted_of(scene.file(srtp="dtls")))).failed == ()
    await scene.encrypts("dtls\ndtls_auto_generate_cert = yes")
    assert await hears_itself(scene.near, OUT) > HEARD
    assert await hears_itself(scene.far, IN) > HEARD
    await scene.encrypts("no")
    for asterisk, channel in ((scene.near, OUT), (scene.far, IN)):
        assert await refused(asterisk, channel) == "58 Bearer capability not available", channel


async def test_a_carrier_without_a_codec_of_ours_refuses_with_a_cause_that_says_so(scene: Scene) -> None:
    await scene.encrypts("sdes")
    assert (await apply(node_of(scene.near), wanted_of(scene.file(codec="g722")))).failed == ()
    async with tapped(scene.near.node) as tap:
        originate(tap, OUT)
        await tap.until(rb"UserEvent: HotlineTrunk\r\nWhat: tried\r\n.*?\r\n\r\n")
        assert [(name, each.said, each.cause_name) for name, each in tried(tap)] == [
            ("north", 488, "bearer_not_available")
        ]
    assert await refused(scene.far, IN) == "58 Bearer capability not available"


async def refused(asterisk: EmbeddedAsterisk, channel: str) -> str:
    """Why a call over the trunk has come to nothing [Q.850]."""
    async with tapped(asterisk.node) as tap:
        originate(tap, channel)
        found = await tap.until(rb"Event: Hangup\r\n[^\0]*?Channel: PJSIP/n[^\0]*?Cause: (\d+)\r\nCause-txt: ([^\r]+)")
        return f"{found[1].decode()} {found[2].decode()}"
