"""What was wrong in ten seconds of one direction, by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quality.interval_verdicts import WORDS, Finding, Heard, findings

CLEAN = Heard(10.0, 500, 0, 500, 500, 0.0, 1.0, 0.0, frozenset({46}), frozenset({"pcma"}), "pcma")
NOTHING = replace(CLEAN, expected=0, sent=None)


@pytest.mark.parametrize(
    ("heard", "found"),
    [
        (CLEAN, ()),
        (replace(CLEAN, lost=9), ()),
        (replace(CLEAN, lost=10), (Finding.LOSS_BURST,)),
        (replace(CLEAN, expected=50, lost=4), ()),
        (replace(CLEAN, late_ratio=0.02), (Finding.JITTER_BURST,)),
        (replace(CLEAN, jitter_ms=30.0), (Finding.JITTER_BURST,)),
        (replace(CLEAN, late_ratio=None, jitter_ms=None), ()),
        (replace(CLEAN, codecs=frozenset({"pcma", "pcmu"})), (Finding.CODEC_MISMATCH,)),
        (replace(CLEAN, codecs=frozenset()), ()),
        (replace(CLEAN, codecs=frozenset({"pcmu"}), agreed_codec=None), ()),
        (replace(CLEAN, dscp=frozenset({0, 46})), (Finding.WRONG_DSCP,)),
        (replace(CLEAN, clipping_ratio=0.01), (Finding.CLIPPING,)),
        (replace(CLEAN, mute=True), (Finding.SILENCE,)),
        (replace(CLEAN, mute=True, held=True), ()),
        (replace(CLEAN, mute=True, seconds=3.0), ()),
        (replace(CLEAN, lost=50, jitter_ms=50.0), (Finding.LOSS_BURST, Finding.JITTER_BURST)),
        (NOTHING, (Finding.ONE_WAY_AUDIO,)),
        (replace(NOTHING, back=24), ()),
        (replace(NOTHING, due=False), ()),
        (replace(NOTHING, due=False, sent=25), (Finding.ONE_WAY_AUDIO,)),
        (replace(NOTHING, back=0), (Finding.NO_MEDIA,)),
        (replace(NOTHING, back=None), (Finding.NO_MEDIA,)),
        (replace(NOTHING, back=0, talking=False), ()),
        (replace(NOTHING, held=True), ()),
        (replace(NOTHING, seconds=7.9), ()),
    ],
)
def test_each_has_its_name(heard: Heard, found: tuple[Finding, ...]) -> None:
    assert findings(heard, demanded_dscp=46) == found


def test_marks_are_judged_where_one_is_demanded() -> None:
    assert findings(replace(CLEAN, dscp=frozenset({0}))) == ()


def test_each_name_has_words() -> None:
    assert set(WORDS) == set(Finding)
