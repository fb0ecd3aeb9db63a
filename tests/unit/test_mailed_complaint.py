"""E-mails of strangers as complaints: what people write, and what nobody would."""

from __future__ import annotations

from contextlib import suppress
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.mailed_complaint import CUT, MOST_BYTES, TEXT, RefusedMailError, read

OWN = "bok@marsoft.example"


def mail(text: str = "Internet rwie się od rana.\n", **headers: str) -> EmailMessage:
    made = EmailMessage()
    usual = {"From": "Żaneta Ćwik <zaneta@example.pl>", "Subject": "Reklamacja łącza", "Message-ID": "<1@example.pl>"}
    for name, value in (usual | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        made[name] = value
    made.set_content(text)
    return made


def elements(raw: bytes) -> dict[str, str]:
    found = read(raw, OWN)
    assert found
    return dict(found.elements)


def test_what_somebody_has_written_becomes_a_complaint() -> None:
    assert elements(bytes(mail())) == {
        "name": "Żaneta Ćwik",
        "email": "zaneta@example.pl",
        "answer_by": "e-mail",
        "subject": "Reklamacja łącza",
        "grounds": "Internet rwie się od rana.",
    }


def test_the_same_e_mail_is_the_same_complaint_and_others_are_not() -> None:
    found = [read(bytes(each), OWN) for each in (mail(), mail(), mail(Message_ID="<2@x.pl>"), mail(From="x@y.pl"))]
    assert len({each.once for each in found if each}) == 3
    bare = [f"From: x@y.pl\n\n{text}".encode() for text in ("a", "a", "b")]
    assert len({each.once for each in (read(raw, OWN) for raw in bare) if each}) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; x=y"},
        {"Precedence": "Bulk"},
        {"List_Id": "<list.example.pl>"},
        {"Return_Path": "<>"},
        {"From": f"MARSOFT <{OWN}>"},
    ],
)
def test_machines_are_not_answered(headers: dict[str, str]) -> None:
    assert read(bytes(mail(**headers)), OWN) is None
    assert read(bytes(mail(Auto_Submitted="no")), OWN)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "sender"),
        (b"\x00" * 5000, "sender"),
        (b"From: nobody\n\nx", "sender"),
        (b"From: x@y.pl\n\n" + b"x" * MOST_BYTES, "larger"),
        (b"From: x@y.pl\n" + b'Content-Type: multipart/mixed; boundary="a"\n\n--a\n' * 2000, "too many parts"),
        (b'From: x@y.pl\nContent-Type: multipart/mixed; boundary="a"\n\n' + b"--a\n\nx\n" * 60, "too many parts"),
        (b"From: " + b"(" * 900 + b"x@y.pl\n\nx", "cannot be read|sender"),
        (b"From: x@y.pl\n" + b"X: y\n" * 1001 + b"\nx", "headers"),
        (b"From: x@y.pl\nX: " + b"y" * 50_001 + b"\n\nx", "headers"),
    ],
)
def test_what_is_too_much_or_of_nobody_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(RefusedMailError, match=why):
        read(raw, OWN)


def test_of_several_senders_there_is_the_first_or_none() -> None:
    """Versions of Python differ in what they make of them [CVE-2023-27043]."""
    try:
        found = elements(b"From: a@b.pl, c@d.pl\r\n\tBcc: e@f.pl\n\nx")
    except RefusedMailError:
        return
    assert found["email"] == "a@b.pl"


def test_html_becomes_text_and_nothing_of_it_is_a_page_any_more() -> None:
    made = mail()
    made.set_content(
        "<html><head><title>x</title><style>p{}</style></head><body><p>Brak &lt;zasięgu&gt;</p><script>steal()</script>"
        "<img src='https://x/pixel' onerror='steal()'>od <b>rana</b><!-- <p>unseen --><br>i wieczorem</body></html>",
        subtype="html",
    )
    assert elements(bytes(made))["grounds"] == "Brak <zasięgu>\nod rana\ni wieczorem"
    made.add_alternative("Zwykły tekst.", subtype="plain")
    assert elements(bytes(made))["grounds"] == "Zwykły tekst."


def test_attachments_are_named_without_a_path_and_left_out() -> None:
    made = mail()
    for name in ("../../etc/passwd", "C:\\x\\faktura ż.pdf", "a\u202efdp.exe", "<script>.html"):
        made.add_attachment(b"MZ" * 50, maintype="application", subtype="octet-stream", filename=name)
    made.add_attachment("to nie jest treść", filename="note.txt")
    found = elements(bytes(made))
    assert found["attachments"].split("\n") == ["passwd", "faktura ż.pdf", "afdp.exe", "_script_.html", "note.txt"]
    assert found["grounds"] == "Internet rwie się od rana."


def test_what_is_long_is_cut_and_what_steers_a_terminal_is_gone() -> None:
    found = elements(bytes(mail("ż" * 50_000, Subject="s" * 5000)))
    assert found["grounds"] == "ż" * TEXT + CUT
    assert len(found["subject"]) <= 1000
    found = elements(bytes(mail("a\x1b[2Jb\u202ec\x07")))
    assert found["grounds"] == "a[2Jbc"


@pytest.mark.parametrize("charset", ["zlib", "punycode", "unicode_escape", "nobody-knows", "utf-7", "idna", ""])
def test_no_charset_runs_anything(charset: str) -> None:
    raw = f"From: x@y.pl\nSubject: =?{charset}?B?YWJj?=\nContent-Type: text/plain; charset={charset}\n\nabc".encode()
    assert elements(raw)["grounds"] == "abc"


@pytest.mark.parametrize(
    "raw",
    [
        b"From: x@y.pl\nContent-Type: text/html\n\n" + b"<" * 500_000,
        b"From: x@y.pl\nContent-Type: text/html\n\n" + b"<script>" * 60_000,
        b"From: x@y.pl\nContent-Type: text/html\n\n" + b"<!--" * 100_000,
        b"From: x@y.pl\nContent-Type: text/html\n\n" + b"&" * 500_000,
        b"From: " + b"(" * 500_000 + b"x@y.pl\n\nx",
        b"From: x@y.pl\nSubject: " + b"=?utf-8?Q?" * 100_000 + b"\n\nx",
        b"From: x@y.pl\n" + b"X: y\n" * 200_000 + b"\nx",
        b'From: x@y.pl\nContent-Disposition: attachment; filename*0="' + b'a"; filename*1="' * 50_000 + b'"\n\nx',
        b"From: x@y.pl\nContent-Type: message/rfc822\n\n" * 3000,
    ],
)
def test_a_bomb_is_read_or_refused_and_ends(raw: bytes) -> None:
    with suppress(RefusedMailError):
        assert len(str(read(raw, OWN))) < 3 * TEXT


@given(st.binary(max_size=400), st.text(max_size=60))
def test_whatever_comes_is_read_or_refused(raw: bytes, subject: str) -> None:
    for each in (raw, b"From: x@y.pl\n" + raw, b"From: x@y.pl\nSubject: " + subject.encode() + b"\n\n" + raw):
        try:
            found = read(each, OWN)
        except RefusedMailError:
            continue
        assert found is None or all(len(value) <= TEXT + len(CUT) for value in found.elements.values())
