"""The driver's side of a phone process, against a program that answers as it is told."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from quality import phone_protocol as protocol
from quality.softphone_client import (
    CallFailedError,
    PhoneCall,
    PhoneError,
    PhoneOptions,
    RegistrationError,
    SoftPhone,
    phone_program,
)

# Says its first lines at once, then one more line for each line it hears; ends with its standard input.
PROGRAM = """
import json, sys
first, answers = json.loads(sys.argv[1])
for line in first: print(line, flush=True)
for answer in answers:
    if not sys.stdin.readline(): break
    for line in answer: print(line, flush=True)
else:
    sys.stdin.readline()
"""
READY = protocol.Ready("fake", 5099)


def program(first: list[protocol.Event], *answers: list[protocol.Event]) -> tuple[list[str], str]:
    def lines(events: list[protocol.Event]) -> list[str]:
        return [protocol.event_line(event).decode().strip() for event in events]

    script = json.dumps([lines(first), [lines(answer) for answer in answers]])
    return [sys.executable, "-c", PROGRAM, script], "fake"


async def test_a_registration_waits_for_its_answer() -> None:
    answers = program(
        [READY],
        [protocol.Registered("anna", 120)],
        [protocol.RegistrationFailed("anna", 401, "Unauthorized")],
        [protocol.Failed("invalid URI", id="anna")],
    )
    async with await SoftPhone.start(program=answers) as phone:
        assert (phone.kind, phone.sip_port) == ("fake", 5099)
        await phone.register("anna", uri="sip:anna@host", registrar="sip:host", play=Path("a.wav"))
        with pytest.raises(RegistrationError) as refusal:
            await phone.register("anna", uri="sip:anna@host", registrar="sip:host")
        assert refusal.value.code == 401
        with pytest.raises(PhoneError, match="invalid URI"):
            await phone.register("anna", uri="nonsense")


async def test_a_call_follows_its_events() -> None:
    said = program(
        [READY],
        [protocol.Ringing("out-1"), protocol.Answered("out-1"), protocol.DtmfHeard("out-1", "7", "rfc4733")],
        [
            protocol.Failed("no more digits", call="out-1"),
            protocol.Media("out-1", "pcma", 9, 0, 0.1, 9, None, None, None, final=True),
            protocol.HungUp("out-1", 200, "OK", 1.0),
        ],
    )
    async with await SoftPhone.start(program=said) as phone, phone.events() as events:
        call = await phone.call("sip:x@host")
        await call.ringing()
        await call.answered()
        assert await call.heard(1) == "7"
        await call.dtmf("1")
        assert (await call.ended()).code == 200
        assert [stream.received_packets for stream in call.streams] == [9]
        assert phone.calls == {}
        assert isinstance(await anext(events), protocol.Ringing)


async def test_an_incoming_call_is_handed_out() -> None:
    said = program(
        [READY], [protocol.AccountAdded("anna"), protocol.Incoming("in-1", "anna", "<sip:x@y>")], [], [], [], []
    )
    async with await SoftPhone.start(program=said) as phone:
        await phone.register("anna", uri="sip:anna@host")
        call = await phone.incoming()
        assert (call.name, call.account, call.caller) == ("in-1", "anna", "<sip:x@y>")
        await call.answer()
        await call.hold()
        await call.hang_up(code=603)
        await phone.unregister("anna")


async def test_a_program_that_cannot_start_says_why() -> None:
    with pytest.raises(PhoneError, match="port 5060 is taken"):
        await SoftPhone.start(program=program([protocol.Failed("port 5060 is taken")]))


async def test_a_program_that_ends_releases_everyone() -> None:
    dead = ([sys.executable, "-c", f"print({protocol.event_line(READY).decode().strip()!r}, flush=True)"], "fake")
    phone = await SoftPhone.start(program=dead)
    call = PhoneCall("out-1", phone)
    phone.calls["out-1"] = call
    async with phone.events() as events:
        with pytest.raises(CallFailedError, match="has ended"):
            await call.answered()
        assert [event async for event in events] == []
    await phone.close()


async def test_a_listener_who_does_not_listen_loses_the_oldest() -> None:
    many: list[protocol.Event] = [protocol.Ringing(f"out-{number}") for number in range(1_005)]
    async with await SoftPhone.start(program=program([READY], [*many, protocol.AccountAdded("last")])) as phone:
        async with phone.events() as events:
            await phone.register("last", uri="sip:last@host")
            first = await anext(events)
        assert isinstance(first, protocol.Ringing)
        assert first.call != "out-0"


async def test_a_process_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quality.softphone_client.QUIT_GRACE_S", 0.05)
    stubborn = f"import time\nprint({protocol.event_line(READY).decode().strip()!r}, flush=True)\ntime.sleep(600)"
    phone = await SoftPhone.start(program=([sys.executable, "-c", stubborn], "fake"))
    async with asyncio.timeout(10):
        await phone.close()


def test_options_become_arguments() -> None:
    options = PhoneOptions(sip_port=5080, codecs=("g722",), sip_log=Path("sip.log"))
    assert options.argv()[2:] == [
        "--sip-port", "5080", "--rtp-ports", "20000-29999", "--codecs", "g722", "--sip-log", "sip.log",
    ]  # fmt: skip


def test_a_machine_without_any_phone_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "pjsua2" else object())
    assert phone_program()[1] == "pyvoip"
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(PhoneError, match="extra `phones`"):
        phone_program()
