"""A key pair of NATS: ed25519, its public half written in base32 with a U in front.

Source: the formats of nkeys (docs.nats.io, "NKeys"). A pair is made for each connection and kept
nowhere.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_USER: Final = 20 << 3  # the prefix that reads U


class KeyPair:
    """A new pair; its private half cannot be read back."""

    def __init__(self) -> None:
        self._private = Ed25519PrivateKey.generate()
        raw = self._private.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        body = bytes([_USER]) + raw
        check = binascii.crc_hqx(body, 0).to_bytes(2, "little")
        self.public = base64.b32encode(body + check).decode().rstrip("=")

    def sign(self, nonce: str) -> str:
        """The signature of a server's nonce, in base64 of URLs."""
        signed = self._private.sign(nonce.encode())
        return base64.urlsafe_b64encode(signed).decode().rstrip("=")
