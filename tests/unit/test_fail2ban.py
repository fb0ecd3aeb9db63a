"""The filter and the jail for fail2ban: who is counted, and that nobody can have another banned."""

from __future__ import annotations

import pytest

from tests.fail2ban import banned, read

HEAD = (
    '[2026-12-01 04:38:50.035] SECURITY[18453] res_security_log.c: SecurityEvent="{event}",'
    'EventTV="2026-12-01T04:38:50.035+0000",Severity="Error",Service="PJSIP",EventVersion="1",'
)
ENDS = 'LocalAddress="IPV4/UDP/192.0.2.1/5060",RemoteAddress="IPV4/UDP/198.51.100.7/5099"'
OTHER = 'RemoteAddress="IPV4/UDP/203.0.113.9/5060"'


def line(event: str, account: str = "100", session: str = "c1", more: str = "") -> str:
    return f'{HEAD.format(event=event)}AccountID="{account}",SessionID="{session}",{ENDS}{more}'


FAILED = ',Challenge="1796099268/aaaa",Response="0123456789abcdef",ExpectedResponse=""'


@pytest.mark.parametrize(
    "text",
    [
        line("InvalidAccountID"),
        line("ChallengeResponseFailed", more=FAILED),
        line("InvalidPassword"),
        line("InvalidAccountID").replace("198.51.100.7", "2001:db8::7").replace("IPV4", "IPV6"),
        line("InvalidAccountID").replace("/UDP/", "/TLS/"),
    ],
)
def test_who_has_no_account_or_not_its_password_is_counted(text: str) -> None:
    assert banned(text) in {"198.51.100.7", "2001:db8::7"}


@pytest.mark.parametrize(
    "text",
    [
        line("InvalidAccountID", account=f'x",{OTHER},y="'),
        line("InvalidAccountID", session=f'c",LocalAddress="IPV4/UDP/192.0.2.1/5060",{OTHER},y="'),
        line(
            "ChallengeResponseFailed",
            more=rf',Challenge="1\",{OTHER}'.replace('"I', r"\"I") + r'\"",Response="",ExpectedResponse=""',
        ),
    ],
)
def test_a_strangers_own_words_ban_nobody_else(text: str) -> None:
    assert "203.0.113.9" in text
    assert banned(text) != "203.0.113.9"


def test_who_is_asked_for_a_password_as_everybody_is_counted_for_nothing() -> None:
    assert banned(line("ChallengeSent", more=',Challenge=""')) is None
    assert banned(line("SuccessfulAuth", more=',UsingPassword="1"')) is None


def test_udp_is_banned_too() -> None:
    jail = read("jail.d/hotline-asterisk.conf")["hotline-asterisk"]
    assert jail["filter"] == "hotline-asterisk"
    assert jail.get("protocol", raw=True) == "udp,tcp"
