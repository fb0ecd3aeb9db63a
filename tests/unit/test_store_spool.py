from __future__ import annotations

import stat
from pathlib import Path

from telephony.store.spool import Spool


def test_what_is_added_is_read_in_order_by_another_one(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    Spool(path).add([{"a": "ż\n"}, {"b": [1]}])
    Spool(path).add([{"c": None}])
    assert Spool(path).records() == [{"a": "ż\n"}, {"b": [1]}, {"c": None}]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_there_is_a_file_only_while_it_holds_something(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.add([])
    assert not (tmp_path / "spool").exists()
    assert spool.records() == []
    spool.add([{"a": 1}])
    spool.clear()
    spool.clear()
    assert not (tmp_path / "spool").exists()


def test_a_line_that_a_crash_has_cut_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    for cut in (b'{"b": "x', b'{"b": "x}', b"\x00\x00", b"[1]", "ż".encode()[:1]):
        path.write_bytes(b'{"a": 1}\n' + cut)
        Spool(path).add([{"c": 3}])
        assert Spool(path).records() == [{"a": 1}, {"c": 3}]
