"""Calls over trunks: what became of each, the figures of many, what the dialplan tells of them, and what is counted."""

from __future__ import annotations

import pytest
from prometheus_client import generate_latest

from sip_trunk.calls import CAUSES, CallFigures, Result, Tried, figures
from sip_trunk.failover import Health
from sip_trunk.state import HostState, TrunkState
from telephony.asterisk import translate
from telephony.asterisk.ami_wire import AmiEvent
from telephony.asterisk.trunk_news import TrunkNews, What, news
from telephony.metrics import Metrics
from telephony.trunk_metrics import TrunkMetrics

ANSWERED = Tried("ANSWER", 200, 16, took_ms=61_500, before_ms=12_000, rang_ms=900, talked_ms=60_000)
TOLD = {
    "UserEvent": "HotlineTrunk", "What": "tried", "Trunk": "north-tls", "Status": "ANSWER", "Said": "200",
    "Cause": "16", "Rang": "1400", "Spoke": "900", "Took": "61500", "Before": "12000", "Talked": "60000",
}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "said", "result"),
    [
        ("ANSWER", 200, Result.ANSWERED), ("BUSY", 486, Result.BUSY), ("CANCEL", 180, Result.CANCELLED),
        ("", 100, Result.CANCELLED), ("NOANSWER", 180, Result.NO_ANSWER), ("NOANSWER", 480, Result.NO_ANSWER),
        ("CHANUNAVAIL", 404, Result.REFUSED), ("CHANUNAVAIL", 603, Result.REFUSED),
        ("CHANUNAVAIL", 0, Result.FAILED), ("CHANUNAVAIL", 100, Result.FAILED), ("CONGESTION", 503, Result.FAILED),
        ("NOANSWER", 483, Result.FAILED), ("CHANUNAVAIL", 408, Result.FAILED),
    ],
)  # fmt: skip
def test_what_became_of_a_call(status: str, said: int, result: Result) -> None:
    assert Tried(status, said, 0, took_ms=5).result is result


def test_the_delay_is_to_the_first_sign_and_counts_what_went_by_before() -> None:
    assert (ANSWERED.request_delay_ms, ANSWERED.post_dial_delay_ms) == (900, 12_900)
    at_once = Tried("ANSWER", 200, 16, took_ms=61_000, talked_ms=60_000)
    assert at_once.request_delay_ms == 1000, "answered without ringing"
    failed = Tried("CONGESTION", 503, 34, took_ms=20, before_ms=7)
    assert (failed.request_delay_ms, failed.post_dial_delay_ms) == (None, None)


def test_figures_of_many_calls() -> None:
    busy = Tried("BUSY", 486, 17, took_ms=400, rang_ms=None)
    short = Tried("ANSWER", 200, 16, took_ms=21_000, rang_ms=100, talked_ms=20_000)
    known = figures([ANSWERED, busy, busy, short])
    assert known == CallFigures(4, 2, mean_talk_s=40.0, mean_post_dial_delay_s=6.5)
    assert known.asr == 0.5
    assert (figures([]), figures([]).asr) == (CallFigures(), None)


def test_causes_are_a_bounded_set() -> None:
    assert [Tried("", 0, cause, took_ms=0).cause_name for cause in (0, 17, 99, 10_000)] == [
        "none", "user_busy", "other", "other",
    ]  # fmt: skip
    assert len(set(CAUSES.values())) == len(CAUSES)


def test_what_the_dialplan_tells_is_read_strictly() -> None:
    event = AmiEvent("UserEvent", TOLD)
    assert translate.told(event) == TrunkNews(What.TRIED, "north-tls", tried=ANSWERED)
    silent = TOLD | {"Said": "", "Rang": "", "Spoke": "", "Talked": "", "Status": "CHANUNAVAIL", "Cause": "0"}
    assert news(silent).tried == Tried("CHANUNAVAIL", 0, 0, took_ms=61_500, before_ms=12_000)
    assert news({"What": "came", "Trunk": "south"}) == TrunkNews(What.CAME, "south")
    assert news({"What": "left", "Trunk": "south", "Talked": "5000"}).talked_ms == 5000
    assert news({"What": "full", "Trunk": "south", "Reason": "calls"}).reason == "calls"
    assert news({"What": "refused", "Reason": "cost_per_day"}) == TrunkNews(What.REFUSED, reason="cost_per_day")


@pytest.mark.parametrize(
    "wrong",
    [
        {"What": "gone"}, {"Trunk": ""}, {"Trunk": "x y"}, {"Trunk": "+48500600700"}, {"Status": "answer"},
        {"Took": "-1"}, {"Rang": "1.5"}, {"Said": "9" * 13}, {"Cause": "٣"}, {"What": "full", "Reason": "A"},
    ],
)  # fmt: skip
def test_what_our_dialplan_does_not_write_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"not what our dialplan|is not a valid"):
        news(TOLD | wrong)


# -- metrics ----------------------------------------------------------------------------------------------------------


def state(trunk: str = "north-tls", **more: object) -> TrunkState:
    known = TrunkState("node-1", trunk, "north", seen_at=1.0, hosts=(HostState("sip:x", "Reachable", 12.5),))
    return TrunkState(**{name: getattr(known, name) for name in known.__slots__} | more)


def told(*states: TrunkState, heard: tuple[TrunkNews, ...] = ()) -> str:
    metrics = Metrics(())
    counted = TrunkMetrics(metrics, lambda: states)
    for each in heard:
        counted.heard(each)
    return generate_latest(metrics.registry).decode()


def test_states_are_told_to_prometheus() -> None:
    text = told(
        state(registration="Registered", calls_in=2, calls_out=3, mos=4.25, measured=7),
        state("south", registration="Rejected", hosts=(), health=Health(ill=True, reason="quality")),
        state("west", seen_at=None),
    )
    for line in (
        'hotline_trunk_registered{node="node-1",trunk="north-tls"} 1.0',
        'hotline_trunk_registered{node="node-1",trunk="south"} 0.0',
        'hotline_trunk_answers_options{node="node-1",trunk="north-tls"} 1.0',
        'hotline_trunk_options_round_trip_seconds{node="node-1",trunk="north-tls"} 0.0125',
        'hotline_trunk_mos{node="node-1",trunk="north-tls"} 4.25',
        'hotline_trunk_ill{node="node-1",reason="quality",trunk="south"} 1.0',
        'hotline_trunk_ill{node="node-1",reason="options",trunk="south"} 0.0',
        'hotline_trunk_calls_active{direction="in",node="node-1",trunk="north-tls"} 2.0',
        'hotline_trunk_calls_active{direction="out",node="node-1",trunk="north-tls"} 3.0',
    ):
        assert line in text, line
    assert 'answers_options{node="node-1",trunk="south"}' not in text, "nothing is known of it"
    assert "west" not in text


def test_calls_limits_and_causes_are_counted() -> None:
    text = told(
        state(),
        heard=(
            TrunkNews(What.CAME, "north-tls"),
            TrunkNews(What.LEFT, "north-tls", talked_ms=61_000),
            TrunkNews(What.TRIED, "north-tls", tried=ANSWERED),
            TrunkNews(What.TRIED, "elsewhere", tried=Tried("CONGESTION", 503, 34, took_ms=5)),
            TrunkNews(What.FULL, "north-tls", "calls_per_s"),
            TrunkNews(What.FULL, "north-tls", "tea"),
            TrunkNews(What.REFUSED, reason="cost_per_day"),
            TrunkNews(What.REFUSED, reason="open"),
            TrunkNews(What.REFUSED, reason="tea"),
        ),
    )
    for line in (
        'hotline_trunk_calls_total{direction="in",result="came",trunk="north-tls"} 1.0',
        'hotline_trunk_calls_total{direction="out",result="answered",trunk="north-tls"} 1.0',
        'hotline_trunk_calls_total{direction="out",result="failed",trunk="other"} 1.0',
        'hotline_trunk_causes_total{cause="no_circuit",trunk="other"} 1.0',
        'hotline_trunk_request_delay_seconds_sum{trunk="north-tls"} 0.9',
        'hotline_trunk_post_dial_delay_seconds_sum{trunk="north-tls"} 12.9',
        'hotline_trunk_talk_seconds_sum{direction="in",trunk="north-tls"} 61.0',
        'hotline_trunk_talk_seconds_sum{direction="out",trunk="north-tls"} 60.0',
        'hotline_trunk_limits_reached_total{limit="calls_per_s",trunk="north-tls"} 1.0',
        'hotline_trunk_limits_reached_total{limit="other",trunk="north-tls"} 1.0',
        'hotline_trunk_refused_total{guard="cost_per_day"} 1.0',
        'hotline_trunk_refused_total{guard="no_way"} 1.0',
        'hotline_trunk_refused_total{guard="other"} 1.0',
        'hotline_trunk_refused_total{guard="calls_per_minute"} 0.0',
    ):
        assert line in text, line
