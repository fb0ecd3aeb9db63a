"""The AMI client on bad days: wrong accounts, cut and half-open connections, forged text, listeners with bugs."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from telephony.asterisk import ami_client
from telephony.asterisk.ami import AmiLostError, AmiNotConnectedError, AmiRefusedError
from telephony.asterisk.ami_actions import Hangup, Ping, PlayDtmf
from telephony.asterisk.ami_client import AmiClient, AmiSettings, AmiSetupError, AmiTiming, Listener, Snapshot
from telephony.asterisk.ami_wire import AmiEvent
from telephony.asterisk.translate import WANTED
from telephony.core.views import SpanKind
from tests.integration.asterisk_double import AmiDouble, Fields, channel_event, message

FAST = AmiTiming(
    login_s=0.5, action_s=0.5, snapshot_s=0.5, ping_every_s=0.02, ping_deadline_s=0.2, backoff_first_s=0.01,
    backoff_most_s=0.02,
)  # fmt: skip
CUT = b"Event: Newchannel\r\nChannel: PJSIP/t-1\r\nCallerIDNum: 6\r\n\r\n"  # a caller wrote the empty line


class Heard:
    """A listener that keeps what it hears, in order."""

    def __init__(self) -> None:
        self.all: list[AmiEvent | Snapshot | str] = []
        self.reasons: list[SpanKind] = []
        self.breaks = False
        self._news = asyncio.Event()

    def take(self, what: AmiEvent | Snapshot | str) -> None:
        self.all.append(what)
        self._news.set()
        if self.breaks:
            raise RuntimeError("a bug of the listener's")

    def listener(self) -> Listener:
        return Listener(self.take, self.take, self.lost)

    def lost(self, since: float, why: SpanKind) -> None:
        self.reasons.append(why)
        self.take("lost")

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not true():
                self._news.clear()
                await self._news.wait()

    def names(self) -> list[str]:
        return [each.name if isinstance(each, AmiEvent) else str(type(each).__name__) for each in self.all]

    def snapshots(self) -> list[Snapshot]:
        return [each for each in self.all if isinstance(each, Snapshot)]


class Hours:
    """A clock on which every look is 100 s after the one before: nothing has to wait for its turn."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 100.0
        return self.now


@asynccontextmanager
async def connected(double: AmiDouble, timing: AmiTiming = FAST) -> AsyncIterator[tuple[AmiClient, Heard]]:
    heard, port = Heard(), await double.start()
    settings = AmiSettings("127.0.0.1", port, "hotline", "right")
    client = AmiClient("n1", settings, WANTED, heard.listener(), Hours(), timing=timing, rng=random.Random(1))
    running = asyncio.create_task(client.run())
    try:
        await heard.until(lambda: bool(heard.snapshots()))
        yield client, heard
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await double.stop()


async def refused(double: AmiDouble) -> str:
    port = await double.start()
    client = AmiClient("n1", AmiSettings("127.0.0.1", port, "hotline", "right"), WANTED, Heard().listener(), Hours())
    with pytest.raises(AmiSetupError) as caught:
        await asyncio.wait_for(client.run(), 10)
    assert double.connections == 1  # no hammering
    await double.stop()
    return str(caught.value)


async def test_a_wrong_password_stops_and_says_so() -> None:
    text = await refused(AmiDouble(secret="another"))
    assert "`hotline`" in text
    assert "manager.conf" in text
    assert "right" not in text


@pytest.mark.parametrize(
    ("action", "right"),
    [("Command", "command"), ("GetConfig", "config"), ("UpdateConfig", "config"), ("Reload", "system")],
)
async def test_an_account_that_may_do_too_much_is_refused_by_name(action: str, right: str) -> None:
    double = AmiDouble()
    double.rights[action] = "whatever,all"
    assert f"the right `{right}`" in await refused(double)


async def test_events_wait_for_the_snapshot_and_follow_it() -> None:
    double = AmiDouble(channels=["n1-1.1", "n1-1.2"], devices={"PJSIP/anna": "NOT_INUSE"})
    early = channel_event("Hangup", "n1-1.1", Cause="16")
    usual = double._answer
    double.answers["CoreShowChannels"] = lambda fields: early + _without(double, usual, fields)
    async with connected(double) as (_, heard):
        await heard.until(lambda: "Hangup" in heard.names())
        assert heard.names()[:2] == ["Snapshot", "Hangup"]
        first = heard.snapshots()[0]
        assert [event.fields["Uniqueid"] for event in first.channels] == ["n1-1.1", "n1-1.2"]
        assert [event.fields["State"] for event in first.devices] == ["NOT_INUSE"]


def _without(double: AmiDouble, usual: Callable[[Fields], bytes], fields: Fields) -> bytes:
    """The usual answer to an action that has an unusual one."""
    answer = double.answers.pop(fields["Action"])
    try:
        return usual(fields)
    finally:
        double.answers[fields["Action"]] = answer


async def test_a_cut_connection_is_told_once_and_comes_back_and_nothing_is_sent_again() -> None:
    double = AmiDouble()
    double.answers["PlayDTMF"] = lambda fields: b""
    async with connected(double) as (client, heard):
        waiting = asyncio.create_task(client.request(PlayDtmf("PJSIP/a-1", "D"), 5.0))
        await double.until("PlayDTMF")
        double.cut()
        with pytest.raises(AmiLostError):
            await waiting
        await heard.until(lambda: len(heard.snapshots()) == 2)
        assert heard.reasons == [SpanKind.LINK]
        await client.request(Ping())
        assert len(double.named("PlayDTMF")) == 1


