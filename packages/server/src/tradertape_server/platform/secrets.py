"""Creating, hashing and encrypting secrets.

Random tokens are stored as SHA-256: 256 bits cannot be guessed. Six-digit codes are stored as an
HMAC with a key outside the database, and secrets that must be read back are encrypted with such a
key.
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
    """Create a random secret of 256 bits, safe in URLs and headers."""
    return prefix + secrets.token_urlsafe(TOKEN_BYTES)


def new_code() -> str:
    """Create a random six-digit code."""
    return f"{secrets.randbelow(1_000_000):06d}"


def token_hash(token: str) -> str:
    """Return the hash under which a random token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def constant_time_equal(left: str, right: str) -> bool:
    """Compare two texts in a time that does not reveal how much of them is equal."""
    return hmac.compare_digest(left.encode(), right.encode())


class SecretBox:
    """Encrypts with the newest key of a file and decrypts with any of its keys.

    The file has one key per line, the newest first: to rotate, add a line at the top.
    """

    def __init__(self, keys: list[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        # The oldest key: codes sent before a rotation stay valid for the minutes they live.
        self._pepper = hashlib.sha256(b"codes" + keys[-1].encode()).digest()

    @classmethod
    def open(cls, folder: Path) -> SecretBox:
        """Read the key file in `folder`; create it with a first key if it does not exist."""
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
        """Decrypt; None when no key of the file matches."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            return None

    def code_hash(self, subject: str, code: str) -> str:
        """Return the HMAC under which a short code is stored: useless without the key file."""
        message = f"{subject}\0{code}".encode()
        return hmac.new(self._pepper, message, hashlib.sha256).hexdigest()


def private_folder(folder: Path) -> Path:
    """Create a folder that only its owner can enter."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder
