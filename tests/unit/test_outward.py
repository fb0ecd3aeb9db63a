"""What other systems are told: links, signed events, Zammad's words; pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import date

import pytest

from telephony.core.commands import CallChanged, CallEnded, ShowPop
from telephony.core.customer import Card, Customer, TicketSummary
from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid
from telephony.core.views import CallState, CallView, Direction, Lane, Outcome
from telephony.outward import webhook, zammad
from telephony.outward.link import LinkTemplate
from telephony.outward.news import CallNews
from telephony.outward.receivers import Webhook, Zammad
from telephony.outward_wiring import link_of, receivers
from telephony.settings_types import SettingsError
from telephony.site_settings import Pop, WebhookTo

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
CALL = CallView(
    InteractionId("i-1"), "n1", "PJSIP/x-1", Uniqueid("n1-1.1"), "n1-1.1", "+48220000100", "+48500000111", "alaw",
    CallState.OFFERED, Lane.ACCESSIBILITY, QueueName("support"), 1000.0, 1001.0, None, None, AgentId("anna"), 1, None,
)  # fmt: skip
TALKING = replace(CALL, state=CallState.TALKING, answered_at=1010.0)
ENDED = replace(TALKING, state=CallState.ENDED, ended_at=1060.0, outcome=Outcome.ANSWERED)
CARD = Card(
    Customer("1004", "Jan", (), "", (), date(2020, 1, 1)), (TicketSummary("000412-7", "x", "open", 1.0),)
)  # fmt: skip


# -- links ----------------------------------------------------------------------------------------------------------


def test_a_link_has_the_calls_values_url_encoded() -> None:
    every = "https://crm.example/c/{interaction_id}?a={caller_e164}&b={caller_national}&q={queue}&c={customer_id}&t={ticket_id}"
    link = LinkTemplate(every, ["crm.example"])
    assert link.of(CALL, CARD) == ("https://crm.example/c/i-1?a=%2B48500000111&b=500000111&q=support&c=1004&t=000412-7")
    assert link.of(replace(CALL, caller=None, queue=None), None) == "https://crm.example/c/i-1?a=&b=&q=&c=&t="


def test_no_value_can_leave_its_place() -> None:
    hostile = replace(CALL, caller='"/><script>&x=1#../..//evil.example?\r\n')
    link = LinkTemplate("https://crm.example/{caller_e164}", ["crm.example"]).of(hostile, None)
    assert link.startswith("https://crm.example/%22%2F%3E%3Cscript")
    assert not set(link) & set('"<>#&?\r\n ')


@pytest.mark.parametrize(
    ("template", "wrong"),
    [
        ("https://crm.example/{name}", "{name} is no value"),
        ("http://crm.example/", "begins with https://"),
        ("javascript:alert({queue})", "begins with https://"),
        ("https://user:pw@crm.example/", "without a user"),
        ("https://{queue}/", "no value can be the host"),
        ("https://crm.example.evil.example/", "not among `hosts`"),
    ],
)
def test_a_template_that_could_lead_elsewhere_is_refused(template: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=r"crm|host|value|https|user") as refused:
        LinkTemplate(template, ["crm.example"])
    assert wrong in str(refused.value)


# -- webhooks -------------------------------------------------------------------------------------------------------


def test_an_event_is_signed_as_standard_webhooks_has_it() -> None:
    body = webhook.cloud_event("offered", "m-1", "/hotline", 1_790_000_000.5, webhook.data_of(CALL))
    told = webhook.headers(SECRET, "m-1", body, 1_790_000_001.9)
    assert told["webhook-id"] == "m-1"
    assert told["webhook-timestamp"] == "1790000001"
    expected = hmac.new(bytes(range(32)), f"m-1.1790000001.{body}".encode(), hashlib.sha256).digest()
    assert told["webhook-signature"] == f"v1,{base64.b64encode(expected).decode()}"
    event = json.loads(body)
    assert {key: event[key] for key in ("specversion", "id", "source", "type", "time")} == {
        "specversion": "1.0",
        "id": "m-1",
        "source": "/hotline",
        "type": "pl.marsoft.hotline.call.offered",
        "time": "2026-09-21T14:13:20.500Z",
    }
    assert event["data"]["caller_e164"] == "+48500000111"


def test_the_vector_of_the_specification() -> None:
    """Id, time, body and key as the reference libraries' tests have them."""
    told = webhook.headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', 1614265330.0
    )
    assert told["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_ąę", "whsec_c2hvcnQ=", "not base64!"])
def test_a_secret_that_is_none_is_refused_without_being_said(secret: str) -> None:
    with pytest.raises(ValueError, match="webhook's secret") as refused:
        webhook.key_of(secret)
    assert not secret or secret not in str(refused.value)


# -- Zammad ---------------------------------------------------------------------------------------------------------


def test_zammad_is_told_in_its_own_words() -> None:
    ends = {"from": "48500000111", "to": "48220000100", "direction": "in", "callId": "i-1"}
    assert json.loads(zammad.new_call(CALL)) == {"event": "newCall", **ends, "queue": "support"}
    assert json.loads(zammad.answer(TALKING)) == {"event": "answer", **ends, "answeringNumber": "anna"}
    assert json.loads(zammad.hangup(ENDED)) == {
        "event": "hangup", **ends, "cause": "normalClearing", "answeringNumber": "anna",
    }  # fmt: skip


def test_a_withheld_number_is_anonymous_and_a_call_back_goes_out() -> None:
    assert json.loads(zammad.new_call(replace(CALL, caller=None)))["from"] == "anonymous"
    back = json.loads(zammad.new_call(replace(CALL, direction=Direction.CALL_BACK)))
    assert (back["from"], back["to"], back["direction"]) == ("48220000100", "48500000111", "out")


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_cause_that_zammad_knows(outcome: Outcome) -> None:
    cause = json.loads(zammad.hangup(replace(ENDED, outcome=outcome)))["cause"]
    assert cause in {"cancel", "normalClearing", "busy", "noAnswer", "notFound", "congestion", "forwarded"}


# -- who is told what -----------------------------------------------------------------------------------------------


def test_each_receiver_is_told_each_thing_once() -> None:
    news = CallNews([Webhook("crm", "https://x/", SECRET), Zammad("zammad", "https://z/")], keep=None)  # type: ignore[arg-type]
    second = replace(CALL, attempt=2)
    for fact in (
        CallChanged(CALL), ShowPop(CALL, AgentId("anna"), 1, 1.0), ShowPop(second, AgentId("ewa"), 2, 2.0),
        CallChanged(TALKING), CallChanged(TALKING), CallEnded(ENDED),
    ):  # fmt: skip
        news.publish(fact, 5.0)
    told = [(each.target, each.id) for each in news._waiting]
    assert told == [
        ("crm", "crm-i-1-1-offered"), ("zammad", "zammad-i-1-1-offered"), ("crm", "crm-i-1-2-offered"),
        ("crm", "crm-i-1-answered"), ("zammad", "zammad-i-1-answered"),
        ("crm", "crm-i-1-ended"), ("zammad", "zammad-i-1-ended"),
    ]  # fmt: skip


def test_a_call_that_was_never_offered_is_none_of_zammads() -> None:
    news = CallNews([Zammad("zammad", "https://z/")], keep=None)  # type: ignore[arg-type]
    news.publish(CallEnded(replace(ENDED, attempt=0, answered_at=None, outcome=Outcome.ABANDONED_MENU)), 1.0)
    assert not news._waiting


# -- settings -------------------------------------------------------------------------------------------------------


def test_settings_that_would_tell_a_stranger_are_refused() -> None:
    with pytest.raises(ValueError, match=r"crm\.example is not among"):
        Pop(webhooks={"crm": {"url": "https://crm.example/x", "secret": SECRET}})  # type: ignore[dict-item]
    for wrong, name, address in (
        ("begins with https", "crm", "http://crm.example/x"),
        ("another name", "zammad", "https://crm.example/x"),
    ):
        with pytest.raises(ValueError, match=wrong):
            Pop(hosts=("crm.example",), webhooks={name: {"url": address, "secret": SECRET}})  # type: ignore[dict-item]
    with pytest.raises(SettingsError, match=r"pop\.link: .*not among"):
        link_of(Pop(link="https://crm.example/"))
    known = Pop(hosts=("crm.example",), webhooks={"crm": WebhookTo(url="https://crm.example/x", secret="whsec_x")})  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=r"pop\.webhooks\.crm\.secret"):
        list(receivers(known))
    assert link_of(Pop())(CALL, None) == ""
