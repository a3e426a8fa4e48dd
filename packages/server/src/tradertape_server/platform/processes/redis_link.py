"""Connections to Redis, the names of its channels, and whether it is reachable.

Redis carries events and ticks between the processes of one installation; nothing is stored only
there.
"""

from __future__ import annotations

import hashlib
import threading
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tradertape_server.platform.secrets import SecretBox

RedisError = redis.RedisError
TIMEOUT_S = 5.0


class RedisLink:
    """Opens connections. Channel names contain an id of this installation: Redis may be shared."""

    def __init__(self, url: str, secrets: SecretBox) -> None:
        self._url = url
        place = hashlib.sha256(secrets.code_hash("redis", "channels").encode()).hexdigest()
        self._prefix = f"tradertape:{place[:10]}:"
        self._lock = threading.Lock()
        self._states: dict[str, bool] = {}
        self.losses = 0

    def connect(self) -> redis.Redis:
        """A client for one thread; its commands raise RedisError while Redis is unreachable."""
        options: dict[str, Any] = {
            "socket_timeout": TIMEOUT_S,
            "socket_connect_timeout": 2.0,
            "socket_keepalive": True,
            # The callers decide what may be sent twice.
            "retry": Retry(NoBackoff(), 0),
        }
        return redis.Redis.from_url(self._url, **options)

    def name(self, what: str) -> str:
        """The full name of a channel or a stream."""
        return self._prefix + what

    def record_state(self, who: str, *, is_up: bool) -> bool:
        """Record whether a thread's connection works; True if that is a change."""
        with self._lock:
            changed = self._states.get(who) is not is_up
            self._states[who] = is_up
            self.losses += changed and not is_up
            return changed

    @property
    def is_up(self) -> bool:
        """Whether the connection of every thread works."""
        with self._lock:
            return bool(self._states) and all(self._states.values())
