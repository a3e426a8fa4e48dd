"""Which addresses are this machine, its network, or the world."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress

from tradertape_agent.errors import AgentError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_ELSEWHERE = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))


def address_of(text: str) -> Address | None:
    """Read an address, as a socket or a Host header has it; None for a name."""
    plain = text.strip().removeprefix("[").removesuffix("]").partition("%")[0]
    try:
        found = ipaddress.ip_address(plain)
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped or found


def is_this_machine(text: str) -> bool:
    """Whether a caller's address is this machine's own loopback."""
    found = address_of(text)
    return found is not None and found.is_loopback


def is_public(text: str) -> bool:
    """Whether an address can be reached from the internet."""
    found = address_of(text)
    return found is not None and found.is_global


def own_addresses() -> set[str]:
    """Return this machine's addresses in its networks. Nothing is sent to find them."""
    found: set[str] = set()
    for target, family in _ELSEWHERE:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))
            found.add(str(probe.getsockname()[0]))
    with suppress(OSError):
        found |= {str(one[4][0]) for one in socket.getaddrinfo(socket.gethostname(), None)}
    return found


def check_bind(host: str, *, allow_public: bool, own: set[str] | None = None) -> None:
    """Raise AgentError if listening on this address would be open to the internet."""
    if allow_public:
        return
    wanted = address_of(host)
    if wanted is not None and not wanted.is_unspecified:
        reached = {host}
    else:
        reached = own_addresses() if own is None else own
    public = sorted(one for one in reached if is_public(one))
    if public:
        raise AgentError(
            f"this machine has the public address {public[0]}: listening on {host} would show the "
            "local UI to the internet. Start with --host 127.0.0.1, or, if a firewall protects "
            "it, with --allow-public"
        )
