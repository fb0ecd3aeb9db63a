"""Room on the disks: two limits, the fullest disk, and one that cannot be asked; and what the settings refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from telephony.vault.room import Room, free_bytes
from telephony.vault_settings import VaultRules

ONE, OTHER = Path("/one"), Path("/other")
KEY = "k" * 32


def test_it_stops_below_one_limit_and_goes_on_from_the_other() -> None:
    free = {ONE: 5_000, OTHER: 0}
    room = Room([ONE, OTHER], 1_000, 2_000, lambda folder: free[folder])
    told = []
    for left in (1_000, 999, 1_999, 2_000, 1_000, 0):
        free[OTHER] = left
        told.append(room.look())
    assert told == [True, False, False, True, True, False]
    assert room.free == 0


def test_a_disk_that_cannot_be_asked_has_no_room(tmp_path: Path) -> None:
    room = Room([tmp_path / "gone"], 0, 1)
    assert room.there
    assert not Room([tmp_path / "gone"], 1, 1).look()
    assert Room([tmp_path], 1, 1).look()
    assert free_bytes(tmp_path) > 1


@pytest.mark.parametrize(
    "wrong",
    [{"key": "a"}, {"keys": {"a": KEY}}, {"key": "b", "keys": {"a": KEY}}, {"stop_below_mb": 2, "go_on_above_mb": 1}],
)
def test_settings_that_do_not_fit_together_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        VaultRules.model_validate(wrong)
    assert VaultRules.model_validate({"key": "a", "keys": {"a": KEY}}).key == "a"
