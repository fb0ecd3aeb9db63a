"""G.113's figures, and that nothing is made up where it publishes none."""

import pytest

from quality.codecs import CODECS, Grounded, Ungrounded, codec_named, figures_of, impairment_of
from quality.emodel import Scale


def grounded(name: str, loss_ratio: float = 0.0, *, plc: bool = True) -> Grounded:
    found = impairment_of(name, loss_ratio, plc=plc)
    assert isinstance(found, Grounded)
    return found


@pytest.mark.parametrize(
    ("name", "ie"),
    [
        ("pcma", 0),
        ("alaw", 0),
        ("ULAW", 0),
        ("g729a-vad", 11),
        ("g729", 10),
        ("gsm-efr", 5),
        ("g726-16", 50),
        ("g728", 7),
    ],
)
def test_narrowband_without_loss(name: str, ie: float) -> None:
    found = grounded(name)
    assert (found.scale, found.ie_eff) == (Scale.NARROWBAND, ie)
    assert found.source.startswith("G.113")


def test_concealment_is_a_choice_for_g711() -> None:
    assert grounded("pcma", 0.02).ie_eff == pytest.approx(7.01, abs=5e-3)
    assert grounded("pcma", 0.02, plc=False).ie_eff == pytest.approx(30.16, abs=5e-3)


def test_concealment_is_part_of_g729() -> None:
    assert grounded("g729a-vad", 0.02, plc=False) == grounded("g729a-vad", 0.02)


def test_g722_is_wideband_on_a_clock_of_8000_hz() -> None:
    codec = codec_named("g722")
    assert codec is not None
    assert codec.clock_rate_hz == 8000
    assert grounded("g722").scale is Scale.WIDEBAND


def test_amr_wb_by_its_rate() -> None:
    assert [grounded(f"amr-wb-{rate}").ie_eff for rate in ("6.6", "12.65", "23.05", "23.85")] == [41, 13, 1, 8]


def test_a_published_ie_without_bpl_scores_only_what_lost_nothing() -> None:
    assert grounded("g722").ie_eff == 13
    assert impairment_of("g722", 0.01) == Ungrounded("no Bpl of g722 is published, and packets were lost")


@pytest.mark.parametrize("name", ["opus", "amr", "amr-wb", "evs", "speex"])
def test_unpublished_codecs_are_ungrounded_even_without_loss(name: str) -> None:
    assert impairment_of(name, 0.0) == Ungrounded(f"no Ie of {name} is published")


def test_an_unknown_codec_is_ungrounded() -> None:
    assert impairment_of("Qux", 0.0) == Ungrounded("codec qux is not known")


def test_opus_runs_on_48000_hz() -> None:
    assert CODECS["opus"].clock_rate_hz == 48000


def test_evs_is_scored_on_the_fullband_scale_alone() -> None:
    found = grounded("evs-swb-24.4", 0.02)
    assert found.scale is Scale.FULLBAND
    assert found.ie_eff == pytest.approx(7.2 + (132 - 7.2) * 2 / (2 + 11.4))
    evs = CODECS["evs-swb-24.4"]
    assert figures_of(evs, Scale.WIDEBAND) is None
    assert figures_of(evs, Scale.FULLBAND) == evs.impairment


def test_figures_without_concealment() -> None:
    bare = figures_of(CODECS["pcma"], Scale.NARROWBAND, plc=False)
    assert bare is not None
    assert bare.bpl == 4.3
