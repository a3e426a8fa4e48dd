"""Which certificates are trusted; reading them takes 20 to 60 ms, so it is done once."""

from __future__ import annotations

import ssl
from functools import cache


@cache
def tls() -> ssl.SSLContext:
    """The context of every outgoing connection of this process."""
    return ssl.create_default_context()
