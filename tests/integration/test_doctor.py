"""The doctor before a manager port that says what Asterisk says, and before a database that is not there."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from telephony.doctor import running
from telephony.doctor.finding import Finding, Standing
from telephony.settings import AsteriskNode
from tests.integration.asterisk_double import AmiDouble, Fields, message
from tests.ports import free_port

PHONES = {"PJSIP/anna": "NOT_INUSE", "Queue:fallback": "NOT_INUSE"}


async def _examined(double: AmiDouble, secret: str = "right") -> list[Finding]:
    port = await double.start()
    node = AsteriskNode(name="node-1", ami_port=port, secret=SecretStr(secret))
    try:
        return [finding async for finding in running.managers([node])]
    finally:
        await double.stop()


async def test_all_is_well() -> None:
    account, phones = await _examined(AmiDouble(devices=PHONES))
    assert account.standing is phones.standing is Standing.RIGHT
    assert phones.text == "all endpoints can be reached: anna"


async def test_a_phone_that_has_not_registered() -> None:
    _, phones = await _examined(AmiDouble(devices=PHONES | {"PJSIP/piotr": "UNAVAILABLE"}))
    assert phones.standing is Standing.WARNING
    assert phones.text == "reachable: anna; not: piotr"


async def test_a_wrong_secret() -> None:
    (account,) = await _examined(AmiDouble(), secret="wrong")
    assert account.standing is Standing.WRONG
    assert "refuses the manager account `hotline`" in account.text


async def test_a_right_too_many() -> None:
    (account,) = await _examined(AmiDouble(rights={"Ping": "<none>", "Command": "command,all"}))
    assert account.standing is Standing.WRONG
    assert "`command`" in account.text


async def test_nobody_at_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "ANSWER_S", 0.3)
    node = AsteriskNode(name="node-1", ami_port=free_port(), secret=SecretStr("any"))
    (account,) = [finding async for finding in running.managers([node])]
    assert account.standing is Standing.WRONG
    assert account.text.startswith(f"no answer at 127.0.0.1:{node.ami_port}")


async def test_no_database_there() -> None:
    found = await running.database(f"postgresql://a:b@127.0.0.1:{free_port()}/c")
    assert found.standing is Standing.WRONG
    assert "is it running" in found.text


async def test_a_phone_at_one_of_two_nodes_can_be_reached_and_nodes_must_reach_one_another() -> None:
    first = AmiDouble(devices={"PJSIP/anna": "UNAVAILABLE", "PJSIP/node-2": "UNAVAILABLE"})
    second = AmiDouble(devices={"PJSIP/anna": "NOT_INUSE"})
    doubles = {"node-1": first, "node-2": second}
    asterisk = [
        AsteriskNode(name=name, ami_port=await double.start(), secret=SecretStr("right"))
        for name, double in doubles.items()
    ]
    try:
        found = {finding.topic: finding async for finding in running.managers(asterisk)}
    finally:
        for double in doubles.values():
            await double.stop()
    assert found["phones"].text == "all endpoints can be reached: anna"
    assert found["node-1 to node-2"].text == "node-1 gets no answer from node-2 over SIP"
    assert found["node-2 to node-1"].text == "node-2 has no endpoint `node-1`"


async def test_an_asterisk_whose_account_could_write_files() -> None:
    def environment(fields: Fields) -> bytes:
        return message(Response="Success", ActionID=fields["ActionID"], Variable="ENV(PATH)", Value="/usr/bin")

    _, modules, _ = await _examined(AmiDouble(devices=PHONES, answers={"Getvar": environment}))
    assert modules.standing is Standing.WARNING
    assert modules.text.startswith("func_env is loaded")
