"""One-time codes, held to the vectors of RFC 4226 appendix D and RFC 6238 appendix B (SHA-1)."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from telephony.core import totp

SECRET = b"12345678901234567890"
NOW = 1_790_000_000.0


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_rfc_6238_appendix_b(now: int, code: str) -> None:
    assert totp.code_of(SECRET, totp.step_at(now), digits=8) == code
    assert totp.step_of(SECRET, code[2:], now) == totp.step_at(now)


def test_rfc_4226_appendix_d() -> None:
    codes = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
    assert [totp.code_of(SECRET, count) for count in range(10)] == codes


def test_a_clock_may_be_off_by_one_step_and_no_more() -> None:
    here = totp.step_at(NOW)
    for off in (-1, 0, 1):
        assert totp.step_of(SECRET, totp.code_of(SECRET, here + off), NOW) == here + off
    for off in (-2, 2):
        assert totp.step_of(SECRET, totp.code_of(SECRET, here + off), NOW) is None


def test_a_step_is_thirty_seconds_from_its_first_to_its_last() -> None:
    assert [totp.step_at(now) for now in (0.0, 29.999, 30.0, 59.999, 60.0)] == [0, 0, 1, 1, 2]
    assert totp.step_of(SECRET, "755224", 0.0) == 0, "before the first step there is none"


@pytest.mark.parametrize("code", ["", "75522", "7552240", "źźźźźź", "٧٥٥٢٢٤", "-55224"])
def test_what_is_no_code_fits_no_step(code: str) -> None:
    assert totp.step_of(SECRET, code, 0.0) is None
    assert not totp.is_code(code)


def test_blanks_dashes_and_small_letters_are_no_matter() -> None:
    assert totp.typed(" 755 224\n") == "755224"
    first = totp.new_recovery_codes()[0]
    shown = totp.grouped(first)
    assert (len(shown), shown.count("-")) == (14, 2)
    assert totp.typed(shown.lower()) == first
    assert totp.is_recovery(first)
    assert not totp.is_recovery(first[:-1] + "0")


def test_secrets_and_codes_on_paper_are_other_ones_each_time() -> None:
    assert len({totp.new_secret() for _ in range(50)}) == 50
    assert len(totp.new_secret()) == 20
    assert len({code for _ in range(20) for code in totp.new_recovery_codes()}) == 200
    assert not any(totp.is_code(code) for code in totp.new_recovery_codes()), "the two are told apart"


def test_the_app_reads_the_secret_whoever_it_belongs_to() -> None:
    found = urlsplit(totp.uri(SECRET, "anna&x/ż", "MARSOFT hotline"))
    assert (found.scheme, found.netloc, found.path) == ("otpauth", "totp", "/MARSOFT%20hotline:anna%26x%2F%C5%BC")
    assert parse_qs(found.query) == {"secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"], "issuer": ["MARSOFT hotline"]}
