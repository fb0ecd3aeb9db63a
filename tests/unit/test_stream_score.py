"""Scores of streams: the E-model on what is left after each jitter buffer, and nothing where nothing grounds it."""

import pytest

from quality.emodel import Scale, rate
from quality.rtcp_score import Verdict
from quality.sdp import Encoding
from quality.stream_figures import BufferFigures, PayloadFormat
from quality.stream_score import score, scored_codec
from tests.unit.stream_story import lossy, stream, windows


def test_a_stream_without_fault() -> None:
    found = score(stream())
    assert (found.scale, found.verdict, found.ungrounded_reason) == (Scale.NARROWBAND, Verdict.GOOD, None)
    assert found.mos_lq == found.mos_f1 == found.mos_f2 == found.mos_ad == found.mos_worst_10s == rate().mos
    assert found.r_factor == rate().r
    assert (found.mos_cq, found.delay_ms) == (None, None)


@pytest.mark.parametrize(("share", "expected"), [(0.01, 4.328), (0.02, 4.235), (0.05, 3.923), (0.1, 3.411)])
def test_loss_as_qualitys_vectors_have_it(share: float, expected: float) -> None:
    assert score(lossy(share)).mos_lq == pytest.approx(expected, abs=5e-4)


def test_late_packets_count_as_lost() -> None:
    assert score(lossy(0.01, late=0.04)).mos_lq == pytest.approx(3.923, abs=5e-4)


def test_without_concealment() -> None:
    assert score(lossy(0.02), plc=False).mos_lq == pytest.approx(3.256, abs=5e-4)


def test_bursts_count_within_what_the_model_knows() -> None:
    assert score(lossy(0.02, burst_ratio=2)).r_factor == pytest.approx(rate(7.2795).r, abs=1e-3)
    assert score(lossy(0.02, burst_ratio=0.5)) == score(lossy(0.02))
    assert score(lossy(0.02, burst_ratio=100)) == score(lossy(0.02, burst_ratio=8))


def test_each_buffer_has_its_own_score() -> None:
    found = score(stream(f1=BufferFigures(150, 150, 1.0, 1.0), f2=BufferFigures(75, 75, 1.0, 1.0)))
    assert found.mos_f1 == pytest.approx(3.411, abs=5e-4)
    assert found.mos_f2 == pytest.approx(3.923, abs=5e-4)
    assert found.mos_ad == found.mos_lq == rate().mos


def test_the_worst_window_stands_beside_the_whole() -> None:
    found = score(lossy(0.05 / 3, windows=windows(100, 0, 0.05, 0)))
    assert found.mos_worst_10s == pytest.approx(3.923, abs=5e-4)
    assert found.mos_lq == pytest.approx(4.267, abs=5e-4)
    outage = score(lossy(0.3, windows=windows(100, 0, 1.0, 0)))
    assert outage.mos_worst_10s == pytest.approx(1.5, abs=0.5)


def test_too_few_packets_are_no_window() -> None:
    short = windows(100, 0.0)[0]
    tail = type(short)(110, 5, 5, 0)
    assert score(stream(windows=(short, tail))).mos_worst_10s == rate().mos
    assert score(stream(windows=(tail,))).mos_worst_10s == rate().mos
    assert score(stream(windows=())).mos_worst_10s == rate().mos


def test_delay_makes_it_conversational() -> None:
    found = score(stream(), rtt_ms=180)
    assert found.delay_ms == 180 / 2 + 20 + 40
    assert found.mos_cq == rate(one_way_delay_ms=150).mos
    assert found.r_factor == pytest.approx(89.54, abs=5e-3)
    assert found.mos_lq == rate().mos
    assert score(stream(ptime_ms=None), rtt_ms=0).delay_ms == 60


def test_wideband_has_its_scale() -> None:
    found = score(stream(format=PayloadFormat("g722", 8000)))
    assert (found.scale, found.r_factor) == (Scale.WIDEBAND, 116)


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        (stream(format=PayloadFormat("opus", 48000)), "no Ie of opus is published"),
        (stream(format=None, payload_type=97), "payload type 97 is not known: no SDP names its codec"),
        (stream(format=PayloadFormat("telephone-event", 8000)), "no speech: only telephone events or comfort noise"),
        (stream(format=PayloadFormat("h264", 90000)), "h264 is video"),
        (
            lossy(0.01, format=PayloadFormat("g722", 8000)),
            "no Bpl of g722 is published, and packets were lost",
        ),
        (stream(packets_expected=0), "no packet was expected"),
    ],
)
def test_what_grounds_nothing_has_no_score(figures: object, reason: str) -> None:
    found = score(figures, rtt_ms=100)  # type: ignore[arg-type]
    assert found.ungrounded_reason == reason
    scores = (found.scale, found.r_factor, found.mos_lq, found.mos_cq, found.mos_f1, found.mos_worst_10s)
    assert scores == (None,) * 6
    assert found.delay_ms is not None


def test_a_wideband_codec_scores_those_buffers_that_lose_nothing() -> None:
    found = score(stream(format=PayloadFormat("g722", 8000), f1=BufferFigures(3, 3, 1.0, 1.0)))
    assert found.mos_f1 is None
    assert found.mos_ad is not None


def test_verdicts_without_a_score() -> None:
    opus = PayloadFormat("opus", 48000)
    assert score(stream(format=opus)).verdict is Verdict.GOOD
    assert score(lossy(0.02, format=opus)).verdict is Verdict.DEGRADED
    assert score(lossy(0.06, format=opus)).verdict is Verdict.BAD
    assert score(stream(format=opus), rtt_ms=900).verdict is Verdict.BAD
    assert score(stream(packets_expected=0)).verdict is Verdict.NONE


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("g729", "", "g729a-vad"),
        ("g729", "annexb=no", "g729a"),
        ("g729", "annexb=yes", "g729a-vad"),
        ("g723", "bitrate=5.3", "g723.1-5.3"),
        ("g723", "bitrate=6.3;annexa=yes", "g723.1-vad"),
        ("g723", "", "g723"),
        ("amr-wb", "octet-align=1; mode-set=2", "amr-wb-12.65"),
        ("amr-wb", "mode-set=0,2", "amr-wb"),
        ("amr-wb", "mode-set=9", "amr-wb"),
        ("pcma", "mode-set=2", "pcma"),
    ],
)
def test_rates_and_modes_that_sdp_tells(name: str, parameters: str, expected: str) -> None:
    assert scored_codec(Encoding(name, 8000, parameters)) == expected
