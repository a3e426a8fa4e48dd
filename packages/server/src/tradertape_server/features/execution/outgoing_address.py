"""The internet address that this server's requests come from, as far as it can be told."""

from __future__ import annotations

import re
import socket
from ipaddress import ip_address

_IN_WORDS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){2,7}")
# Nothing is sent there: connecting a datagram socket only asks which way it would go.
_ANYWHERE = ("192.0.2.1", 443)


def address_in(words: str) -> str | None:
    """The first internet address in a broker's words; None where there is none."""
    for found in _IN_WORDS.findall(words):
        try:
            return str(ip_address(found))
        except ValueError:
            continue
    return None


def own_address() -> str | None:
    """This machine's address, where it is one of the internet; None behind a router."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ANYWHERE)
        except OSError:
            return None
        found = str(probe.getsockname()[0])
    return found if ip_address(found).is_global else None
