"""Signatures of webhooks, as the Standard Webhooks specification has them.

The signed text is `id.timestamp.body`, the signature `v1,` and the base64 of its HMAC-SHA256. The
secret is `whsec_` and the base64 of the key. Their libraries check what we send, and sign what we
accept. Source: https://www.standardwebhooks.com
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

PREFIX = "whsec_"
VERSION = "v1,"


def new_secret() -> str:
    """Create a signing secret."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a body. Raises ValueError for a secret that is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("The signing secret is not base64") from None
    signed = f"{message_id}.{timestamp}.".encode() + body
    return VERSION + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def is_signed(secret: str, message_id: str, timestamp: int, body: bytes, given: str) -> bool:
    """Whether one of the signatures in a header, separated by spaces, is that of the body."""
    wanted = sign(secret, message_id, timestamp, body).encode()
    return any(hmac.compare_digest(wanted, one.encode()) for one in given.split())
