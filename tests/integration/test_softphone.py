"""Real phones calling one another over loopback: SIP, speech both ways, DTMF, RTCP figures, and their end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quality import phone_protocol as protocol
from quality.softphone_client import (
    CallFailedError,
    PhoneError,
    PhoneOptions,
    SoftPhone,
    phone_program,
)
from tests.patience import patience as patience  # noqa: PLC0414 - a fixture, used by its name
from tests.tones import strength, tone

pytestmark = [
    pytest.mark.usefixtures("patience"),
    pytest.mark.skipif(
        phone_program()[1] != "pjsua2",
        reason="no pjsua2 wheel for this Python; its portable stand-in is tested in tests/acceptance/test_phones.py",
    ),
]


@pytest.fixture
async def customers(tmp_path: Path) -> AsyncIterator[SoftPhone]:
    async with await SoftPhone.start(log=tmp_path / "customers.log") as phone:
        yield phone


@pytest.fixture
async def consultants(tmp_path: Path) -> AsyncIterator[SoftPhone]:
    async with await SoftPhone.start(log=tmp_path / "consultants.log") as phone:
        yield phone


def uri(phone: SoftPhone, name: str) -> str:
    return f"sip:{name}@127.0.0.1:{phone.sip_port}"


async def test_two_people_talk(customers: SoftPhone, consultants: SoftPhone, tmp_path: Path) -> None:
    await consultants.register(
        "anna",
        uri=uri(consultants, "anna"),
        auto_answer_after_s=0.2,
        play=tone(tmp_path / "880.wav", 880),
        record=tmp_path,
    )
    call = await customers.call(
        uri(consultants, "anna"),
        caller="+48500000001",
        play=tone(tmp_path / "440.wav", 440),
        record=tmp_path / "out.wav",
    )
    arrived = await consultants.incoming()
    await call.ringing()
    await call.answered()
    await call.dtmf("12*#D")
    assert await arrived.heard(5) == "12*#D"
    await call.until(lambda call: call.media is not None and call.media.rtt_ms is not None)
    await call.hang_up()
    assert (await call.ended()).code == 200
    assert (await arrived.ended()).talk_s > 1

    assert arrived.account == "anna"
    assert "+48500000001" in (arrived.caller or "")
    (figures,) = arrived.streams
    assert figures.codec == "pcma"
    assert figures.received_packets > 50
    assert figures.sent_lost == 0
    assert strength(tmp_path / "out.wav", 880) > 0.9
    assert strength(tmp_path / f"{arrived.name}.wav", 440) > 0.9


async def test_hold_and_back(customers: SoftPhone, consultants: SoftPhone, tmp_path: Path) -> None:
    await consultants.register("anna", uri=uri(consultants, "anna"), auto_answer_after_s=0)
    call = await customers.call(uri(consultants, "anna"))
    await call.answered()
    await call.hold()
    await call.until(lambda call: len(call.streams) == 1)  # the re-INVITE ended the first stream
    await call.hold(on=False)
    await call.until(lambda call: len(call.streams) == 2)
    await call.hang_up()
    await call.ended()


async def test_many_calls_in_one_process(customers: SoftPhone, consultants: SoftPhone) -> None:
    for name in ("anna", "jan"):
        await consultants.register(name, uri=uri(consultants, name), auto_answer_after_s=0)
    calls = [await customers.call(uri(consultants, name)) for name in ("anna", "jan") * 2]
    await asyncio.gather(*(call.answered() for call in calls))
    too_many = await customers.call(uri(consultants, "anna"))
    assert "4 calls at once" in (await too_many.ended()).reason
    arrived = [await consultants.incoming() for _ in calls]
    assert sorted(call.account or "" for call in arrived) == ["anna"] * 2 + ["jan"] * 2
    for call in arrived:
        await call.hang_up()
    assert {(await call.ended()).code for call in calls} == {200}
    assert customers.calls == {}


async def test_a_past_call_does_not_end_the_next_with_its_number(customers: SoftPhone, consultants: SoftPhone) -> None:
    """pjsua2 gives a call's number out again after four; its object of the past call once hung up the new one."""
    await consultants.register("anna", uri=uri(consultants, "anna"), auto_answer_after_s=0)
    for _ in range(4):
        past = await customers.call(uri(consultants, "anna"))
        await past.answered()
        await past.hang_up()
        await past.ended()
    call = await customers.call(uri(consultants, "anna"))
    await call.until(lambda call: call.media is not None)  # the past ones are forgotten meanwhile
    await call.hang_up()
    assert (await call.ended()).code == 200


async def test_a_refused_call(customers: SoftPhone, consultants: SoftPhone) -> None:
    await consultants.register("anna", uri=uri(consultants, "anna"))
    call = await customers.call(uri(consultants, "anna"))
    await (await consultants.incoming()).hang_up(code=603)
    with pytest.raises(CallFailedError) as failure:
        await call.answered()
    assert failure.value.code == 603


async def test_a_person_answers(customers: SoftPhone, consultants: SoftPhone) -> None:
    await consultants.register("anna", uri=uri(consultants, "anna"))
    call = await customers.call(uri(consultants, "anna"))
    arrived = await consultants.incoming()
    await arrived.answer()
    await call.answered()
    await arrived.hang_up()
    await call.ended()


async def test_wideband_when_asked_for(tmp_path: Path) -> None:
    options = PhoneOptions(codecs=("g722", "pcma"))
    async with await SoftPhone.start(options) as one, await SoftPhone.start(options) as other:
        await other.register("anna", uri=uri(other, "anna"), auto_answer_after_s=0)
        call = await one.call(uri(other, "anna"))
        await call.answered()
        await call.hang_up()
        await call.ended()
        assert [stream.codec for stream in call.streams] == ["g722"]


async def test_mistakes_are_told(customers: SoftPhone) -> None:
    async with customers.events() as events:
        await customers.send(protocol.HangUp("nobody"))
        event = await anext(aiter(events))
        assert isinstance(event, protocol.Failed)
        assert event.call == "nobody"


async def test_a_taken_sip_port_is_named(customers: SoftPhone) -> None:
    with pytest.raises(PhoneError, match=str(customers.sip_port)):
        await SoftPhone.start(PhoneOptions(sip_port=customers.sip_port))


async def test_the_process_ends_with_its_driver() -> None:
    """End of standard input and SIGTERM: both end the process by itself, calls or not."""
    argv, _ = phone_program()
    for end in ("stdin", "term"):
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True
        )
        assert process.stdin is not None
        assert process.stdout is not None
        assert isinstance(protocol.parse_event(await process.stdout.readline()), protocol.Ready)
        if end == "stdin":
            process.stdin.close()
        else:
            os.kill(process.pid, signal.SIGTERM)
        assert await process.wait() == 0
        process.stdin.close()


async def test_everyone_who_waits_hears_of_a_crash(consultants: SoftPhone) -> None:
    phone = await SoftPhone.start()
    await consultants.register("anna", uri=uri(consultants, "anna"))
    call = await phone.call(uri(consultants, "anna"))
    await call.ringing()
    os.kill(phone.pid, signal.SIGKILL)
    with pytest.raises(CallFailedError, match="has ended"):
        await call.answered()
    with pytest.raises(PhoneError):
        await phone.call(uri(consultants, "anna"))
    await phone.close()
