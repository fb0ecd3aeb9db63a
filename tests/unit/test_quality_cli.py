"""`hotline quality`: the E-model asked by hand, and what the command says of files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quality.emodel import Scale
from quality.emodel_answer import EmodelInputError, Question, answer
from telephony.cli import main


def asked(capsys: pytest.CaptureFixture[str], words: str) -> tuple[dict[str, Any], str]:
    assert main(["quality", "emodel", *words.split(), "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert list(found) == ["ro", "is", "id", "ie_eff", "r", "mos"]
    return found, err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--codec pcma", {"ro": 94.7688, "is": 1.4136, "id": 0.149, "ie_eff": 0, "r": 93.2062, "mos": 4.4094}),
        ("--codec g729a-vad --loss 2 --delay-ms 150", {"ie_eff": 19.0, "r": 70.5391, "mos": 3.6222}),
        ("--codec pcmu --loss 5", {"ie_eff": 15.7807, "mos": 3.9231}),
        ("--codec pcmu --loss 5 --no-plc", {"mos": 2.170}),
        ("--codec PCMU --loss 2 --burst-ratio 2", {"ie_eff": 7.2797}),
        ("--codec alaw --loss 2 --burst-ratio 2 --no-plc", {"ie_eff": 35.8491}),
        ("--ie 0 --bpl 25.1 --loss 10", {"ie_eff": 27.0655, "mos": 3.4109}),
        ("--ie 0 --delay-ms 200", {"id": 7.5505, "r": 85.8047}),
        ("--ie 8 --scale wb", {"ro": 129, "is": 0, "id": 0, "r": 121, "mos": 4.4206}),
        ("--codec amr-wb-6.6 --scale wb", {"ie_eff": 41, "mos": 3.5123}),
        ("--ie 0 --delay-ms 300 --scale fb", {"ro": 148, "id": 1.48 * 14.7607}),
        ("--ie 10 --bpl 10 --loss 10 --scale fb", {"ie_eff": 71, "r": 77}),
        ("--ie 94 --bpl 1 --loss 100", {"mos": 1.0}),
        ("--ie 0", {"r": 93.2062}),
    ],
)
def test_the_emodel_by_hand(capsys: pytest.CaptureFixture[str], words: str, expected: dict[str, float]) -> None:
    found, err = asked(capsys, words)
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=2e-3)
    assert err == ""


@pytest.mark.parametrize(
    ("words", "remark"),
    [
        ("--codec opus", "no Ie of opus is published on the scale nb"),
        ("--codec amr --loss 1", "no Ie of amr is published on the scale nb"),
        ("--codec g722", "no Ie of g722 is published on the scale nb; one is on wb"),
        ("--codec g722 --scale wb --loss 1", "no Bpl of g722 is published, and packets were lost"),
        ("--codec g729a --loss 1", "no Bpl of g729a is published, and packets were lost"),
        ("--ie 5 --loss 1", "no Bpl is given, and packets were lost"),
    ],
)
def test_what_cannot_be_known_is_null(capsys: pytest.CaptureFixture[str], words: str, remark: str) -> None:
    found, err = asked(capsys, words)
    assert (found["ie_eff"], found["r"], found["mos"]) == (None, None, None)
    assert found["ro"] > 90
    assert err == f"hotline: {remark}\n"


def test_terms_to_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quality", "emodel", "--codec", "opus"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "ro     94.7688", "is     1.4136", "id     0.1490", "ie_eff -", "r      -", "mos    -",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (Question("pcma", loss_percent=101), "--loss is a percentage from 0 to 100"),
        (Question("pcma", burst_ratio=0), "--burst-ratio is greater than 0"),
        (Question("pcma", delay_ms=-1), "--delay-ms is not negative"),
        (Question("pcma", delay_ms=float("nan")), "--delay-ms is not negative"),
        (Question(), "name a codec with --codec, or its figures with --ie and --bpl"),
        (Question(ie=1, bpl=0), "--bpl is greater than 0"),
        (Question(ie=float("inf")), "--ie is a number"),
        (Question("qux"), "codec qux is not known; known are pcma, "),
    ],
)
def test_what_the_model_does_not_have(question: Question, words: str) -> None:
    with pytest.raises(EmodelInputError, match=words):
        answer(question)


def test_every_scale_has_its_own_top() -> None:
    assert [round(answer(Question(ie=0, scale=scale)).ro) for scale in Scale] == [95, 129, 148]


def test_a_wrong_input_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quality", "emodel", "--codec", "pcma", "--loss", "-1"]) == 1
    assert capsys.readouterr().err == "hotline: --loss is a percentage from 0 to 100\n"


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["quality", "score", str(tmp_path / "no.pcap")]) == 1
    assert capsys.readouterr().err == f"hotline: {tmp_path / 'no.pcap'}: No such file or directory\n"
