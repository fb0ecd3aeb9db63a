"""The house's outages: two files that change under a running server, and the command that changes one of them."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from telephony.cli import main
from telephony.core.customer import Customer
from telephony.crm.seed import customers
from telephony.outages import Outages

CUSTOMER = customers(1)[0]
TOWN = CUSTOMER.address.split()[-1]


class Records:
    async def customer_by_number(self, number: str) -> Customer | None:
        return CUSTOMER if number == CUSTOMER.number else None


async def test_both_files_are_read_anew_when_they_change(tmp_path: Path) -> None:
    house = Outages(tmp_path / "outages.yaml", tmp_path, Records(), lambda: 1795424400.0)
    assert await house.find(CUSTOMER.number) == ()
    (tmp_path / "outages.yaml").write_text(f'outages: {{a: {{areas: ["{TOWN}"], text: "Awaria."}}}}\n', "utf-8")
    assert await house.find(CUSTOMER.number) == ({"pl": "Awaria."},)
    assert await house.find("999") == await house.find(None) == ()
    (tmp_path / "outages.json").write_text('{"b": {"areas": [], "texts": {"pl": "Wszędzie."}}}', "utf-8")
    assert await house.find(None) == ({"pl": "Wszędzie."},)


async def test_broken_files_keep_what_was_known_and_say_why(tmp_path: Path) -> None:
    house = Outages(tmp_path / "outages.yaml", tmp_path, Records(), lambda: 1795424400.0)
    (tmp_path / "outages.yaml").write_text('outages: {a: {text: "Awaria."}}\n', "utf-8")
    assert await house.find(None) == ({"pl": "Awaria."},)
    (tmp_path / "outages.yaml").write_text("outages: broken\n", "utf-8")
    (tmp_path / "outages.json").write_text("broken", "utf-8")
    with capture_logs() as told:
        assert await house.find(None) == ({"pl": "Awaria."},)
        assert await house.find(None) == ({"pl": "Awaria."},)
    assert [each["event"] for each in told] == ["outages.refused", "outages.unreadable"]


def test_the_command_enters_lists_and_removes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path))
    assert main(["outage", "add", "polna", "--area", "Polna Gdańsk", "--pl", "Na Polnej pracujemy."]) == 0
    assert main(["outage", "list"]) == 0
    assert main(["outage", "remove", "polna"]) == 0
    assert main(["outage", "remove", "polna"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "polna is announced to callers from Polna Gdańsk",
        "polna: Polna Gdańsk, until removed: Na Polnej pracujemy.",
        "polna is announced no longer",
        "polna was not announced",
    ]
    assert main(["outage", "add", "polna", "--pl", "Na {x}."]) == 1
    assert "there is no variable `x`" in capsys.readouterr().err
