"""Outages: whom they concern, how long, in what order; the reviewed file and the one that is changed in a hurry."""

from pathlib import Path

import pytest

from ivr_flows import FlowError
from ivr_flows.outages import MAX_OUTAGES, Outage, enter, entered, live, read_file, remove, texts_for

ADDRESS = "ul. Świętojańska 12/3, 80-345 Gdańsk"
NOW = 1795424400.0  # 2026-11-23T10:00+01:00
PL = {"pl": "Awaria."}


@pytest.mark.parametrize(
    ("area", "concerned"),
    [
        ("Gdańsk", True),
        ("gdansk", True),
        ("Świętojańska Gdańsk", True),
        ("Swietojanska, Gdańsk", True),
        ("80-3", True),
        ("80-345", True),
        ("80-", True),
        ("80-4", False),
        ("Gdynia", False),
        ("Świętojańska Gdynia", False),
        ("Gda", False),
        ("345", False),
    ],
)
def test_an_area_is_words_of_an_address(area: str, concerned: bool) -> None:  # noqa: FBT001 - a table's column
    assert Outage((area,), PL).concerns(ADDRESS, NOW) is concerned


def test_an_outage_lasts_until_it_is_over() -> None:
    outage = Outage(("Gdańsk",), PL, until_at=NOW)
    assert outage.concerns(ADDRESS, NOW - 1)
    assert not outage.concerns(ADDRESS, NOW)


def test_who_lives_nowhere_we_know_hears_what_concerns_everybody() -> None:
    everywhere, here = Outage((), {"pl": "Wszędzie."}), Outage(("Gdańsk",), {"pl": "Tutaj."})
    assert texts_for([everywhere, here], None, NOW) == ({"pl": "Wszędzie."},)
    assert texts_for([everywhere, here], ADDRESS, NOW) == ({"pl": "Tutaj."}, {"pl": "Wszędzie."})


def test_what_is_entered_is_kept_and_removed(tmp_path: Path) -> None:
    file = live(tmp_path / "outages.json")
    outage = entered('{"areas": ["Gdańsk"], "text": {"pl": "Awaria.", "en": "Outage."}, "until": "18:00"}', NOW)
    enter(file, "gdansk", outage)
    assert file.current() == {"gdansk": outage}
    assert outage.until_at == NOW + 8 * 3600
    assert remove(file, "gdansk")
    assert not remove(file, "gdansk")
    assert file.current() == {}


def test_there_is_an_end_to_what_can_be_entered(tmp_path: Path) -> None:
    file = live(tmp_path / "outages.json")
    with file.changing() as entries:
        entries.update({f"o{number}": Outage((), PL) for number in range(MAX_OUTAGES)})
    with pytest.raises(FlowError, match="200 outages already"):
        enter(file, "one-more", Outage((), PL))
    assert "one-more" not in file.read()


def test_the_reviewed_file_leaves_out_what_is_over(tmp_path: Path) -> None:
    path = tmp_path / "outages.yaml"
    path.write_text(
        "outages:\n"
        '  gdansk: {areas: [Gdańsk], until: "2026-11-24T06:00", text: "Awaria."}\n'
        '  old: {areas: [Gdańsk], until: "2026-11-22T06:00", text: "Awaria."}\n',
        encoding="utf-8",
    )
    assert read_file(path, NOW).keys() == {"gdansk"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("outages: {a: {areas: [], text: }}\n", "outages.yaml:1:32: a text of 1 to 600 letters"),
        ('outages: {a: {text: "A", to: b}}\n', "outages.yaml:1:30: Extra inputs"),
        ('outages: {a: {areas: ["?"], text: "A"}}\n', "outages.yaml:1:14: `?` is no area"),
        ('outages: {a: {until: noon, text: "A"}}\n', "outages.yaml:1:14: 'noon' is no time"),
        ("outage: {}\n", "outages.yaml:1:"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "outages.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FlowError) as raised:
        read_file(path, NOW)
    assert message in str(raised.value)
