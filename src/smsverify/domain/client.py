"""Who asks: a client as the caller knows it, reduced to what a limit can be held to."""

from __future__ import annotations

import ipaddress
from typing import Final

MAX_CLIENT_ID_LENGTH: Final = 255
IPV6_PREFIX: Final = 64
"""An IPv6 customer holds a whole /64 at least (RFC 6177), so single addresses bound nobody."""


def client_name(client_id: str) -> str:
    """
    Return the name that a client counts under.

    An IPv4 address counts as itself, also when it is written as an IPv6 one, an IPv6 address by its
    /64, and anything else as it is.
    """
    try:
        address = ipaddress.ip_address(client_id)
    except ValueError:
        return client_id
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address) >> IPV6_PREFIX << IPV6_PREFIX, IPV6_PREFIX)))
