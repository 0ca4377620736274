"""Addresses and ports in settings."""

import re
from ipaddress import ip_address


def split_address(text: str) -> tuple[str, int]:
    """An address of the internet and a port, from "127.0.0.1:80" or "[::1]:80".

    Raises:
        ValueError: it is none. Names are none: a gate that has to ask another machine
            where its peer is would depend on the answer.
    """
    host, _, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        address = ip_address(bare)
    except ValueError:
        raise ValueError("write an address and a port, like 127.0.0.1:80") from None
    if (address.version == 6) == (bare == host):  # noqa: PLR2004 - in brackets or not
        raise ValueError("an IPv6 address stands in brackets, and no other does")
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 1 << 16:
        raise ValueError("the port is a number from 1 to 65535")
    return str(address), int(port)
