"""Which addresses this server sends to: those of the public internet, unless it is set otherwise.

A person who may set a webhook could otherwise reach what only this machine can: its neighbours, its
database, a cloud's metadata. The name is resolved once and the connection made to the address that
was checked, so that a name cannot lead elsewhere the second time.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

PORTS = frozenset({80, 443, 8080, 8443})


class AddressNotAllowed(ValueError):
    """This server does not send there; the text says why."""


class AddressUnknown(OSError):
    """The name cannot be resolved."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """The rule. allows_private: whether private networks and every port may be reached."""

    allows_private: bool = False

    def check_url(self, url: str) -> str:
        """Return the host of a URL. Raises AddressNotAllowed for one that is not sent to."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise AddressNotAllowed("This is not a URL.") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise AddressNotAllowed("A URL must begin with https:// (or http://) and name a host.")
        if parts.username or parts.password:
            raise AddressNotAllowed("Leave user and password out of the URL.")
        if not self.allows_private and port not in (None, *PORTS):
            raise AddressNotAllowed(f"Port {port} is not one that webhooks are sent to.")
        return parts.hostname

    def resolve(self, host: str, port: int) -> str:
        """Return an allowed IP address of a host.

        Raises AddressNotAllowed where any of its addresses is not public, AddressUnknown.
        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise AddressUnknown(f"The name {host} cannot be resolved.") from None
        texts = [str(one[4][0]).partition("%")[0] for one in found]
        if not self.allows_private and not all(_is_public(ip_address(one)) for one in texts):
            raise AddressNotAllowed(
                f"{host} is an address of a private network. An administrator can allow these with "
                "TRADERTAPE_NOTIFY_PRIVATE_ADDRESSES."
            )
        return texts[0]


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address.teredo is not None:
            return False
        if inner is not None:
            return _is_public(inner)
        # NAT64: the last four bytes are an IPv4 address behind a translator.
        if int(address) >> 32 == 0x64FF9B << 64:
            return _is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast
