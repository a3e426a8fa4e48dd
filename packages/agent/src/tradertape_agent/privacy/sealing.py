"""Documents that only this user can read: AES-GCM with the key of the factor file."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tradertape_agent.errors import AgentError

_NONCE: Final = 12
_BLOCK: Final = 1024


def sealed(document: Mapping[str, Any], key: bytes) -> str:
    """Encrypt a document. Padded, so that its length does not tell how many holdings there are."""
    plain = json.dumps(document, default=str).encode()
    plain += b" " * (-len(plain) % _BLOCK)
    nonce = secrets.token_bytes(_NONCE)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, plain, None)).decode()


def opened(text: str, key: bytes) -> dict[str, Any]:
    """Decrypt a document. Raises AgentError with another key, or where it was changed."""
    try:
        whole = base64.b64decode(text, validate=True)
        plain = AESGCM(key).decrypt(whole[:_NONCE], whole[_NONCE:], None)
        return json.loads(plain, parse_float=Decimal)
    except (InvalidTag, ValueError, binascii.Error):
        raise AgentError("this was sealed with another key, or was changed since") from None
