"""The doctor before a manager port that says what Asterisk says, and before a database that is not there."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from telephony.doctor import running
from telephony.doctor.finding import Finding, Standing
from telephony.settings import AsteriskNode
from tests.integration.asterisk_double import AmiDouble
from tests.ports import free_port

PHONES = {"PJSIP/anna": "NOT_INUSE", "Queue:fallback": "NOT_INUSE"}


async def _examined(double: AmiDouble, secret: str = "right") -> list[Finding]:
    port = await double.start()
    node = AsteriskNode(name="node-1", ami_port=port, secret=SecretStr(secret))
    try:
        return [finding async for finding in running.manager(node)]
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
    (account,) = [finding async for finding in running.manager(node)]
    assert account.standing is Standing.WRONG
    assert account.text.startswith(f"no answer at 127.0.0.1:{node.ami_port}")


async def test_no_database_there() -> None:
    found = await running.database(f"postgresql://a:b@127.0.0.1:{free_port()}/c")
    assert found.standing is Standing.WRONG
    assert "is it running" in found.text
