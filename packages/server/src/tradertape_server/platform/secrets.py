"""Making, hashing and sealing secrets.

Random tokens are kept as SHA-256: 256 bits cannot be guessed. Six-digit codes are kept as an HMAC
with a key outside the database, and what must be read again is encrypted with such a key.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

TOKEN_BYTES = 32
KEY_FILE = "encryption.keys"


def new_token(prefix: str = "") -> str:
    """A fresh secret of 256 bits, safe in URLs and headers."""
    return prefix + secrets.token_urlsafe(TOKEN_BYTES)


def new_code() -> str:
    """A fresh six-digit code."""
    return f"{secrets.randbelow(1_000_000):06d}"


def token_hash(token: str) -> str:
    """How a random token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def constant_time_equal(left: str, right: str) -> bool:
    """Compare without telling by the time it takes how much was right."""
    return hmac.compare_digest(left.encode(), right.encode())


class SecretBox:
    """Encrypts with the newest key of a file, decrypts with any of them.

    The file has one key a line, the newest first: to rotate, add a line on top.
    """

    def __init__(self, keys: list[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        # The oldest key: codes sent before a rotation stay good, they live for minutes anyway.
        self._pepper = hashlib.sha256(b"codes" + keys[-1].encode()).digest()

    @classmethod
    def open(cls, folder: Path) -> SecretBox:
        """Read the key file of `folder`, made with a first key when it is not there."""
        path = folder / KEY_FILE
        private_folder(folder)
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "wb") as file:
                file.write(Fernet.generate_key() + b"\n")
        return cls([line for line in path.read_text().splitlines() if line.strip()])

    def seal(self, secret: bytes) -> bytes:
        """Encrypt."""
        return self._fernet.encrypt(secret)

    def unseal(self, sealed: bytes) -> bytes | None:
        """Decrypt; None when no key of the file fits."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            return None

    def code_hash(self, subject: str, code: str) -> str:
        """How a short code is kept: worthless without the key file."""
        message = f"{subject}\0{code}".encode()
        return hmac.new(self._pepper, message, hashlib.sha256).hexdigest()


def private_folder(folder: Path) -> Path:
    """Make a folder only its owner can enter."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder
