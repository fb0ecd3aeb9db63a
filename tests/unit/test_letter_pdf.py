"""Letters as PDF: archivable, accessible, and never markup, whatever a customer has written."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace

import pytest

from telephony.core.customer_message import CustomerMessage
from telephony.outward.pdf import rendered

AT = 1_790_000_000.0
TEXT = 'MARSOFT S.A.\n1 maja 2026 r.\n\nJan Żak\n\nSzanowni Państwo,\n\n#image("x") $ * Łódź, Київ'
LETTER = CustomerMessage("jan@example.pl", TEXT, "", "Reklamacja 000013")


def inside(pdf: bytes) -> bytes:
    """It, and all that is compressed in it."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return pdf + b"".join(zlib.decompress(found) for found in streams if found[:1] == b"x")


def test_a_letter_is_archivable_accessible_and_the_same_each_time() -> None:
    pdf = rendered(LETTER, AT)
    for said in (
        b"pdfaid:part>2<",
        b"pdfaid:conformance>A<",
        b"pdfuaid:part>1<",
        b"(pl)",
        b"FontFile",
        b"StructTreeRoot",
    ):
        assert said in inside(pdf)
    assert rendered(LETTER, AT) == pdf
    assert rendered(replace(LETTER, text=TEXT.replace("Jan", "Ewa")), AT) != pdf


@pytest.mark.parametrize(
    "evil",
    ["😀 漢字 \x00\x01 \ue000 \ud800", "a" * 5000, "", "\n\n\n\n", "#" * 50, "\\u{41}", "]" * 9, "w\u00a0" * 3000],
)
def test_whatever_a_customer_has_written_becomes_a_letter(evil: str) -> None:
    letter = CustomerMessage("x@y.pl", f"MARSOFT\n\n{evil}\n\nSzanowni Państwo,\n\n{evil}", "", evil[:40] or "R")
    assert rendered(letter, AT).startswith(b"%PDF-1.7")
