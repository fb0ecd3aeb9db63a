from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from telephony.console.whence import address_of, browser_of, household


@pytest.mark.parametrize(
    ("told", "proxies", "address"),
    [
        ([], set(), "10.0.0.1"),
        (["203.0.113.7"], set(), "10.0.0.1"),  # nobody of ours says so
        (["203.0.113.7"], {"10.0.0.1"}, "203.0.113.7"),
        (["198.51.100.1, 203.0.113.7"], {"10.0.0.1"}, "203.0.113.7"),  # the first was written by the sender
        (["198.51.100.1", "203.0.113.7, 10.0.0.2"], {"10.0.0.1", "10.0.0.2"}, "203.0.113.7"),
        ([], {"10.0.0.1"}, "10.0.0.1"),
        ([""], {"10.0.0.1"}, "10.0.0.1"),
    ],
)
def test_only_a_proxy_of_ours_is_believed(told: list[str], proxies: set[str], address: str) -> None:
    headers = CIMultiDict(("X-Forwarded-For", each) for each in told)
    request = make_mocked_request("POST", "/form", headers=headers).clone(remote="10.0.0.1")
    assert address_of(request, proxies) == address


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("x" * 100, "x" * 64),
        ("::ffff:192.0.2.1", "192.0.2.1"),  # or all callers behind some proxies would be one
    ],
)
def test_a_household_counts_as_one(address: str, counted: str) -> None:
    assert household(address) == counted


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0.0.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18.0 Safari/605.1.15", "Safari, macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari, iOS"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_a_browser_in_words_of_ours(user_agent: str, words: str) -> None:
    assert browser_of(user_agent) == words
