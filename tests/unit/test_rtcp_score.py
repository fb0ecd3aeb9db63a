"""Scores from RTCP reports: what is counted, what is not known, what is not made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.emodel import Scale, rate
from quality.rtcp_score import DelayModel, Direction, LegQuality, Report, Verdict, intervals, score, verdict

FROM = Direction.RECEIVED


def report(
    at: float, sequence: int, lost: int = 0, *, ssrc: int = 1, jitter: int = 0, fraction: int = 0,
    rtt_s: float | None = None, sent: int | None = None,
) -> Report:  # fmt: skip
    return Report(at, ssrc, fraction, lost, sequence, jitter, rtt_s, sent)


def scored(*reports: Report, codec: str = "pcma") -> LegQuality:
    return score(FROM, codec, reports)


def test_a_clean_call_with_a_measured_round_trip() -> None:
    leg = scored(report(5, 1250, rtt_s=0.02, sent=250, jitter=16), report(10, 1500, rtt_s=0.04, jitter=32))
    assert (leg.packets_expected, leg.packets_lost, leg.loss_ratio) == (500, 0, 0.0)
    assert leg.jitter_ms == pytest.approx(3.0)
    assert leg.rtt_ms == pytest.approx(30.0)
    assert leg.delay_ms == pytest.approx(15 + 20 + 40)
    assert leg.mos_lq == pytest.approx(4.4094, abs=5e-5)
    assert leg.mos_cq == rate(one_way_delay_ms=75).mos
    assert leg.r_factor == rate(one_way_delay_ms=75).r
    assert (leg.scale, leg.verdict, leg.ungrounded_reason) == (Scale.NARROWBAND, Verdict.GOOD, None)


def test_without_a_round_trip_there_is_no_conversational_score() -> None:
    leg = scored(report(5, 1250, sent=250))
    assert (leg.rtt_ms, leg.delay_ms, leg.mos_cq) == (None, None, None)
    assert leg.r_factor == pytest.approx(93.2062, abs=5e-5)


def test_two_percent_lost() -> None:
    leg = scored(report(5, 1250, 5, sent=250, fraction=5), report(10, 1500, 10, fraction=5))
    assert leg.loss_ratio == pytest.approx(0.02)
    assert leg.mos_lq == pytest.approx(4.235, abs=5e-4)
    assert leg.verdict is Verdict.DEGRADED


def test_of_late_only_what_lies_between_later_reports_counts() -> None:
    reports = [report(5, 1250, 50, sent=250), report(10, 1500, 100), report(15, 1750, 100), report(20, 2000, 105)]
    leg = score(FROM, "pcma", reports, since=10.0)
    assert (leg.packets_expected, leg.packets_lost) == (500, 5)
    assert score(FROM, "pcma", reports, since=20.0).verdict is Verdict.NONE


def test_the_worst_interval_is_not_hidden_by_the_whole() -> None:
    leg = scored(report(5, 1250, sent=250), report(10, 1500, 50), report(15, 1750, 50))
    assert leg.loss_ratio == pytest.approx(50 / 750)
    assert leg.worst_loss_ratio == pytest.approx(0.2)


def test_intervals_are_differences_and_the_first_begins_with_the_stream() -> None:
    first, second = intervals([report(5, 1250, 1, sent=250), report(10, 1500, 3, jitter=80)], 8000)
    assert (first.started_at, first.packets_expected, first.packets_lost) == (0.0, 250, 1)
    assert (second.started_at, second.packets_expected, second.packets_lost, second.jitter_ms) == (5, 250, 2, 10.0)


def test_an_interval_without_packets_has_no_loss_ratio() -> None:
    """A gap in the reports is an outage or a hold; it must not count as perfect."""
    _, silent = intervals([report(5, 1250, sent=250), report(10, 1250)], 8000)
    assert (silent.packets_expected, silent.loss_ratio) == (0, None)


def test_the_first_interval_without_a_sender_report() -> None:
    (by_fraction,) = intervals([report(5, 1250, 10, fraction=26)], 8000)
    assert by_fraction.packets_expected == pytest.approx(100, abs=2)
    (by_time,) = intervals([report(5, 1250)], 8000)
    assert by_time.packets_expected == 250


def test_a_later_count_of_the_sender_reaches_back_to_the_first_report() -> None:
    first, _ = intervals([report(2, 1062), report(5, 1212, sent=212)], 8000)
    assert first.packets_expected == 62


def test_the_sequence_number_wraps_at_32_bits() -> None:
    leg = scored(report(5, 2**32 - 100, sent=250), report(10, 150))
    assert leg.packets_expected == 500


def test_reports_are_taken_in_the_order_of_their_time() -> None:
    early, late = report(5, 1250, sent=250), report(10, 1500)
    assert scored(late, early) == scored(early, late)


def test_a_report_that_runs_backwards_counts_nothing() -> None:
    leg = scored(report(5, 1250, sent=250), report(10, 1200))
    assert leg.packets_expected == 250


def test_a_new_ssrc_is_a_new_stream() -> None:
    """What it sent before its first report is told by time: its sender's count may not have begun again."""
    leg = scored(report(5, 1250, 5, sent=250), report(7, 60_000, 2, ssrc=2, sent=350))
    assert (leg.packets_expected, leg.packets_lost) == (250 + 100, 7)