async def test_a_half_open_connection_is_noticed_by_the_ping() -> None:
    double = AmiDouble()
    async with connected(double) as (client, heard):
        double.answers["Ping"] = lambda fields: b""
        await heard.until(lambda: "lost" in heard.all)
        del double.answers["Ping"]
        await heard.until(lambda: len(heard.snapshots()) == 2)
        assert client.counters.losses == 1
    standard = AmiTiming()
    assert standard.ping_every_s + standard.ping_deadline_s < 15


async def test_an_answer_that_does_not_come_and_one_that_refuses() -> None:
    double = AmiDouble()
    double.answers["PlayDTMF"] = lambda fields: b""
    double.answers["Hangup"] = lambda fields: message(
        Response="Error", ActionID=fields["ActionID"], Message="No such channel"
    )
    async with connected(double) as (client, _):
        with pytest.raises(AmiLostError, match="no answer within"):
            await client.request(PlayDtmf("PJSIP/a-1", "D"), 0.05)
        with pytest.raises(AmiRefusedError, match="No such channel"):
            await client.request(Hangup("PJSIP/a-1"))
        assert client.counters.actions_failed == 2


async def test_without_a_connection_an_action_fails_at_once_unsent() -> None:
    client = AmiClient("n1", AmiSettings("127.0.0.1", 1, "u", "s"), WANTED, Heard().listener(), Hours())
    with pytest.raises(AmiNotConnectedError, match="not sent"):
        await client.request(Ping())


@pytest.mark.parametrize("end", ["\r\nAction: Originate", "\n", "\0"])
async def test_a_line_end_in_an_action_raises_before_a_byte_is_sent(end: str) -> None:
    double = AmiDouble()
    async with connected(double) as (client, _):
        sent = client.counters.actions
        with pytest.raises(ValueError, match="line end or NUL"):
            await client.request(PlayDtmf(f"PJSIP/a-1{end}", "D"))
        with pytest.raises(ValueError, match="slash"):
            Hangup("/PJSIP.*/")
        await client.request(Ping())
        assert double.named("PlayDTMF") == []
        assert client.counters.actions > sent


async def test_after_a_forgery_nothing_is_believed_before_the_markers_answer_then_a_snapshot_is_taken() -> None:
    double = AmiDouble()
    async with connected(double, AmiTiming(ping_every_s=60)) as (client, heard):
        double.answers["Ping"] = lambda fields: b""
        forged = channel_event("Hangup", "n1-1.1", Cause="16")
        double.say(CUT + forged + b"rest: of it\r\n\r\n")
        marker = await double.until("Ping")
        double.say(channel_event("Hangup", "n1-1.1", Cause="16"))
        double.say(message(Response="Success", ActionID="guessed", Ping="Pong"))
        del double.answers["Ping"]
        double.say(message(Response="Success", ActionID=marker["ActionID"], Ping="Pong"))
        await heard.until(lambda: len(heard.snapshots()) == 2)
        double.say(channel_event("Hangup", "n1-1.9", Cause="16"))
        await heard.until(lambda: "Hangup" in heard.names())
        assert [each.fields["Uniqueid"] for each in heard.all if isinstance(each, AmiEvent)] == ["n1-1.9"]
        assert client.counters.tainted_no_channel_id == 1
        assert client.counters.tainted_no_kind == 1
        assert client.counters.distrusted == 2
        assert client.counters.resyncs == 1


async def test_a_forgery_in_a_snapshot_ends_nobodys_call() -> None:
    """The cut channel is missing from the list: the list is not used, and asked for again later."""
    double = AmiDouble(channels=["n1-1.1"])
    usual = double._answer
    async with connected(double) as (client, heard):
        double.answers["CoreShowChannels"] = lambda fields: CUT + _without(double, usual, fields)
        client.resynchronise()
        await double.until("CoreShowChannels", 2)
        double.answers.clear()
        await double.until("CoreShowChannels", 3)
        await heard.until(lambda: len(heard.snapshots()) == 2)
        assert [len(each.channels) for each in heard.snapshots()] == [1, 1]


async def test_a_listener_with_a_bug_harms_nobody() -> None:
    double = AmiDouble()
    async with connected(double) as (client, heard):
        heard.breaks = True
        double.say(channel_event("Hangup", "n1-1.1", Cause="16"))
        await heard.until(lambda: "Hangup" in heard.names())
        await client.request(Ping())
        assert client.counters.receiver_failures == 1
        assert "lost" not in heard.all


async def test_more_events_than_the_buffer_holds_are_counted_and_lead_to_a_new_snapshot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ami_client, "BUFFER_EVENTS", 3)
    double = AmiDouble()
    usual = double._answer
    flood = channel_event("Hangup", "n1-1.1", Cause="16") * 5
    double.answers["CoreShowChannels"] = lambda fields: flood + _without(double, usual, fields)
    async with connected(double) as (client, heard):
        double.answers.clear()
        await heard.until(lambda: len(heard.snapshots()) == 2)
        assert client.counters.overflows == 2
        assert heard.names().count("Hangup") == 3
        assert heard.reasons == [SpanKind.OVERFLOW]


async def test_a_port_that_speaks_something_else_is_left_alone() -> None:
    double = AmiDouble()
    async with connected(double) as (_, heard):
        double.say(b"X" * 200_000)
        await heard.until(lambda: "lost" in heard.all)
        await heard.until(lambda: len(heard.snapshots()) == 2)
