"""Addresses: text in; an IPv4Address or IPv6Address out."""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def read_address(ip: str) -> Address | None:
    """None for what is none. An IPv4 in IPv6 is that IPv4; a scope (`%eth0`) is left out."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address.scope_id:
            return ipaddress.IPv6Address(int(address))
    return address
