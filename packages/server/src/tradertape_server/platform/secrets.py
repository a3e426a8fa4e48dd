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
from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Keys:
    """The keys of the file, and which version of the file they were read from."""

    version: tuple[int, int, int] | None
    newest: Fernet
    all: MultiFernet
    pepper: bytes


class SecretBox:
    """Encrypts with the newest key of a file and decrypts with any of its keys.

    The file has one key per line, the newest first; `tradertape db rotate-keys` adds one, and a
    running server uses it from its next encryption on. Any thread may call any method.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys = _read(path)

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
        return cls(path)

    def seal(self, secret: bytes) -> bytes:
        """Encrypt."""
        return self._present().newest.encrypt(secret)

    def unseal(self, sealed: bytes) -> bytes | None:
        """Decrypt; None when no key of the file matches."""
        try:
            return self._present().all.decrypt(sealed)
        except InvalidToken:
            return None

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the newest key encrypted this."""
        try:
            self._present().newest.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def code_hash(self, subject: str, code: str) -> str:
        """Return the HMAC under which a short code is stored: useless without the key file.

        Its key follows from the oldest key, so that a rotation changes no hash.
        """
        message = f"{subject}\0{code}".encode()
        return hmac.new(self._keys.pepper, message, hashlib.sha256).hexdigest()

    def _present(self) -> _Keys:
        """The keys, read again when the file is another one than before."""
        if self._keys.version != _version(self._path):
            self._keys = _read(self._path)
        return self._keys


def _version(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _read(path: Path) -> _Keys:
    version = _version(path)  # first: what is written meanwhile is read the next time
    keys = read_keys(path)
    return _Keys(
        version=version,
        newest=Fernet(keys[0]),
        all=MultiFernet([Fernet(key) for key in keys]),
        pepper=hashlib.sha256(b"codes" + keys[-1].encode()).digest(),
    )


def read_keys(path: Path) -> Sequence[str]:
    """The keys of a key file, the newest first."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def private_folder(folder: Path) -> Path:
    """Create a folder that only its owner can enter."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder
