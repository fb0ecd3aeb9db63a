"""Both kinds of phones against a real Asterisk: registration, calls from a trunk, speech both ways, DTMF."""

import asyncio
import importlib.util
import sys
from pathlib import Path

import pytest

from quality.softphone_client import PhoneOptions, RegistrationError, SoftPhone, phone_program
from telephony.asterisk.config import TrunkPeer
from telephony.asterisk.embedded import EmbeddedAsterisk
from tests.acceptance.conftest import GENERAL, StartNode
from tests.patience import patience as patience  # noqa: PLC0414 - a fixture, used by its name
from tests.ports import free_udp_port
from tests.tones import strength, tone

pytestmark = pytest.mark.usefixtures("patience")

Program = tuple[list[str], str]
PYVOIP: Program = ([sys.executable, "-m", "quality.portable_phone"], "pyvoip")
# On Python 3.13 there is no pjsua2 wheel: the portable phone is then the only kind, and tested all the same.
KINDS = [phone_program(), PYVOIP] if importlib.util.find_spec("pjsua2") else [PYVOIP]


@pytest.fixture
async def carrier_port() -> int:
    return free_udp_port()


@pytest.fixture
async def node(asterisk_node: StartNode, carrier_port: int) -> EmbeddedAsterisk:
    carrier = TrunkPeer("carrier", f"127.0.0.1:{carrier_port}/32", f"sip:127.0.0.1:{carrier_port}")
    return await asterisk_node(agents=("anna", "jan"), trunks=(carrier,))


async def sign_in(phone: SoftPhone, node: EmbeddedAsterisk, agent: str, *, record: Path, play: Path) -> None:
    secret = next(phone.secret for phone in node.node.agents if phone.endpoint == agent)
    at = f"127.0.0.1:{node.node.sip_port}"
    await phone.register(
        agent, uri=f"sip:{agent}@{at}", registrar=f"sip:{at}", user=agent, password=secret,
        auto_answer_after_s=0.2, record=record, play=play,
    )  # fmt: skip


@pytest.mark.parametrize("agents_kind", KINDS, ids=lambda kind: f"agent-{kind[1]}")
@pytest.mark.parametrize("customers_kind", KINDS, ids=lambda kind: f"customer-{kind[1]}")
async def test_a_customer_and_an_agent_hear_one_another(
    node: EmbeddedAsterisk, carrier_port: int, tmp_path: Path, agents_kind: Program, customers_kind: Program
) -> None:
    """No server runs here: Asterisk's own queue connects the two."""
    low, high = tone(tmp_path / "low.wav", 440), tone(tmp_path / "high.wav", 880)
    async with (
        await SoftPhone.start(program=agents_kind, log=tmp_path / "agents.log") as agents,
        await SoftPhone.start(
            PhoneOptions(sip_port=carrier_port), program=customers_kind, log=tmp_path / "customers.log"
        ) as customers,
    ):
        await sign_in(agents, node, "anna", record=tmp_path, play=high)
        call = await customers.call(
            f"sip:{GENERAL}@127.0.0.1:{node.node.sip_port}",
            caller="+48500000001",
            play=low,
            record=tmp_path / "customer.wav",
        )
        taken = await agents.incoming()
        await call.answered()
        await taken.until(lambda taken: taken.is_answered)
        await asyncio.sleep(3)  # two people talk
        await call.dtmf("5*#")
        assert await taken.heard(3) == "5*#"
        await call.hang_up()
        assert (await call.ended()).code == 200
        assert (await taken.ended()).code == 200
    assert taken.account == "anna"
    assert strength(tmp_path / "customer.wav", 880) > 0.8
    assert strength(tmp_path / f"{taken.name}.wav", 440) > 0.8


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind[1]))
async def test_a_wrong_password_and_a_wrong_number(node: EmbeddedAsterisk, carrier_port: int, kind: Program) -> None:
    at = f"127.0.0.1:{node.node.sip_port}"
    async with await SoftPhone.start(PhoneOptions(sip_port=carrier_port), program=kind) as phone:
        call = await phone.call(f"sip:+48999@{at}", caller="+48500000001")
        assert (await call.ended()).code == 404
    async with await SoftPhone.start(program=kind) as phone:
        with pytest.raises(RegistrationError):
            await phone.register("anna", uri=f"sip:anna@{at}", registrar=f"sip:{at}", user="anna", password="wrong")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind[1]))
async def test_a_customer_who_gives_up_stops_the_agents_phone(
    node: EmbeddedAsterisk, carrier_port: int, kind: Program
) -> None:
    async with (
        await SoftPhone.start(program=kind) as agents,
        await SoftPhone.start(PhoneOptions(sip_port=carrier_port)) as customers,
    ):
        at = f"127.0.0.1:{node.node.sip_port}"
        secret = node.node.agents[0].secret
        await agents.register("anna", uri=f"sip:anna@{at}", registrar=f"sip:{at}", user="anna", password=secret)
        call = await customers.call(f"sip:{GENERAL}@{at}", caller="+48500000001")
        ringing = await agents.incoming()
        await call.answered()
        await call.hang_up()
        assert (await ringing.ended()).code == 487
