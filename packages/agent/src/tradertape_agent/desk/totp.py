"""One-time codes of an authenticator's secret (RFC 6238, six digits, thirty seconds)."""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from datetime import datetime
from typing import Final

from tradertape_agent.errors import NotConfigured

_STEP_S: Final = 30
_DIGITS: Final = 6


def code_at(secret: str, now: datetime) -> str:
    """Return the code of a base32 secret at a moment. Raises NotConfigured for no base32."""
    text = secret.replace(" ", "").upper()
    try:
        key = base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        raise NotConfigured(
            "the one-time password secret must be base32: letters A to Z and digits 2 to 7"
        ) from None
    counter = struct.pack(">Q", int(now.timestamp()) // _STEP_S)
    digest = hmac.digest(key, counter, "sha1")
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return str(number % 10**_DIGITS).zfill(_DIGITS)
