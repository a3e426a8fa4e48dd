"""Passwords: Argon2id, and the same work for an account that does not exist."""

from __future__ import annotations

import base64
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from tradertape_server.platform.errors import BadRequest

MIN_LENGTH = 10
MAX_LENGTH = 200

# Words that make a password easy to guess however long it is.
_EASY = ("password", "qwertyuiop", "1234567890", "tradertape", "letmeinnow")


class Passwords:
    """Hashes and checks."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = _hash_of_nothing(self._hasher)

    def hash(self, password: str) -> str:
        """How a password is kept."""
        return self._hasher.hash(password)

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether the password fits; without one it takes as long and never fits."""
        try:
            self._hasher.verify(kept or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    def needs_rehash(self, kept: str) -> bool:
        """Whether it was hashed with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(kept)


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """What no password fits, and what takes as long to find out as for any other.

    It is made up: to hash something took a quarter of a second of every start and every command.
    """
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, digest = (
        base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (hasher.salt_len, hasher.hash_len)
    )
    return f"$argon2{hasher.type.name.lower()}$v={ARGON2_VERSION}${cost}${salt}${digest}"


def check_new_password(password: str, email: str) -> None:
    """Refuse a password that is too short or too easy; raises BadRequest."""
    plain = password.lower()
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise BadRequest(
            f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.", code="weak_password"
        )
    own = email.partition("@")[0].lower()
    is_easy = any(word in plain for word in _EASY) or (len(own) > 3 and own in plain)
    if is_easy or len(set(plain)) < 5:
        raise BadRequest("This password is easy to guess.", code="weak_password")
