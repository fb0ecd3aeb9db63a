"""Colours of pictures: words can be read on everything behind them, lines seen [WCAG 2.2 §1.4.3, §1.4.11]."""

import re

import pytest

from ivr_flows.picture import STYLE
from ivr_flows.picture.words import Group

LIGHT, DARK = STYLE.split("@media (prefers-color-scheme: dark)")


def colours(scheme: str, name: str) -> dict[str, str]:
    """What the rules of `.flow name` set."""
    rules = re.findall(rf"^\.flow {name}\{{([^}}]*)\}}", scheme, re.MULTILINE)
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", "".join(rules)))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_everything_can_be_told_from_what_is_behind_it(scheme: str) -> None:
    base = colours(scheme, "")
    assert contrast(base["i"], base["t"]) >= 4.5
    assert contrast(base["g"], base["i"]) >= 4.5
    assert contrast(base["l"], base["g"]) >= 3
    for group in Group:
        own = colours(scheme, rf"\.{group} ")
        for words in (own["ink"], base["i"], base["q"]):
            assert contrast(words, own["fill"]) >= 4.5, group
        assert contrast(own["ink"], base["g"]) >= 3, group
