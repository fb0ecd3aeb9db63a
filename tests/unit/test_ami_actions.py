"""Originate: what cannot be said with it, and that everything it can name is in our dialplan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from telephony.asterisk.ami_actions import BlindTransfer, Entry, Originate, Outside, Phone
from telephony.asterisk.ami_wire import checked

DIALPLAN = Path(__file__).parents[2] / "config" / "asterisk" / "extensions.conf"
ID = "probe-0001"
NUMBER = "+48500000101"


def test_the_fields_are_fixed_but_for_who_is_rung() -> None:
    fields = dict(checked(Originate(Phone("anna"), Entry.PROBE, ID, ring_s=2.5).fields()))
    assert fields == {
        "Channel": "PJSIP/anna",
        "Context": "hotline-probe",
        "Exten": "s",
        "Priority": "1",
        "Timeout": "2500",
        "ChannelId": ID,
        "Async": "true",
    }
    assert dict(Originate(Outside(NUMBER, "carrier"), Entry.PROBE, ID).fields())["Channel"] == f"PJSIP/{NUMBER}@carrier"
    out = dict(Originate(Outside(NUMBER, "carrier"), Entry.PROBE, ID, shown="+48220000100").fields())
    assert (out["CallerID"], out["Variable"]) == ("<+48220000100>", "__HOTLINE_DID=+48220000100")
    assert "Variable" not in dict(Originate(Phone("anna"), Entry.PROBE, ID, shown=NUMBER).fields())


@pytest.mark.parametrize("entry", Entry)
def test_every_entry_is_in_the_dialplan(entry: Entry) -> None:
    section = DIALPLAN.read_text("utf-8").partition(f"[{entry.value}]\n")[2].partition("\n[")[0]
    assert section.startswith("exten => s,1,")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "anna\r\nApplication: System",
        "anna\n",
        "anna\0",
        "anna&PJSIP/carrier",
        "anna@carrier",
        "Local/s@x",
        "a" * 41,
    ],
)
def test_what_is_no_endpoint_is_refused(text: str) -> None:
    for build in (Phone, lambda name: Outside(NUMBER, name)):
        with pytest.raises(ValueError, match="not the name of"):
            build(text)


@pytest.mark.parametrize(
    "number",
    ["", "500000101", "+0500000101", "+48500", NUMBER + "\n", NUMBER + "\r\nX: y", NUMBER + "&PJSIP/x", "+" + "4" * 16],
)
def test_what_is_no_number_is_refused_and_not_repeated(number: str) -> None:
    with pytest.raises(ValueError, match=r"^not a number in E\.164$"):
        Outside(number, "carrier")


@pytest.mark.parametrize(
    "build",
    [
        lambda: Originate(Phone("anna"), Entry.PROBE, "short"),
        lambda: Originate(Phone("anna"), Entry.PROBE, ID + "\r\nApplication: System"),
        lambda: Originate(Phone("anna"), Entry.PROBE, ID, ring_s=0),
        lambda: Originate(Phone("anna"), Entry.PROBE, ID, ring_s=float("nan")),
    ],
)
def test_ids_and_times_are_bounded(build: Callable[[], Originate]) -> None:
    with pytest.raises(ValueError, match=r"is no id for a channel|nobody is rung"):
        build()


def test_a_number_is_in_no_log() -> None:
    assert NUMBER not in repr(Originate(Outside(NUMBER, "carrier"), Entry.PROBE, ID))


def test_a_caller_is_handed_over_to_us_or_to_a_number_and_to_nothing_else() -> None:
    back, out = BlindTransfer("PJSIP/anna-00000001"), BlindTransfer("PJSIP/anna-00000001", NUMBER)
    assert tuple(checked(back.fields())) == (
        ("Channel", "PJSIP/anna-00000001"),
        ("Context", "hotline-again"),
        ("Exten", "s"),
    )
    assert dict(checked(out.fields()))["Exten"] == NUMBER
    assert "[hotline-again]\nexten => s,1," in DIALPLAN.read_text("utf-8")
    for number in ("112", "s", "+48500&x", NUMBER + "\n"):
        with pytest.raises(ValueError, match="number"):
            BlindTransfer("PJSIP/anna-00000001", number)
