"""Who may be written to, and with what: whatever strangers give as an address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.core.customer_message import CustomerMessage, Way, mail_address, sms_number, ticket_mail, ticket_sms
from telephony.core.outbox import Message


@pytest.mark.parametrize(
    ("number", "countries", "may"),
    [
        ("+48600100200", (48,), True),
        ("+48220000100", (48,), False),  # a landline
        ("+48801100200", (48,), False),
        ("+48700100200", (48,), False),  # premium
        ("+48112", (48,), False),
        ("+48116123", (48,), False),
        ("+380501234567", (48,), False),
        ("+380501234567", (48, 380), True),
        ("+18765550123", (48,), False),  # Jamaica, of which nobody has asked
        ("+12025550123", (48, 1), True),  # where mobile numbers look like others
        ("48600100200", (48,), False),
        ("600100200", (48,), False),
        ("+48600100200\r\nTo: +48600100201", (48,), False),
        ("+48600100200;ext=1", (48,), False),
        ("+٤٨٦٠٠١٠٠٢٠٠", (48,), False),
        ("anonymous", (48,), False),
        ("", (48,), False),
        (None, (48,), False),
    ],
)
def test_an_sms_goes_to_mobile_numbers_of_countries_that_are_allowed(
    number: str | None, countries: tuple[int, ...], *, may: bool
) -> None:
    assert sms_number(number, countries) == (number if may else None)


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("jan.zak+x@example.pl", "jan.zak+x@example.pl"),
        (" Jan@Example.PL ", "Jan@example.pl"),
        ("jan@żółw.pl", "jan@xn--w-uga1v8h.pl"),
        ("jan@a.b.c.example.com", "jan@a.b.c.example.com"),
        ("jan@example.pl\r\nBcc: all@example.pl", None),
        ("jan@example.pl\n", "jan@example.pl"),
        ("jan\r\n@example.pl", None),
        ("jan@example.pl, ewa@example.pl", None),
        ("jan@example.pl> NOTIFY=SUCCESS <x@y.pl", None),
        ('"jan"@example.pl', None),
        ("jan@[127.0.0.1]", None),
        ("jan@127.0.0.1", None),
        ("jan@localhost", None),
        ("żak@example.pl", None),
        ("jan@-example.pl", None),
        ("jan@example..pl", None),
        ("@example.pl", None),
        ("jan", None),
        ("", None),
        (None, None),
        ("j" * 65 + "@example.pl", None),
        ("jan@" + "a." * 130 + "pl", None),
        ("jan@" + "a" * 70 + ".pl", None),
    ],
)
def test_an_e_mail_goes_to_a_plain_address_or_nowhere(address: str | None, plain: str | None) -> None:
    assert mail_address(address) == plain


@given(st.text(max_size=80))
def test_no_address_has_anything_that_ends_a_line(text: str) -> None:
    for found in (mail_address(text), mail_address(f"{text}@example.pl"), mail_address(f"jan@{text}.pl")):
        assert found is None or (found.isascii() and found.isprintable() and " " not in found)


@pytest.mark.parametrize("language", ["pl", "en", "uk", "de"])
def test_what_tells_a_ticket_is_one_sms_and_a_short_mail(language: str) -> None:
    sms = ticket_sms("+48600100200", "0000123456785", language)
    assert "0000123456785" in sms.text
    assert len(sms.text) <= 70, "one SMS, with letters beyond GSM 03.38 [3GPP TS 23.040]"
    mail = ticket_mail("jan@example.pl", "000013", language)
    assert "000013" in mail.text
    assert "000013" in mail.subject


def test_languages_differ_and_others_are_polish() -> None:
    said = {language: ticket_sms("+48600100200", "000013", language).text for language in ("pl", "en", "uk")}
    assert len(set(said.values())) == 3
    assert ticket_sms("+48600100200", "000013", "de").text == said["pl"]


def test_a_message_is_the_same_after_the_outbox() -> None:
    told = CustomerMessage("jan@example.pl", "Zażółć\n„gęślą” jaźń", "Temat", "Reklamacja 000013")
    kept = told.as_message("m-1", Way.MAIL, "ab12", 7.0)
    assert (kept.target, kept.recipient, kept.next_at) == ("customer:mail", "ab12", 7.0)
    assert CustomerMessage.of(kept) == told


@pytest.mark.parametrize("body", ["", "[]", "7", '{"to":"x"}', '{"to":"x","text":"y","more":"z"}', "{"])
def test_what_is_none_of_ours_is_said(body: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        CustomerMessage.of(Message("m-1", "customer:sms", body, 1.0))
