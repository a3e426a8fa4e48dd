"""Which certificates are trusted; reading them takes 20 to 60 ms, so it is done once."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def tls() -> ssl.SSLContext:
    """The context of every connection of this process to a broker."""
    return httpx.create_ssl_context()