def test_duplicates_do_not_make_a_negative_loss() -> None:
    leg = scored(report(5, 1250, -4, sent=250), report(10, 1500, -9))
    assert (leg.packets_lost, leg.loss_ratio) == (0, 0.0)


def test_no_report_is_no_score() -> None:
    leg = scored()
    assert (leg.verdict, leg.mos_lq, leg.ungrounded_reason) == (Verdict.NONE, None, "no packet was reported")


@pytest.mark.parametrize("codec", ["opus", "g722"])
def test_an_ungrounded_codec_still_gets_a_verdict(codec: str) -> None:
    leg = scored(report(5, 1250, 25, sent=250, rtt_s=0.02), codec=codec)
    assert (leg.r_factor, leg.mos_lq, leg.mos_cq, leg.scale) == (None, None, None, None)
    assert leg.verdict is Verdict.BAD
    assert leg.ungrounded_reason


def test_the_jitter_clock_is_that_of_the_codec() -> None:
    assert scored(report(5, 1250, jitter=480, sent=250), codec="opus").jitter_ms == pytest.approx(10.0)
    assert scored(report(5, 1250, jitter=80, sent=250), codec="g722").jitter_ms == pytest.approx(10.0)
    assert scored(report(5, 1250, jitter=80, sent=250), codec="unknown").jitter_ms is None


def test_wideband_is_judged_on_its_own_scale() -> None:
    leg = scored(report(5, 1250, sent=250), codec="g722")
    assert (leg.scale, leg.r_factor, leg.verdict) == (Scale.WIDEBAND, 116.0, Verdict.GOOD)


def test_the_delay_model_is_an_argument() -> None:
    leg = score(FROM, "pcma", [report(5, 1250, rtt_s=0.1, sent=250)], delay=DelayModel(30, 100))
    assert leg.delay_ms == pytest.approx(180)


@pytest.mark.parametrize(
    ("loss_ratio", "jitter_ms", "delay_ms", "r", "expected"),
    [
        (0.0, 0.0, None, None, Verdict.GOOD),
        (0.0099, 29.9, 150.0, 80.0, Verdict.GOOD),
        (0.01, 0.0, None, None, Verdict.DEGRADED),
        (0.0, 30.0, None, None, Verdict.DEGRADED),
        (0.0, 0.0, 151.0, None, Verdict.DEGRADED),
        (0.0, 0.0, None, 79.9, Verdict.DEGRADED),
        (0.05, 0.0, None, None, Verdict.BAD),
        (0.0, 0.0, 401.0, None, Verdict.BAD),
        (0.0, 0.0, None, 59.9, Verdict.BAD),
    ],
)
def test_verdict_borders(
    loss_ratio: float, jitter_ms: float, delay_ms: float | None, r: float | None, expected: Verdict
) -> None:
    assert verdict(loss_ratio, jitter_ms, delay_ms, r) is expected


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**32 - 1), st.integers(-(2**23), 2**23), st.integers(0, 2**32 - 1), st.integers(0, 255)
        ),
        max_size=8,
    )
)
def test_whatever_a_far_end_reports_the_figures_stay_in_range(blocks: list[tuple[int, int, int, int]]) -> None:
    leg = scored(*(report(5.0 * i, s, lost, jitter=j, fraction=f) for i, (s, lost, j, f) in enumerate(blocks)))
    assert 0 <= leg.packets_lost <= leg.packets_expected
    assert leg.loss_ratio is None or 0 <= leg.loss_ratio <= 1
    assert leg.worst_loss_ratio is None or 0 <= leg.worst_loss_ratio <= 1
    assert leg.mos_lq is None or 1 <= leg.mos_lq <= 4.5
