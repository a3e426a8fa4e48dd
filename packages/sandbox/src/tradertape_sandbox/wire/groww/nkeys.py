"""NATS's keys: ed25519 written in base32 with a letter in front, and the tokens they sign.

Source: the formats of nkeys and of NATS's user tokens (docs.nats.io, "JWT authentication").
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import datetime

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ACCOUNT, USER = 0, 20 << 3  # the prefixes that read A and U
_HEADER = {"typ": "JWT", "alg": "ed25519-nkey"}


class InvalidKey(ValueError):
    """A text is not a public key of the expected kind."""


def encode_public(raw: bytes, prefix: int) -> str:
    """The text of a public key of 32 bytes."""
    body = bytes([prefix]) + raw
    check = binascii.crc_hqx(body, 0).to_bytes(2, "little")
    return base64.b32encode(body + check).decode().rstrip("=")


def decode_public(text: str, prefix: int = USER) -> bytes:
    """The 32 bytes of a public key; raises InvalidKey."""
    try:
        body = base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        raise InvalidKey("the key is not base32") from None
    if len(body) != 35 or body[0] != prefix:
        raise InvalidKey("the key is not the public key of a user: it begins with U")
    if binascii.crc_hqx(body[:-2], 0) != int.from_bytes(body[-2:], "little"):
        raise InvalidKey("the key is mistyped: its check sum is wrong")
    return body[1:-2]


def has_signed(public: str, signature: str, message: bytes) -> bool:
    """Whether the owner of a user's public key signed a message; base64 of either alphabet."""
    try:
        raw = base64.urlsafe_b64decode(signature.replace("+", "-").replace("/", "_") + "==")
        Ed25519PublicKey.from_public_bytes(decode_public(public)).verify(raw, message)
    except (InvalidKey, InvalidSignature, ValueError):
        return False
    return True


class TokenSigner:
    """Signs tokens with which users open the feed, and reads them back."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        raw = self._key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        self._issuer = encode_public(raw, ACCOUNT)

    def sign(self, *, subject: str, name: str, issued: datetime, expires: datetime) -> str:
        """A token for the owner of the public key `subject`; times aware."""
        claims: dict[str, object] = {
            "iat": int(issued.timestamp()),
            "exp": int(expires.timestamp()),
            "iss": self._issuer,
            "sub": subject,
            "name": name,
            "nats": {"type": "user", "version": 2, "pub": {"deny": [">"]}, "sub": {}},
        }
        claims["jti"] = hashlib.sha256(orjson.dumps(claims)).hexdigest()
        body = f"{_part(_HEADER)}.{_part(claims)}"
        return f"{body}.{_encoded(self._key.sign(body.encode()))}"

    def subject(self, token: str) -> str | None:
        """The public key that a token was signed for; None unless it is ours."""
        body, _, signature = token.rpartition(".")
        try:
            self._key.public_key().verify(_decoded(signature), body.encode())
            claims = orjson.loads(_decoded(body.partition(".")[2]))
        except (InvalidSignature, ValueError):
            return None
        return str(claims["sub"])


def _part(value: object) -> str:
    return _encoded(orjson.dumps(value))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
