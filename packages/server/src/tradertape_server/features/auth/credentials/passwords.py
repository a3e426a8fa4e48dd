"""Passwords, hashed with Argon2id; checking one for a missing account takes the same time."""

from __future__ import annotations

import base64
import os
import secrets
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from tradertape_server.platform.errors import BadRequest

MIN_LENGTH = 10
MAX_LENGTH = 200
MAX_AT_ONCE = 2  # each takes 64 MB: fifty sign-ins at once would take the memory of the machine
LOWER_PRIORITY = 10

# Words that make a password of any length easy to guess.
_EASY = ("password", "qwertyuiop", "1234567890", "tradertape", "letmeinnow")


class Passwords:
    """Hashes and verifies passwords, at most MAX_AT_ONCE at a time; the others wait.

    Hashing takes every core it is given, so its threads step back behind those that trade.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._dummy_hash = _dummy_hash(self._hasher)
        self._threads = ThreadPoolExecutor(MAX_AT_ONCE, "passwords", initializer=_step_back)

    def hash(self, password: str) -> str:
        """Return the hash under which a password is stored."""
        return self._threads.submit(self._hasher.hash, password).result()

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password matches the stored hash; with none it takes as long and is False."""
        try:
            self._threads.submit(self._hasher.verify, stored or self._dummy_hash, password).result()
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    def needs_rehash(self, stored: str) -> bool:
        """Whether a hash was made with weaker parameters than the present ones."""
        return self._hasher.check_needs_rehash(stored)


def _step_back() -> None:
    """Lower the priority of this thread, and of those that hashing starts, where that is known."""
    if sys.platform == "linux":  # elsewhere it would be that of the process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWER_PRIORITY)


def _dummy_hash(hasher: PasswordHasher) -> str:
    """Make a hash that no password matches and that takes as long to verify as any other.

    It is random: hashing a real text would add a quarter of a second to every start and command.
    """
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, digest = (
        base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (hasher.salt_len, hasher.hash_len)
    )
    return f"$argon2{hasher.type.name.lower()}$v={ARGON2_VERSION}${cost}${salt}${digest}"


def check_new_password(password: str, email: str) -> None:
    """Raise BadRequest for a password that is too short, too long or easy to guess."""
    plain = password.lower()
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise BadRequest(
            f"A password must have {MIN_LENGTH} to {MAX_LENGTH} characters.", code="weak_password"
        )
    own = email.partition("@")[0].lower()
    is_easy = any(word in plain for word in _EASY) or (len(own) > 3 and own in plain)
    if is_easy or len(set(plain)) < 5:
        raise BadRequest("This password is easy to guess.", code="weak_password")
