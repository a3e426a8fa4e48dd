"""The one door to Redis: connections, names, and whether it answers.

Redis carries news between the processes of one server: it is never the only place of anything.
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
ANSWER_S = 5.0


class RedisLink:
    """Makes connections; channels carry a name of this installation, as Redis may be shared."""

    def __init__(self, url: str, secrets: SecretBox) -> None:
        self._url = url
        place = hashlib.sha256(secrets.code_hash("redis", "channels").encode()).hexdigest()
        self._prefix = f"tradertape:{place[:10]}:"
        self._lock = threading.Lock()
        self._states: dict[str, bool] = {}
        self.losses = 0

    def connect(self) -> redis.Redis:
        """A client for one thread; its commands raise RedisError while Redis is away."""
        options: dict[str, Any] = {
            "socket_timeout": ANSWER_S,
            "socket_connect_timeout": 2.0,
            "socket_keepalive": True,
            # What is sent twice is ours to decide.
            "retry": Retry(NoBackoff(), 0),
        }
        return redis.Redis.from_url(self._url, **options)

    def name(self, what: str) -> str:
        """The name of a channel or a stream."""
        return self._prefix + what

    def record_state(self, who: str, *, is_up: bool) -> bool:
        """Note how a thread's connection is; True where that is a change."""
        with self._lock:
            changed = self._states.get(who) is not is_up
            self._states[who] = is_up
            self.losses += changed and not is_up
            return changed

    @property
    def is_up(self) -> bool:
        """Whether every thread that uses it reaches it."""
        with self._lock:
            return bool(self._states) and all(self._states.values())
