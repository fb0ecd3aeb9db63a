"""Where a request comes from: the peer's address, or what a proxy of ours says (X-Forwarded-For), and the browser."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from aiohttp import web

# The first that a User-Agent has in it: each names those after it, too, to be taken for them [RFC 9110 §10.1.5].
BROWSERS: Mapping[str, str] = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrom": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS: Mapping[str, str] = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iOS",
    "iPad": "iOS",
    "CrOS": "ChromeOS",
    "Macintosh": "macOS",
    "Linux": "Linux",
}


@dataclass(frozen=True, slots=True)
class Whence:
    """As people recognise their own log-ins by it."""

    address: str = ""
    browser: str = ""  # `Firefox, Windows`; empty: unknown


def whence(request: web.Request, proxies: Collection[str]) -> Whence:
    return Whence(address_of(request, proxies)[:64], browser_of(request.headers.get("User-Agent", "")))


def browser_of(user_agent: str) -> str:
    """Words of ours alone: a browser says what it likes."""
    found = (next((words for part, words in known.items() if part in user_agent), "") for known in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, found))


def address_of(request: web.Request, proxies: Collection[str]) -> str:
    """The nearest address that is no proxy of ours: what stands before it was written by whoever sent it."""
    hops = [each.strip() for each in ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")]
    address = request.remote or ""
    while address in proxies and hops:
        address = hops.pop() or address
    return address


def household(address: str) -> str:
    """The address, or of IPv6 the network of the one household [RFC 6177]; what is no address stays as it is."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if known.version == 6 and known.ipv4_mapped:  # as some proxies write an IPv4 address
        known = known.ipv4_mapped
    return str(known) if known.version == 4 else str(ip_network(f"{known}/64", strict=False))
