"""Where a request comes from: the peer's address, or what a proxy of ours says of it (X-Forwarded-For)."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address, ip_network

from aiohttp import web


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
